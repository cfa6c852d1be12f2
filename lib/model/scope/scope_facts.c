/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/scope/scope_facts.h>

const char *const scope_row_names[] = {"node", "pod", "time", NULL};

static const struct shape_field row_fields[] = {
    SHAPE_FIELD_CHOICE(struct scope_row, kind, "kind", scope_row_names, "what the row is about"),
    SHAPE_FIELD_TEXT(struct scope_row, node, "node", "null of a stretch of time, and when no report says it"),
    SHAPE_FIELD_TEXT(struct scope_row, pod, "pod", "null of a whole node, and when no report says it"),
    SHAPE_FIELD_TEXT(struct scope_row, time, "time",
                     "the beginning of a stretch, RFC 3339, UTC; null of a node or Pod"),
    SHAPE_FIELD_COUNT(struct scope_row, reports, "reports", "how many there are"),
    SHAPE_FIELD_COUNT(struct scope_row, failing, "failing", "of these"),
    SHAPE_FIELD_COUNT(struct scope_row, pods, "pods", "that report"),
    SHAPE_FIELD_COUNT(struct scope_row, failing_pods, "failing_pods", "that report a failure at least once"),
    SHAPE_FIELD_TEXT(struct scope_row, findings, "findings", "what they name"),
};
const struct shape scope_row_shape = SHAPE(struct scope_row, row_fields, "scope_row");

static const struct shape_field cause_fields[] = {
    SHAPE_FIELD_NAME(struct scope_cause, id, "id", "of a finding"),
    SHAPE_FIELD_NAME(struct scope_cause, title, "title", "in a few words"),
    SHAPE_FIELD_COUNT(struct scope_cause, reports, "reports", "that name it; from Prometheus: nodes"),
    SHAPE_FIELD_BOOL(struct scope_cause, pattern, "pattern", "how often and how wide point to it as well"),
};
const struct shape scope_cause_shape = SHAPE(struct scope_cause, cause_fields, "scope_cause");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct scope_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_CHOICE(struct scope_facts, scope, "scope", scope_names, "how wide it fails"),
    SHAPE_FIELD_TEXT(struct scope_facts, scope_text, "scope_text", "with the numbers"),
    SHAPE_FIELD_REAL(struct scope_facts, scope_ratio, "scope_ratio",
                     "the share of Pods, from Prometheus of nodes, that fail, 0 to 1"),
    SHAPE_FIELD_TEXTS(struct scope_facts, scope_else, "scope_else", "what else would look the same"),
    SHAPE_FIELD_WORD(struct scope_facts, frequency, "frequency", frequency_names, "how often it fails"),
    SHAPE_FIELD_TEXT(struct scope_facts, frequency_text, "frequency_text", "with the numbers"),
    SHAPE_FIELD_REAL(struct scope_facts, frequency_ratio, "frequency_ratio",
                     "the share of reports, from Prometheus of windows of time, that fail, 0 to 1"),
    SHAPE_FIELD_WORD(struct scope_facts, frequency_confidence, "frequency_confidence", scope_confidence_names,
                     "how sure that is; `confidence` is of how wide"),
    SHAPE_FIELD_TEXTS(struct scope_facts, frequency_else, "frequency_else", "what else would look the same"),
    SHAPE_FIELD_POINTER(struct scope_facts, peak, "peak", &scope_peak_facts_shape,
                        "whether failures follow the load; null when too few moments are there to tell"),
    SHAPE_FIELD_TEXT(struct scope_facts, confidence, "confidence", "high, medium or low"),
    SHAPE_FIELD_TEXT(struct scope_facts, confidence_text, "confidence_text", "why"),
    SHAPE_FIELD_COUNT(struct scope_facts, files, "files",
                      "that were opened; null from Prometheus, as all counts of reports and Pods"),
    SHAPE_FIELD_COUNT(struct scope_facts, reports, "reports", "read in them"),
    SHAPE_FIELD_COUNT(struct scope_facts, failing, "failing", "of these: with a finding of warning or above"),
    SHAPE_FIELD_COUNT(struct scope_facts, unread, "unread", "documents that are no report"),
    SHAPE_FIELD_COUNT(struct scope_facts, nodes, "nodes", "that reports are from"),
    SHAPE_FIELD_COUNT(struct scope_facts, pods, "pods", "that reports are from"),
    SHAPE_FIELD_COUNT(struct scope_facts, failing_pods, "failing_pods", "of these"),
    SHAPE_FIELD_OBJECTS(struct scope_facts, causes, "causes", &scope_cause_shape,
                        "what the reports name, and what the pattern points to"),
    SHAPE_FIELD_OBJECTS(struct scope_facts, rows, "rows", &scope_row_shape,
                        "by node, by failing Pod, by time"),
    SHAPE_FIELD_OBJECTS(struct scope_facts, steps, "steps", &step_shape, "what to do next"),
    SHAPE_FIELD_TEXTS(struct scope_facts, next, "next", "the same as phrases"),
    SHAPE_FIELD_POINTER(struct scope_facts, fleet, "fleet", &fleet_facts_shape,
                        "with --prometheus: what it told; else null"),
};
const struct shape scope_facts_shape = SHAPE(struct scope_facts, fields, "scope");
