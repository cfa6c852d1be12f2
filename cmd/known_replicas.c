/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "known_replicas.h"
#include "discovery.h"
#include "resolver_choice.h"

int known_replicas_find(struct run *run, const struct target_options *options, struct known_replicas *ret)
{
    const struct discovery_asks asks = {.kernel = false};
    struct replicas_facts *facts = ARENA_NEW(run->arena, struct replicas_facts);
    struct resolv_facts resolv;
    const struct resolver_view *view;
    int r = resolver_choose_if_any(run, RESOLVER_GLIBC, &resolv, &view);

    *ret = (struct known_replicas){0};
    if (r == 0)
        r = discovery_run(run, options, view ? &resolv : NULL, view, &asks, facts);
    if (r < 0)
        return r;
    ret->cluster_ips = facts->cluster_where;
    ret->cluster_ips_count = facts->cluster_ips_count;
    for (size_t i = 0; i < facts->replicas_count; i++) {
        *ARENA_PUSH(run->arena, ret->replicas, ret->replicas_count) = facts->replicas[i].where;
        *ARENA_PUSH(run->arena, ret->names, ret->names_count) = facts->replicas[i].address;
    }
    return 0;
}
