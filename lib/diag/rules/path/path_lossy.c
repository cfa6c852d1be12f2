/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/family.h"
#include "../../evidence/flows.h"
#include "../../evidence/server.h"
#include <inttypes.h>

/* Lost by chance, as far as can be told: a type that is never answered is not. */
static uint64_t lost_of(const struct diagnosis *d, const struct server *server)
{
    return server->lost ? server->lost - family_lost(d, server) : 0;
}

/* A ClusterIP passes on what its replicas lose. */
static bool is_passed_on(const struct diagnosis *d, const struct server *server)
{
    return server->target->role == TARGET_CLUSTER_IP && d->replicas_count;
}

static void tell_order(struct diagnosis *d, struct finding *finding, const char *id)
{
    enum order_lost order = order_lost(d, id);

    if (order == ORDER_FIRST)
        finding_evidence(
            d, finding,
            "%s: the first query from a source port is lost and the second answered, whichever of A and "
            "AAAA goes first: something on the way holds back the first packet of a flow",
            id);
    else if (order == ORDER_SECOND)
        finding_evidence(
            d, finding,
            "%s: the first query from a source port is answered and the second lost, whichever of A and "
            "AAAA goes first: something on the way takes one packet of a flow, as a conntrack race does",
            id);
}

static void tell_server(struct diagnosis *d, struct finding *finding, const struct server *server)
{
    const char *id = server->target->id;

    finding_about(d, finding, id);
    finding_evidence(d, finding, "%s: %" PRIu64 " of %" PRIu64 " lost (%.1f %%)", id, lost_of(d, server),
                     server->sent, server->loss_ratio * 100);
    tell_order(d, finding, id);
    flows_tell_unanswered(d, finding, server->target->address);
}

static const char *lossy_id(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (lost_of(d, &d->servers[i]) && !d->servers[i].silent && !is_passed_on(d, &d->servers[i]))
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
        if (server->silent || !server->sent || is_passed_on(d, server))
            continue;
        direct++;
        sent += server->sent;
        lost += lost_of(d, server);
        lossy += lost_of(d, server) > 0;
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
    /* Those that the finding is named after come first. */
    for (int passed_on = 0; passed_on < 2; passed_on++)
        for (size_t i = 0; i < d->servers_count; i++)
            if (lost_of(d, &d->servers[i]) && !d->servers[i].silent &&
                is_passed_on(d, &d->servers[i]) == (passed_on == 1))
                tell_server(d, finding, &d->servers[i]);
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
