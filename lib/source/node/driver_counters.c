/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/source/node/driver_counters.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* More than any driver has; some have a few for each of many queues. */
#define COUNTERS_MAX 65536

static int ask(int fd, const char *interface, void *command)
{
    struct ifreq request = {.ifr_data = command};

    snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
    return ioctl(fd, SIOCETHTOOL, &request) < 0 ? -errno : 0;
}

static int count_of(int fd, const char *interface, uint32_t *ret_count)
{
    /* The struct and room for the one count behind it. */
    union {
        struct ethtool_sset_info info;
        uint8_t room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
    } sets = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = UINT64_C(1) << ETH_SS_STATS}};
    uint32_t count;
    int r = ask(fd, interface, &sets);

    memcpy(&count, sets.room + sizeof(struct ethtool_sset_info), sizeof(count));
    *ret_count = r == 0 && sets.info.sset_mask ? count : 0;
    return r < 0 ? r : *ret_count ? 0 : -EOPNOTSUPP;
}

int driver_counters_read(int fd, const char *interface,
                         void (*each)(void *user, const char *name, uint64_t value), void *user)
{
    struct ethtool_gstrings *names = NULL;
    struct ethtool_stats *values = NULL;
    uint32_t count;
    int r = count_of(fd, interface, &count);

    if (r < 0)
        return r;
    if (count > COUNTERS_MAX)
        return -E2BIG;
    names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
    values = calloc(1, sizeof(*values) + (size_t)count * sizeof(values->data[0]));
    if (names && values) {
        *names = (struct ethtool_gstrings){.cmd = ETHTOOL_GSTRINGS, .string_set = ETH_SS_STATS, .len = count};
        *values = (struct ethtool_stats){.cmd = ETHTOOL_GSTATS, .n_stats = count};
        r = ask(fd, interface, names);
        r = r < 0 ? r : ask(fd, interface, values);
    } else {
        r = -ENOMEM;
    }
    for (uint32_t i = 0; r == 0 && i < count && i < names->len && i < values->n_stats; i++) {
        char name[ETH_GSTRING_LEN + 1] = "";

        memcpy(name, names->data + (size_t)i * ETH_GSTRING_LEN, ETH_GSTRING_LEN);
        each(user, name, values->data[i]);
    }
    free(names);
    free(values);
    return r;
}
