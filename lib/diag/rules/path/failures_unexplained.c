/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fails though no other rule says why: it comes behind all that look for causes. */
#include "../../application.h"
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/shell_word.h>
#include <string.h>

/* Findings of at least this severity that others have made. What is only possible explains nothing measured.
 */
static bool has_finding(const struct diagnosis *d, int severity)
{
    for (size_t i = 0; i < d->findings_count; i++)
        if (d->findings[i].severity <= severity && d->findings[i].confidence != CONFIDENCE_POSSIBLE)
            return true;
    return false;
}

/* Queries that failed; what came too late is slow, and told as such. */
static uint64_t failures(const struct server *server)
{
    uint64_t late = server->sampled ? server->sampled->late : 0, bad = server->failed + server->bad;

    return bad > late ? bad - late : 0;
}

/* " (formerr)": how those of the matrix ended, each once; "" where they were of the sampling alone. */
static const char *ends_text(struct diagnosis *d, const char *id)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    bool seen[PROBE_ERROR + 1] = {false};
    const char *words[PROBE_ERROR + 1];
    size_t count = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (probe_status_is_good(p->status) || seen[p->status] || strcmp(p->target, id) != 0)
            continue;
        seen[p->status] = true;
        words[count++] = probe_status_names[p->status];
    }
    return count ? arena_printf(d->arena, " (%s)", arena_join(d->arena, words, count, ", ")) : "";
}

static struct finding *by_queries(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;
    uint64_t asked = 0, failed = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        asked += d->servers[i].asked + d->servers[i].sent;
        failed += failures(&d->servers[i]);
    }
    if (!failed || has_finding(d, SEVERITY_WARNING))
        return NULL;
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (!failures(server))
            continue;
        finding = server_finding(d, rule, finding, server);
        finding_evidence(d, finding, "%s: %" PRIu64 " of %" PRIu64 " queries failed%s", server->target->id,
                         failures(server), server->asked + server->sent, ends_text(d, server->target->id));
    }
    if ((double)failed >= (double)asked * d->thresholds->loss_critical_ratio)
        finding->severity = SEVERITY_CRITICAL;
    return finding;
}

#define SEE_QUERIES "see each query and its answer"
#define SEE_RATE    "see when and how often it fails"
#define SEE_LOG     "let {dns}'s log tell more"
#define LOG_COMMAND \
    "kubectl -n {ns} logs -l {sel}{c} --prefix --timestamps --tail=-1 | {k8sdns} diagnose --logs -"

/* The same as for any failure, for the name that is not found. */
static void tell_steps(struct diagnosis *d, struct finding *finding, const char *name)
{
    finding_step(d, finding, SEE_QUERIES, arena_printf(d->arena, "k8sdns probe %s", name), NULL);
    finding_step(d, finding, SEE_RATE, arena_printf(d->arena, "k8sdns watch %s --duration 1m", name), NULL);
    finding_step(d, finding, SEE_LOG, LOG_COMMAND, NULL);
}

/* A name that exists and that programs here do not find is worse than any warning. */
static void by_lookups(const struct rule *rule, struct diagnosis *d, struct finding *finding)
{
    for (size_t i = 0; i < d->lookups_count; i++) {
        const struct seen_lookup *lookup = &d->lookups[i];
        char time[DURATION_TEXT];

        if (lookup->found || !lookup->exists || (!finding && has_finding(d, SEVERITY_CRITICAL)))
            continue;
        if (!finding) {
            finding = finding_new(d, rule, lookup->name);
            finding->title = "programs do not find a name that exists";
            tell_steps(d, finding, shell_word(d->arena, lookup->name));
        }
        finding->severity = SEVERITY_CRITICAL;
        finding_evidence(d, finding, "%s exists, and %s fails after %s (%s)", lookup->name,
                         resolver_names[lookup->resolver],
                         duration_format_us(time, sizeof(time), number_whole(lookup->total_ms * 1000)),
                         lookup->error ? lookup->error : "no address");
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    by_lookups(rule, d, by_queries(rule, d));
}

static const struct step steps[] = {
    {.text = SEE_QUERIES, .command = "k8sdns probe kubernetes.default www.example.com"},
    {.text = SEE_RATE, .command = "k8sdns watch kubernetes.default --duration 1m"},
    {.text = SEE_LOG, .command = LOG_COMMAND},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe kubernetes.default www.example.com",
    "k8sdns watch kubernetes.default --duration 1m",
    NULL,
};

const struct rule rule_failures_unexplained = {
    .id = "failures-unexplained",
    .title = "some queries fail; cause not identified",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX,
    .cause = "Queries failed, and nothing that was checked explains why. The failures are real: "
             "applications see them, too.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
