/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "limit.h"
#include <math.h>
#include <string.h>

const struct limit_facts *limit_at(const struct facts *facts, const char *id)
{
    for (size_t i = 0; i < facts->node->limits_count; i++)
        if (strcmp(facts->node->limits[i].id, id) == 0)
            return &facts->node->limits[i];
    return NULL;
}

static void add(struct diagnosis *d, const struct rule *rule, const struct limit_facts *limit, bool overrun)
{
    struct finding *finding = finding_new(d, rule, limit->label);

    if (overrun)
        finding->severity = SEVERITY_CRITICAL;
    if (!isnan(limit->ratio))
        finding_evidence(d, finding, "%s: %.0f of %.0f %s (%.1f %%)", limit->label, limit->use, limit->limit,
                         limit->unit, limit->ratio * 100);
    if (overrun)
        finding_evidence(d, finding, "%s: ran out %.1f times a second while it was watched", limit->label,
                         limit->events_per_second);
    finding_evidence(d, finding, "%s", limit->affects);
}

void limits_check(struct diagnosis *d, const struct rule *rule, const char *const *ids, size_t count,
                  const char *why)
{
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        const struct limit_facts *limit = limit_at(d->facts, ids[i]);
        bool overrun = limit && limit->events_per_second > 0;

        any = any || limit;
        if (limit && (overrun || limit->ratio >= d->thresholds->limit_ratio))
            add(d, rule, limit, overrun);
    }
    if (!any)
        rule_unknown(d, why);
}
