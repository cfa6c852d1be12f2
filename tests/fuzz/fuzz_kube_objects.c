/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/cluster/kube_keep.h>
#include <k8sdns/wire/cluster/kube_objects.h>
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <stdlib.h>

/* What is kept of objects says the same as the whole. */
static void check_kept(struct arena *arena, const char *bytes, size_t len, const struct kube_objects *whole)
{
    struct kube_objects again = {.wanted = whole->wanted}; /* read as the whole was */
    struct kube_kept count;
    struct text out = {0};
    struct err err = {0};

    if (kube_keep(arena, bytes, len, &out, &count, &err) < 0 ||
        kube_objects_read(arena, text_string(&out), out.len, &again, &err) < 0)
        abort();
    if (again.services_count != whole->services_count || again.endpoints_count != whole->endpoints_count ||
        again.backings_count != whole->backings_count || again.pods_count != whole->pods_count ||
        again.deployments_count != whole->deployments_count || again.configs_count != whole->configs_count ||
        again.events_count != whole->events_count || again.nodes != whole->nodes ||
        again.not_ready_count != whole->not_ready_count)
        abort();
    text_fini(&out);
}

static void check_same(const struct kube_objects *a, const struct kube_objects *b)
{
    if (a->services_count != b->services_count || a->endpoints_count != b->endpoints_count ||
        a->backings_count != b->backings_count || a->pods_count != b->pods_count ||
        a->deployments_count != b->deployments_count || a->configs_count != b->configs_count ||
        a->events_count != b->events_count || a->nodes != b->nodes || a->names_count != b->names_count ||
        a->not_ready_count != b->not_ready_count || a->maps_count != b->maps_count ||
        a->policies_count != b->policies_count)
        abort();
}

/* What nobody looks at can be left out. */
static void check_shrunk(struct arena *arena, const char *bytes, size_t len, const struct kube_objects *whole)
{
    struct kube_objects again = {.wanted = whole->wanted};
    char *text = arena_text_n(arena, bytes, len);
    struct err err = {0};

    if (kube_objects_read(arena, text, kube_shrink(text, len), &again, &err) < 0)
        abort();
    check_same(whole, &again);
}

/* What is said to be an address is one, and what is no JSON gives nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct err err = {0};
    /* The Service of an address is looked for in every other run. */
    struct address asked = {0};
    struct kube_objects objects = {.wanted = {&asked, len % 2, NULL, NULL}};
    int r = address_parse("10.96.0.10", 53, &asked, &err);

    if (r < 0)
        abort();
    r = kube_objects_read(arena, (const char *)bytes, len, &objects, &err);

    if (r < 0 && (objects.endpoints_count || objects.pods_count || objects.services_count || !err.kind))
        abort();
    for (size_t i = 0; i < objects.endpoints_count; i++)
        if (!objects.endpoints[i].where.family || !objects.endpoints[i].where.port)
            abort();
    for (size_t i = 0; i < objects.pods_count; i++)
        for (size_t k = 0; k < objects.pods[i].addresses_count; k++)
            if (!objects.pods[i].addresses[k].family)
                abort();
    if (r == 0)
        check_shrunk(arena, (const char *)bytes, len, &objects);
    if (r == 0)
        check_kept(arena, (const char *)bytes, len, &objects);
    arena_free(arena);
    return 0;
}
