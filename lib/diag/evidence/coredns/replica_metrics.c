/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replica_metrics.h"
#include <math.h>

static const struct metrics_replica_facts *from(const struct facts *facts, size_t at)
{
    for (; facts->metrics && at < facts->metrics->replicas_count; at++)
        if (!facts->metrics->replicas[at].error)
            return &facts->metrics->replicas[at];
    return NULL;
}

const struct metrics_replica_facts *metrics_first(const struct facts *facts)
{
    return from(facts, 0);
}

const struct metrics_replica_facts *metrics_next(const struct facts *facts,
                                                 const struct metrics_replica_facts *replica)
{
    return from(facts, (size_t)(replica - facts->metrics->replicas) + 1);
}

bool metrics_grew(uint64_t change)
{
    return change && change != SHAPE_UNSET;
}

bool metrics_is_judged(const struct metrics_replica_facts *replica)
{
    return !replica->restarted;
}

bool metrics_latency_is_judged(const struct metrics_replica_facts *replica,
                               const struct metrics_latency_facts *latency)
{
    return metrics_is_judged(replica) && latency->window == !isnan(replica->window_s) &&
           latency->observations >= METRICS_MANY;
}

const char *metrics_window(struct arena *arena, const struct metrics_replica_facts *replica)
{
    return isnan(replica->window_s) ? "since it began" : arena_printf(arena, "in %.1f s", replica->window_s);
}

struct finding *metrics_finding(struct diagnosis *d, const struct rule *rule, struct finding *finding,
                                const struct metrics_replica_facts *replica)
{
    const char *name = replica->pod ? replica->pod : replica->source;

    if (!finding)
        return finding_new(d, rule, name);
    finding->subject = arena_printf(d->arena, "%s, %s", finding->subject, name);
    return finding;
}

bool metrics_share_is_over(uint64_t failed, uint64_t of, double line)
{
    return failed != SHAPE_UNSET && of != SHAPE_UNSET && failed >= 2 && (double)failed > line * (double)of;
}

void metrics_share_weigh(struct finding *finding, uint64_t failed, uint64_t of, double critical)
{
    finding->severity =
        failed > 2 && (double)failed > critical * (double)of ? SEVERITY_CRITICAL : finding->severity;
    finding->confidence = of < METRICS_MANY ? CONFIDENCE_POSSIBLE : finding->confidence;
}

uint64_t metrics_recent(const struct metrics_replica_facts *replica, uint64_t total, uint64_t change)
{
    if (!isnan(replica->window_s))
        return change;
    return total == SHAPE_UNSET || total < 2 ? 0 : total;
}

void metrics_past_weigh(struct finding *finding, uint64_t failed, uint64_t of, double line)
{
    finding->confidence = CONFIDENCE_POSSIBLE;
    if (!metrics_share_is_over(failed, of, line))
        finding->severity = SEVERITY_INFO;
}
