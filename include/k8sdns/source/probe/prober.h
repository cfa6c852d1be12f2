/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PROBER_H
#define K8SDNS_SOURCE_PROBER_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/probe/probe_facts.h>

/* One name to ask everywhere. */
struct probe_candidate {
    const char *name;      /* as the user gave it */
    const char *candidate; /* the full name, without the final dot */
    uint16_t type;         /* in place of the one type of the options; 0: that one */
};

struct prober_options {
    const uint16_t *types; /* asked from one socket, as resolvers ask A and AAAA */
    size_t types_count;
    uint64_t timeout_us;  /* of one try */
    unsigned tries;       /* at least 1; each with a new id, from the same port */
    bool tcp;             /* TCP from the start */
    bool separate;        /* a socket for each type */
    uint16_t source_port; /* the first of the run's source ports, counting up; 0: the kernel chooses */
    uint16_t udp_size;    /* EDNS buffer size; 0: no EDNS */
    bool nsid;
    uint16_t class; /* DNS_CLASS_IN when 0 */
    double qps;     /* the cap; 0: none */
    /*
     * For runs that share the promise about ports: 65536 of them, zeroed before the first; else NULL. A later
     * run may have fewer targets: from `first_target` of the first run's on, or those of these numbers.
     */
    uint16_t *port_targets;
    size_t first_target;
    const size_t *target_numbers; /* NULL: in a row */
    /*
     * Where set, what has not been answered in time is still listened for after the run; prober_rest() takes
     * it. Such an answer is one, with the time that it really took. NULL there: all is answered.
     */
    struct prober_rest **rest;
};
#define PROBER_PORTS 65536

/*
 * Ask every candidate in every type at every target and fill matrix->probes, sent, stray and elapsed_ms
 * (targets are the caller's). Blocks until the last question is answered or has timed out. Nothing that a
 * server does or does not do is an error.
 *
 * Everything is in flight at once, as far as the cap allows; at most PROBER_IN_FLIGHT_MAX sockets are open.
 * No source port that went to one target goes to another in the same run: conntrack would have to rewrite
 * one of them. Return 0 or a negative errno when nothing could be asked (no socket, port in use).
 */
#define PROBER_IN_FLIGHT_MAX 256
int prober_run(struct arena *arena, const struct prober_options *options, struct matrix_facts *matrix,
               const struct probe_candidate *candidates, size_t candidates_count, struct err *err) MUST_USE;

/*
 * What came after the timeout, up to now: fill matrix->probes again, and give back what listened. Without
 * anything new the matrix stays as it is. Return how many answers came; NULL is fine.
 */
size_t prober_rest(struct prober_rest *rest);

#endif
