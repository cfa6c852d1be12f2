/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/family.h"
#include "../../evidence/flows.h"
#include "../../evidence/server.h"
#include <inttypes.h>

/* Lost by chance, as far as can be told: a type that is never answered is not. */
static uint64_t lost_of(const struct server *server)
{
    return server->lost ? server->lost - family_lost(server) : 0;
}

static const char *lossy_id(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (lost_of(&d->servers[i]) && !d->servers[i].silent &&
            (d->servers[i].target->role != TARGET_CLUSTER_IP || !d->replicas_count))
            return d->servers[i].target->id;
    return NULL;
}

#define LOOK_FOR_DROPS                                                                \
    {                                                                                 \
        .text = "on both nodes: look for drops", .command = "ip -s link; tc -s qdisc" \
    }
#define WORKAROUND                                                                                   \
    {                                                                                                \
        .text = "workaround: NodeLocal DNSCache asks {dns} over TCP", .undo = "delete its DaemonSet" \
    }

static const struct step replicas_tested[] = {LOOK_FOR_DROPS, WORKAROUND, {0}};

static void eval(const struct rule *rule, struct diagnosis *d)
{
    uint64_t lost = 0, sent = 0;
    size_t lossy = 0, direct = 0;
    unsigned concerns = 0;
    struct finding *finding;
    double ratio;

    /* The ClusterIP's own losses are looked at elsewhere, unless there is nothing else to ask. */
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (server->lost)
            rule_doubts(d);
        if (server->silent || !server->sent ||
            (server->target->role == TARGET_CLUSTER_IP && d->replicas_count))
            continue;
        direct++;
        sent += server->sent;
        lost += lost_of(server);
        lossy += lost_of(server) > 0;
        concerns |= server_lost_types(server);
    }
    ratio = sent ? (double)lost / (double)sent : 0;
    if (lost < 3 || ratio < d->thresholds->loss_warning_ratio)
        return;
    finding = finding_new(
        d, rule, lossy == 1 ? lossy_id(d) : arena_printf(d->arena, "%zu of %zu servers", lossy, direct));
    finding->confidence = CONFIDENCE_LIKELY;
    finding_concerns(finding, concerns);
    if (ratio >= d->thresholds->loss_critical_ratio)
        finding->severity = SEVERITY_CRITICAL;
    for (size_t i = 0; i < d->servers_count; i++)
        if (lost_of(&d->servers[i]) && !d->servers[i].silent) {
            finding_about(d, finding, d->servers[i].target->id);
            finding_evidence(d, finding, "%s: %" PRIu64 " of %" PRIu64 " lost (%.1f %%)",
                             d->servers[i].target->id, lost_of(&d->servers[i]), d->servers[i].sent,
                             d->servers[i].loss_ratio * 100);
            flows_tell_unanswered(d, finding, d->servers[i].target->address);
        }
    if (!d->replicas_count && ratio < 0.9)
        finding_evidence(d, finding,
                         "the replicas were not tested one by one: 1 of %.0f down would look the same",
                         1 / ratio);
    finding_evidence(d, finding, "each loss makes a lookup wait %s", lookup_cost(d->arena, d->facts));
    if (d->replicas_count)
        finding_steps(d, finding, replicas_tested);
}

static const struct step steps[] = {
    {.text = "test the replicas one by one",
     .command = "kubectl -n {ns} get endpointslices -l kubernetes.io/service-name={svc} -o json | {k8sdns} "
                "diagnose --endpoints -"},
    LOOK_FOR_DROPS,
    WORKAROUND,
    {0},
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 10m",
    "k8sdns node --interval 1s",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "lookup-slow",
    NULL,
};

const struct rule rule_path_lossy = {
    .id = "path-lossy",
    .title = "queries get no answer (packet loss)",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_SAMPLING,
    .healthy = "no query was lost in the sampling",
    .cause = "Packets are lost between here and the servers: a bad link, a rule that drops some, a "
             "queue that overflows. Each loss costs a lookup the whole timeout of its resolver.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
