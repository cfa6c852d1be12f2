/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_ENVELOPE_FACTS_H
#define K8SDNS_MODEL_ENVELOPE_FACTS_H

#include <k8sdns/model/host_facts.h>
#include <k8sdns/model/shape.h>

/* The version of the JSON: it changes when a pinned member does, not when one is added. */
#define ENVELOPE_SCHEMA "k8sdns/1"

/* Something that could not be seen, and never passes for health. */
struct unobserved {
    const char *what, *why, *how;
};
extern const struct shape unobserved_shape;

/* A cause that a rule named. */
struct finding {
    const char *id;
    int severity; /* enum severity */
    const char *title;
    const char *subject;
    const char **evidence;
    size_t evidence_count;
    const char *cause;
    const char **remedy;
    size_t remedy_count;
    int state;               /* enum finding_state */
    int confidence;          /* enum confidence */
    const char *consequence; /* the id of the finding that explains this one; NULL for one that leads */
    const char **about;      /* ids of the servers that it is about; none: of all. Not in JSON */
    size_t about_count;
};
extern const struct shape finding_shape;

/* How sure a finding is of its cause. */
enum confidence {
    CONFIDENCE_CERTAIN, /* it was seen as such */
    CONFIDENCE_LIKELY,  /* nothing else that was looked at explains it */
    CONFIDENCE_POSSIBLE,
};
extern const char *const confidence_words[];

enum severity {
    SEVERITY_CRITICAL,
    SEVERITY_WARNING,
    SEVERITY_INFO,
};
extern const char *const severity_words[];

enum finding_state {
    FINDING_FIRES,
    FINDING_QUIET,
    FINDING_UNKNOWN,
};
extern const char *const finding_state_words[];

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
    struct host_facts host;
    struct finding *findings;
    size_t findings_count;
    struct unobserved *unobserved;
    size_t unobserved_count;
};
extern const struct shape envelope_facts_shape;

#endif
