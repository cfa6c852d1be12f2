/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "application.h"
#include <k8sdns/model/lookup_matrix.h>
#include <string.h>

/* The view of the resolver whose search order was followed; NULL where there is no resolv.conf. */
static const struct resolver_view *followed(const struct facts *facts)
{
    const char *word = facts->matrix ? facts->matrix->resolver : NULL;

    for (size_t i = 0; word && facts->resolv && i < facts->resolv->views_count; i++)
        if (strcmp(resolver_words[facts->resolv->views[i].resolver], word) == 0)
            return &facts->resolv->views[i];
    return NULL;
}

void application_lookups(const struct diagnosis *d, struct diagnose_facts *facts)
{
    const struct resolver_view *view = followed(d->facts);

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
