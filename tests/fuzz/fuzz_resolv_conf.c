/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/resolver/resolv_dialect.h>
#include <stdlib.h>

/* Any bytes are a legal file to some extent: views come of it, and a plan can be made with each. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct resolv_environment environment = {.hostname = "a.b"};
    struct arena *arena = arena_new();
    const char *text = arena_text_n(arena, (const char *)bytes, len);
    struct resolv_facts facts = {0};

    resolv_facts_read(arena, text, len, &environment, &facts);
    if (facts.views_count != RESOLVERS)
        abort();
    for (size_t i = 0; i < facts.views_count; i++) {
        struct plan plan;

        if (facts.views[i].nameservers_count > RESOLV_SERVERS_MAX || facts.views[i].ndots > 255)
            abort();
        plan_make(arena, &facts.views[i], "www.example", &plan);
        /* The file's own bytes as a name. */
        plan_make(arena, &facts.views[i], text, &plan);
    }
    for (int resolver = RESOLVERS; resolver < RESOLVERS_KNOWN; resolver++) {
        struct resolver_view view;
        struct plan plan;

        resolver_view_of(arena, &facts, resolver, &view);
        if (view.nameservers_count > RESOLV_DIALECT_SERVERS_MAX || view.ndots > 255)
            abort();
        plan_make(arena, &view, "www.example", &plan);
        plan_make(arena, &view, text, &plan);
    }
    arena_free(arena);
    return 0;
}
