/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "resolver_choice.h"
#include <errno.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/lookup_facts.h>
#include <k8sdns/model/lookup_matrix.h>
#include <k8sdns/render/lookup_text.h>
#include <k8sdns/source/lookup_live.h>
#include <k8sdns/source/resolver_probe.h>
#include <k8sdns/wire/hosts_file.h>
#include <math.h>
#include <string.h>

#define NAMES_MAX 64

struct lookup_config {
    int as; /* enum resolver, AS_ALL or AS_DETECTED */
};

static const struct lookup_config defaults = {.as = AS_DETECTED};

static const struct option_row options[] = {
    {.name = "as",
     .value = "glibc|musl|go|all",
     .kind = OPTION_WORD,
     .words = as_words,
     .offset = offsetof(struct lookup_config, as),
     .help = "whose lookup (default: of the resolver detected)"},
    {0},
};

/* What is looked at besides DNS. */
struct local_files {
    const char *hosts;
    size_t hosts_len;
    struct nsswitch_hosts order; /* of glibc and Go; musl always begins with its hosts file */
};

/* Files that are not there are empty, to the resolvers too. */
static void read_files(struct run *run, struct local_files *ret_files)
{
    char *bytes = NULL;
    size_t len = 0;

    if (resolver_file_read(run->arena, run->globals->pid, "/etc/nsswitch.conf", HOSTS_FILE_MAX, &bytes, &len,
                           NULL) < 0)
        len = 0;
    nsswitch_hosts_read(bytes, len, &ret_files->order);
    if (resolver_file_read(run->arena, run->globals->pid, "/etc/hosts", HOSTS_FILE_MAX, &bytes, &len, NULL) <
        0)
        len = 0;
    ret_files->hosts = bytes;
    ret_files->hosts_len = len;
}

static bool find_in_hosts(struct run *run, const struct local_files *files, int resolver, const char *name,
                          struct lookup_facts *ret_facts)
{
    size_t len = strlen(name);

    /* Go takes the name without its final dot, the others take it as it is. */
    if (resolver == RESOLVER_GO && len > 1 && name[len - 1] == '.')
        len--;
    ret_facts->addresses_count =
        hosts_file_find(run->arena, files->hosts, files->hosts_len, arena_text_n(run->arena, name, len),
                        resolver != RESOLVER_MUSL, &ret_facts->addresses);
    if (!ret_facts->addresses_count)
        return false;
    ret_facts->name = name;
    ret_facts->resolver = resolver;
    ret_facts->result = LOOKUP_OK;
    ret_facts->error = NULL;
    ret_facts->note = "found in /etc/hosts";
    ret_facts->wise_ndots = SHAPE_UNSET;
    return true;
}

static int lookup_one(struct run *run, const struct resolver_view *view, const struct local_files *files,
                      const char *name, struct lookup_facts *ret_facts)
{
    struct nsswitch_hosts order = files->order;
    struct lookup_result result = {0};
    struct plan plan;
    int r = 0;

    if (view->resolver == RESOLVER_MUSL)
        order = (struct nsswitch_hosts){.files = true, .dns = true};
    plan_make(run->arena, view, name, &plan);
    if (order.files && !order.dns_first && find_in_hosts(run, files, view->resolver, name, ret_facts))
        return 0;
    if (order.dns || !plan.queries_count)
        r = lookup_live(run->arena, view, &plan, &result, &run->err);
    else
        plan = (struct plan){.note = "the hosts line of /etc/nsswitch.conf does not name dns"};
    if (r < 0)
        return r;
    lookup_facts_make(run->arena, view, name, &plan, &result, ret_facts);
    if (ret_facts->result == LOOKUP_FAIL && order.files && order.dns_first)
        find_in_hosts(run, files, view->resolver, name, ret_facts);
    return 0;
}

/* On the answers of a capture; a lookup that takes others is left out, and it is said. */
static void lookup_captured(struct run *run, const struct resolver_view *view, const char *name,
                            struct lookups_facts *facts)
{
    struct lookup_result result = {0};
    const char *missing;
    struct plan plan;

    plan_make(run->arena, view, name, &plan);
    if (lookup_from_matrix(run->arena, view, &plan, run->captured->matrix, &result, &missing))
        lookup_facts_make(run->arena, view, name, &plan, &result,
                          ARENA_PUSH(run->arena, facts->lookups, facts->lookups_count));
    else
        run_unobserved(
            run, arena_printf(run->arena, "the lookup of %s by %s", name, resolver_words[view->resolver]),
            arena_printf(run->arena, "the capture has no answer to %s", missing),
            arena_printf(run->arena, "k8sdns capture --as %s %s", resolver_words[view->resolver], name));
}

/* 0: all found; 2: nothing was heard of any server; 1: between. */
static int lookups_status(const struct lookups_facts *facts)
{
    bool failed = false, asked = false, heard = false;

    for (size_t i = 0; i < facts->lookups_count; i++) {
        const struct lookup_facts *lookup = &facts->lookups[i];

        failed = failed || lookup->result == LOOKUP_FAIL;
        asked = asked || lookup->queries_count;
        for (size_t k = 0; k < lookup->queries_count; k++)
            heard = heard ||
                    (!isnan(lookup->queries[k].rtt_ms) && lookup->queries[k].status != PROBE_UNREACHABLE);
    }
    return asked && !heard ? STATUS_CRITICAL : failed ? STATUS_WARNING : STATUS_OK;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct lookup_config *config = config_at;
    struct lookups_facts *facts = data;
    struct resolv_facts resolv;
    struct local_files files;
    const char **names;
    size_t count;
    int first, last, r;

    names_choose(run, &names, &count);
    if (count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    r = resolvers_choose(run, config->as, &resolv, &first, &last);
    if (r < 0)
        return r;
    if (!run->captured)
        read_files(run, &files);
    else if (!run->captured->matrix)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has no answers of servers");
    for (size_t i = 0; i < count; i++) {
        for (int resolver = first; resolver <= last; resolver++) {
            if (run->captured) {
                lookup_captured(run, &resolv.views[resolver], names[i], facts);
                continue;
            }
            r = lookup_one(run, &resolv.views[resolver], &files, names[i],
                           ARENA_PUSH(run->arena, facts->lookups, facts->lookups_count));
            if (r < 0)
                return r;
        }
    }
    lookups_facts_compare(run->arena, facts);
    return facts->lookups_count ? lookups_status(facts) : STATUS_UNKNOWN;
}

const struct command command_lookup = {
    .name = "lookup",
    .group = "Ask the servers",
    .summary = "a name as the application's own resolver looks it up",
    .arguments = "NAME...",
    .args_min = 1,
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct lookup_config),
    .from_facts = true,
    .shape = &lookups_facts_shape,
    .example = "k8sdns lookup www.aliyun.com --as musl",
    .run = run,
    .render = lookup_text_render,
};
