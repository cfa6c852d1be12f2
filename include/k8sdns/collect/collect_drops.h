/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_COLLECT_DROPS_LOOK_H
#define K8SDNS_COLLECT_DROPS_LOOK_H

#include <k8sdns/collect/survey.h>
#include <k8sdns/source/tracing/drop_trace.h>

/*
 * Watch what the kernel throws away of that which this process asks from here on, beside other work. Return
 * NULL where that cannot be; then it is noted in survey->unobserved.
 */
struct drop_trace *collect_drops_begin(struct survey *survey);

/* The end: what was dropped meanwhile, NULL when it was not watched. */
struct drops_facts *collect_drops_end(struct survey *survey, struct drop_trace *trace);

#endif
