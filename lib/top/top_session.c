/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/collect/targets.h>
#include <k8sdns/model/top/active_findings.h>
#include <k8sdns/model/watch/history.h>
#include <k8sdns/source/watch/watcher.h>
#include <k8sdns/top/top_collectors.h>
#include <k8sdns/top/top_flows.h>
#include <k8sdns/top/top_judge.h>
#include <k8sdns/top/top_session.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <string.h>

/* As watch has it: above CoreDNS's patience with an upstream. */
#define TIMEOUT_US 3000000
/* What a few Pods send. More servers and names are asked more seldom. */
#define QPS_MOST 100
/* A watch of less says nothing yet: what was lost is known late. Until then the first look's sampling counts.
 */
#define SAMPLED_NS UINT64_C(12000000000)

struct top_session {
    struct survey *survey;
    const struct top_session_options *options;
    uint64_t interval_us;
    struct active_findings *active_findings;
    struct top_collectors looks;
    struct top_flows *flows;              /* NULL: nobody wants to know */
    struct collection_options collection; /* the caller's, with what top looks at itself left out */

    /* Of the names: what resolv.conf makes of them, before anybody was asked. */
    struct arena *begun_arena;
    struct survey begun_survey;
    struct facts begun;
    struct probe_candidate *candidates;
    int *kinds; /* of the candidates: enum name_kind */
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
    uint64_t skipped;        /* by the watches before this one */
    uint64_t asked_again_ns; /* when everything was asked because a server turned */
};

static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
static const char *const type_names[] = {"A", "AAAA"};

/* ---- the watch ---- */

static void on_outcome(void *user, const struct watch_outcome *outcome)
{
    struct top_session *c = user;

    history_add(c->history, outcome);
    if (c->options->outcome)
        c->options->outcome(c->options->user, &c->targets[outcome->target], c->kinds[outcome->candidate],
                            outcome);
}

static bool asks(const struct top_session *c)
{
    return c->options->pace.least_ns[LOOK_SERVERS] != TOP_NEVER;
}

static bool same_targets(const struct top_session *c, const struct target_facts *targets, size_t count)
{
    if (!c->watch || count != c->targets_count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(c->targets[i].id, targets[i].id) != 0 || c->targets[i].role != targets[i].role)
            return false;
    return true;
}

static void copy_targets(struct top_session *c, const struct target_facts *targets, size_t count)
{
    c->targets = arena_array(c->watch_arena, count + 1, sizeof(*c->targets));
    c->targets_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct target_facts *to = &c->targets[c->targets_count];

        *to = targets[i];
        /* What came as JSON has the address as text alone. */
        if (!to->where.family &&
            address_parse(to->address, (uint16_t)(to->port == SHAPE_UNSET ? DNS_PORT : to->port), &to->where,
                          NULL) < 0)
            continue;
        to->where.port = (uint16_t)(to->port == SHAPE_UNSET ? DNS_PORT : to->port);
        to->id = arena_text(c->watch_arena, to->id);
        to->address = arena_text(c->watch_arena, to->address ? to->address : to->id);
        c->targets_count++;
    }
}

static double pace(const struct top_session *c)
{
    double round = (double)(c->targets_count * c->candidates_count * 2);
    double qps = round / ((double)c->interval_us / 1e6);

    return qps < QPS_MOST ? qps : QPS_MOST;
}

static void end_watch(struct top_session *c)
{
    if (!c->watch)
        return;
    if (c->options->ends)
        c->options->ends(c->options->user);
    c->skipped += c->record->skipped;
    watcher_stop(c->watch);
    c->watch = NULL;
}

/* Watch these. What is known of those that were watched before is kept. */
static void watch(struct top_session *c, const struct target_facts *targets, size_t count)
{
    struct arena *before = c->watch_arena;
    struct history *history = c->history;
    struct err err;

    end_watch(c);
    c->watch_arena = arena_new();
    copy_targets(c, targets, count);
    c->record = ARENA_NEW(c->watch_arena, struct watch_record);
    c->history = history_new(c->targets, c->targets_count, type_names, 2, c->interval_us);
    history_carry(c->history, history);
    history_free(history);
    arena_free(before);
    if (c->options->watched)
        c->options->watched(c->options->user, c->targets, c->targets_count);
    if (!c->targets_count || !c->candidates_count || !asks(c))
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

/* The full name that a name is asked by: as it is where it has a dot, or as it is tried first. */
static const char *choose_candidate(const struct name_plans *name)
{
    const struct plan *plan = name->plans_count ? &name->plans[0] : NULL;
    const char *chosen = NULL;

    for (size_t k = 0; plan && k < plan->queries_count && strchr(name->name, '.'); k++)
        if (plan->queries[k].stage == 1)
            chosen = plan->queries[k].name;
    return chosen ? chosen : plan && plan->queries_count ? plan->queries[0].name : NULL;
}

static void add_candidate(struct top_session *c, int kind, const char *name, const char *candidate)
{
    struct arena *arena = c->begun_arena;
    size_t count = c->candidates_count;

    *ARENA_PUSH(arena, c->kinds, count) = kind;
    *ARENA_PUSH(arena, c->candidates, c->candidates_count) =
        (struct probe_candidate){arena_text(arena, name), arena_text(arena, candidate)};
}

/* What is asked again and again: the cluster's own name, and what was given. */
static void choose_watched(struct top_session *c, const char *own, const struct facts *facts)
{
    c->candidates = NULL;
    c->kinds = NULL;
    c->candidates_count = 0;
    add_candidate(c, NAME_OWN, own, arena_text_n(c->begun_arena, own, strlen(own) - 1));
    for (size_t i = 0; i < facts->names_count; i++) {
        int kind = facts->names[i].kind;
        const char *chosen = choose_candidate(&facts->plans->names[i]);
        bool is_usual = c->options->usual_names && (kind == NAME_EXTERNAL || kind == NAME_MISSING);

        if (chosen && (kind == NAME_GIVEN || is_usual) && !dns_name_equal(chosen, c->candidates[0].candidate))
            add_candidate(c, kind, facts->plans->names[i].name, chosen);
    }
}

static int begin(struct top_session *c, char **names, size_t count, struct err *err)
{
    struct arena *before = c->begun_arena;
    struct survey survey = *c->survey;
    struct facts facts = {0};
    struct collection collection = {.survey = &survey, .options = &c->collection, .facts = &facts};
    struct target_facts *targets;
    int r;

    survey.arena = arena_new();
    survey.names = names;
    survey.names_count = count;
    survey.err = (struct err){0};
    survey.unobserved = NULL;
    survey.unobserved_count = 0;
    r = collection_begin(&collection);
    if (r < 0) {
        *err = survey.err;
        arena_free(survey.arena);
        return r;
    }
    end_watch(c);
    c->begun_arena = survey.arena;
    c->begun_survey = survey;
    c->begun = facts;
    c->begun.host = *survey.host;
    choose_watched(c, collection.own, &c->begun);
    r = targets_put_together(&survey, &c->collection.targets,
                             facts.resolv ? facts.resolv : &(struct resolv_facts){0}, collection.view, NULL,
                             &targets);
    c->first_targets = targets;
    c->first_targets_count = r > 0 ? (size_t)r : 0;
    if (c->collection.choose)
        c->first_targets_count =
            c->collection.choose(c->collection.choose_user, targets, c->first_targets_count);
    arena_free(before);
    return 0;
}

/* ---- looks ---- */

static const struct target_facts *known_targets(const struct top_session *c, size_t *count)
{
    const struct facts *servers = c->looks.parts[LOOK_SERVERS].facts;

    if (servers && servers->matrix && servers->matrix->targets_count) {
        *count = servers->matrix->targets_count;
        return servers->matrix->targets;
    }
    *count = c->first_targets_count;
    return c->first_targets;
}

/* The cluster's domain may show only when somebody was asked; the names have it then. */
static bool learn_names(struct top_session *c, const struct facts *facts)
{
    for (size_t i = 0; i < facts->names_count && i < facts->plans->names_count; i++) {
        const char *own = facts->names[i].name;
        size_t len = strlen(own);

        if (facts->names[i].kind != NAME_OWN || len < 2 ||
            (strncmp(own, c->candidates[0].candidate, len - 1) == 0 && !c->candidates[0].candidate[len - 1]))
            continue;
        end_watch(c);
        choose_watched(c, own, facts);
        return true;
    }
    return false;
}

static void on_look(void *user, enum top_collector_kind which, const struct err *err)
{
    struct top_session *c = user;
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
    if (part->facts && part->facts->plans && learn_names(c, part->facts))
        watch(c, targets, count);
    else if (!same_targets(c, targets, count))
        watch(c, targets, count);
    top_collectors_targets(&c->looks, c->targets, c->targets_count);
}

struct top_session *top_session_new(struct survey *survey, const struct top_session_options *options)
{
    struct top_session *c = ARENA_NEW(survey->arena, struct top_session);

    c->survey = survey;
    c->options = options;
    c->interval_us = options->interval_us;
    c->collection = *options->collection;
    c->collection.no_kernel = c->collection.no_drops = true;
    if (begin(c, survey->names, survey->names_count, &survey->err) < 0)
        return NULL;
    c->active_findings = active_findings_new();
    top_collectors_init(&c->looks, &c->begun_survey, &c->collection, options->base, on_look, c);
    c->looks.pace = options->pace;
    for (int i = 0; i < LOOKS; i++) {
        c->looks.looks[i].forked = options->forked;
        c->looks.looks[i].forked_user = options->user;
    }
    if (options->follow)
        c->flows = top_flows_new(survey, options->base);
    watch(c, c->first_targets, c->first_targets_count);
    top_collectors_targets(&c->looks, c->targets, c->targets_count);
    top_collectors_tick(&c->looks, c->interval_us);
    return c;
}

void top_session_free(struct top_session *c)
{
    if (!c)
        return;
    top_collectors_fini(&c->looks);
    watcher_stop(c->watch);
    top_flows_free(c->flows);
    history_free(c->history);
    active_findings_free(c->active_findings);
    arena_free(c->watch_arena);
    arena_free(c->begun_arena);
}

void top_session_tick(struct top_session *c)
{
    /* A server that falls silent, or is back, changes what all servers say: ask them. */
    if (c->history && history_turned(c->history, c->asked_again_ns + 1) &&
        top_collectors_due_now(&c->looks, LOOK_SERVERS))
        c->asked_again_ns = clock_monotonic_ns();
    top_collectors_tick(&c->looks, c->interval_us);
}

int top_session_names(struct top_session *c, char **names, size_t count, struct err *err)
{
    const struct target_facts *targets;
    size_t targets_count;
    int r = begin(c, names, count, err);

    if (r < 0)
        return r;
    targets = known_targets(c, &targets_count);
    watch(c, targets, targets_count);
    top_collectors_again(&c->looks, LOOK_SERVERS);
    return 0;
}

void top_session_interval(struct top_session *c, uint64_t interval_us)
{
    const struct target_facts *targets;
    size_t count;

    c->interval_us = interval_us;
    targets = known_targets(c, &count);
    watch(c, targets, count);
}

void top_session_hold(struct top_session *c)
{
    for (int i = 0; i < LOOKS; i++)
        top_collectors_again(&c->looks, (enum top_collector_kind)i);
}

void top_session_look(struct top_session *c)
{
    for (int i = 0; i < LOOKS; i++)
        (void)top_collectors_due_now(&c->looks, (enum top_collector_kind)i);
}

bool top_session_ask(struct top_session *c)
{
    return top_collectors_due_now(&c->looks, LOOK_SERVERS);
}

uint64_t top_session_skipped(const struct top_session *c)
{
    return c->skipped + (c->watch ? c->record->skipped : 0);
}

bool top_session_interval_facts(struct top_session *c, struct arena *arena, struct watch_facts *facts)
{
    if (!c->watch)
        return false;
    watch_record_facts(c->record, false, clock_monotonic_ns(), arena, facts);
    return true;
}

bool top_session_knows(const struct top_session *c)
{
    return c->looks.parts[LOOK_SERVERS].facts != NULL || !asks(c);
}

bool top_session_complete(const struct top_session *c)
{
    for (int i = 0; i < LOOKS; i++)
        if (!c->looks.parts[i].ended_ns && c->looks.pace.least_ns[i] != TOP_NEVER)
            return false;
    return true;
}

/* ---- facts ---- */

/* While questions fail the kernel is watched for what it drops, which would cost too much all the time. */
static void watch_drops(struct top_session *c, const struct diagnose_facts *diagnosis)
{
    bool trouble = diagnosis->answered < diagnosis->asked;

    if (trouble && c->collection.no_drops)
        (void)top_collectors_due_now(&c->looks, LOOK_SERVERS);
    c->collection.no_drops = !trouble;
}

static void add_watch(struct top_session *c, uint64_t now_ns, bool answers, struct arena *arena,
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

void top_session_facts(struct top_session *c, bool answers, struct arena *arena, struct top_facts *top)
{
    struct clock_stamp now = clock_stamp_now();
    struct facts *facts = ARENA_NEW(arena, struct facts);
    struct finding *findings;
    size_t count;
    char time[CLOCK_TEXT];

    top_collectors_facts(&c->looks, &c->begun, arena, facts);
    facts->time = arena_text(arena, clock_format(now.real_ns, time, sizeof(time)));
    add_watch(c, now.mono_ns, answers, arena, facts);
    *top = (struct top_facts){.live = true,
                              .time = facts->time,
                              .facts = facts,
                              .history = facts->history,
                              .flows_unanswered_lately = SHAPE_UNSET};
    if (c->flows)
        top_flows_facts(c->flows, arena, top);
    top_collectors_tell(&c->looks, now.mono_ns, arena, top);
    top->frequency = -1;
    if (top_session_knows(c)) {
        top_judge(facts, c->options->thresholds, arena, top, &findings, &count);
        active_findings_update(c->active_findings, findings, count, now);
        watch_drops(c, top->diagnosis);
        top->findings = findings;
        top->findings_count = count;
    }
    active_finding_facts_of(c->active_findings, now, arena, top);
}
