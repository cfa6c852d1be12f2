/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PROBE_FACTS_H
#define K8SDNS_MODEL_PROBE_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/rr_facts.h>
#include <k8sdns/model/shape.h>
#include <k8sdns/wire/dns_message.h>

/* What a target is to the cluster. The words are pinned. */
enum target_role {
    TARGET_CLUSTER_IP,
    TARGET_REPLICA,
    TARGET_NODE_LOCAL,
    TARGET_NAMESERVER,
    TARGET_OTHER,
};
extern const char
    *const target_role_words[]; /* "cluster-ip", "replica", "node-local", "nameserver", "other" */

/* Where questions go. */
struct target_facts {
    const char *id; /* how probes name it: the address, with the port when that is not 53 */
    struct address where;
    const char *address; /* the same in text */
    uint64_t port;
    int role;             /* enum target_role */
    const char *found_by; /* "option", "resolv.conf", ... */
    /* The fastest answer when it was asked a second time because it stood out as slow; unset otherwise. */
    uint64_t again_us;
};
extern const struct shape target_facts_shape;

/* What came of one question. The words are pinned. */
enum probe_status {
    PROBE_ANSWER,
    PROBE_NODATA,
    PROBE_NXDOMAIN,
    PROBE_SERVFAIL,
    PROBE_REFUSED,
    PROBE_FORMERR,
    PROBE_NOTIMP,
    PROBE_TRUNCATED, /* the UDP answer; the one over TCP is a probe of its own */
    PROBE_TIMEOUT,
    PROBE_UNREACHABLE, /* an ICMP error, or its rate-limited silence; TCP refused */
    PROBE_MISMATCH,    /* nothing but answers to another question, id or from another address */
    PROBE_MALFORMED,
    PROBE_ERROR, /* it could not be sent; another rcode */
};
extern const char *const probe_status_words[];

enum probe_transport {
    TRANSPORT_UDP,
    TRANSPORT_TCP,
};
extern const char *const probe_transport_words[]; /* "udp", "tcp" */

/* NOERROR and NXDOMAIN both are a server doing its work; so is a truncated answer, whose TCP retry counts. */
bool probe_status_is_good(int status);

/* One question to one target: the last try's outcome, and what was seen besides. */
struct probe_facts {
    const char *target;    /* target_facts.id */
    const char *name;      /* as the user gave it */
    const char *candidate; /* the full name asked for, without the final dot */
    const char *type;
    int status;        /* enum probe_status */
    const char *rcode; /* mnemonic, NULL when nothing valid came */
    uint64_t rtt_us;   /* from just before the send to the kernel's receive timestamp; unset without answer */
    uint64_t source_port;
    int transport; /* enum probe_transport */
    struct rr_facts *answers;
    size_t answers_count;
    const char *nsid; /* the server's identity; NULL when none was given (an empty one is an echo) */
    uint64_t id;      /* of the message */
    uint64_t tries;   /* questions sent for this probe */
    uint64_t size;    /* of the answer, in bytes; unset without */
    bool authoritative;
    /* Never taken for the answer, only counted. */
    uint64_t late;       /* right answers to an earlier try, or after the timeout */
    uint64_t duplicates; /* the same answer again */
    uint64_t mismatches; /* wrong id, wrong question or wrong source address */
    /* Words for the status where it needs some: "ICMP port unreachable from 10.244.1.22",
     * "silent after ICMP errors from the same target, which kernels limit to about one a second",
     * "answer came from 10.244.1.22, not from 10.96.0.10", what is damaged. NULL when there is nothing. */
    const char *detail;
    bool odd;      /* it differs from what its peers gave; set by matrix_compare() */
    bool inferred; /* the status was concluded from other probes of the same target, not seen */
};
extern const struct shape probe_facts_shape;

/* What a whole message says to a question of `type`. */
int probe_status_of_message(const struct dns_message *message, uint16_t type);

/* Anything that answers the question came back from the server, be it an error or damaged. */
bool probe_is_heard(const struct probe_facts *probe);

/* Where a target differs from its peers on the same question. */
enum difference_kind {
    DIFFERS_STATUS,  /* another rcode, or silence where others answer */
    DIFFERS_RECORDS, /* other records (order and TTL do not count) */
    DIFFERS_LATENCY, /* stands out from its peers */
};
extern const char *const difference_kind_words[]; /* "status", "records", "latency" */

struct difference_facts {
    const char *target; /* NULL: two differ and neither can be blamed */
    uint64_t questions; /* in how many questions it differs */
    int kind;
    const char *text; /* one sentence */
};
extern const struct shape difference_facts_shape;

/* The whole matrix: `data` of the probe command. */
struct matrix_facts {
    struct target_facts *targets;
    size_t targets_count;
    struct probe_facts *probes; /* by target, then name, candidate, type; TCP retries behind their probe */
    size_t probes_count;
    struct difference_facts *differences;
    size_t differences_count;
    const char *cluster_domain; /* "cluster.local": names under it are answered by CoreDNS itself */
    const char *resolver; /* whose search order was followed: "glibc", "musl", "go", or NULL (no search) */
    uint64_t sent;        /* questions on the wire, tries and TCP retries included */
    uint64_t stray;       /* datagrams that belonged to no question at all */
    double elapsed_ms;
};
extern const struct shape matrix_facts_shape;

/*
 * Fill matrix->differences, and `odd` of the probes, by comparing the targets with each other. Pure.
 *
 * The majority is right, unless it is silent. The ClusterIP and a node-local cache only pass on what a
 * replica says, so they have no vote where there are replicas, and are not blamed for what one of those
 * gives. Record sets are compared under the cluster's domain only: elsewhere name servers may rotate them.
 */
void matrix_compare(struct arena *arena, struct matrix_facts *matrix);

#endif
