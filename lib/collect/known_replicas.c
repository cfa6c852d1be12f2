/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/collect/discovery.h>
#include <k8sdns/collect/known_replicas.h>
#include <k8sdns/collect/resolver_choice.h>

#define KERNEL_METHODS (1U << METHOD_CONNTRACK | 1U << METHOD_IPVS)

void known_replicas_of(struct arena *arena, const struct replicas_facts *facts, struct known_replicas *ret)
{
    *ret = (struct known_replicas){.cluster_ips = facts->cluster_where,
                                   .cluster_ips_count = facts->cluster_ips_count};
    for (size_t i = 0; i < facts->replicas_count; i++) {
        if (!(facts->replicas[i].methods & ~KERNEL_METHODS))
            continue;
        *ARENA_PUSH(arena, ret->replicas, ret->replicas_count) = facts->replicas[i].where;
        *ARENA_PUSH(arena, ret->names, ret->names_count) = facts->replicas[i].address;
        *ARENA_PUSH(arena, ret->pods, ret->pods_count) = facts->replicas[i].pod;
    }
}

int known_replicas_find(struct survey *survey, const struct target_options *options,
                        struct known_replicas *ret)
{
    const struct discovery_asks asks = {.kernel = false};
    struct replicas_facts *facts = ARENA_NEW(survey->arena, struct replicas_facts);
    struct resolv_facts resolv;
    const struct resolver_view *view;
    int r = resolver_choose_if_any(survey, RESOLVER_GLIBC, &resolv, &view);

    if (r == 0)
        r = discovery_run(survey, options, view ? &resolv : NULL, view, &asks, facts);
    if (r < 0)
        return r;
    known_replicas_of(survey->arena, facts, ret);
    return 0;
}
