/* SPDX-License-Identifier: GPL-2.0-or-later */
/* External names take long, and cluster names do not. */
#include "../../evidence/latency.h"
#include "../../evidence/server.h"
#include <k8sdns/base/number.h>
#include <k8sdns/model/statistics/median.h>
#include <string.h>

/* What the answers of one server say of external names against cluster names. */
enum external_pace {
    PACE_UNKNOWN, /* or it is slow for all names alike, which hides what the upstream takes */
    PACE_FAST,
    PACE_SLOW,
};

/* Of the answers for cluster names one in ten may take as long, by chance: more come from a slow server. */
#define CHANCE_SHARE 0.1

static bool is_slow_alike(const struct diagnosis *d, const char *id, uint64_t external)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    size_t count = 0, slow = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, id) != 0 || p->transport != TRANSPORT_UDP || p->rtt_us == SHAPE_UNSET ||
            !is_cluster_query(d, p))
            continue;
        count++;
        slow += p->rtt_us >= external / 2;
    }
    return (double)slow > (double)count * CHANCE_SHARE;
}

static enum external_pace pace_of(const struct diagnosis *d, const char *id, uint64_t *external,
                                  uint64_t *cluster)
{
    *external = matrix_latency_us(d, id, NULL, CONCERNS_EXTERNAL);
    *cluster = matrix_latency_us(d, id, NULL, CONCERNS_CLUSTER);
    if (*external == SHAPE_UNSET || *cluster == SHAPE_UNSET)
        return PACE_UNKNOWN;
    if (latency_severity(d, *external) < 0)
        return PACE_FAST;
    return latency_stands_out(d, *external, *cluster) && !is_slow_alike(d, id, *external) ? PACE_SLOW
                                                                                          : PACE_UNKNOWN;
}

/* Server by server: one that is slow for all names must not pass for a slow upstream. */
static void eval(const struct rule *rule, struct diagnosis *d)
{
    double *external = arena_array(d->arena, d->servers_count, sizeof(*external));
    double *cluster = arena_array(d->arena, d->servers_count, sizeof(*cluster));
    char external_text[DURATION_TEXT], cluster_text[DURATION_TEXT];
    size_t slow = 0, fast = 0;
    struct finding *finding;
    uint64_t half, of_cluster;

    for (size_t i = 0; i < d->servers_count; i++) {
        enum external_pace pace = pace_of(d, d->servers[i].target->id, &half, &of_cluster);

        fast += pace == PACE_FAST;
        if (pace != PACE_SLOW)
            continue;
        external[slow] = (double)half;
        cluster[slow++] = (double)of_cluster;
    }
    if (matrix_latency_us(d, NULL, NULL, CONCERNS_EXTERNAL) == SHAPE_UNSET) {
        rule_unknown(d, "no external name was answered; k8sdns lookup www.example.com");
        return;
    }
    if (!slow || slow < fast)
        return;
    half = (uint64_t)median(external, slow);
    finding = finding_new(d, rule, NULL);
    finding->severity = latency_severity(d, half);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(d, finding,
                     "half of the answers for external names take %s or more, those for cluster names %s",
                     duration_format_us(external_text, sizeof(external_text), half),
                     duration_format_us(cluster_text, sizeof(cluster_text), (uint64_t)median(cluster, slow)));
}

static const struct step steps[] = {
    {.text = "compare the upstreams' latency by replica", .command = "k8sdns metrics --interval 10s"},
    {.text = "ask the upstream itself from the replica's node",
     .command = "k8sdns watch www.example.com --target UPSTREAM --duration 1m"},
    {.text =
         "name a nearer upstream, or let the cache keep answers longer: the forward and cache lines of the "
         "Corefile",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml",
     .undo = "apply the old ConfigMap"},
    {0},
};

static const char *const checks[] = {
    "k8sdns metrics --interval 10s",
    NULL,
};

static const char *const explains[] = {
    "flows-unanswered",
    "lookup-slow",
    "reverse-failing",
    NULL,
};

const struct rule rule_upstream_slow = {
    .id = "upstream-slow",
    .title = "external names are slow, cluster names are fast",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "external names are answered fast",
    .cause =
        "{dns} forwards external names, and waits for its upstream: the upstream is slow or far away, or the "
        "first of several does not answer.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_EXTERNAL,
    .eval = eval,
};
