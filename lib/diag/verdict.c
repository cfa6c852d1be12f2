/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole in a status, a sentence and a few lists, all made from the findings and the counts. */
#include "verdict.h"
#include "evidence/load.h"
#include "evidence/server.h"
#include "own_pod.h"
#include "relation.h"
#include "steps/step.h"
#include <inttypes.h>
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <math.h>
#include <string.h>

static void say(struct arena *arena, const char ***texts, size_t *count, const char *text)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp((*texts)[i], text) == 0)
            return;
    *ARENA_PUSH(arena, *texts, *count) = text;
}

static void count_questions(const struct diagnosis *d, struct diagnose_facts *facts)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        facts->asked += d->servers[i].asked + d->servers[i].sent;
        facts->answered += d->servers[i].heard + d->servers[i].answered;
        facts->failed += d->servers[i].failed + d->servers[i].bad;
        *ARENA_PUSH(d->arena, facts->servers, facts->servers_count) =
            (struct server_tally){.server = d->servers[i].target->id,
                                  .role = target_role_names[d->servers[i].target->role],
                                  .asked = d->servers[i].asked + d->servers[i].sent,
                                  .failed = d->servers[i].failed + d->servers[i].bad};
    }
    facts->failure_ratio = facts->asked ? (double)facts->failed / (double)facts->asked : (double)NAN;
}

static void measure_latency(const struct diagnosis *d, struct diagnose_facts *facts)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].p50_us != SHAPE_UNSET)
            *ARENA_PUSH(d->arena, facts->latency, facts->latency_count) =
                (struct server_latency){.server = d->servers[i].target->id,
                                        .p50_ms = (double)d->servers[i].p50_us / 1000,
                                        .p99_ms = d->servers[i].sampled->p99_us == SHAPE_UNSET
                                                      ? (double)NAN
                                                      : (double)d->servers[i].sampled->p99_us / 1000};
}

/* By the findings alone, so that it never says another thing than they do. */
static int status_of(const struct diagnosis *d, const struct diagnose_facts *facts)
{
    int worst = SEVERITY_INFO;

    for (size_t i = 0; i < d->findings_count; i++)
        worst = d->findings[i].severity < worst ? d->findings[i].severity : worst;
    return worst == SEVERITY_CRITICAL          ? HEALTH_FAILING
           : worst == SEVERITY_WARNING         ? HEALTH_DEGRADED
           : facts->asked || facts->only_files ? HEALTH_OK
                                               : HEALTH_UNKNOWN;
}

/* What may be judged without a server to query. */
#define NEED_FILES (NEED_LOGS | NEED_METRICS | NEED_COREFILE | NEED_KUBE | NEED_DNSTAP | NEED_SPANS)

static const char *verdict(const struct diagnosis *d, const struct diagnose_facts *facts)
{
    const struct finding *first = d->findings_count ? &d->findings[0] : NULL;
    const char *opening = first ? rule_find(first->id)->opening : NULL;
    size_t leading = 0;

    for (size_t i = 0; i < d->findings_count; i++)
        leading += !d->findings[i].consequence && d->findings[i].severity != SEVERITY_INFO;
    if (facts->status == HEALTH_UNKNOWN)
        return "UNKNOWN: no server was asked, so nothing is known of DNS here";
    if (facts->status == HEALTH_OK && facts->only_files)
        return "OK: no fault in the files; no server was queried";
    if (facts->status == HEALTH_OK)
        return arena_printf(d->arena,
                            "OK: %" PRIu64 " of %" PRIu64 " queries were answered by %zu of %zu server%s",
                            facts->answered, facts->asked, d->heard_count, d->servers_count,
                            d->servers_count == 1 ? "" : "s");
    return arena_printf(d->arena, "%s: %s%s%s%s", health_titles[facts->status],
                        opening && !facts->failed && leading == 1 && facts->status != HEALTH_FAILING ? opening
                                                                                                     : "",
                        finding_headline(d->arena, first->title, first->subject),
                        leading > 1 ? arena_printf(d->arena, "; and %zu more finding", leading - 1) : "",
                        leading > 2 ? "s" : "");
}

/* From one place only the servers' side can be seen. */
static const char *scope(const struct diagnosis *d)
{
    size_t bad = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        bad += d->servers[i].failed > 0 || d->servers[i].bad > 0;
    if (!d->servers_count)
        return "no server was asked";
    if (!bad)
        return "no query fails here; for other Pods and nodes see k8sdns scope";
    return arena_printf(d->arena, "%zu of %zu servers, seen from here; for Pods and nodes see k8sdns scope",
                        bad, d->servers_count);
}

static void frequency(const struct diagnosis *d, struct diagnose_facts *facts)
{
    const struct watch_facts *sampling = d->facts->sampling;

    uint64_t sampled = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        sampled += d->servers[i].bad;
    facts->frequency = sampling ? sampling->frequency : -1;
    facts->frequency_text = sampling ? sampling->frequency_text : NULL;
    if (!sampling || sampled || !facts->failed)
        return;
    /* What failed was asked once: how often it does is not known. */
    facts->frequency = -1;
    facts->frequency_text = arena_printf(
        d->arena, "%" PRIu64 " of %" PRIu64 " queries failed (%.1f %%), none of those asked again and again",
        facts->failed, facts->asked, facts->failure_ratio * 100);
}

/*
 * A finding that is about this as well says that it is not all fine: what a rule looks at may be well by
 * chance while its cause is seen.
 */
static bool is_contradicted(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; i < d->findings_count; i++) {
        const struct finding *finding = &d->findings[i];

        if (finding->severity != SEVERITY_INFO && finding->confidence != CONFIDENCE_POSSIBLE &&
            rule_explains(rule_find(finding->id), id))
            return true;
    }
    return false;
}

void verdict_write(struct diagnosis *d, struct diagnose_facts *facts)
{
    *facts = (struct diagnose_facts){.time = d->facts->time,
                                     .pod = d->host.pod,
                                     .node = d->host.node,
                                     .as_pod = d->facts->resolv ? d->facts->resolv->as_pod : NULL,
                                     .names_as = d->facts->resolv ? d->facts->resolv->names_as : NULL,
                                     .lookups = d->lookups,
                                     .lookups_count = d->lookups_count,
                                     .checks = d->checks,
                                     .checks_count = d->checks_count,
                                     .findings = d->findings,
                                     .findings_count = d->findings_count,
                                     .unobserved = d->facts->unobserved,
                                     .unobserved_count = d->facts->unobserved_count};
    count_questions(d, facts);
    measure_latency(d, facts);
    facts->only_files = !facts->asked && (d->present & NEED_FILES);
    facts->load = load_seen(d);
    facts->status = status_of(d, facts);
    facts->verdict = verdict(d, facts);
    facts->scope = scope(d);
    frequency(d, facts);
    for (size_t i = 0; i < d->checks_count; i++)
        if (d->checks[i].state == FINDING_QUIET && d->checks[i].detail &&
            !is_contradicted(d, d->checks[i].id))
            say(d->arena, &facts->healthy, &facts->healthy_count, d->checks[i].detail);
    for (size_t i = 0; i < d->findings_count; i++) {
        const struct rule *rule = rule_find(d->findings[i].id);

        if (d->findings[i].consequence || d->findings[i].severity == SEVERITY_INFO)
            continue;
        for (size_t k = 0; rule->checks && rule->checks[k]; k++)
            say(d->arena, &facts->next, &facts->next_count, step_expand(d, &d->findings[i], rule->checks[k]));
    }
    facts->for_admin = own_pod_for_admin(d);
}
