/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "verdict.h"
#include "application.h"
#include "load.h"
#include "server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
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
    }
}

static const char *opening(const struct finding *finding)
{
    const char *own = rule_find(finding->id)->opening;

    return own ? own : finding->severity == SEVERITY_CRITICAL ? "DNS fails" : "DNS is at risk";
}

static const char *verdict(const struct diagnosis *d, const struct diagnose_facts *facts)
{
    const struct finding *first = d->findings_count ? &d->findings[0] : NULL;
    size_t leading = 0;

    for (size_t i = 0; i < d->findings_count; i++)
        leading += !d->findings[i].consequence && d->findings[i].severity != SEVERITY_INFO;
    if (first && leading)
        return arena_printf(d->arena, "%s: %s%s%s%s", opening(first), first->title,
                            first->subject ? ", " : "", first->subject ? first->subject : "",
                            leading == 1   ? ""
                            : leading == 2 ? "; and one thing more"
                                           : arena_printf(d->arena, "; and %zu things more", leading - 1));
    if (!facts->asked)
        return "Nothing could be asked, so nothing is known of DNS here";
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].lost || d->servers[i].failed)
            return arena_printf(d->arena,
                                "DNS fails in part, and no rule knows why: %" PRIu64 " of %" PRIu64
                                " questions were answered; see k8sdns probe and k8sdns watch",
                                facts->answered, facts->asked);
    return arena_printf(
        d->arena, "DNS works here: %" PRIu64 " of %" PRIu64 " questions were answered by %zu of %zu servers",
        facts->answered, facts->asked, d->heard_count, d->servers_count);
}

/* From one place only the servers' side can be seen. */
static const char *scope(const struct diagnosis *d)
{
    size_t bad = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        bad += d->servers[i].failed > 0 || d->servers[i].lost > 0;
    if (!d->servers_count)
        return "no server was asked";
    if (!bad)
        return "nothing fails here; for other Pods and nodes see k8sdns scope";
    return arena_printf(d->arena, "%zu of %zu servers, seen from here; for Pods and nodes see k8sdns scope",
                        bad, d->servers_count);
}

static void frequency(const struct diagnosis *d, struct diagnose_facts *facts)
{
    const struct watch_facts *sampling = d->facts->sampling;

    facts->frequency = sampling ? sampling->frequency : -1;
    facts->frequency_text = sampling ? sampling->frequency_text : NULL;
}

void verdict_write(struct diagnosis *d, struct diagnose_facts *facts)
{
    *facts = (struct diagnose_facts){.time = d->facts->time,
                                     .pod = d->facts->host.in_pod ? d->facts->host.hostname : NULL,
                                     .node = d->facts->host.node,
                                     .checks = d->checks,
                                     .checks_count = d->checks_count,
                                     .findings = d->findings,
                                     .findings_count = d->findings_count,
                                     .unobserved = d->facts->unobserved,
                                     .unobserved_count = d->facts->unobserved_count};
    count_questions(d, facts);
    application_lookups(d, facts);
    facts->load = load_seen(d);
    facts->verdict = verdict(d, facts);
    facts->scope = scope(d);
    frequency(d, facts);
    for (size_t i = 0; i < d->checks_count; i++)
        if (d->checks[i].state == FINDING_QUIET && d->checks[i].detail)
            say(d->arena, &facts->healthy, &facts->healthy_count, d->checks[i].detail);
    for (size_t i = 0; i < d->findings_count; i++) {
        const struct rule *rule = rule_find(d->findings[i].id);

        if (d->findings[i].consequence || d->findings[i].severity == SEVERITY_INFO)
            continue;
        for (size_t k = 0; rule->checks && rule->checks[k]; k++)
            say(d->arena, &facts->next, &facts->next_count, rule->checks[k]);
    }
}
