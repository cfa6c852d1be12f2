/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DRIVER_COUNTERS_H
#define K8SDNS_SOURCE_DRIVER_COUNTERS_H

#include <stdint.h>

/*
 * Give each counter of the interface's driver to `each`, as `ethtool -S` prints them, by SIOCETHTOOL; it
 * takes no privilege. `fd` is any socket of the network namespace. Return 0, or a negative errno: -EOPNOTSUPP
 * for a driver that counts nothing.
 */
int driver_counters_read(int fd, const char *interface,
                         void (*each)(void *user, const char *name, uint64_t value), void *user);

#endif
