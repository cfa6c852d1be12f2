/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_IPVS_DUMP_H
#define K8SDNS_SOURCE_IPVS_DUMP_H

#include <k8sdns/model/node/ipvs_summary.h>

/*
 * Read the virtual services of this network namespace on `port`, with their destinations, by generic netlink,
 * or by /proc/net/ip_vs where that is refused. The kernel is not asked for anything that would load the
 * module.
 *
 * Return 0, also when there is no such service; or a negative errno with a message: -ENOENT where the kernel
 * has no IPVS (or no /proc shows it). table->how says which way it was.
 */
int ipvs_table_read(struct arena *arena, uint16_t port, struct ipvs_table *ret_table,
                    struct err *err) MUST_USE;

/*
 * Hand every connection of this network namespace to `each`, one at a time, in constant memory. Return 0, or
 * a negative errno with a message.
 */
int ipvs_connections_read(void (*each)(void *user, const struct ipvs_connection *connection), void *user,
                          struct err *err) MUST_USE;

/* The sysctls of net.ipv4.vs that decide what becomes of reused ports, those that there are. */
void ipvs_sysctls_read(struct arena *arena, struct ipvs_facts *facts);

#endif
