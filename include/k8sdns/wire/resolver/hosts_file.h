/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_HOSTS_FILE_H
#define K8SDNS_WIRE_HOSTS_FILE_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>

#define HOSTS_FILE_MAX (16U << 20)

/*
 * Look `name` up in the text of a hosts(5) file: the addresses, in order, of every line that has it. Lines
 * whose first word is no address are passed over. musl compares the case of letters, glibc and Go do not.
 * Return how many there are.
 */
size_t hosts_file_find(struct arena *arena, const char *bytes, size_t len, const char *name, bool fold_case,
                       const char ***ret_addresses);

/* Which services the hosts line of nsswitch.conf(5) names, and in which order. Others than these are not
 * known. */
struct nsswitch_hosts {
    bool files, dns;
    bool dns_first;
};

/* Read it; a file without that line gives what glibc then does: files, then dns. */
void nsswitch_hosts_read(const char *bytes, size_t len, struct nsswitch_hosts *ret_hosts);

#endif
