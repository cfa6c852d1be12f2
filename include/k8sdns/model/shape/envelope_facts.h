/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_ENVELOPE_FACTS_H
#define K8SDNS_MODEL_ENVELOPE_FACTS_H

#include <k8sdns/model/shape/gap.h>
#include <k8sdns/model/shape/host_facts.h>
#include <k8sdns/model/shape/shape.h>

/* The version of the JSON: it changes when a pinned member does, not when one is added. */
#define ENVELOPE_SCHEMA "k8sdns/1"

/* Something that could not be seen, and never passes for health. */
struct unobserved {
    int id; /* enum gap; -1: of a version that named none */
    const char *what, *why, *how;
};
extern const struct shape unobserved_shape;

/* One thing to do about a finding. */
struct step {
    const char *text;    /* what for: a phrase, lower case, without a full stop */
    const char *command; /* one line that can be pasted; NULL when there is none */
    const char *undo;    /* a command, or words; NULL when there is nothing to undo */
};
extern const struct shape step_shape;

/* A server, Pod or node that a finding is about, as far as it is known. */
struct finding_subject {
    const char *role; /* of enum target_role, or "node"; NULL: not known */
    const char *address, *pod, *node, *space;
};
extern const struct shape finding_subject_shape;

/* A cause that a rule named. */
struct finding {
    const char *id;
    int severity; /* enum severity */
    const char *title;
    const char *subject;
    struct finding_subject *subjects; /* the same in parts, for programs */
    size_t subjects_count;
    const char **evidence;
    size_t evidence_count;
    const char *cause;
    const char **remedy;
    size_t remedy_count;
    struct step *steps; /* the same in parts, with the names of this cluster */
    size_t steps_count;
    int state;               /* enum finding_state */
    int confidence;          /* enum confidence */
    const char *consequence; /* the id of the finding that explains this one; NULL for one that leads */
    const char **about;      /* ids of the servers that it is about; none: of all. Not in JSON */
    size_t about_count;
    const char **seen_at; /* ids of servers that show the same, none of which it blames. Not in JSON */
    size_t seen_at_count;
    unsigned concerns;  /* enum concern: the queries that it is about. Not in JSON */
    const char *domain; /* the one search domain that it is about; NULL: not tied to one. Not in JSON */
    bool alone;         /* what shows it has no other cause among the findings. Not in JSON */
    bool harmless;      /* nothing else follows from it. Not in JSON */
};
extern const struct shape finding_shape;

/*
 * Kinds of queries that a finding is about, in four groups: address family, transport, names, and what comes
 * back. None of a group means that the finding is not tied to one of them.
 */
enum concern {
    CONCERNS_A = 1 << 0,
    CONCERNS_AAAA = 1 << 1,
    CONCERNS_UDP = 1 << 2,
    CONCERNS_TCP = 1 << 3,
    CONCERNS_CLUSTER = 1 << 4,  /* names of the cluster, which CoreDNS answers itself */
    CONCERNS_EXTERNAL = 1 << 5, /* all others, which take an upstream */
    CONCERNS_SILENCE = 1 << 6,
    CONCERNS_REFUSAL = 1 << 7,  /* REFUSED, FORMERR or NOTIMP, which no lost packet makes */
    CONCERNS_SERVFAIL = 1 << 8, /* what CoreDNS makes of a silent upstream as well, in time */
};

/* The whole in one word. The words are pinned. */
enum health {
    HEALTH_OK,
    HEALTH_DEGRADED, /* a warning */
    HEALTH_FAILING,  /* something critical */
    HEALTH_UNKNOWN,  /* nothing was observed */
};
extern const char *const health_names[];  /* "ok", "degraded", "failing", "unknown" */
extern const char *const health_titles[]; /* the same for people: "OK", ... */

/* How sure a finding is of its cause. */
enum confidence {
    CONFIDENCE_CERTAIN, /* it was seen as such */
    CONFIDENCE_LIKELY,  /* nothing else that was looked at explains it */
    CONFIDENCE_POSSIBLE,
};
extern const char *const confidence_names[];

enum severity {
    SEVERITY_CRITICAL,
    SEVERITY_WARNING,
    SEVERITY_INFO,
};
extern const char *const severity_names[];

enum finding_state {
    FINDING_FIRES,
    FINDING_QUIET,
    FINDING_UNKNOWN,
};
extern const char *const finding_state_names[];

/* What ended a run without an answer. `status` is the exit status. */
struct error_facts {
    const char *message;
    uint64_t status;
};
extern const struct shape error_facts_shape;

/* What every command prints; `data` and `error` stand beside these members. */
struct envelope_facts {
    const char *schema;
    const char *command; /* NULL when the command line named none */
    const char *version;
    const char *time;
    double elapsed_ms;
    bool summary; /* of a stream: the whole run, and no part of it; of one document: true */
    struct host_facts host;
    struct finding *findings;
    size_t findings_count;
    struct unobserved *unobserved;
    size_t unobserved_count;
};
extern const struct shape envelope_facts_shape;

#endif
