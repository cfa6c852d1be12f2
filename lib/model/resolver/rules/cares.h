/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_RESOLVER_RULES_CARES_H
#define K8SDNS_MODEL_RESOLVER_RULES_CARES_H

#include "rules.h"

/* A channel of c-ares: what its queries have in common. */
struct cares {
    bool old, rotate;
    bool plain;     /* Node: an answer with an error is an answer */
    bool no_retry;  /* A has an answer, so AAAA is not asked again */
    int transport;  /* of new queries */
    uint64_t first; /* of its own, before the first timeout is seen */
    size_t next_server;
    size_t failures[RESOLV_DIALECT_SERVERS_MAX];
    uint64_t udp[RESOLV_DIALECT_SERVERS_MAX], tcp[RESOLV_DIALECT_SERVERS_MAX];
};

extern const struct resolv_dialect cares_dialect;

void cares_init(struct cares *c, struct lookup_run *run, bool old);
/* The steps of a lane; `user` is the channel. */
bool cares_try_next(struct lookup_run *run, struct lane *lane, void *user);
enum lane_verdict cares_judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                              void *user);
/* Its words for a status. */
const char *cares_words(int status, bool old);

#endif
