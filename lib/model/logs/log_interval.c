/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/logs/log_interval.h>
#include <math.h>
#include <string.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_COUNT(struct log_interval_facts, interval, "interval", "its number, from 1"),
    SHAPE_FIELD_REAL(struct log_interval_facts, span_ms, "span_ms", "how long it was"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, lines, "lines", "that came"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, queries, "queries", "of these: answered"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, failed, "failed", "of these: neither NOERROR nor NXDOMAIN"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, nxdomain, "nxdomain", "of these: no such name"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, slow, "slow", "of these: slow"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, errors, "errors", "lines that are errors"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, panics, "panics", "lines that begin a panic"),
    SHAPE_FIELD_COUNT(struct log_interval_facts, unknown, "unknown", "lines that are not understood"),
    SHAPE_FIELD_REAL(struct log_interval_facts, p50_ms, "p50_ms", "half of its answers were faster"),
    SHAPE_FIELD_REAL(struct log_interval_facts, p99_ms, "p99_ms", "99 % of them"),
};
const struct shape log_interval_facts_shape = SHAPE(struct log_interval_facts, fields, "log_interval");

void log_interval_begin(struct log_interval *interval, uint64_t now_ns)
{
    memset(interval, 0, sizeof(*interval));
    interval->began_ns = now_ns;
}

static uint64_t nxdomain(const struct log_words *rcodes)
{
    for (size_t i = 0; i < rcodes->count; i++)
        if (strcmp(rcodes->words[i], "NXDOMAIN") == 0)
            return rcodes->counts[i];
    return 0;
}

static double percentile(const struct histogram *latency, double ratio)
{
    uint64_t tenths = histogram_value_us(latency, ratio);

    return tenths == SHAPE_UNSET ? (double)NAN : (double)tenths / 1e4;
}

/* The answers of the interval alone. Their extremes are not known, and are taken to be those of the steps. */
static void latency_since(struct log_interval *interval, const struct histogram *now,
                          struct log_interval_facts *facts)
{
    struct histogram since = *now;

    since.count -= interval->latency.count;
    since.min_us = 0;
    for (size_t i = 0; i < HISTOGRAM_SIZE; i++)
        since.steps[i] -= interval->latency.steps[i];
    facts->p50_ms = percentile(&since, 0.5);
    facts->p99_ms = percentile(&since, 0.99);
    interval->latency = *now;
}

void log_interval_next(struct log_interval *interval, const struct log_record *record, uint64_t now_ns,
                       struct log_interval_facts *ret)
{
    const struct log_interval_facts *before = &interval->before;
    struct log_interval_facts sums = {
        .lines = record->lines.total,
        .queries = record->queries.count,
        .failed = record->queries.failed,
        .nxdomain = nxdomain(&record->queries.rcodes),
        .slow = record->queries.slow_total,
        .errors = record->lines.error,
        .panics = record->lines.panic,
        .unknown = record->lines.unknown,
    };

    *ret = (struct log_interval_facts){
        .interval = ++interval->number,
        .span_ms = (double)(now_ns - interval->began_ns) / 1e6,
        .lines = sums.lines - before->lines,
        .queries = sums.queries - before->queries,
        .failed = sums.failed - before->failed,
        .nxdomain = sums.nxdomain - before->nxdomain,
        .slow = sums.slow - before->slow,
        .errors = sums.errors - before->errors,
        .panics = sums.panics - before->panics,
        .unknown = sums.unknown - before->unknown,
    };
    latency_since(interval, &record->queries.latency, ret);
    interval->before = sums;
    interval->began_ns = now_ns;
}
