/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_OWN_LIMITS_H
#define K8SDNS_BASE_OWN_LIMITS_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What this program may have of its machine. Running out of it is a fact about this program and never one
 * about a server: it ends in ERR_UNOBSERVED.
 */

/*
 * At the start, before anything is opened: descriptors 0 to 2 that are closed become ones that can neither be
 * read nor written, so that no socket or file gets their numbers; and the soft limit of descriptors is raised
 * to the hard one. Source: getrlimit(2).
 */
void own_limits_begin(void);

/* How many descriptors may still be opened: counted up to `most`. */
size_t own_limits_descriptors(size_t most);

/* Return 0 when so many descriptors may still be opened, else -EMFILE with `err` filled (ERR_UNOBSERVED). */
int own_limits_take(size_t descriptors, const char *what, struct err *err) MUST_USE;

/*
 * Whether an errno of socket(2), bind(2), open(2) or send(2) means that this process or machine has no more
 * descriptors, memory, buffers or source ports.
 */
bool own_limits_are_met(int errno_code);

#endif
