/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_EXPOSITION_H
#define K8SDNS_RENDER_EXPOSITION_H

#include <k8sdns/base/text.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A page of metrics, in Prometheus's text format (version 0.0.4) or in OpenMetrics (1.0.0). They differ in
 * the name that a counter's family has, in UNIT and in the end; samples are the same, so that a series stays
 * one series whichever is asked for. Sources: Prometheus, "Exposition formats"; OpenMetrics 1.0.0.
 */
enum exposition_type {
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
    EXPOSITION_INFO, /* in the text format a gauge */
};

struct exposition {
    struct text text;
    bool openmetrics;
    const char *family; /* without _total and _info */
    enum exposition_type type;
    size_t series; /* how many were written */
};

#define EXPOSITION_TEXT_TYPE        "text/plain; version=0.0.4; charset=utf-8"
#define EXPOSITION_OPENMETRICS_TYPE "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* A label; a list of them ends with one without a name. */
struct exposition_label {
    const char *name, *value;
};

/*
 * Begin a family: `name` without _total or _info, `unit` its last word ("seconds") or NULL. `help` is one
 * sentence. Its samples follow before the next family.
 */
void exposition_family(struct exposition *page, const char *name, enum exposition_type type, const char *unit,
                       const char *help);

/* One sample of the family, with the suffix that its type has. NAN and infinities are written as such. */
void exposition_value(struct exposition *page, const struct exposition_label *labels, double value);
void exposition_count(struct exposition *page, const struct exposition_label *labels, uint64_t value);

/*
 * One histogram of the family: `counts` of each bucket alone, one more than there are bounds, and the sum of
 * all values. `le` is the same text in both formats.
 */
void exposition_histogram(struct exposition *page, const struct exposition_label *labels,
                          const double *bounds, size_t bounds_count, const uint64_t *counts, double sum);

/* The page is whole. */
void exposition_end(struct exposition *page);

#endif
