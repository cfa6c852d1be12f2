/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SPAN_RECORD_H
#define K8SDNS_MODEL_SPAN_RECORD_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/spans/span_facts.h>
#include <k8sdns/wire/spans/zipkin_span.h>

/*
 * Spans put together to traces, and traces counted.
 *
 * CoreDNS sends a span when its plugin is done, so children come before their parents and the root last, and
 * a trace may be split over two posts. A trace is held until its root has come and a while has passed, for
 * what other senders or another order bring late; then it is counted, and forgotten but for the slowest. All
 * that is kept has a stated maximum, and what does not fit is counted.
 */
#define TRACES_HELD_MAX 65536
#define SPANS_HELD_MAX  (1U << 20)
/* Of one trace; a query meets some fifteen plugins. */
#define TRACE_SPANS_MAX 512
/* Complete traces wait until so many more are complete, where there is no clock. */
#define TRACES_WAIT_MAX 4096
/* And with one: for the rest of a trace that has its root, and for a root. CoreDNS posts once a second. */
#define TRACE_WAIT_NS  UINT64_C(2000000000)
#define TRACE_GIVEN_UP UINT64_C(30000000000)
#define SLOWEST_MAX    100

struct span_record;

/* `slowest` traces are kept (at most SLOWEST_MAX); from `slow_us` on one is slow. */
struct span_record *span_record_new(uint64_t slow_us, size_t slowest);
void span_record_free(struct span_record *record);

/* Take a span. Its texts are copied. `now_ns` is of any steady clock; 0 where there is none. */
void span_record_add(struct span_record *record, const struct zipkin_span *span, uint64_t now_ns);

/* Count the traces that have waited long enough. Return whether anything is to be told. */
bool span_record_tick(struct span_record *record, uint64_t now_ns);

/* Traces that were counted. */
uint64_t span_record_traces(const struct span_record *record);

/* Count all that is held: the end. */
void span_record_finish(struct span_record *record);

/*
 * What is known by now, in the arena: of all, with the slowest, when `summary`; with the events since the
 * last call without it, which are then told.
 */
void span_record_facts(struct span_record *record, bool summary, struct arena *arena,
                       struct spans_facts *ret_facts);

#endif
