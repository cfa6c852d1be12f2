/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_choice.h"
#include <k8sdns/source/resolver_probe.h>
#include <string.h>

int resolver_choose(struct run *run, int as, struct resolv_facts *ret_resolv,
                    const struct resolver_view **ret_view)
{
    struct resolver_probe_options options = {run->globals->pid, run->globals->resolv_conf};
    int r = resolver_probe_run(run->arena, &options, ret_resolv, &run->err);
    int kind;

    if (r < 0)
        return r;
    kind = ret_resolv->resolver.kind;
    run->host->libc = resolver_kind_words[kind];
    if (as < 0 && kind != KIND_GLIBC && kind != KIND_MUSL && kind != KIND_GO) {
        as = RESOLVER_GLIBC;
        run_unobserved(run, "which resolver the application uses", ret_resolv->resolver.how,
                       "glibc's rules were followed; name it with --as glibc, musl or go");
    }
    if (as < 0)
        as = kind == KIND_MUSL ? RESOLVER_MUSL : kind == KIND_GO ? RESOLVER_GO : RESOLVER_GLIBC;
    *ret_view = &ret_resolv->views[as];
    return 0;
}

int resolver_choose_if_any(struct run *run, int as, struct resolv_facts *ret_resolv,
                           const struct resolver_view **ret_view)
{
    int r = resolver_choose(run, as, ret_resolv, ret_view);

    if (r == 0 || run->err.kind != ERR_INPUT || run->globals->resolv_conf)
        return r;
    run->err = (struct err){0};
    *ret_view = NULL;
    return 0;
}

const char *const as_words[] = {"glibc", "musl", "go", "all", NULL};

int resolvers_choose(struct run *run, int as, struct resolv_facts *ret_resolv, int *ret_first, int *ret_last)
{
    const struct resolver_view *view;
    int r = resolver_choose(run, as == AS_ALL ? 0 : as, ret_resolv, &view);

    if (r < 0)
        return r;
    *ret_first = as == AS_ALL ? 0 : view->resolver;
    *ret_last = as == AS_ALL ? RESOLVERS - 1 : view->resolver;
    return 0;
}

const char *resolver_cluster_domain(const struct resolver_view *view)
{
    for (size_t i = 0; i < view->search_count; i++)
        for (size_t k = 0; k < view->search_count; k++)
            if (strncmp(view->search[i], "svc.", 4) == 0 && strcmp(view->search[i] + 4, view->search[k]) == 0)
                return view->search[k];
    return NULL;
}
