/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_MESSAGE_ANSWERED_H
#define K8SDNS_DIAG_MESSAGE_ANSWERED_H

#include <k8sdns/base/line.h>
#include <stdbool.h>

/*
 * The output of one call of nslookup, which tells of each name of the search list and of each type by itself:
 * a name that is not there is no fault where another is found, nor is a missing AAAA beside an A.
 */
#define ANSWERED_MAX 16

struct answered_names {
    struct line names[ANSWERED_MAX]; /* those that have an address */
    size_t count;
};

/* At a line with which nslookup begins ("Server:"), take the names that this call found; others change
 * nothing. */
void answered_names_see(struct answered_names *names, const struct line *line, const char *end);

/*
 * Whether a line says no more than that one of the other names does not exist, or that a name that was found
 * has no record of another type. NXDOMAIN of the very name that was found is a fault.
 */
bool answered_names_excuse(const struct answered_names *names, const struct line *line);

#endif
