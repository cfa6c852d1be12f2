/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PROMETHEUS_TEXT_H
#define K8SDNS_WIRE_PROMETHEUS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a program counts, as Prometheus and OpenMetrics write it down: a line is
 *
 *     name{label="value",label="value"} 12.5 1700000000000 # {trace_id="x"} 0.5
 *
 * or a comment. The labels, the time and the exemplar behind the second '#' may be missing; the last two are
 * left out here. The text is taken piece by piece as it comes, and needs no more memory than one line.
 *
 * Source: prometheus.io/docs/instrumenting/exposition_formats, and the OpenMetrics specification 1.0.
 */
#define PROMETHEUS_LABELS_MAX 32    /* those behind are left out */
#define PROMETHEUS_LINE_MAX   16384 /* a longer line is skipped, and counted */

/* Pieces of the line: not NUL-terminated, and gone when the next one is read. */
struct prometheus_label {
    const char *name, *value; /* the value without its escapes */
    size_t name_len, value_len;
};

struct prometheus_sample {
    const char *name;
    size_t name_len;
    struct prometheus_label labels[PROMETHEUS_LABELS_MAX];
    size_t labels_count;
    double value; /* may be NAN or infinite */
};

/* Called for each sample; what it points to lives as long as the call. */
typedef void prometheus_on_sample(void *user, const struct prometheus_sample *sample);

struct prometheus_counts {
    uint64_t bytes, lines, samples;
    uint64_t malformed; /* lines that are neither a sample nor a comment, and those behind "# EOF" */
    uint64_t too_long;  /* lines over the maximum */
    bool ended;         /* "# EOF" stood at the end, as in OpenMetrics */
    bool cut;           /* the last line has no end: the text was cut off */
};

struct prometheus_text {
    prometheus_on_sample *on_sample;
    void *user;
    struct prometheus_counts counts;
    bool skipping; /* within a line that is too long */
    size_t held;   /* of `line`: the beginning of one whose end has not come yet */
    struct prometheus_sample sample;
    char line[PROMETHEUS_LINE_MAX];
    char unescaped[PROMETHEUS_LINE_MAX];
};

void prometheus_text_init(struct prometheus_text *text, prometheus_on_sample *on_sample, void *user);

/* The next piece, of any length. */
void prometheus_text_feed(struct prometheus_text *text, const char *bytes, size_t len);

/* No more comes: what is left without a line end is read as a line. */
void prometheus_text_end(struct prometheus_text *text);

/* The label of that name; NULL for none. */
const struct prometheus_label *prometheus_label_find(const struct prometheus_sample *sample,
                                                     const char *name);

#endif
