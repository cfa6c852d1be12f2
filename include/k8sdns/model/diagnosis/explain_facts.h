/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_EXPLAIN_FACTS_H
#define K8SDNS_MODEL_EXPLAIN_FACTS_H

#include <k8sdns/model/shape/envelope_facts.h>

/* A finding in words. */
struct finding_words {
    const char *id, *title, *cause;
    int severity; /* the usual one */
    struct step *steps;
    size_t steps_count;
    const char **remedies, **checks, **explains;
    size_t remedies_count, checks_count, explains_count;
};
extern const struct shape finding_words_shape;

/* What a message says about DNS. */
enum symptom_class {
    SYMPTOM_IS_NX,          /* the name does not exist */
    SYMPTOM_IS_NODATA,      /* it exists, without such records */
    SYMPTOM_IS_TIMEOUT,     /* nothing came back in time */
    SYMPTOM_IS_AGAIN,       /* EAI_AGAIN: no usable answer */
    SYMPTOM_IS_SERVFAIL,    /* RCODE 2 */
    SYMPTOM_IS_REFUSED,     /* RCODE 5 */
    SYMPTOM_IS_UNREACHABLE, /* ICMP, nothing listens, no route */
    SYMPTOM_IS_LOCAL,       /* this machine's own limit, permission or rule */
    SYMPTOM_IS_MALFORMED,   /* an answer that cannot be read */
    SYMPTOM_IS_MISMATCH,    /* an answer to another query, or from elsewhere */
    SYMPTOM_IS_TCP,         /* truncation, or TCP port 53 */
    SYMPTOM_IS_CONFIG,      /* kubelet, resolv.conf, Corefile, a program's resolver setting */
    SYMPTOM_IS_LIMITS,      /* a table or a server is full */
    SYMPTOM_IS_UPSTREAM,    /* CoreDNS does not reach its upstream */
    SYMPTOM_IS_LOOP,        /* a server asks itself */
    SYMPTOM_IS_APISERVER,   /* CoreDNS and the Kubernetes API */
    SYMPTOM_IS_DNSSEC,      /* validation */
    SYMPTOM_IS_FILTERED,    /* a policy or rule drops or rejects */
    SYMPTOM_IS_CHECKSUM,    /* packets with a wrong checksum */
    SYMPTOM_IS_IPVS,        /* a Service without a backend */
    SYMPTOM_IS_BADNAME,     /* no valid name */
    SYMPTOM_IS_FAILED,      /* a lookup failed, the program does not say why */
    SYMPTOM_IS_NOTDNS,      /* after the lookup, or not to be told */
    SYMPTOM_IS_VAGUE,       /* too general */
    SYMPTOM_IS_NOISE,       /* harmless */
};
extern const char *const symptom_class_names[];

/* An application's message in words. */
struct symptom_words {
    int class;            /* enum symptom_class */
    const char *text;     /* the line of the message; NULL in a list of all */
    uint64_t line, count; /* where it stands first, and how many lines mean the same; unset in a list */
    const char *title, *meaning, *said_by;
    const char **patterns, **likely, **checks;
    size_t patterns_count, likely_count, checks_count;
};
extern const struct shape symptom_words_shape;

struct threshold_words {
    const char *name, *doc;
    double usual;
};
extern const struct shape threshold_words_shape;

/* `data` of the explain command: what was asked for, or everything. */
struct explain_facts {
    const char *asked; /* NULL: everything */
    bool with_seen;    /* a capture was read; not in JSON, as the next: they stand in the envelope */
    struct finding *seen;
    size_t seen_count;
    struct finding_words *findings;
    size_t findings_count;
    struct symptom_words *symptoms;
    size_t symptoms_count;
    struct threshold_words *thresholds;
    size_t thresholds_count;
};
extern const struct shape explain_facts_shape;

#endif
