/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLVER_RULES_RESOLVED_H
#define K8SDNS_MODEL_RESOLVER_RULES_RESOLVED_H

#include "rules.h"

#define RESOLVED_UDP_SIZE 1472
#define RESOLVED_TCP_US   UINT64_C(10200000)

/* systemd-resolved, as far as its queries go. */
struct resolved {
    struct lane *lanes; /* of one lookup, where the success of one ends the waiting for the other */
    size_t lanes_count;
    size_t server;     /* the one in use, of all lookups */
    uint64_t again_us; /* how long a query over UDP waits */
    uint64_t end_us;
};

extern const struct resolv_dialect resolved_dialect;

/* The step of a lane; `user` is the struct resolved. */
bool resolved_try_next(struct lookup_run *run, struct lane *lane, void *user);

#endif
