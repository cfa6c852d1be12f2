/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_REPORT_FACTS_H
#define K8SDNS_MODEL_REPORT_FACTS_H

#include <k8sdns/base/err.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/recorder/timeline_facts.h>
#include <k8sdns/model/resolver/lookup_facts.h>

enum report_format {
    REPORT_HTML,
    REPORT_MARKDOWN,
    REPORT_TEXT,
};
extern const char *const report_format_names[]; /* "html", "markdown", "text" */

/* `data` of the report command: all that its page shows. */
struct report_facts {
    struct diagnose_facts *diagnosis;
    struct lookups_facts *lookups; /* of each name that should exist, as glibc, musl and Go look it up */
    struct facts *facts;
    struct timeline_facts *timeline; /* of the recording that the facts are from; NULL: they are from none */
    int format;                      /* enum report_format; not in JSON, as the next */
    const char *version;             /* of the program that makes the page */
};
extern const struct shape report_facts_shape;

/*
 * Replace names and addresses in `facts`, as json_redact() does by `word`. Return 0, or a negative errno with
 * a message.
 */
int report_redact(struct arena *arena, struct facts *facts, const char *word, struct err *err) MUST_USE;
int report_redact_timeline(struct arena *arena, struct timeline_facts *timeline, const char *word,
                           struct err *err) MUST_USE;

/*
 * The lookups of a page: each name that was asked for and should exist, by each of the resolvers whose view
 * of resolv.conf the facts have, replayed on the answers. A lookup that takes an answer which the facts have
 * not is left out. Never NULL. Pure.
 */
struct lookups_facts *report_lookups(struct arena *arena, const struct facts *facts);

#endif
