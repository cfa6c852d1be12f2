/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_LOG_EVIDENCE_H
#define K8SDNS_DIAG_LOG_EVIDENCE_H

#include <k8sdns/diag/rule.h>

/* What rules ask of CoreDNS's logs. */

/* Less often than this is an accident. */
#define LOG_FEW 3

/* Lines of a kind (enum log_event_kind), 0 without logs. */
uint64_t log_events(const struct diagnosis *diagnosis, int kind);

/* The most frequent group of lines of a kind; NULL for none. */
const struct log_event_facts *log_event(const struct diagnosis *diagnosis, int kind);

/*
 * Whether the log has lines of all answers, so that a share of them tells. With "log { class error }" in the
 * Corefile it has failures alone; so it does when everything fails.
 */
bool log_has_all_answers(const struct diagnosis *diagnosis);

/* ", last at TIME", or "" without times. */
const char *log_last(struct diagnosis *diagnosis, const struct log_event_facts *event);

/* What holds at the end of a source's log (enum log_event_kind); NULL behind the last. Begin with `after`
 * NULL. */
const struct log_state_facts *log_state(const struct diagnosis *diagnosis, int kind,
                                        const struct log_state_facts *after);

/* "Pod X", or "CoreDNS's log" without a name. */
const char *log_source(const char *name);

/* Whether an event of the errors plugin shows a server that forwards to itself. */
enum log_loop {
    LOG_LOOP_NOT,
    LOG_LOOP_POSSIBLE, /* a probe of the loop plugin times out at what is a ClusterIP by default */
    LOG_LOOP_LIKELY,   /* queries time out at the ClusterIP, at a replica, or at the loopback address */
    LOG_LOOP_CERTAIN,  /* at the very address that they are sent from */
};
int log_loop_of(const struct diagnosis *diagnosis, const struct log_event_facts *event);

/*
 * Whether an event of the errors plugin is of a node-local cache that asks CoreDNS: most of its names are of
 * the cluster, and it is known to be a cache, or asks the cluster's DNS.
 */
bool log_is_of_cache_to_coredns(const struct diagnosis *diagnosis, const struct log_event_facts *event);

/* A failure that the errors plugin, or dnsmasq of kube-dns, has a text for: what it means, and what to do. */
struct log_failure {
    int kind;       /* enum log_event_kind */
    uint64_t least; /* lines that are no accident: one, where the cause is no passing one */
    const char *title, *cause;
    const char *each;     /* what one line stands for; NULL: a SERVFAIL to a client */
    struct step steps[3]; /* ends with one without a text */
};
extern const struct log_failure log_failures[]; /* ends with a title of NULL */

#endif
