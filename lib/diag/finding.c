/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a rule says: below the rules, which diagnosis.c stands above. */
#include <k8sdns/diag/rule.h>
#include <stdarg.h>
#include <string.h>

struct finding *finding_new(struct diagnosis *d, const struct rule *rule, const char *subject)
{
    struct finding *finding = ARENA_PUSH(d->arena, d->findings, d->findings_count);

    *finding = (struct finding){.id = rule->id,
                                .severity = rule->severity,
                                .title = rule->title,
                                .subject = subject,
                                .cause = rule->cause,
                                .state = FINDING_FIRES,
                                .confidence = CONFIDENCE_CERTAIN,
                                .concerns = rule->concerns};
    return finding;
}

void finding_evidence(struct diagnosis *d, struct finding *finding, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    *ARENA_PUSH(d->arena, finding->evidence, finding->evidence_count) = arena_vprintf(d->arena, fmt, args);
    va_end(args);
}

void finding_about(struct diagnosis *d, struct finding *finding, const char *server)
{
    *ARENA_PUSH(d->arena, finding->about, finding->about_count) = server;
}

bool finding_is_about(const struct finding *finding, const char *server)
{
    for (size_t i = 0; i < finding->about_count; i++)
        if (strcmp(finding->about[i], server) == 0)
            return true;
    return false;
}

void finding_seen_at(struct diagnosis *d, struct finding *finding, const char *server)
{
    *ARENA_PUSH(d->arena, finding->seen_at, finding->seen_at_count) = server;
}

void finding_about_pod(struct diagnosis *d, struct finding *finding, const char *pod)
{
    const struct replicas_facts *known = d->facts->replicas;

    for (size_t i = 0; known && i < known->replicas_count; i++)
        if (known->replicas[i].pod && strcmp(known->replicas[i].pod, pod) == 0)
            finding_about(d, finding, known->replicas[i].address);
}

void finding_concerns(struct finding *finding, unsigned concerns)
{
    finding->concerns |= concerns;
}

void finding_steps(struct diagnosis *d, struct finding *finding, const struct step *steps)
{
    finding->steps = NULL;
    finding->steps_count = 0;
    for (; steps->text; steps++)
        *ARENA_PUSH(d->arena, finding->steps, finding->steps_count) = *steps;
}

void rule_unknown(struct diagnosis *d, const char *why)
{
    d->unknown_why = why;
}

void rule_doubts(struct diagnosis *d)
{
    d->is_doubtful = true;
}
