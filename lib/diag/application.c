/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "application.h"
#include "server.h"
#include <k8sdns/model/lookup_matrix.h>

void application_lookups(const struct diagnosis *d, struct diagnose_facts *facts)
{
    const struct resolver_view *view = d->facts->matrix ? resolver_followed(d->facts) : NULL;

    for (size_t i = 0; view && i < d->facts->names_count; i++) {
        const struct asked_name *name = &d->facts->names[i];
        struct lookup_result result = {0};
        const char *missing;
        struct plan plan;

        if (name->kind == NAME_MISSING)
            continue;
        plan_make(d->arena, view, name->name, &plan);
        if (!plan.queries_count ||
            !lookup_from_matrix(d->arena, view, &plan, d->facts->matrix, &result, &missing))
            continue;
        *ARENA_PUSH(d->arena, facts->lookups, facts->lookups_count) =
            (struct seen_lookup){.name = name->name,
                                 .resolver = view->resolver,
                                 .found = result.ok,
                                 .error = result.error,
                                 .total_ms = (double)result.total_us / 1000};
    }
}
