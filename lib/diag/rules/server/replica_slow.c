/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/latency.h"
#include "../../evidence/server.h"
#include <k8sdns/base/number.h>
#include <k8sdns/model/statistics/median.h>
#include <string.h>

/* The median of the other replicas' medians; unset without any. */
static uint64_t median_of_others(const struct diagnosis *d, size_t me)
{
    double *others = arena_array(d->arena, d->servers_count, sizeof(*others));
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        if (i != me && d->servers[i].target->role == TARGET_REPLICA && d->servers[i].p50_us != SHAPE_UNSET)
            others[count++] = (double)d->servers[i].p50_us;
    return count ? (uint64_t)median(others, count) : SHAPE_UNSET;
}

/* What a busy machine adds to half of the answers of a moment at most, as measured with both cores busy. */
#define BUSY_MOMENT_US 50000

/* The fastest of its first answers; SHAPE_UNSET without any. */
static uint64_t fastest_first_us(const struct diagnosis *d, const char *id)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    uint64_t fastest = SHAPE_UNSET;

    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, id) == 0 && p->rtt_us != SHAPE_UNSET && is_cluster_query(d, p) &&
            (fastest == SHAPE_UNSET || p->rtt_us < fastest))
            fastest = p->rtt_us;
    }
    return fastest;
}

/* Where this machine was busy and all first answers came late: even its fastest one, and its fastest of the
 * sampling, took much longer than the fastest of each other replica. */
static bool never_was_fast(const struct diagnosis *d, size_t me)
{
    const struct watch_target_facts *sampled = d->servers[me].sampled;
    uint64_t first = fastest_first_us(d, d->servers[me].target->id);
    size_t others = 0;

    if (first == SHAPE_UNSET || !sampled || sampled->min_us == SHAPE_UNSET)
        return false;
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *other = &d->servers[i];
        uint64_t other_first = fastest_first_us(d, other->target->id);

        if (i == me || other->target->role != TARGET_REPLICA || other->silent || other_first == SHAPE_UNSET)
            continue;
        others++;
        if (first < other_first + BUSY_MOMENT_US || !other->sampled ||
            other->sampled->min_us == SHAPE_UNSET ||
            !latency_stands_out(d, sampled->min_us, other->sampled->min_us))
            return false;
    }
    return others > 0;
}

/*
 * A moment in which the replica, or this machine, waited for a CPU makes one look slow, so the one before
 * must show the same: the first answers of each server, a moment earlier. Nothing to compare contradicts
 * nothing.
 */
static bool was_slow_before(const struct diagnosis *d, size_t me)
{
    uint64_t own = matrix_latency_us(d, d->servers[me].target->id, NULL, CONCERNS_CLUSTER);
    double *others = arena_array(d->arena, d->servers_count, sizeof(*others));
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        uint64_t us = i != me && d->servers[i].target->role == TARGET_REPLICA
                          ? matrix_latency_us(d, d->servers[i].target->id, NULL, CONCERNS_CLUSTER)
                          : SHAPE_UNSET;

        if (us != SHAPE_UNSET)
            others[count++] = (double)us;
    }
    return own == SHAPE_UNSET || !count || latency_stands_out(d, own, (uint64_t)median(others, count)) ||
           never_was_fast(d, me);
}

/* Even its fastest answer is slow, or half of them are slower than a busy moment makes them. */
static bool is_slow_throughout(const struct diagnosis *d, const struct server *server, uint64_t peers)
{
    return !server->sampled || server->p50_us >= peers + BUSY_MOMENT_US ||
           server->sampled->min_us == SHAPE_UNSET || latency_stands_out(d, server->sampled->min_us, peers);
}

/* How long they took to answer our own questions. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        uint64_t peers = median_of_others(d, i), own = server->p50_us;
        char own_text[DURATION_TEXT], peer_text[DURATION_TEXT];
        struct finding *finding;

        if (server->target->role != TARGET_REPLICA || !latency_stands_out(d, own, peers) ||
            !is_slow_throughout(d, server, peers) || !was_slow_before(d, i))
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding_concerns(finding, CONCERNS_UDP | CONCERNS_CLUSTER); /* that is what the sampling asks for */
        finding_evidence(d, finding, "half of its answers take %s or more, those of the others %s",
                         duration_format_us(own_text, sizeof(own_text), own),
                         duration_format_us(peer_text, sizeof(peer_text), peers));
    }
}

/* What each counts of all its answers: not what the network adds, but what its upstreams do. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        struct finding *finding = NULL;

        for (size_t i = 0; i < d->facts->metrics->outliers_count; i++) {
            const struct metrics_outlier_facts *outlier = &d->facts->metrics->outliers[i];

            if (!metrics_latency_is_judged(m, &m->latency_ms) || strcmp(outlier->source, m->source) != 0 ||
                (outlier->measure != MEASURE_P50 && outlier->measure != MEASURE_P99))
                continue;
            if (!finding)
                finding = metrics_finding(d, rule, NULL, m);
            finding_evidence(d, finding, "%s %s", outlier->text, metrics_window(d->arena, m));
        }
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    bool sampled = d->facts->sampling && (d->present & NEED_HEARD) && (d->present & NEED_REPLICAS);

    if (sampled)
        by_answers(rule, d);
    else if (!(d->present & NEED_METRICS))
        rule_unknown(d, "the replicas were not tested one by one; name them with --replica");
    by_counts(rule, d);
}

static const struct step steps[] = {
    {.text = "see its CPU use", .command = "kubectl -n {ns} top pod {pod}"},
    {.text = "look at its node", .command = "kubectl top node {node}"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {0},
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    "clusterip-slow",
    "answers-slow",
    NULL,
};

const struct rule rule_replica_slow = {
    .id = "replica-slow",
    .title = "a replica is slower than the others",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_SAMPLING | NEED_METRICS,
    .healthy = "the replicas are equally fast",
    .cause = "Its share of all lookups is slow. The Pod lacks CPU, its node is busy, or it is far "
             "away.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
