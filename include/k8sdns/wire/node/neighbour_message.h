/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_NEIGHBOUR_MESSAGE_H
#define K8SDNS_WIRE_NEIGHBOUR_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#define NEIGHBOUR_UNSET UINT64_MAX

/* A neighbour table of the kernel; the limits and counts are the machine's, in every network namespace. */
struct neighbour_table {
    char name[32];                /* "arp_cache", "ndisc_cache" */
    uint64_t entries, threshold3; /* above the threshold no entry is made; NEIGHBOUR_UNSET when not said */
    uint64_t fulls;               /* how often that was so */
};

/*
 * Read one of RTM_NEWNEIGHTBL from the `len` bytes behind the netlink header. A table comes once for itself,
 * with its entries, and once for each interface, without. Return 0 or -EBADMSG. Source: Linux
 * include/uapi/linux/neighbour.h, net/core/neighbour.c (neightbl_fill_info).
 */
int neighbour_table_read(const uint8_t *bytes, size_t len, struct neighbour_table *ret_table);

#endif
