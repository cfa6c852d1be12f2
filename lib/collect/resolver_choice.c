/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/collect/pod_view.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/source/resolver/resolver_probe.h>
#include <string.h>

/* The resolv.conf of a capture, whose views must be those that code relies on. */
static int take_captured(struct survey *survey, struct resolv_facts *ret_resolv)
{
    const struct resolv_facts *resolv = survey->captured->resolv;
    bool whole = resolv && resolv->views_count == RESOLVERS;

    if (!resolv)
        return err_set(&survey->err, ERR_UNOBSERVED, ENOENT, "the capture has no resolv.conf");
    for (int i = 0; i < RESOLVERS && whole; i++)
        whole = resolv->views[i].resolver == i;
    if (!whole)
        return err_set(&survey->err, ERR_FORMAT, EBADMSG,
                       "the capture's resolv.conf lacks the views of glibc, musl and go, in this order");
    *ret_resolv = *resolv;
    return 0;
}

int resolver_choose(struct survey *survey, int as, struct resolv_facts *ret_resolv,
                    const struct resolver_view **ret_view)
{
    struct resolver_probe_options options = {survey->process, survey->resolv_conf, survey->host->in_pod};
    int kind, r = survey->captured ? take_captured(survey, ret_resolv)
                                   : resolver_probe_run(survey->arena, &options, ret_resolv, &survey->err);

    if (r < 0)
        return r;
    /* By the Pod's own file: not by one that was named, nor by another process's. */
    if (!survey->pid && !survey->resolv_conf)
        resolv_facts_name_host(survey->arena, ret_resolv, survey->host);
    if (survey->as_pod) {
        r = pod_view_take_option(survey, ret_resolv);
        if (r < 0)
            return r;
    }
    kind = ret_resolv->resolver.kind;
    survey->host->libc = resolver_kind_names[kind];
    if (as < 0 && kind != KIND_GLIBC && kind != KIND_MUSL && kind != KIND_GO) {
        as = RESOLVER_GLIBC;
        survey_unobserved(survey, GAP_RESOLVER, ret_resolv->resolver.how);
    }
    if (as < 0)
        as = kind == KIND_MUSL ? RESOLVER_MUSL : kind == KIND_GO ? RESOLVER_GO : RESOLVER_GLIBC;
    *ret_view = &ret_resolv->views[as];
    return 0;
}

int resolver_choose_if_any(struct survey *survey, int as, struct resolv_facts *ret_resolv,
                           const struct resolver_view **ret_view)
{
    int r = resolver_choose(survey, as, ret_resolv, ret_view);

    if (r == 0 || survey->err.kind != ERR_INPUT || survey->resolv_conf)
        return r;
    survey->resolv_why = arena_text(survey->arena, survey->err.text);
    survey->err = (struct err){0};
    *ret_view = NULL;
    return 0;
}

void names_choose(const struct survey *survey, const char ***ret_names, size_t *ret_count)
{
    *ret_names = NULL;
    *ret_count = 0;
    for (size_t i = 0; i < survey->names_count; i++)
        *ARENA_PUSH(survey->arena, *ret_names, *ret_count) = survey->names[i];
    for (size_t i = 0; survey->captured && !survey->names_count && i < survey->captured->names_count; i++)
        *ARENA_PUSH(survey->arena, *ret_names, *ret_count) = survey->captured->names[i].name;
}

/* A program of the C library's follows the one that is there. */
static bool follows_musl(const struct resolv_facts *resolv, const char *name)
{
    if (resolv->resolver.kind != KIND_MUSL || strcmp(name, "getent-ahosts") == 0)
        return false;
    for (const struct resolver_alias *alias = resolver_aliases; alias->name; alias++)
        if (strcmp(alias->name, name) == 0)
            return alias->resolver == RESOLVER_GLIBC;
    return false;
}

int resolvers_choose(struct survey *survey, const struct text_list *as, bool asks,
                     struct resolv_facts *ret_resolv, struct resolver_view **ret_views, size_t *ret_count)
{
    const struct resolver_view *view;
    int r = resolver_choose(survey, as->count ? RESOLVER_GLIBC : AS_DETECTED, ret_resolv, &view);
    int *chosen = NULL;
    size_t count = 0;

    if (r < 0)
        return r;
    pod_view_complete_with_servers(survey, asks, ret_resolv);
    if (asks && ret_resolv->views_count)
        pod_view_ask(survey, ret_resolv, ret_resolv->views[0].servers,
                     ret_resolv->views[0].nameservers_count);
    for (size_t i = 0; i < as->count; i++) {
        const char *name = follows_musl(ret_resolv, as->items[i]) ? "musl" : as->items[i];

        if (!resolver_add_named(survey->arena, name, &chosen, &count))
            return err_set(&survey->err, ERR_USAGE, EINVAL, "'%s' is no resolver that is known", name);
    }
    if (!as->count) {
        *ARENA_PUSH(survey->arena, chosen, count) = view->resolver;
    }
    *ret_views = arena_array(survey->arena, count, sizeof(**ret_views));
    *ret_count = count;
    for (size_t i = 0; i < count; i++)
        resolver_view_of(survey->arena, ret_resolv, chosen[i], &(*ret_views)[i]);
    return 0;
}
