/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One evaluation: what is known is put together, each rule runs or is unknown for what it lacks, and the
 * findings are related, ranked and told.
 */
#include "application.h"
#include "evidence/coredns/dnstap_evidence.h"
#include "evidence/coredns/replica_metrics.h"
#include "evidence/server.h"
#include "own_pod.h"
#include "relation.h"
#include "steps/step.h"
#include "subjects.h"
#include "verdict.h"
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/cluster/gap_words.h>

/* A table of a namespace that tracks. */
static bool tracking(const struct facts *f)
{
    return f->conntrack && f->conntrack->table.hooks != 0;
}

/* enum rule_need: by the last column of the table of gaps. */
static unsigned present(const struct diagnosis *d)
{
    const struct facts *f = d->facts;
    unsigned bits = 0;

#define PRESENT(id, need, word, what, how, pipe, is_present) bits |= (is_present) ? NEED_##need : 0;
    GAPS_OF_RULES(PRESENT)
    return bits;
}

static void run_rule(struct diagnosis *d, const struct rule *rule)
{
    struct check_facts *check = ARENA_PUSH(d->arena, d->checks, d->checks_count);
    unsigned missing = rule->needs & ~d->present;
    size_t before = d->findings_count;

    *check = (struct check_facts){.id = rule->id, .state = FINDING_UNKNOWN};
    if (!(rule->needs_any & d->present))
        missing |= rule->needs_any;
    for (unsigned i = 0; i < GAP_NEEDS_END; i++)
        if (missing & 1U << i) {
            check->detail =
                arena_printf(d->arena, "%s; %s", gap_words_what(d->arena, d->facts->dns, (enum gap)i),
                             gap_words_how(d->arena, &d->host, d->facts->dns, (enum gap)i));
            return;
        }
    d->unknown_why = NULL;
    d->is_doubtful = false;
    rule->eval(rule, d);
    check = &d->checks[d->checks_count - 1];
    if (d->findings_count > before) {
        check->state = FINDING_FIRES;
    } else if (d->unknown_why) {
        check->detail = step_expand(d, NULL, d->unknown_why);
    } else {
        check->state = FINDING_QUIET;
        check->detail = d->is_doubtful ? NULL : cluster_words_expand(d->arena, d->facts->dns, rule->healthy);
    }
}

void diagnose(struct arena *arena, const struct facts *facts, const struct thresholds *thresholds,
              struct finding **ret_findings, size_t *ret_count, struct diagnose_facts *ret)
{
    struct diagnosis d = {.arena = arena, .facts = facts, .thresholds = thresholds};

    own_pod_read(&d);
    servers_read(&d);
    d.present = present(&d);
    application_lookups(&d);
    for (size_t i = 0; rules[i]; i++)
        run_rule(&d, rules[i]);
    findings_relate(&d);
    findings_rank(&d);
    for (size_t i = 0; i < d.findings_count; i++)
        steps_write(&d, &d.findings[i]);
    for (size_t i = 0; i < d.findings_count; i++)
        subjects_write(&d, &d.findings[i]);
    *ret_findings = d.findings;
    *ret_count = d.findings_count;
    verdict_write(&d, ret);
}
