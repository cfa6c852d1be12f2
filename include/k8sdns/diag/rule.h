/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_RULE_H
#define K8SDNS_DIAG_RULE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/diag/threshold.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/probe/server_place.h>

/*
 * A rule is a pure function from facts to findings, in one file of lib/diag/rules that ends in a `const
 * struct rule`, and one word in lib/diag/meson.build. It fires (with evidence), or says what it lacks, or is
 * quiet. Everything that is said about its finding stands in the descriptor: `k8sdns explain` and
 * k8sdns-findings(7) are made from it.
 */

/* Parts of the facts that a rule cannot do without; without them it is unknown, and the gap is told. */
enum rule_need {
#define NEED_OF_RULES(id, need, ...) NEED_##need = 1 << GAP_##id,
    GAPS_OF_RULES(NEED_OF_RULES)
#undef NEED_OF_RULES
};

struct diagnosis;

struct rule {
    const char *id; /* pinned */
    const char *title;
    int severity;                /* the usual one */
    unsigned needs;              /* enum rule_need: all of these */
    unsigned needs_any;          /* and one of these at least, when there are any: kinds of evidence */
    const char *opening;         /* of the verdict, when nothing but this is found; NULL: none */
    const char *healthy;         /* what it says when it is quiet, in a few words */
    const char *cause;           /* why it happens, and what it does to lookups */
    const struct step *steps;    /* safest first; ends with one without a text. Braces: see lib/diag/step.h */
    const char *const *checks;   /* commands that tell more; NULL-terminated */
    const char *const *explains; /* ids of findings that are its consequences; NULL-terminated, or NULL */
    bool is_of_pod;              /* whoever writes the Pod's program or manifest can fix it */
    unsigned concerns;           /* enum concern: the queries that its findings are about */
    void (*eval)(const struct rule *rule, struct diagnosis *diagnosis);
};

/* All of them, in the order of lib/diag/meson.build; ends with NULL. */
extern const struct rule *const rules[];
const struct rule *rule_find(const char *id);

/* One server, as the matrix and the sampling show it. */
struct server {
    const struct target_facts *target;
    enum server_place place; /* where its address leads */
    uint64_t asked, heard;   /* questions of the matrix over UDP; those that brought anything */
    uint64_t unreachable[UNREACHABLE_KINDS]; /* of both: what did not get there, by the error */
    uint64_t own_errors; /* questions of the matrix that this machine could not send; and what of, a kind */
    uint64_t own_sends;  /* of these: the error came at the send itself, and not later from a neighbour */
    int own_kind;        /* enum unreachable; -1: none */
    const char *own_detail;
    uint64_t filtered;              /* of these: those that somebody decided about */
    const char *unreachable_detail; /* words for the first error; NULL for none */
    const char *filtered_detail;    /* words for the first that was filtered; NULL for none */
    uint64_t refused;               /* rcode REFUSED */
    uint64_t malformed, mismatched; /* of both; and words for the first of each, or NULL */
    const char *malformed_detail, *mismatch_detail;
    uint64_t failed;               /* questions of the matrix that were not answered well */
    uint64_t bad;                  /* of the sampling: lost, damaged, or answered with an error */
    uint64_t sent, answered, lost; /* of the sampling: what was decided */
    double loss_ratio;             /* of the sampling; NAN without */
    uint64_t p50_us;               /* unset without an answer */
    bool late; /* of the sampling: most that was not answered in time was answered later, and is not lost */
    const struct watch_target_facts *sampled; /* NULL without a sampling */
    bool silent;                              /* asked, and never heard in either */
};

/* The questions of the matrix, or those of it at one target. */
struct asked_probes {
    const char *target; /* its id; NULL: of all */
    struct asked_probe {
        const struct probe_facts *probe;
    } * items;
    size_t count;
};

/* One evaluation: the facts, what follows from them at once, and what the rules conclude. */
struct diagnosis {
    struct arena *arena;
    const struct facts *facts;
    struct host_facts host; /* that of the facts, named as far as other facts tell */
    const struct thresholds *thresholds;
    struct server *servers;
    size_t servers_count;
    struct asked_probes *asked; /* that of all first, then of each target of the matrix */
    size_t asked_count;
    size_t heard_count, replicas_count, replicas_heard; /* servers; those that are replicas */
    unsigned present;                                   /* enum rule_need */
    struct finding *findings;
    size_t findings_count;
    struct check_facts *checks; /* one for each rule */
    size_t checks_count;
    const char *unknown_why;     /* of the rule that runs */
    bool is_doubtful;            /* likewise: it is quiet, but what it looks at is not all well */
    bool edns_rejected;          /* by a server that answers without it; see application_lookups() */
    struct seen_lookup *lookups; /* what a program sees of each name that should exist */
    size_t lookups_count;
};

/* Begin a finding: severity, title, cause, remedies are the rule's and may be changed after. */
struct finding *finding_new(struct diagnosis *diagnosis, const struct rule *rule, const char *subject);
void finding_evidence(struct diagnosis *diagnosis, struct finding *finding, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* The finding is about this server (target_facts.id); one that is about none in particular is about all. */
void finding_about(struct diagnosis *diagnosis, struct finding *finding, const char *server);
bool finding_is_about(const struct finding *finding, const char *server);
/* A server that shows the same and is not to blame: what is wrong at another does not explain the finding. */
void finding_seen_at(struct diagnosis *diagnosis, struct finding *finding, const char *server);
/* Likewise about the replica that is the Pod of this name, where the facts say which that is. */
void finding_about_pod(struct diagnosis *diagnosis, struct finding *finding, const char *pod);
/* The finding is about these kinds of queries as well (enum concern). */
void finding_concerns(struct finding *finding, unsigned concerns);
/* What to do is this, by what was seen, and not the rule's; ends with a step without a text. */
void finding_steps(struct diagnosis *diagnosis, struct finding *finding, const struct step *steps);
/* The rule cannot tell, though the parts that it needs are there. */
void rule_unknown(struct diagnosis *diagnosis, const char *why);
/* The rule has no finding, yet not all of what it looked at is well: it is not listed among what is fine. */
void rule_doubts(struct diagnosis *diagnosis);

#endif
