/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/driver_limit.h>
#include <string.h>

const struct driver_limit driver_limits[] = {
    {"linklocal_allowance_exceeded", "cloud-linklocal-limit",
     "packets to the cloud's resolver over its limit",
     "the cloud drops packets to its own services (DNS at .2 and 169.254.169.253) beyond 1024 a second and "
     "interface: external names time out"},
    {"pps_allowance_exceeded", "cloud-packet-limit", "packets over the machine's limit",
     "the cloud drops or delays packets beyond the machine's rate, DNS among them"},
    {"conntrack_allowance_exceeded", "cloud-conntrack-limit", "connections over the machine's limit",
     "the cloud's own connection tracking is full: new flows are dropped, and each query is one"},
    {"bw_in_allowance_exceeded", "cloud-bandwidth-in-limit", "inbound bandwidth over the machine's limit",
     "the cloud drops or delays packets to this machine, answers among them"},
    {"bw_out_allowance_exceeded", "cloud-bandwidth-out-limit", "outbound bandwidth over the machine's limit",
     "the cloud drops or delays packets of this machine, queries among them"},
    {0},
};

int driver_limit_find(const char *counter)
{
    for (int i = 0; driver_limits[i].counter; i++)
        if (strcmp(driver_limits[i].counter, counter) == 0)
            return i;
    return -1;
}
