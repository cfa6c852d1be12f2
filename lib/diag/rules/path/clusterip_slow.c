/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ClusterIP takes longer than the replicas behind it. */
#include "../../evidence/latency.h"
#include "../../evidence/server.h"
#include <k8sdns/base/number.h>
#include <k8sdns/model/statistics/median.h>

static uint64_t replicas_us(const struct diagnosis *d)
{
    double *values = NULL;
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && d->servers[i].p50_us != SHAPE_UNSET)
            *ARENA_PUSH(d->arena, values, count) = (double)d->servers[i].p50_us;
    return count ? (uint64_t)median(values, count) : SHAPE_UNSET;
}

/* One of the replicas that it leads to is as slow: what is slow through it is that one. */
static bool has_slow_replica(const struct diagnosis *d, uint64_t us)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && d->servers[i].p50_us != SHAPE_UNSET &&
            d->servers[i].p50_us >= us / 2)
            return true;
    return false;
}

/* What a busy machine adds to half of the answers of a moment at most, as measured with both cores busy. */
#define BUSY_MOMENT_US 50000

/*
 * A moment in which this machine waited for a CPU makes it look slow: its fastest answer must be slow, or
 * half of them slower than that makes them, and the first answers, a moment before, must show the same.
 */
static bool is_slow_throughout(const struct diagnosis *d, const struct server *server, uint64_t peers)
{
    uint64_t first = matrix_latency_us(d, server->target->id, NULL, CONCERNS_CLUSTER);
    uint64_t fastest = server->sampled ? server->sampled->min_us : SHAPE_UNSET;

    return (fastest == SHAPE_UNSET || latency_stands_out(d, fastest, peers) ||
            server->p50_us >= peers + BUSY_MOMENT_US) &&
           (first == SHAPE_UNSET || latency_stands_out(d, first, peers));
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t peers = replicas_us(d);

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        char own_text[DURATION_TEXT], peer_text[DURATION_TEXT];
        struct finding *finding;

        if (server->target->role != TARGET_CLUSTER_IP || !latency_stands_out(d, server->p50_us, peers) ||
            has_slow_replica(d, server->p50_us) || !is_slow_throughout(d, server, peers))
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding,
                         "half of the answers through %s take %s or more, those of the replicas %s",
                         server->target->id, duration_format_us(own_text, sizeof(own_text), server->p50_us),
                         duration_format_us(peer_text, sizeof(peer_text), peers));
    }
}

static const struct step steps[] = {
    {.text = "see whether a replica that was not tested is slow", .command = "k8sdns replicas"},
    {.text = "look at what the node does to the packets (queues, shaping, a proxy)",
     .command = "k8sdns path --server {clusterip}"},
    {.text = "look at the node's load and limits", .command = "k8sdns node --interval 1s"},
    {0},
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    NULL,
};

const struct rule rule_clusterip_slow = {
    .id = "clusterip-slow",
    .title = "the ClusterIP is slow, the replicas are fast",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_SAMPLING | NEED_REPLICAS,
    .healthy = "the ClusterIP is as fast as the replicas",
    .cause =
        "The same query takes longer through the ClusterIP than straight to a replica: the delay is on this "
        "node, or the ClusterIP leads to a server that was not tested.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP | CONCERNS_CLUSTER,
    .eval = eval,
};
