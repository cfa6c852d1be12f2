/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of the resolver: what the file says, which libc reads it, how many packets a name takes. */
#include "top_panel.h"
#include <inttypes.h>
#include <string.h>

enum resolver_item_kind {
    KIND_FILE,
    KIND_SEARCH,
    KIND_LIBC,
    KIND_NAME,
    KIND_WARNING,
};

struct resolver_item {
    int kind;
    const char *text; /* a part of the search list */
    const struct name_plans *name;
    const struct resolv_warning *warning;
};

static const struct resolv_facts *facts_of(const struct top_scene *scene)
{
    return scene->facts->facts ? scene->facts->facts->resolv : NULL;
}

static const char *gap(const struct top_scene *scene)
{
    if (facts_of(scene))
        return NULL;
    return scene->facts->live ? "there is no resolv.conf here; name one with --resolv-conf"
                              : "not in the capture";
}

/* The search list in rows of at most so many bytes, unless one domain is longer. */
#define SEARCH_ROW 64

static void add_search(const struct top_scene *scene, const struct resolv_facts *resolv,
                       struct resolver_item **items, size_t *count)
{
    const char *row = NULL;

    for (size_t i = 0; i <= resolv->search_count; i++) {
        const char *domain = i < resolv->search_count ? resolv->search[i] : NULL;

        if (row && domain && strlen(row) + 1 + strlen(domain) <= SEARCH_ROW) {
            row = arena_printf(scene->arena, "%s %s", row, domain);
            continue;
        }
        if (row)
            *ARENA_PUSH(scene->arena, *items, *count) =
                (struct resolver_item){.kind = KIND_SEARCH, .text = row};
        row = domain;
    }
}

/* Names that were made up for the test say nothing of what a program sends. */
static bool is_made_up(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->names_count; i++)
        if (strcmp(facts->names[i].name, name) == 0)
            return facts->names[i].kind == NAME_MISSING || facts->names[i].kind == NAME_UNCACHED;
    return false;
}

static size_t list(const struct top_scene *scene, void **ret_items)
{
    const struct resolv_facts *resolv = facts_of(scene);
    const struct expand_facts *plans = resolv ? scene->facts->facts->plans : NULL;
    struct resolver_item *items = NULL;
    size_t count = 0;

    if (!resolv)
        return 0;
    *ARENA_PUSH(scene->arena, items, count) = (struct resolver_item){.kind = KIND_FILE};
    add_search(scene, resolv, &items, &count);
    *ARENA_PUSH(scene->arena, items, count) = (struct resolver_item){.kind = KIND_LIBC};
    for (size_t i = 0; plans && i < plans->names_count; i++)
        if (!is_made_up(scene->facts->facts, plans->names[i].name))
            *ARENA_PUSH(scene->arena, items, count) =
                (struct resolver_item){.kind = KIND_NAME, .name = &plans->names[i]};
    for (size_t i = 0; i < resolv->warnings_count; i++)
        *ARENA_PUSH(scene->arena, items, count) =
            (struct resolver_item){.kind = KIND_WARNING, .warning = &resolv->warnings[i]};
    *ret_items = items;
    return count;
}

static const char *option(const struct resolv_facts *resolv, const char *name)
{
    for (size_t i = 0; i < resolv->options_count; i++)
        if (strcmp(resolv->options[i].name, name) == 0)
            return resolv->options[i].text;
    return NULL;
}

static void put_file(const struct top_scene *scene, const struct resolv_facts *resolv, struct top_line *line)
{
    const char *ndots = option(resolv, "ndots");

    top_line_addf(line, STYLE_PLAIN, "%s: nameserver %s%s%s", resolv->file ? resolv->file : "resolv.conf",
                  resolv->nameservers_count
                      ? arena_join(scene->arena, resolv->nameservers, resolv->nameservers_count, ", ")
                      : "none",
                  ndots ? ", ndots " : "", ndots ? ndots : "");
}

static void put_libc(const struct resolv_facts *resolv, struct top_line *line)
{
    const struct resolver_identity *libc = &resolv->resolver;

    top_line_addf(line, STYLE_PLAIN, "read by %s%s%s",
                  libc->kind >= 0 ? resolver_kind_names[libc->kind] : "an unknown resolver",
                  libc->version ? " " : "", libc->version ? libc->version : "");
    if (resolv->dns_policy)
        top_line_addf(line, STYLE_PLAIN, ", dnsPolicy %s", resolv->dns_policy);
}

static void put_name(const struct name_plans *name, struct top_line *line)
{
    const struct plan *plan = name->plans_count ? &name->plans[0] : NULL;
    size_t search = 0;

    for (size_t i = 0; plan && i < plan->queries_count; i++)
        search += plan->queries[i].stage == 0;
    if (!plan || !plan->queries_count) {
        top_line_addf(line, STYLE_PLAIN, "%s: %s", name->name,
                      plan && plan->note ? plan->note : "nothing is sent");
        return;
    }
    top_line_addf(line, search > 4 ? STYLE_ODD : STYLE_PLAIN, "%zu packets for %s", plan->queries_count,
                  name->name);
    if (search)
        top_line_addf(line, STYLE_FAINT, ", %zu for the search list", search);
}

static const struct resolver_item *at(const void *items, size_t i)
{
    return &((const struct resolver_item *)items)[i];
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct resolv_facts *resolv = facts_of(scene);
    const struct resolver_item *item = at(items, i);

    if (!resolv)
        return;
    switch (item->kind) {
    case KIND_FILE:
        put_file(scene, resolv, line);
        break;
    case KIND_SEARCH:
        top_line_addf(line, STYLE_PLAIN, "search %s", item->text);
        break;
    case KIND_LIBC:
        put_libc(resolv, line);
        break;
    case KIND_NAME:
        put_name(item->name, line);
        break;
    default:
        top_line_addf(line, item->warning->loses ? STYLE_ODD : STYLE_PLAIN, "warning: %s",
                      item->warning->text ? item->warning->text : "");
        break;
    }
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    const struct resolver_item *item = at(items, i);

    return item->name ? item->name->name : arena_printf(scene->arena, "row %d %zu", item->kind, i);
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct resolv_facts *resolv = facts_of(scene);
    const struct resolver_item *item = at(items, i);

    if (!resolv)
        return;
    if (item->name) {
        lines_add(lines, STYLE_STRONG, "", "what is sent for %s when nothing is found", item->name->name);
        for (size_t k = 0; item->name->plans_count && k < item->name->plans[0].queries_count; k++) {
            const struct planned_query *q = &item->name->plans[0].queries[k];

            lines_add(lines, STYLE_PLAIN, "  ", "%zu. %s %s", k + 1, q->name ? q->name : "?",
                      q->type ? q->type : "?");
        }
        return;
    }
    lines_add(lines, STYLE_STRONG, "", "%s", resolv->file ? resolv->file : "resolv.conf");
    lines_add(lines, STYLE_PLAIN, "  nameserver ", "%s",
              arena_join(scene->arena, resolv->nameservers, resolv->nameservers_count, " "));
    lines_add(lines, STYLE_PLAIN, "  search ", "%s",
              arena_join(scene->arena, resolv->search, resolv->search_count, " "));
    for (size_t k = 0; k < resolv->options_count; k++)
        lines_add(lines, STYLE_PLAIN, "  option ", "%s%s%s", resolv->options[k].name,
                  resolv->options[k].text && resolv->options[k].text[0] ? ":" : "",
                  resolv->options[k].text ? resolv->options[k].text : "");
    if (resolv->resolver.how)
        lines_add(lines, STYLE_PLAIN, "libc: ", "%s", resolv->resolver.how);
    if (resolv->dns_policy_reason)
        lines_add(lines, STYLE_PLAIN, "dnsPolicy: ", "%s", resolv->dns_policy_reason);
    for (size_t k = 0; k < resolv->warnings_count; k++)
        lines_add(lines, STYLE_ODD, "warning: ", "%s",
                  resolv->warnings[k].text ? resolv->warnings[k].text : "");
}

const struct top_panel top_panel_resolver = {
    .name = "resolver",
    .title = "Resolver",
    .gap = gap,
    .list = list,
    .row = row,
    .key = key,
    .details = details,
    .least = 1,
};
