/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_FLOWS_H
#define K8SDNS_COLLECT_FLOWS_H

#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/model/node/conntrack_flow_facts.h>

/*
 * Flows of DNS in the connection tracking of this network namespace, followed as they come. For all who want
 * to know of queries that nobody answers without a program in the kernel: conntrack --follow, diagnose, top.
 */
struct flow_watch;

/* Kernel memory for events that wait, taken only when they do: 26,000 of them. */
#define FLOW_BUFFER_SIZE (32 * 1024 * 1024)
/* Of our choice: a resolver repeats its query after 1 s (Go, musl: 2.5 s) to 5 s (glibc). */
#define FLOW_WAIT_US 2000000
/* 15 MB; at 20,000 new flows a second these are all of the last six seconds. */
#define FLOW_KEPT_MAX 131072

struct flow_watch_options {
    uint16_t port;
    uint64_t wait_us;   /* a flow without a reply for so long is unanswered; 0: FLOW_WAIT_US */
    size_t buffer_size; /* 0: FLOW_BUFFER_SIZE */
    size_t flows_max;   /* 0: FLOW_KEPT_MAX */
    const struct known_replicas *known;    /* NULL: nobody said which they are */
    struct address_list clients, backends; /* only flows of these and to these; none: all */
    bool others;                           /* leave out what this namespace's own addresses ask */
    bool present;       /* know the entries that are there, too: stale ones are told at once */
    bool without_pods;  /* the sums name none: of the agent, who asks for them again and again */
    struct arena *kept; /* of examples that flow_watch_facts() gives; NULL: none are kept */
    /* For each event, with memory that lasts until it returns; NULL: they are counted. */
    void (*each)(void *user, struct arena *arena, const struct conntrack_flow_facts *flow);
    void *user;
};

/* Return 0 and what is to be ended, or a negative errno with a message in survey->err (kind ERR_UNOBSERVED).
 */
int flow_watch_begin(struct survey *survey, const struct flow_watch_options *options,
                     struct flow_watch **ret_watch) MUST_USE;
void flow_watch_end(struct flow_watch *watch);

/* Readable when there are events. */
int flow_watch_fd(const struct flow_watch *watch);

/* Take what has come, and tell what has waited long enough. It never waits. Return how many events there
 * were, or a negative errno. */
int flow_watch_take(struct flow_watch *watch, struct err *err) MUST_USE;

/* Whether a flow that began by then is neither answered nor unanswered yet. */
bool flow_watch_waits(const struct flow_watch *watch, uint64_t began_ns);

/* All that was followed so far. */
void flow_watch_facts(struct flow_watch *watch, struct arena *arena,
                      struct conntrack_follow_facts *ret_facts);

#endif
