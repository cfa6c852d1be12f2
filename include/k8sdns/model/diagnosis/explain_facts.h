/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_EXPLAIN_FACTS_H
#define K8SDNS_MODEL_EXPLAIN_FACTS_H

#include <k8sdns/model/envelope_facts.h>

/* A finding in words. */
struct finding_words {
    const char *id, *title, *cause;
    int severity; /* the usual one */
    const char **remedies, **checks, **explains;
    size_t remedies_count, checks_count, explains_count;
};
extern const struct shape finding_words_shape;

/* An application's message in words. */
struct symptom_words {
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
    struct finding_words *findings;
    size_t findings_count;
    struct symptom_words *symptoms;
    size_t symptoms_count;
    struct threshold_words *thresholds;
    size_t thresholds_count;
};
extern const struct shape explain_facts_shape;

#endif
