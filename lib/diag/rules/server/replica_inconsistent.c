/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/probe/answer.h>
#include <string.h>

/* The server's answers are damaged or belong to other questions. */
static bool is_garbled(const struct diagnosis *d, const char *id)
{
    const struct server *server = id ? server_find(d, id) : NULL;

    return server && (server->malformed || server->mismatched);
}

/* Silence, SERVFAIL, REFUSED and what cannot be read are findings of their own. */
static bool is_said_elsewhere(const struct diagnosis *d, const struct difference_facts *difference)
{
    return difference->kind == DIFFERS_LATENCY ||
           (difference->kind == DIFFERS_STATUS && is_garbled(d, difference->target)) ||
           difference->fault == FAULT_SILENCE || difference->fault == FAULT_SERVFAIL ||
           difference->fault == FAULT_REFUSED;
}

/* Where none of them can be blamed it may be any replica that answers. */
static void seen_at_all(struct diagnosis *d, struct finding *finding)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && !d->servers[i].silent)
            finding_seen_at(d, finding, d->servers[i].target->id);
}

/* A nameserver that is none of the cluster's knows other names, which is not a replica's fault. */
static bool is_of_nameserver(const struct diagnosis *d, const char *id)
{
    const struct server *server = id ? server_find(d, id) : NULL;

    return server && server->target->role == TARGET_NAMESERVER && d->replicas_count;
}

/* What they answered to our own questions. */
static void by_answers(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct finding *finding;

    for (size_t i = 0; i < matrix->differences_count; i++) {
        const struct difference_facts *difference = &matrix->differences[i];

        if (is_said_elsewhere(d, difference) || is_of_nameserver(d, difference->target))
            continue;
        finding = finding_new(d, rule, difference->target);
        if (difference->target)
            finding_about(d, finding, difference->target);
        else
            seen_at_all(d, finding);
        finding_evidence(d, finding, "%s", difference->text);
    }
}

/* The newest serial that a server gave; 0: none. */
static uint64_t serial_of(const struct matrix_facts *matrix, const char *id)
{
    uint64_t newest = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (p->serial != SHAPE_UNSET && p->serial > newest && strcmp(p->target, id) == 0)
            newest = p->serial;
    }
    return newest;
}

/* A Corefile that is rolled out reaches the nodes within minutes, and who reloads it or starts anew sees
 * everything change. */
#define RELOAD_S (10 * 60)

/* Its negative answers say that it has not seen what its peers saw change since. */
static void by_serial(const struct rule *rule, struct diagnosis *d)
{
    uint64_t newest = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        uint64_t serial = serial_of(d->facts->matrix, d->servers[i].target->id);

        if (d->servers[i].target->role == TARGET_REPLICA && serial > newest)
            newest = serial;
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        const char *id = d->servers[i].target->id;
        uint64_t serial = serial_of(d->facts->matrix, id);
        char text[DURATION_TEXT];
        struct finding *finding;

        if (d->servers[i].target->role != TARGET_REPLICA || !serial_is_behind(serial, newest))
            continue;
        finding = finding_new(d, rule, id);
        finding_about(d, finding, id);
        finding->title = "a replica's data is stale: it has missed changes that others saw";
        finding->alone = true; /* an answer that says so is no failure of a query */
        finding->confidence = newest - serial > RELOAD_S ? CONFIDENCE_LIKELY : CONFIDENCE_POSSIBLE;
        if (finding->confidence == CONFIDENCE_POSSIBLE)
            finding->severity = SEVERITY_WARNING;
        finding_evidence(
            d, finding,
            "%s last saw a Service or endpoint change %s before another replica did (SOA serial %" PRIu64
            ", the newest %" PRIu64 ")",
            id, duration_format_us(text, sizeof(text), (newest - serial) * 1000000), serial, newest);
        if (finding->confidence == CONFIDENCE_POSSIBLE)
            finding_evidence(
                d, finding,
                "a peer that has just restarted or reloaded its Corefile makes the same difference, until "
                "the next change; ask again in 10 minutes");
    }
}

/* Another version or Corefile is ordinary while one is rolled out, and a cause when it stays. */
static void by_configuration(const struct rule *rule, struct diagnosis *d)
{
    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        struct finding *finding;

        for (size_t i = 0; i < m->outliers_count; i++) {
            if (strcmp(m->outliers[i], metrics_measure_names[MEASURE_VERSION]) != 0 &&
                strcmp(m->outliers[i], metrics_measure_names[MEASURE_COREFILE]) != 0)
                continue;
            finding = metrics_finding(d, rule, NULL, m);
            finding->title = "a replica is not set up like the others";
            finding->severity = SEVERITY_INFO;
            finding->confidence = CONFIDENCE_POSSIBLE;
            finding_evidence(d, finding, "%s has another %s than the others", m->source, m->outliers[i]);
        }
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->matrix && (d->present & NEED_HEARD) && (d->present & NEED_REPLICAS)) {
        by_serial(rule, d);
        by_answers(rule, d);
    } else {
        rule_unknown(d, "the replicas were not tested one by one; name them with --replica");
    }
    by_configuration(rule, d);
}

static const struct step steps[] = {
    {.text = "read the log of the one that differs", .command = "kubectl -n {ns} logs {pod}{c} --tail=200"},
    {.text = "compare versions and configuration",
     .command = "kubectl -n {ns} get pods -l {sel} -o jsonpath='{range .items[*]}{.metadata.name} "
                "{.spec.containers[0].image}{\"\\n\"}{end}'"},
    {.text = "replace the Pod; its Deployment makes a new one",
     .command = "kubectl -n {ns} delete pod {pod}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} logs {pod}{c} | grep plugin/kubernetes",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs", "name-not-found", "lookup-slow", "failures-unexplained", NULL,
};

const struct rule rule_replica_inconsistent = {
    .id = "replica-inconsistent",
    .title = "replicas give different answers",
    .severity = SEVERITY_WARNING,
    .needs_any = NEED_MATRIX | NEED_METRICS,
    .healthy = "the replicas agree",
    .cause = "A replica whose watch of the API server has stopped, whose cache is stale, or that has "
             "another Corefile answers differently: the same lookup works or fails at random.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
