/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/kube_objects.h>
#include <stdlib.h>

/* What is said to be an address is one, and what is no JSON gives nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct kube_objects objects = {0};
    struct err err = {0};
    int r = kube_objects_read(arena, (const char *)bytes, len, &objects, &err);

    if (r < 0 && (objects.endpoints_count || objects.pods_count || objects.services_count || !err.kind))
        abort();
    for (size_t i = 0; i < objects.endpoints_count; i++)
        if (!objects.endpoints[i].where.family || !objects.endpoints[i].where.port)
            abort();
    for (size_t i = 0; i < objects.pods_count; i++)
        for (size_t k = 0; k < objects.pods[i].addresses_count; k++)
            if (!objects.pods[i].addresses[k].family)
                abort();
    arena_free(arena);
    return 0;
}
