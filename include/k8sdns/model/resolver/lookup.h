/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOOKUP_H
#define K8SDNS_MODEL_LOOKUP_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/model/resolver/resolv_facts.h>

/*
 * One lookup of one name as glibc, musl or Go does it: search order, sockets, servers, timeouts, attempts,
 * stop rules and result. The rules are pure; a struct lookup_wire carries the questions, over real sockets or
 * in a simulation with a clock of its own.
 */

/* One question that was sent. Times are since the lookup began. */
struct lookup_query {
    uint64_t at_us, rtt_us; /* rtt_us is unset without an answer */
    size_t server;          /* index into the view's servers */
    const char *name;       /* without the final dot */
    uint16_t type;
    int transport;     /* enum probe_transport */
    uint64_t socket;   /* numbers the sockets from 0, in the order of their first use */
    uint64_t attempt;  /* from 1: how often this question was sent to this server */
    int status;        /* enum probe_status; PROBE_TIMEOUT until something came */
    uint16_t udp_size; /* of its EDNS record; 0: it has none */
};

/* What came back for a question. */
struct lookup_reply {
    size_t query;
    int status; /* enum probe_status */
    int code;   /* with PROBE_UNREACHABLE: the errno, where it is known */
    bool authoritative;
    bool lame; /* NODATA from a server that neither knows nor recurses: resolvers go on to the next */
    const char **addresses;
    size_t addresses_count;
};

struct lookup_wire {
    void *user;
    uint64_t (*now_us)(void *user);
    /* Send `query`, whose number is `number`; open its socket when that is new. */
    void (*send)(void *user, size_t number, const struct lookup_query *query);
    /* Give the next reply that comes before `until_us` on an open socket; false when none does. */
    bool (*wait)(void *user, uint64_t until_us, struct lookup_reply *ret_reply);
    void (*close)(void *user, uint64_t socket);
};

/* The types of address that a program asks for, as the family of getaddrinfo() says. */
enum lookup_families {
    FAMILY_A = 1,
    FAMILY_AAAA = 2,
    FAMILY_ANY = FAMILY_A | FAMILY_AAAA,
    FAMILY_ALL_TYPES = 4, /* no address family: the type ANY, as of resolveAny() of Node.js */
};

/* What the resolvers leave to chance, and what they find out beside resolv.conf. */
struct lookup_chance {
    size_t rotation; /* with `rotate`: the server asked first */
    bool no_ipv6;    /* there is no IPv6 address but on the loopback */
    int families;    /* enum lookup_families; 0: all that the resolver asks for by itself */
};

struct lookup_result {
    bool ok;
    const char *error; /* the resolver's words for a failure; NULL when ok */
    const char *code;  /* "EAI_AGAIN" and the like, where the resolver itself gives such; NULL otherwise */
    const char *note;  /* why nothing was asked; NULL otherwise */
    const char **addresses;
    size_t addresses_count;
    struct lookup_query *queries;
    size_t queries_count;
    uint64_t total_us;
    bool cut; /* whoever carried it ended it before the resolver would have */
};

/* Replay the lookup of `plan`, which was made with `view`. A plan without queries gives no queries and fails.
 */
void lookup_replay(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                   const struct lookup_chance *chance, const struct lookup_wire *wire,
                   struct lookup_result *ret_result);

#endif
