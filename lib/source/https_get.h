/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HTTPS_GET_H
#define K8SDNS_SOURCE_HTTPS_GET_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>

struct https_server {
    struct address where;
    const char *ca; /* PEM: only certificates signed by these are believed, for the address itself */
    size_t ca_len;
    const char *bearer; /* the token, NULL for none; never printed */
    uint64_t timeout_us;
    size_t body_max;
};

/*
 * GET one path. The server's certificate must be for its address and signed by `ca`.
 * Return 0 with the HTTP status and the body (in the arena), whatever the status; or a negative errno with a
 * message (kind ERR_UNOBSERVED) when there was no whole answer: refused, silent, not to be trusted, cut off.
 */
int https_get(struct arena *arena, const struct https_server *server, const char *path, int *ret_status,
              const char **ret_body, size_t *ret_len, struct err *err) MUST_USE;

#endif
