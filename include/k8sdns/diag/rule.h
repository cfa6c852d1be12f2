/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_RULE_H
#define K8SDNS_DIAG_RULE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/facts.h>

/*
 * A rule is a pure function from facts to findings, in one file of lib/diag/rules that ends in a `const
 * struct rule`, and one word in lib/diag/meson.build. It fires (with evidence), or says what it lacks, or is
 * quiet. Everything that is said about its finding stands in the descriptor: `k8sdns explain` and
 * k8sdns-findings(7) are made from it.
 */

/* Parts of the facts that a rule cannot do without; without them it is unknown. */
enum rule_need {
    NEED_RESOLV = 1 << 0,
    NEED_MATRIX = 1 << 1,
    NEED_SAMPLING = 1 << 2,
    NEED_REPLICAS = 1 << 3, /* servers besides the ClusterIP were asked */
    NEED_TABLE = 1 << 4,    /* connection tracking of a namespace that tracks */
    NEED_DNS_ENTRIES = 1 << 5,
    NEED_NODE = 1 << 6,
    NEED_IPVS = 1 << 7,
    NEED_KUBE = 1 << 8,
    NEED_TCP = 1 << 9,
    NEED_HEARD = 1 << 11,   /* some server answers */
    NEED_KNOWN = 1 << 10,   /* somebody other than the kernel says which replicas live */
    NEED_METRICS = 1 << 12, /* some replica was scraped */
    NEED_LOGS = 1 << 13,
    NEED_DNSTAP = 1 << 14, /* CoreDNS told of queries */
    NEED_SPANS = 1 << 15,
    NEED_COREFILE = 1 << 16,
    NEED_DROPS = 1 << 17, /* the kernel was watched while questions were asked */
};
#define RULE_NEEDS 18

struct diagnosis;

struct rule {
    const char *id; /* pinned */
    const char *title;
    int severity;                /* the usual one */
    unsigned needs;              /* enum rule_need: all of these */
    unsigned needs_any;          /* and one of these at least, when there are any: kinds of evidence */
    const char *opening;         /* of the verdict, when this leads; NULL: by its severity */
    const char *healthy;         /* what it says when it is quiet, in a few words */
    const char *cause;           /* why it happens, and what it does to lookups */
    const char *const *remedies; /* safest first, with the way back; NULL-terminated */
    const char *const *checks;   /* commands that tell more; NULL-terminated */
    const char *const *explains; /* ids of findings that are its consequences; NULL-terminated, or NULL */
    void (*eval)(const struct rule *rule, struct diagnosis *diagnosis);
};

/* All of them, in the order of lib/diag/meson.build; ends with NULL. */
extern const struct rule *const rules[];
const struct rule *rule_find(const char *id);

/* One server, as the matrix and the sampling show it. */
struct server {
    const struct target_facts *target;
    uint64_t asked, heard; /* questions of the matrix over UDP; those that brought anything */
    uint64_t icmp,
        filtered; /* answered by ICMP: port unreachable; administratively prohibited, or refused locally */
    const char *icmp_detail;        /* of the first ICMP error of any kind; NULL for none */
    uint64_t refused;               /* rcode REFUSED */
    uint64_t malformed, mismatched; /* of both; and words for the first of each, or NULL */
    const char *malformed_detail, *mismatch_detail;
    uint64_t failed;                          /* questions of the matrix that were not answered well */
    uint64_t sent, answered, lost;            /* of the sampling: what was decided */
    double loss_ratio;                        /* of the sampling; NAN without */
    uint64_t p50_us;                          /* unset without an answer */
    const struct watch_target_facts *sampled; /* NULL without a sampling */
    bool silent;                              /* asked, and never heard in either */
};

/* One evaluation: the facts, what follows from them at once, and what the rules conclude. */
struct diagnosis {
    struct arena *arena;
    const struct facts *facts;
    const struct thresholds *thresholds;
    struct server *servers;
    size_t servers_count;
    size_t heard_count, replicas_count, replicas_heard; /* servers; those that are replicas */
    unsigned present;                                   /* enum rule_need */
    struct finding *findings;
    size_t findings_count;
    struct check_facts *checks; /* one for each rule */
    size_t checks_count;
    const char *unknown_why; /* of the rule that runs */
};

/* Begin a finding: severity, title, cause, remedies are the rule's and may be changed after. */
struct finding *finding_new(struct diagnosis *diagnosis, const struct rule *rule, const char *subject);
void finding_evidence(struct diagnosis *diagnosis, struct finding *finding, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The finding is about this server (target_facts.id); one that is about none in particular is about all. */
void finding_about(struct diagnosis *diagnosis, struct finding *finding, const char *server);
/* Likewise about the replica that is the Pod of this name, where the facts say which that is. */
void finding_about_pod(struct diagnosis *diagnosis, struct finding *finding, const char *pod);
/* The rule cannot tell, though the parts that it needs are there. */
void rule_unknown(struct diagnosis *diagnosis, const char *why);

#endif
