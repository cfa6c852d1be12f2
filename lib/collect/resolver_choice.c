/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_choice.h"
#include <errno.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/source/resolver_probe.h>
#include <string.h>

/* The resolv.conf of a capture, whose views must be those that code relies on. */
static int take_captured(struct run *run, struct resolv_facts *ret_resolv)
{
    const struct resolv_facts *resolv = run->captured->resolv;
    bool whole = resolv && resolv->views_count == RESOLVERS;

    if (!resolv)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has no resolv.conf");
    for (int i = 0; i < RESOLVERS && whole; i++)
        whole = resolv->views[i].resolver == i;
    if (!whole)
        return err_set(&run->err, ERR_FORMAT, EBADMSG,
                       "the capture's resolv.conf lacks the views of glibc, musl and go, in this order");
    *ret_resolv = *resolv;
    return 0;
}

int resolver_choose(struct run *run, int as, struct resolv_facts *ret_resolv,
                    const struct resolver_view **ret_view)
{
    struct resolver_probe_options options = {run->globals->pid, run->globals->resolv_conf};
    int kind, r = run->captured ? take_captured(run, ret_resolv)
                                : resolver_probe_run(run->arena, &options, ret_resolv, &run->err);

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

void names_choose(const struct run *run, const char ***ret_names, size_t *ret_count)
{
    *ret_names = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < run->args_count; i++)
        *ARENA_PUSH(run->arena, *ret_names, *ret_count) = run->args[i];
    for (size_t i = 0; run->captured && !run->args_count && i < run->captured->names_count; i++)
        *ARENA_PUSH(run->arena, *ret_names, *ret_count) = run->captured->names[i].name;
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
