/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LOOKUP_CARES_H
#define K8SDNS_SOURCE_LOOKUP_CARES_H

#include <k8sdns/base/err.h>
#include <k8sdns/model/resolver/lookup.h>

/* "1.18.1": the c-ares that this program runs with. */
const char *cares_version(void);
/* Whose rules that version has: RESOLVER_CARES or RESOLVER_CARES_OLD. */
int cares_resolver(void);

/*
 * Look `name` up by ares_getaddrinfo() of that library itself, for both families, with the resolv.conf at
 * `path`. Its queries are noted as they pass its sockets; `view` names the servers, and those that are not in
 * it are left out. Blocks as long as the library does. Return 0, or a negative errno with a message when it
 * cannot be set up.
 */
int lookup_cares(struct arena *arena, const struct resolver_view *view, const char *path, const char *name,
                 struct lookup_result *ret_result, struct err *err) MUST_USE;

#endif
