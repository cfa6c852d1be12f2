/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PROBE_FACTS_H
#define K8SDNS_MODEL_PROBE_FACTS_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/probe/name_view.h>
#include <k8sdns/model/probe/rr_facts.h>
#include <k8sdns/model/probe/unreachable.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/dns/dns_message.h>

/* What a target is to the cluster. The words are pinned. */
enum target_role {
    TARGET_CLUSTER_IP,
    TARGET_REPLICA,
    TARGET_NODE_LOCAL,
    TARGET_NAMESERVER,
    TARGET_OTHER,
};
extern const char
    *const target_role_names[]; /* "cluster-ip", "replica", "node-local", "nameserver", "other" */

/* Who named a target: the first are enum discovery_method. The words are pinned. */
enum target_origin {
    ORIGIN_OPTION,
    ORIGIN_RESOLV_CONF,
    ORIGIN_KUBELET,
    ORIGIN_API,
    ORIGIN_FILE,
    ORIGIN_CONNTRACK,
    ORIGIN_IPVS,
    ORIGIN_IDENTITY,
    ORIGIN_DISCOVERY, /* one of these */
    ORIGIN_RANGE,     /* guessed, by the range that Services are of */
    ORIGIN_SOCKET,    /* a socket of the node */
};
extern const char *const target_origin_names[];

/* Where questions go. */
struct target_facts {
    const char *id; /* how probes name it: the address, with the port when that is not 53 */
    struct address where;
    const char *address; /* the same in text */
    uint64_t port;
    int role;              /* enum target_role */
    int found_by;          /* enum target_origin */
    const char *interface; /* of this network namespace that has the address; NULL: none has */
    /* The fastest answer when it was asked a second time because it stood out as slow; unset otherwise. */
    uint64_t again_us;
};
extern const struct shape target_facts_shape;

/* The target of that id; NULL when it is none of these. */
struct target_facts *target_find(struct target_facts *targets, size_t count, const char *id);

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
extern const char *const probe_status_names[];

enum probe_transport {
    TRANSPORT_UDP,
    TRANSPORT_TCP,
    TRANSPORT_TLS,   /* RFC 7858 */
    TRANSPORT_HTTPS, /* RFC 8484 */
};
extern const char *const probe_transport_names[]; /* "udp", "tcp", "tls", "https" */

/* NOERROR and NXDOMAIN both are a server doing its work; so is a truncated answer, whose TCP retry counts. */
bool probe_status_is_good(int status);

/* What did not match in an answer that is none to its query. The words are pinned. */
enum mismatch_kind {
    MISMATCH_SOURCE, /* it came from another address */
    MISMATCH_ID,
    MISMATCH_NO_ANSWER, /* its QR bit is not set */
    MISMATCH_QUESTION,
};
extern const char *const mismatch_kind_names[]; /* "source", "id", "no-answer", "question" */

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
    uint64_t answers_left_out; /* of more than RR_FACTS_MOST */
    const char *nsid;          /* the server's identity; NULL when none was given (an empty one is an echo) */
    uint64_t id;               /* of the message */
    uint64_t tries;            /* questions sent for this probe */
    uint64_t size;             /* of the answer, in bytes; unset without */
    uint64_t serial; /* when CoreDNS last saw a change, by a negative answer (answer_service_serial); unset */
    bool authoritative;
    /* Never taken for the answer, only counted. */
    uint64_t late;       /* right answers to an earlier try, or after the timeout */
    uint64_t duplicates; /* the same answer again */
    uint64_t mismatches; /* wrong id, wrong question or wrong source address */
    int mismatch; /* enum mismatch_kind, of the first of these; -1: there is none, or it is not known */
    /* Words for the status where it needs some: "ICMP port unreachable from 10.244.1.22",
     * "silent after ICMP errors from the same target, which kernels limit to about one a second",
     * "answer came from 10.244.1.22, not from 10.96.0.10", what is damaged. NULL when there is nothing. */
    const char *detail;
    int unreachable;         /* enum unreachable, of the error that came; -1: none came */
    const char *reported_by; /* the address that the ICMP error came from; NULL without one */
    bool own_kernel; /* the error is this machine's: it was not sent, or no neighbour of that address was
                        found */
    bool outlier;    /* it differs from what its peers gave; set by matrix_compare() */
    bool inferred;   /* the status was concluded from other probes of the same target, not seen */
};
extern const struct shape probe_facts_shape;

/* A query that nobody has answered yet: its status is a timeout, and what an answer tells is unset. */
struct probe_facts probe_facts_unanswered(const char *target, const char *name, const char *candidate,
                                          const char *type, int transport);

/* Anything that answers the question came back from the server, be it an error or damaged. */
bool probe_is_heard(const struct probe_facts *probe);

/* An error came back, of any rcode: from behind the server, or since nothing there serves the name. */
bool probe_is_error(const struct probe_facts *probe);

/* Where a target differs from its peers on the same question. */
enum difference_kind {
    DIFFERS_STATUS,  /* another rcode, or silence where others answer */
    DIFFERS_RECORDS, /* other records (order and TTL do not count) */
    DIFFERS_LATENCY, /* stands out from its peers */
};
extern const char *const difference_kind_names[]; /* "status", "records", "latency" */

/* What a target gives where its peers answer. */
enum difference_fault {
    FAULT_SILENCE,
    FAULT_SERVFAIL,
    FAULT_REFUSED,
    FAULT_OTHER, /* another error, or what cannot be read */
};
extern const char *const difference_fault_names[]; /* "silence", "servfail", "refused", "other" */

struct difference_facts {
    const char *target; /* NULL: two differ and neither can be blamed */
    uint64_t questions; /* in how many questions it differs */
    int kind;
    int fault; /* enum difference_fault, of one of the questions; -1: it answers as well, but otherwise */
    const char *text; /* one sentence */
};
extern const struct shape difference_facts_shape;

/* The whole matrix: `data` of the probe command. */
struct matrix_facts {
    int status; /* enum health; -1: not judged */
    struct target_facts *targets;
    size_t targets_count;
    struct probe_facts *probes; /* by target, then name, candidate, type; TCP retries behind their probe */
    size_t probes_count;
    struct difference_facts *differences;
    size_t differences_count;
    const char *cluster_domain; /* "cluster.local": names under it are answered by CoreDNS itself */
    const char *resolver; /* whose search order was followed: "glibc", "musl", "go", or NULL (no search) */
    const char *as_pod;   /* of this namespace, as which names were completed; NULL: as resolv.conf says */
    struct name_view *names_as; /* the same with the domain; NULL with that */
    uint64_t sent;              /* questions on the wire, tries and TCP retries included */
    uint64_t stray;             /* datagrams that belonged to no question at all */
    double elapsed_ms;
    bool brief;                      /* only the records are wanted as text; not in the JSON, as the next */
    const char *const *absent_names; /* names that need not exist, as a capture makes up */
    size_t absent_names_count;
};
extern const struct shape matrix_facts_shape;

/* A name as probes have their candidates: without its final dot; the root stays ".". */
const char *name_without_dot(struct arena *arena, const char *name);

/* Whether a name is one of the cluster's own, which CoreDNS answers itself; false where its domain is not
 * known. */
bool matrix_is_own(const struct matrix_facts *matrix, const char *candidate);

/* The target with this id answered something. */
bool matrix_is_heard(const struct matrix_facts *matrix, const char *target);

/* The first full name of this one that some server has the address of; NULL when none has, or nothing was
 * asked. */
const char *matrix_found(const struct matrix_facts *matrix, const char *name);

/* A name that should exist and does not: for each of its candidates some server says NXDOMAIN, and none has
 * it. */
bool matrix_is_absent(const struct matrix_facts *matrix, const char *name);

/* A name that was made up, to see what becomes of one that does not exist. */
bool matrix_is_meant_absent(const struct matrix_facts *matrix, const char *name);

/*
 * Every query was answered, and alike: HEALTH_OK. Some failed, servers contradict each other, or a name does
 * not exist: HEALTH_DEGRADED. No server gave an answer of use for any name, neither a record nor that it does
 * not exist: HEALTH_FAILING. Nothing was asked: HEALTH_UNKNOWN.
 */
int matrix_health(const struct matrix_facts *matrix);

/*
 * Fill matrix->differences, and `odd` of the probes, by comparing the targets with each other. Pure.
 *
 * The majority is right, unless it is silent. The ClusterIP and a node-local cache only pass on what a
 * replica says, so they have no vote where there are replicas, and are not blamed for what one of those
 * gives. Record sets are compared under the cluster's domain only: elsewhere name servers may rotate them.
 */
void matrix_compare(struct arena *arena, struct matrix_facts *matrix);

#endif
