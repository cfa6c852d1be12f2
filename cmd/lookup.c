/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/model/resolver/lookup_facts.h>
#include <k8sdns/model/resolver/lookup_matrix.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/render/resolver/lookup_text.h>
#include <k8sdns/source/resolver/lookup_cares.h>
#include <k8sdns/source/resolver/lookup_live.h>
#include <k8sdns/source/resolver/resolver_probe.h>
#include <k8sdns/wire/resolver/hosts_file.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#define NAMES_MAX 64
/* Of a thread: the usual 8 MB for each of thirty would be most of all memory that is taken. */
#define STACK_SIZE (1 << 20)

struct lookup_config {
    struct text_list as; /* none: the one detected */
    bool real;
    uint64_t limit_us; /* of all of it; 0: none */
};

static const struct lookup_config defaults = {0};

static const struct option_row options[] = {
    {.name = "as",
     .value = "RESOLVER,...",
     .words = resolver_as_names,
     OPTION_AT(WORDS, struct lookup_config, as),
     .help =
         "whose lookup: glibc, musl, go, all three, c-ares, nginx, busybox-nslookup, ..., everything (default: of the resolver detected)"},
    {.name = "real",
     OPTION_AT(FLAG, struct lookup_config, real),
     .help = "with --as c-ares: by the c-ares that is linked, not by its rules"},
    {.name = "limit",
     .value = "DURATION",
     .min = 1000,
     .max = UINT64_C(86400000000),
     OPTION_AT(DURATION, struct lookup_config, limit_us),
     .help = "end it after that long, whatever the program would do (default: no limit)"},
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

    if (observed_file_read(run->arena, run->process, "/etc/nsswitch.conf", HOSTS_FILE_MAX, &bytes, &len,
                           NULL) < 0)
        len = 0;
    nsswitch_hosts_read(bytes, len, &ret_files->order);
    if (observed_file_read(run->arena, run->process, "/etc/hosts", HOSTS_FILE_MAX, &bytes, &len, NULL) < 0)
        len = 0;
    ret_files->hosts = bytes;
    ret_files->hosts_len = len;
}

/* One lookup, which may have a thread to itself. */
struct lookup_task {
    struct arena *arena;
    const struct resolver_view *view;
    const struct local_files *files;
    const char *name;
    uint64_t end_us; /* monotonic; 0: none */
    struct lookup_facts facts;
    bool cut;
    struct err err;
    int r;
    pthread_t thread;
    bool started;
};

static bool find_in_hosts(struct lookup_task *task)
{
    int resolver = task->view->resolver;
    size_t len = strlen(task->name);

    /* Go takes the name without its final dot, the others take it as it is. */
    if (resolver == RESOLVER_GO && len > 1 && task->name[len - 1] == '.')
        len--;
    task->facts.addresses_count = hosts_file_find(task->arena, task->files->hosts, task->files->hosts_len,
                                                  arena_text_n(task->arena, task->name, len),
                                                  !resolver_is_musl(resolver), &task->facts.addresses);
    if (!task->facts.addresses_count)
        return false;
    task->facts.name = task->name;
    task->facts.resolver = resolver;
    task->facts.result = LOOKUP_OK;
    task->facts.error = NULL;
    task->facts.error_code = NULL;
    task->facts.note = "found in /etc/hosts";
    task->facts.about = resolver_entry(resolver)->about;
    task->facts.wise_ndots = SHAPE_UNSET;
    return true;
}

static void *look_up(void *at)
{
    struct lookup_task *task = at;
    const struct resolver_entry *entry = resolver_entry(task->view->resolver);
    struct nsswitch_hosts order = task->files->order;
    struct lookup_result result = {0};
    struct plan plan;

    if (!entry->reads_nsswitch)
        order = (struct nsswitch_hosts){.files = entry->reads_hosts, .dns = true};
    order.files = order.files && entry->reads_hosts;
    plan_make(task->arena, task->view, task->name, &plan);
    if (order.files && !order.dns_first && find_in_hosts(task))
        return NULL;
    if (order.dns || !plan.queries_count)
        task->r = lookup_live(task->arena, task->view, &plan, task->end_us, &result, &task->err);
    else
        plan = (struct plan){.note = "the hosts line of /etc/nsswitch.conf does not name dns"};
    if (task->r < 0)
        return NULL;
    lookup_facts_make(task->arena, task->view, task->name, &plan, &result, &task->facts);
    task->cut = result.cut;
    if (result.cut)
        task->facts.note = "ended by --limit; the program would go on";
    if (task->facts.result == LOOKUP_FAIL && order.files && order.dns_first)
        find_in_hosts(task);
    return NULL;
}

/*
 * One name by several resolvers. Up to three are looked up one after the other, as a person reads them; more
 * at the same time, so that all take as long as the slowest.
 */
static int look_up_name(struct run *run, const struct resolver_view *views, size_t count,
                        const struct local_files *files, const char *name, uint64_t end_us,
                        struct lookups_facts *facts, bool *ret_cut)
{
    struct lookup_task *tasks = arena_array(run->arena, count, sizeof(*tasks));
    bool together = count > RESOLVERS;
    pthread_attr_t attributes;
    int r = 0;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    for (size_t i = 0; i < count; i++) {
        tasks[i] = (struct lookup_task){.arena = together ? arena_new() : run->arena,
                                        .view = &views[i],
                                        .files = files,
                                        .name = name,
                                        .end_us = end_us};
        tasks[i].started = together && pthread_create(&tasks[i].thread, &attributes, look_up, &tasks[i]) == 0;
        if (!tasks[i].started)
            look_up(&tasks[i]);
    }
    pthread_attr_destroy(&attributes);
    for (size_t i = 0; i < count; i++) {
        if (tasks[i].started)
            pthread_join(tasks[i].thread, NULL);
        if (together)
            arena_adopt(run->arena, tasks[i].arena);
        if (tasks[i].r < 0 && r == 0) {
            run->err = tasks[i].err;
            r = tasks[i].r;
        }
        *ret_cut = *ret_cut || tasks[i].cut;
        if (tasks[i].cut)
            survey_unobserved_as(&run->survey, GAP_LOOKUP,
                                 arena_printf(run->arena, "how the lookup of %s by %s ends", name,
                                              resolver_all_names[views[i].resolver]),
                                 "--limit ended it", "give it a longer one");
        *ARENA_PUSH(run->arena, facts->lookups, facts->lookups_count) = tasks[i].facts;
    }
    return r;
}

/* On the answers of a capture; a lookup that takes others is left out, and it is said. */
static void lookup_captured(struct run *run, const struct resolver_view *view, const char *name,
                            struct lookups_facts *facts)
{
    const char *missing, *word = shell_word(run->arena, name);
    struct lookup_result result = {0};
    struct plan plan;

    plan_make(run->arena, view, name, &plan);
    if (lookup_from_matrix(run->arena, view, &plan, run->captured->matrix, &result, &missing))
        lookup_facts_make(run->arena, view, name, &plan, &result,
                          ARENA_PUSH(run->arena, facts->lookups, facts->lookups_count));
    else
        survey_unobserved_as(
            &run->survey, GAP_LOOKUP,
            arena_printf(run->arena, "the lookup of %s by %s", name, resolver_all_names[view->resolver]),
            arena_printf(run->arena, "the capture has no answer to %s", missing),
            view->resolver < RESOLVERS ? arena_printf(run->arena, "k8sdns capture --as %s %s",
                                                      resolver_all_names[view->resolver], word)
                                       : arena_printf(run->arena, "k8sdns lookup %s --as %s", word,
                                                      resolver_all_names[view->resolver]));
}

/* By the library itself, with the same file. */
static int look_up_for_real(struct run *run, const struct lookup_config *config,
                            const struct resolv_facts *resolv, const char *const *names, size_t count,
                            struct lookups_facts *facts)
{
    struct resolver_view view;

    if (config->as.count != 1 || strcmp(config->as.items[0], "c-ares") != 0)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--real goes with --as c-ares, the one library that is linked");
    if (config->limit_us)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--limit ends a replay; with --real c-ares ends it by its own rules");
    if (run->captured)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--real asks servers, and --from has only their answers");
    if (resolv->file && strcmp(resolv->file, "-") == 0)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "c-ares reads a file by its name; give --resolv-conf FILE");
    resolver_view_of(run->arena, resolv, cares_resolver(), &view);
    for (size_t i = 0; i < count; i++) {
        struct lookup_facts *lookup = ARENA_PUSH(run->arena, facts->lookups, facts->lookups_count);
        struct lookup_result result;
        struct plan plan = {.resolver = view.resolver, .asked_for = names[i]};
        int r = lookup_cares(run->arena, &view, resolv->file, names[i], &result, &run->err);

        if (r < 0)
            return r;
        lookup_facts_make(run->arena, &view, names[i], &plan, &result, lookup);
        lookup->about = arena_printf(run->arena, "ares_getaddrinfo() of c-ares %s itself", cares_version());
        lookup->left_open = NULL;
    }
    return lookups_health(facts->lookups, facts->lookups_count);
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct lookup_config *config = config_at;
    struct lookups_facts *facts = data;
    struct resolv_facts resolv;
    struct local_files files;
    const char **names;
    struct resolver_view *views;
    size_t count, views_count;
    bool cut = false;
    int r;

    names_choose(&run->survey, &names, &count);
    if (count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    r = resolvers_choose(&run->survey, &config->as, true, &resolv, &views, &views_count);
    if (r < 0)
        return r;
    facts->names_as = resolv.names_as;
    if (config->real)
        return look_up_for_real(run, config, &resolv, names, count, facts);
    if (!run->captured)
        read_files(run, &files);
    else if (!run->captured->matrix)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has no answers of servers");
    for (size_t i = 0; i < count; i++) {
        for (size_t v = 0; run->captured && v < views_count; v++)
            lookup_captured(run, &views[v], names[i], facts);
        r = run->captured
                ? 0
                : look_up_name(run, views, views_count, &files, names[i],
                               config->limit_us ? run->began_ns / 1000 + config->limit_us : 0, facts, &cut);
        if (r < 0)
            return r;
    }
    lookups_facts_compare(run->arena, facts);
    if (!config->as.count) {
        facts->runtime = resolv.resolver.runtime;
        facts->choices = resolv.resolver.choices;
        facts->choices_count = resolv.resolver.choices_count;
    }
    return cut ? STATUS_UNKNOWN : lookups_health(facts->lookups, facts->lookups_count);
}

const struct command command_lookup = {
    .name = "lookup",
    .group = GROUP_SERVERS,
    .observes_process = true,
    .summary = "a name as the application's own resolver looks it up",
    .arguments = "NAME...",
    .args_min = 1,
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct lookup_config),
    .from_facts = true,
    .shape = &lookups_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct lookups_facts, status),
    .example = "k8sdns lookup www.aliyun.com --as musl",
    .run = run,
    .render = lookup_text_render,
};
