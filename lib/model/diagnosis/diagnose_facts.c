/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/diagnose_facts.h>
#include <k8sdns/model/frequency.h>
#include <k8sdns/model/resolv_facts.h>

static const struct shape_field check_fields[] = {
    SHAPE_FIELD_NAME(struct check_facts, id, "id", "of the finding looked for"),
    SHAPE_FIELD_CHOICE(struct check_facts, state, "state", finding_state_words, "fires, quiet or unknown"),
    SHAPE_FIELD_TEXT(struct check_facts, detail, "detail", "what is well, or what is missing to tell"),
};
const struct shape check_facts_shape = SHAPE(struct check_facts, check_fields, "check");

static const struct shape_field lookup_fields[] = {
    SHAPE_FIELD_NAME(struct seen_lookup, name, "name", "as an application gives it"),
    SHAPE_FIELD_CHOICE(struct seen_lookup, resolver, "resolver", resolver_words, "whose lookup it is"),
    SHAPE_FIELD_BOOL(struct seen_lookup, found, "found", "it gets an address"),
    SHAPE_FIELD_TEXT(struct seen_lookup, error, "error", "the resolver's words for a failure"),
    SHAPE_FIELD_REAL(struct seen_lookup, total_ms, "total_ms", "how long the application waits"),
};
const struct shape seen_lookup_shape = SHAPE(struct seen_lookup, lookup_fields, "seen_lookup");

static const struct shape_field load_fields[] = {
    SHAPE_FIELD_REAL(struct report_load, latency_ms, "latency_ms",
                     "the median over the servers of the median of their answers"),
    SHAPE_FIELD_REAL(struct report_load, conntrack_fill_ratio, "conntrack_fill_ratio",
                     "of the node's connection tracking table, 0 to 1"),
    SHAPE_FIELD_REAL(struct report_load, cpu_pressure_percent, "cpu_pressure_percent",
                     "of ten seconds that some process waited for a CPU"),
    SHAPE_FIELD_REAL(struct report_load, queries_per_second, "queries_per_second",
                     "of all replicas, by what they count"),
};
const struct shape report_load_shape = SHAPE(struct report_load, load_fields, "report_load");

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct diagnose_facts, verdict, "verdict", "one sentence"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, time, "time", "when it was seen"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, node, "node", "where, as far as known"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, pod, "pod", "likewise"),
    SHAPE_FIELD_WORD(struct diagnose_facts, frequency, "frequency", frequency_words,
                     "how often it fails; null when too little was asked"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, frequency_text, "frequency_text", "the numbers behind it"),
    SHAPE_FIELD_TEXT(struct diagnose_facts, scope, "scope", "how wide, as far as one place can tell"),
    SHAPE_FIELD_COUNT(struct diagnose_facts, asked, "asked", "questions"),
    SHAPE_FIELD_COUNT(struct diagnose_facts, answered, "answered", "of these"),
    SHAPE_FIELD_OBJECTS(struct diagnose_facts, lookups, "lookups", &seen_lookup_shape,
                        "what an application sees: the lookups of its resolver, replayed on these answers"),
    SHAPE_FIELD_POINTER(struct diagnose_facts, load, "load", &report_load_shape,
                        "how busy it was, which k8sdns scope compares with the failures; null what was not "
                        "seen"),
    SHAPE_FIELD_TEXTS(struct diagnose_facts, healthy, "healthy", "what was looked at and found well"),
    SHAPE_FIELD_TEXTS(struct diagnose_facts, next, "next", "commands that would tell more"),
    SHAPE_FIELD_OBJECTS(struct diagnose_facts, checks, "checks", &check_facts_shape, "every rule"),
};
const struct shape diagnose_facts_shape = SHAPE(struct diagnose_facts, fields, "diagnose");
