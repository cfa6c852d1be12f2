/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top_collector.h"
#include "collection_state.h"
#include "targets.h"
#include "top_judge.h"
#include "top_looks.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/history.h>
#include <k8sdns/model/standing.h>
#include <k8sdns/source/watcher.h>
#include <k8sdns/wire/dns_name.h>
#include <k8sdns/wire/dns_words.h>
#include <string.h>

/* As watch has it: above CoreDNS's patience with an upstream. */
#define TIMEOUT_US 3000000
/* What a few Pods send. More servers and names are asked more seldom. */
#define QPS_MOST 100
/* A watch of less says nothing yet: what was lost is known late. Until then the first look's sampling counts.
 */
#define SAMPLED_NS UINT64_C(12000000000)

struct top_collector {
    struct run *run;
    const struct top_collector_options *options;
    uint64_t interval_us;
    struct standing *standing;
    struct top_looks looks;
    struct collection_options collection; /* the caller's, with what top looks at itself left out */

    /* Of the names: what resolv.conf makes of them, before anybody was asked. */
    struct arena *begun_arena;
    struct run begun_run;
    struct facts begun;
    struct probe_candidate *candidates;
    size_t candidates_count;
    struct target_facts *first_targets;
    size_t first_targets_count;

    /* The watch, which begins anew when there are other servers, names or another interval. */
    struct arena *watch_arena;
    struct watch_run *watch;
    struct watcher_options asking;
    struct watch_record *record;
    struct target_facts *targets;
    size_t targets_count;
    struct history *history;
    uint64_t watched_ns;     /* since when; 0: not yet */
    uint64_t asked_again_ns; /* when everything was asked because a server turned */
};

static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
static const char *const type_words[] = {"A", "AAAA"};

/* ---- the watch ---- */

static void on_outcome(void *user, const struct watch_outcome *outcome)
{
    struct top_collector *c = user;

    history_add(c->history, outcome);
}

static bool same_targets(const struct top_collector *c, const struct target_facts *targets, size_t count)
{
    if (!c->watch || count != c->targets_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(c->targets[i].id, targets[i].id) != 0 || c->targets[i].role != targets[i].role)
            return false;
    return true;
}

static void copy_targets(struct top_collector *c, const struct target_facts *targets, size_t count)
{
    c->targets = arena_array(c->watch_arena, count + 1, sizeof(*c->targets));
    c->targets_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct target_facts *to = &c->targets[c->targets_count];

        *to = targets[i];
        /* What came as JSON has the address as text alone. */
        if (!to->where.family &&
            address_parse(to->address, (uint16_t)(to->port == SHAPE_UNSET ? 53 : to->port), &to->where,
                          NULL) < 0)
            continue;
        to->where.port = (uint16_t)(to->port == SHAPE_UNSET ? 53 : to->port);
        to->id = arena_text(c->watch_arena, to->id);
        to->address = arena_text(c->watch_arena, to->address ? to->address : to->id);
        c->targets_count++;
    }
}

static double pace(const struct top_collector *c)
{
    double round = (double)(c->targets_count * c->candidates_count * 2);
    double qps = round / ((double)c->interval_us / 1e6);

    return qps < QPS_MOST ? qps : QPS_MOST;
}

/* Watch these. What is known of those that were watched before is kept. */
static void watch(struct top_collector *c, const struct target_facts *targets, size_t count)
{
    struct arena *before = c->watch_arena;
    struct history *history = c->history;
    struct err err;

    watcher_stop(c->watch);
    c->watch = NULL;
    c->watch_arena = arena_new();
    copy_targets(c, targets, count);
    c->record = ARENA_NEW(c->watch_arena, struct watch_record);
    c->history = history_new(c->targets, c->targets_count, type_words, 2, c->interval_us);
    history_carry(c->history, history);
    history_free(history);
    arena_free(before);
    if (!c->targets_count || !c->candidates_count)
        return;
    c->asking = (struct watcher_options){.candidates = c->candidates,
                                         .candidates_count = c->candidates_count,
                                         .types = types,
                                         .types_count = 2,
                                         .timeout_us = TIMEOUT_US,
                                         .qps = pace(c),
                                         .outcome = on_outcome,
                                         .user = c};
    c->watch = watcher_start(c->watch_arena, c->options->base, &c->asking, c->targets, c->targets_count,
                             c->record, &err);
    c->watched_ns = c->watched_ns ? c->watched_ns : clock_monotonic_ns();
}

/* ---- names ---- */

/* What is asked again and again: the cluster's own name, and what was given as it is, or as it is tried
 * first. */
static void choose_watched(struct top_collector *c, const char *own)
{
    struct arena *arena = c->begun_arena;
    const struct expand_facts *plans = c->begun.plans;

    c->candidates = NULL;
    c->candidates_count = 0;
    *ARENA_PUSH(arena, c->candidates, c->candidates_count) =
        (struct probe_candidate){own, arena_text_n(arena, own, strlen(own) - 1)};
    for (size_t i = 0; i < c->begun.names_count; i++) {
        const struct name_plans *name = &plans->names[i];
        const struct plan *plan = name->plans_count ? &name->plans[0] : NULL;
        const char *chosen = NULL;

        if (c->begun.names[i].kind != NAME_GIVEN || !plan || !plan->queries_count)
            continue;
        for (size_t k = 0; k < plan->queries_count && strchr(name->name, '.'); k++)
            if (plan->queries[k].stage == 1)
                chosen = plan->queries[k].name;
        chosen = chosen ? chosen : plan->queries[0].name;
        if (!dns_name_equal(chosen, c->candidates[0].candidate))
            *ARENA_PUSH(arena, c->candidates, c->candidates_count) =
                (struct probe_candidate){name->name, chosen};
    }
}

static int begin(struct top_collector *c, char **names, size_t count, struct err *err)
{
    struct arena *before = c->begun_arena;
    struct run run = *c->run;
    struct facts facts = {0};
    struct collection collection = {.run = &run, .options = &c->collection, .facts = &facts};
    struct target_facts *targets;
    int r;

    run.arena = arena_new();
    run.args = names;
    run.args_count = count;
    run.err = (struct err){0};
    run.unobserved = NULL;
    run.unobserved_count = 0;
    r = collection_begin(&collection);
    if (r < 0) {
        *err = run.err;
        arena_free(run.arena);
        return r;
    }
    watcher_stop(c->watch);
    c->watch = NULL;
    c->begun_arena = run.arena;
    c->begun_run = run;
    c->begun = facts;
    c->begun.host = *run.host;
    choose_watched(c, collection.own);
    r = targets_put_together(&run, &c->collection.targets,
                             facts.resolv ? facts.resolv : &(struct resolv_facts){0}, collection.view, NULL,
                             &targets);
    c->first_targets = targets;
    c->first_targets_count = r > 0 ? (size_t)r : 0;
    arena_free(before);
    return 0;
}

/* ---- looks ---- */

static const struct target_facts *known_targets(const struct top_collector *c, size_t *count)
{
    const struct facts *servers = c->looks.parts[LOOK_SERVERS].facts;

    if (servers && servers->matrix && servers->matrix->targets_count) {
        *count = servers->matrix->targets_count;
        return servers->matrix->targets;
    }
    *count = c->first_targets_count;
    return c->first_targets;
}

static void on_look(void *user, enum top_look which, const struct err *err)
{
    struct top_collector *c = user;
    const struct top_part *part = &c->looks.parts[which];
    const struct target_facts *targets;
    size_t count;

    c->options->changed(c->options->user);
    if (which != LOOK_SERVERS)
        return;
    if (!part->facts && err->kind) {
        c->options->failed(c->options->user, err);
        return;
    }
    c->collection.no_sampling = true;
    targets = known_targets(c, &count);
    if (!same_targets(c, targets, count))
        watch(c, targets, count);
    top_looks_targets(&c->looks, c->targets, c->targets_count);
}

struct top_collector *top_collector_new(struct run *run, const struct top_collector_options *options)
{
    struct top_collector *c = ARENA_NEW(run->arena, struct top_collector);

    c->run = run;
    c->options = options;
    c->interval_us = options->interval_us;
    c->collection = *options->collection;
    c->collection.no_kernel = c->collection.no_drops = true;
    if (begin(c, run->args, run->args_count, &run->err) < 0)
        return NULL;
    c->standing = standing_new();
    top_looks_init(&c->looks, &c->begun_run, &c->collection, options->base, on_look, c);
    watch(c, c->first_targets, c->first_targets_count);
    top_looks_targets(&c->looks, c->targets, c->targets_count);
    top_looks_tick(&c->looks, c->interval_us);
    return c;
}

void top_collector_free(struct top_collector *c)
{
    if (!c)
        return;
    top_looks_fini(&c->looks);
    watcher_stop(c->watch);
    history_free(c->history);
    standing_free(c->standing);
    arena_free(c->watch_arena);
    arena_free(c->begun_arena);
}

void top_collector_tick(struct top_collector *c)
{
    /* A server that falls silent, or is back, changes what all servers say: ask them. */
    if (c->history && history_turned(c->history, c->asked_again_ns + 1) &&
        top_looks_hurry(&c->looks, LOOK_SERVERS))
        c->asked_again_ns = clock_monotonic_ns();
    top_looks_tick(&c->looks, c->interval_us);
}

int top_collector_names(struct top_collector *c, char **names, size_t count, struct err *err)
{
    const struct target_facts *targets;
    size_t targets_count;
    int r = begin(c, names, count, err);

    if (r < 0)
        return r;
    targets = known_targets(c, &targets_count);
    watch(c, targets, targets_count);
    top_looks_again(&c->looks, LOOK_SERVERS);
    return 0;
}

void top_collector_interval(struct top_collector *c, uint64_t interval_us)
{
    const struct target_facts *targets;
    size_t count;

    c->interval_us = interval_us;
    targets = known_targets(c, &count);
    watch(c, targets, count);
}

void top_collector_hold(struct top_collector *c)
{
    for (int i = 0; i < LOOKS; i++)
        top_looks_again(&c->looks, (enum top_look)i);
}

void top_collector_look(struct top_collector *c)
{
    for (int i = 0; i < LOOKS; i++)
        (void)top_looks_hurry(&c->looks, (enum top_look)i);
}

bool top_collector_knows(const struct top_collector *c)
{
    return c->looks.parts[LOOK_SERVERS].facts != NULL;
}

bool top_collector_complete(const struct top_collector *c)
{
    for (int i = 0; i < LOOKS; i++)
        if (!c->looks.parts[i].ended_ns)
            return false;
    return true;
}

/* ---- facts ---- */

/* While questions fail the kernel is watched for what it drops, which would cost too much all the time. */
static void watch_drops(struct top_collector *c, const struct diagnose_facts *diagnosis)
{
    bool trouble = diagnosis->answered < diagnosis->asked;

    if (trouble && c->collection.no_drops)
        (void)top_looks_hurry(&c->looks, LOOK_SERVERS);
    c->collection.no_drops = !trouble;
}

static void add_watch(struct top_collector *c, uint64_t now_ns, bool answers, struct arena *arena,
                      struct facts *facts)
{
    if (!c->history || !c->targets_count)
        return;
    facts->history = ARENA_NEW(arena, struct history_facts);
    history_facts_of(c->history, now_ns, answers, arena, facts->history);
    if (!c->watch || now_ns - c->watched_ns < SAMPLED_NS)
        return;
    facts->sampling = ARENA_NEW(arena, struct watch_facts);
    watch_record_facts(c->record, true, now_ns, arena, facts->sampling);
    history_narrow(c->history, now_ns, arena, facts->sampling);
}

void top_collector_facts(struct top_collector *c, bool answers, struct arena *arena, struct top_facts *top)
{
    struct clock_stamp now = clock_stamp_now();
    struct facts *facts = ARENA_NEW(arena, struct facts);
    struct finding *findings;
    size_t count;
    char time[CLOCK_TEXT];

    top_looks_facts(&c->looks, &c->begun, arena, facts);
    facts->time = arena_text(arena, clock_format(now.real_ns, time, sizeof(time)));
    add_watch(c, now.mono_ns, answers, arena, facts);
    *top = (struct top_facts){.live = true, .time = facts->time, .facts = facts, .history = facts->history};
    top_looks_tell(&c->looks, now.mono_ns, arena, top);
    top->frequency = -1;
    if (top_collector_knows(c)) {
        top_judge(facts, c->options->thresholds, arena, top, &findings, &count);
        standing_update(c->standing, findings, count, now);
        watch_drops(c, top->diagnosis);
    }
    standing_facts_of(c->standing, now, arena, top);
}
