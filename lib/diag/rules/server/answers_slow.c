/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Servers that are slow alike for names that they know themselves, or slow at the first query alone. */
#include "../../evidence/latency.h"
#include "../../evidence/server.h"
#include <k8sdns/base/number.h>

static void add(const struct rule *rule, struct diagnosis *d, struct finding **finding, int severity,
                const struct server *server)
{
    bool is_new = !*finding;

    *finding = server_finding(d, rule, *finding, server);
    if (is_new || severity < (*finding)->severity)
        (*finding)->severity = severity;
}

/* One replica that stands out has a finding of its own, and so has a ClusterIP. */
static void by_all(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    char text[DURATION_TEXT];

    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].p50_us != SHAPE_UNSET && latency_severity(d, d->servers[i].p50_us) < 0)
            return;
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (server->p50_us == SHAPE_UNSET)
            continue;
        add(rule, d, &finding, latency_severity(d, server->p50_us), server);
        finding_evidence(d, finding, "%s: half of the answers for a cluster name take %s or more",
                         server->target->id, duration_format_us(text, sizeof(text), server->p50_us));
    }
}

static void by_first(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        uint64_t first = matrix_latency_us(d, server->target->id, NULL, CONCERNS_CLUSTER);
        char first_text[DURATION_TEXT], later_text[DURATION_TEXT];
        int severity = latency_severity(d, first);

        if (severity < 0 || !latency_stands_out(d, first, server->p50_us))
            continue;
        add(rule, d, &finding, severity, server);
        finding->title = "first answers come late, later ones fast";
        finding_evidence(d, finding, "%s: the first answers took %s, the same query again %s",
                         server->target->id, duration_format_us(first_text, sizeof(first_text), first),
                         duration_format_us(later_text, sizeof(later_text), server->p50_us));
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    by_all(rule, d);
    by_first(rule, d);
}

static const struct step steps[] = {
    {.text = "see whether {dns} lacks CPU", .command = "kubectl -n {ns} top pods -l {sel}"},
    {.text = "compare what it counts with what is seen here", .command = "k8sdns metrics --interval 10s"},
    {.text = "from another node run the same: slow only here means the network of this node",
     .command = "k8sdns watch kubernetes.default --duration 1m"},
    {0},
};

static const char *const checks[] = {
    "k8sdns watch kubernetes.default --duration 1m",
    "k8sdns metrics --interval 10s",
    NULL,
};

static const char *const explains[] = {
    "lookup-slow",
    NULL,
};

const struct rule rule_answers_slow = {
    .id = "answers-slow",
    .title = "the servers are slow for cluster names",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_SAMPLING,
    .healthy = "cluster names are answered fast",
    .cause =
        "{dns} answers cluster names from memory, within a few milliseconds. When it takes long, {dns} lacks "
        "CPU, or the way there is slow or far.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP | CONCERNS_CLUSTER,
    .eval = eval,
};
