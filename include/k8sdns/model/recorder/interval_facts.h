/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_INTERVAL_FACTS_H
#define K8SDNS_MODEL_INTERVAL_FACTS_H

#include <jansson.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/tracing/traced_lookups_facts.h>

/*
 * What a recording holds of one interval, usually of ten seconds. Of the facts, `sampling`, `drops` and
 * `conntrack->rates` are of this interval alone, so that intervals can be added up; what was looked at more
 * seldom (the matrix, what Kubernetes says) stays as it was seen last, which costs nothing.
 */
struct interval_facts {
    const char *time; /* of its end, RFC 3339, UTC */
    double span_ms;   /* how long it was */
    bool is_capture;  /* a full capture, taken since something began */
    const char *why;  /* of a capture: what began; else NULL */
    struct facts *facts;
    struct traced_lookups_facts *lookups; /* NULL: not watched */
    struct finding *findings;             /* that stood at its end */
    size_t findings_count;
    bool is_judged; /* who recorded it judges, as an agent does, and as a watch does not; not in JSON */
};
extern const struct shape interval_facts_shape;

/* Parts of the facts that a reader can do without, so that hours are read fast. */
enum interval_parts {
    INTERVAL_WHOLE,
    INTERVAL_TIMELINE, /* host, sampling, conntrack, node, drops, lookups, findings */
    INTERVAL_REPORT,   /* where it is judged the same, the servers, and what CoreDNS counts; else all */
};

/*
 * An interval from the JSON of its shape. It lives in `arena`. Return 0, or a negative errno with a message
 * (kind ERR_FORMAT).
 */
int interval_from_json(struct arena *arena, json_t *json, enum interval_parts parts,
                       struct interval_facts *ret_interval, struct err *err) MUST_USE;

#endif
