/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_IPVS_DUMP_H
#define K8SDNS_SOURCE_IPVS_DUMP_H

#include <k8sdns/base/address.h>

/* A real server behind a virtual one. */
struct ipvs_destination {
    struct address where;
    uint32_t weight; /* 0: it gets no new connections */
    uint32_t active, inactive;
};

/*
 * List the destinations of the virtual service at `service` (UDP), of this network namespace.
 * Return 0, or a negative errno with a message: -ENOENT where the kernel has no IPVS, -ESRCH when there is no
 * such virtual service, -EPERM without CAP_NET_ADMIN.
 * Source: Linux include/uapi/linux/ip_vs.h.
 */
int ipvs_destinations(const struct address *service,
                      void (*each)(void *user, const struct ipvs_destination *destination), void *user,
                      struct err *err) MUST_USE;

#endif
