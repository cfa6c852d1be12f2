/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_SPANS_LOOK_H
#define K8SDNS_COLLECT_SPANS_LOOK_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/model/spans/span_facts.h>

/* From here on a trace is slow, where nothing else is said. Source: coredns#4980. */
#define SPANS_SLOW_US UINT64_C(100000)
/* Slowest traces that are kept, likewise. */
#define SPANS_SLOWEST 10

/*
 * Read spans from files ("-" is standard input), one after another, and count their traces. Return 0, or a
 * negative errno with a message in survey->err.
 */
int collect_spans(struct survey *survey, const char *const *paths, size_t count, uint64_t slow_us,
                  size_t slowest, struct spans_facts *ret_facts) MUST_USE;

struct facts;

/* Fill facts->spans from a file for diagnose; NULL: there is none. */
int collect_spans_if_any(struct survey *survey, const char *path, struct facts *facts) MUST_USE;

#endif
