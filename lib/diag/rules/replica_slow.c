/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <k8sdns/base/number.h>

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

static void eval(const struct rule *rule, struct diagnosis *d)
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
        finding_evidence(d, finding, "half of its answers take %s or more, those of the others %s",
                         duration_format_us(own_text, sizeof(own_text), server->p50_us),
                         duration_format_us(peer_text, sizeof(peer_text), peers));
    }
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
    .needs = NEED_HEARD | NEED_SAMPLING | NEED_REPLICAS,
    .healthy = "the replicas are equally fast",
    .cause = "About its share of all lookups is slow. The Pod lacks CPU, its node is busy, or it is "
             "far away.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
