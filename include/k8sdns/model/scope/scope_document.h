/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SCOPE_DOCUMENT_H
#define K8SDNS_MODEL_SCOPE_DOCUMENT_H

#include <jansson.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/wire/capture/json_excerpt.h>

/* Of a finding what scope reads. */
struct scope_finding {
    const char *id;
    int severity;            /* enum severity */
    const char *consequence; /* NULL: it leads */
};

/*
 * Of what `k8sdns diagnose --json` prints the part that scope reads: a fiftieth of it. The rest may be of a
 * version that knows words which this one does not.
 */
struct scope_document {
    const char *node, *pod, *time; /* NULL when not known */
    int frequency;                 /* enum frequency; -1 */
    struct report_load *load;      /* NULL: of a version that did not see it */
    struct scope_finding *findings;
    size_t findings_count;
};

/* The members of such a document, for json_excerpt(). */
extern const struct json_wanted scope_document_wanted[];

/* Read a document, or its excerpt. Return as shape_from_json(). */
int scope_document_read(struct arena *arena, json_t *document, struct scope_document *ret,
                        struct err *err) MUST_USE;

#endif
