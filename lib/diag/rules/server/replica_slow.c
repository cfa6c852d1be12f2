/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../replica_metrics.h"
#include "../server.h"
#include <k8sdns/base/number.h>
#include <string.h>

/* The lower median of the other replicas' medians; unset without any. */
static uint64_t median_of_others(const struct diagnosis *d, size_t me)
{
    uint64_t best = SHAPE_UNSET;
    size_t count = 0, wanted;

    for (size_t i = 0; i < d->servers_count; i++)
        count +=
            i != me && d->servers[i].target->role == TARGET_REPLICA && d->servers[i].p50_us != SHAPE_UNSET;
    wanted = count ? (count - 1) / 2 : 0;
    for (size_t i = 0; i < d->servers_count; i++) {
        size_t below = 0;

        if (i == me || d->servers[i].target->role != TARGET_REPLICA || d->servers[i].p50_us == SHAPE_UNSET)
            continue;
        for (size_t k = 0; k < d->servers_count; k++)
            below += k != me && k != i && d->servers[k].target->role == TARGET_REPLICA &&
                     (d->servers[k].p50_us < d->servers[i].p50_us ||
                      (d->servers[k].p50_us == d->servers[i].p50_us && k < i));
        if (below == wanted)
            best = d->servers[i].p50_us;
    }
    return best;
}

/* How long they took to answer our own questions. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        uint64_t peers = median_of_others(d, i);
        char own_text[DURATION_TEXT], peer_text[DURATION_TEXT];
        struct finding *finding;

        if (server->target->role != TARGET_REPLICA || server->p50_us == SHAPE_UNSET || peers == SHAPE_UNSET ||
            (double)server->p50_us < (double)peers * d->thresholds->slow_factor ||
            (double)server->p50_us < (double)peers + d->thresholds->slow_more_ms * 1000)
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding_evidence(d, finding, "half of its answers take %s or more, those of the others %s",
                         duration_format_us(own_text, sizeof(own_text), server->p50_us),
                         duration_format_us(peer_text, sizeof(peer_text), peers));
    }
}

/* What each counts of all its answers: not what the network adds, but what its upstreams do. */
static void by_counts(const struct rule *rule, struct diagnosis *d)
{
    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        struct finding *finding = NULL;

        for (size_t i = 0; i < d->facts->metrics->differences_count; i++) {
            const char *text = d->facts->metrics->differences[i];
            size_t len = strlen(m->source);

            if (!metrics_latency_is_judged(m, &m->latency_ms) || strncmp(text, m->source, len) != 0 ||
                (strncmp(text + len, ": p50 ", 6) != 0 && strncmp(text + len, ": p99 ", 6) != 0))
                continue;
            if (!finding)
                finding = metrics_finding(d, rule, NULL, m);
            finding_evidence(d, finding, "%s %s", text, metrics_window(d->arena, m));
        }
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    bool sampled = d->facts->sampling && (d->present & NEED_HEARD) && (d->present & NEED_REPLICAS);

    if (sampled)
        by_answers(rule, d);
    else if (!(d->present & NEED_METRICS))
        rule_unknown(d, "no replica was asked apart; name them with --replica");
    by_counts(rule, d);
}

static const char *const remedies[] = {
    "look at its node: kubectl top node; kubectl -n kube-system top pods -l k8s-app=kube-dns",
    "delete the Pod, and its Deployment makes another: kubectl -n kube-system delete pod POD",
    NULL,
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    NULL,
};

const struct rule rule_replica_slow = {
    .id = "replica-slow",
    .title = "a replica is slower than the others",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_SAMPLING | NEED_METRICS,
    .healthy = "the replicas are equally fast",
    .cause = "About its share of all lookups is slow. The Pod lacks CPU, its node is busy, or it is "
             "far away.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
