/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_words.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/scope/fleet_judge.h>
#include <k8sdns/model/statistics/shuffle.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NODES_SHOWN 10
#define ZONES_SHOWN 20
/* A server, or the Pods of a namespace, that fail so much, and so much more than all others, are odd. */
#define ODD_FLOOR  0.005
#define ODD_TIMES  5
#define ODD_FAILED 10
/* The lookups of one namespace hold so much of all failures when they alone fail. */
#define OF_FAILURES 0.7
/* Under so many queries nothing is said. */
#define ASKED_MIN 100
/* So many silent agents, and a fleet without failures is not called healthy. */
#define SILENT_RATIO 0.05
/* A fault this large is critical: every twentieth lookup waits for a timeout. */
#define CRITICAL_RATIO 0.05
/* Fewer windows with anything in them do not tell how often it fails. */
#define WINDOWS_TO_TELL 3
/* A node that fails so much is not called healthy because nodes differ. */
#define TOO_MUCH 0.025

struct by_ratio {
    size_t node;
    double ratio, asked, failed;
};

static int compare_ratio(const void *a, const void *b)
{
    const struct by_ratio *x = a, *y = b;

    if (x->ratio < y->ratio || x->ratio > y->ratio)
        return x->ratio < y->ratio ? 1 : -1;
    return (x->node > y->node) - (x->node < y->node);
}

/* Nodes by the share that fails of one signal, the worst first. */
static struct by_ratio *sorted_nodes(const struct fleet *f, enum fleet_signal signal)
{
    struct by_ratio *all = arena_array(f->arena, f->count + 1, sizeof(*all));

    for (size_t i = 0; i < f->count; i++) {
        fleet_node_sum(f, &f->nodes[i], signal, NULL, &all[i].asked, &all[i].failed);
        all[i].node = i;
        all[i].ratio = all[i].asked > 0 ? all[i].failed / all[i].asked : 0;
    }
    qsort(all, f->count, sizeof(*all), compare_ratio);
    return all;
}

size_t fleet_sample(const struct fleet *f, size_t worst, size_t others, const char ***ret_names)
{
    bool *taken = arena_array(f->arena, f->count + 1, sizeof(bool));
    uint64_t state = SHUFFLE_SEED;
    const char **names = NULL;
    size_t count = 0;

    for (int s = 0; s < FLEET_SIGNALS; s++) {
        const struct by_ratio *all = sorted_nodes(f, (enum fleet_signal)s);

        for (size_t i = 0; i < f->count && i < worst; i++)
            taken[all[i].node] = true;
    }
    if (f->count <= worst + others)
        memset(taken, 1, f->count * sizeof(bool));
    else
        for (size_t i = 0; i < others; i++)
            taken[shuffle_next(&state) % f->count] = true;
    for (size_t i = 0; i < f->count; i++)
        if (taken[i])
            *ARENA_PUSH(f->arena, names, count) = f->nodes[i].name;
    *ret_names = names;
    return count;
}

/* Mark what fails far more than all others of its kind. */
static void mark_odd(struct fleet_facts *facts, enum fleet_place kind)
{
    double asked = 0, failed = 0;

    /* Of Pods only those that fail most are listed; all of them are in their namespaces. */
    for (size_t i = 0; i < facts->places_count; i++)
        if (facts->places[i].place == (int)(kind == FLEET_PLACE_PODS ? FLEET_PLACE_NAMESPACE : kind)) {
            asked += facts->places[i].asked;
            failed += facts->places[i].failed;
        }
    for (size_t i = 0; i < facts->places_count; i++) {
        struct fleet_place_facts *place = &facts->places[i];
        double others = asked - place->asked, others_failed = failed - place->failed, usual;

        if (place->place != (int)kind)
            continue;
        /* Others of which little is known have failed once. */
        usual = others > 0 ? (others_failed > 0 ? others_failed : 0) / others : 0;
        place->fails = place->failed_ratio >= ODD_FLOOR && place->failed >= ODD_FAILED && others > 0 &&
                       place->failed_ratio >= ODD_TIMES * usual;
    }
}

/* The one that is odd; NULL when none is, or more than one. */
static const struct fleet_place_facts *odd_one(const struct fleet_facts *facts, enum fleet_place kind)
{
    const struct fleet_place_facts *found = NULL;

    for (size_t i = 0; i < facts->places_count; i++)
        if (facts->places[i].place == (int)kind && facts->places[i].fails) {
            if (found)
                return NULL;
            found = &facts->places[i];
        }
    return found;
}

/* The namespace, or the namespace of one node, that has nearly all failures; NULL when it is not one. */
static const struct fleet_place_facts *failing_pods(const struct fleet_facts *facts, double failed)
{
    for (int kind = FLEET_PLACE_PODS; kind >= FLEET_PLACE_NAMESPACE; kind--)
        for (size_t i = 0; i < facts->places_count; i++) {
            const struct fleet_place_facts *place = &facts->places[i];

            if (place->place == kind && place->fails && place->failed >= OF_FAILURES * failed)
                return place;
        }
    return NULL;
}

static void add_signal(const struct fleet *f, enum fleet_signal signal, const struct fleet_width *w,
                       const struct fleet_time *t, struct fleet_facts *facts)
{
    *ARENA_PUSH(f->arena, facts->signals, facts->signals_count) = (struct fleet_signal_facts){
        .signal = (int)signal,
        .asked = w->asked,
        .failed = w->failed,
        .failed_ratio = w->failed / w->asked,
        .usual_ratio = w->usual_ratio,
        .spread = w->spread,
        .history = w->history,
        .as_before = w->as_before,
        .nodes = w->nodes,
        .failing_nodes = w->failing,
        .failing_node_ratio = w->failing_ratio,
        .worst_other_ratio = w->worst_ratio,
        .crowding_chance = w->crowding,
        .zone = w->zone,
        .scope = w->scope,
        .confidence = w->confidence,
        .frequency = t->frequency,
        .frequency_confidence = t->confidence,
        .windows = t->windows,
        .failing_windows = t->failing,
    };
}

/* The nodes that fail most, of the signal that leads. */
static void add_nodes(const struct fleet *f, enum fleet_signal signal, const struct fleet_width *w,
                      struct fleet_facts *facts)
{
    const struct by_ratio *all = sorted_nodes(f, signal);

    for (size_t i = 0; i < f->count && i < NODES_SHOWN; i++) {
        const struct fleet_node *node = &f->nodes[all[i].node];
        const struct fleet_cells *cells = &node->cells[signal];

        if (all[i].failed <= 0)
            break;
        *ARENA_PUSH(f->arena, facts->places, facts->places_count) = (struct fleet_place_facts){
            .place = FLEET_PLACE_NODE,
            .signal = (int)signal,
            .name = node->name,
            .asked = all[i].asked,
            .failed = all[i].failed,
            .failed_ratio = all[i].ratio,
            .before_ratio =
                cells->before_asked > 0 ? (double)(cells->before_failed / cells->before_asked) : (double)NAN,
            .fails = w->fails[all[i].node],
        };
    }
}

static struct fleet_place_facts *zone_at(const struct fleet *f, enum fleet_signal signal, const char *zone,
                                         size_t first, struct fleet_facts *facts)
{
    struct fleet_place_facts *place;

    for (size_t i = first; i < facts->places_count; i++)
        if (strcmp(facts->places[i].name, zone) == 0)
            return &facts->places[i];
    if (facts->places_count - first == ZONES_SHOWN)
        return NULL;
    place = ARENA_PUSH(f->arena, facts->places, facts->places_count);
    *place = (struct fleet_place_facts){
        .place = FLEET_PLACE_ZONE, .signal = (int)signal, .name = zone, .before_ratio = (double)NAN};
    return place;
}

static void add_zones(const struct fleet *f, enum fleet_signal signal, const struct fleet_width *w,
                      struct fleet_facts *facts)
{
    size_t first = facts->places_count;

    for (size_t i = 0; i < f->count; i++) {
        struct fleet_place_facts *place =
            f->nodes[i].zone ? zone_at(f, signal, f->nodes[i].zone, first, facts) : NULL;
        double asked, failed;

        if (!place)
            continue;
        fleet_node_sum(f, &f->nodes[i], signal, NULL, &asked, &failed);
        place->asked += asked;
        place->failed += failed;
        place->failed_ratio = place->asked > 0 ? place->failed / place->asked : 0;
        place->fails = w->zone && strcmp(place->name, w->zone) == 0;
    }
}

static void add_moments(const struct fleet *f, const struct fleet_time *time, const bool *known,
                        struct fleet_facts *facts)
{
    for (size_t t = 0; t < f->windows; t++) {
        double sums[FLEET_SIGNALS][2] = {{0}};
        char text[CLOCK_TEXT];

        for (size_t i = 0; i < f->count; i++)
            for (int s = 0; s < FLEET_SIGNALS; s++) {
                sums[s][0] += (double)f->nodes[i].cells[s].asked[t];
                sums[s][1] += (double)f->nodes[i].cells[s].failed[t];
            }
        clock_format(number_whole((f->start_s + f->step_s * (double)t) * 1e9), text, sizeof(text));
        *ARENA_PUSH(f->arena, facts->moments, facts->moments_count) = (struct fleet_moment_facts){
            .time = arena_text(f->arena, text),
            .queries = known[FLEET_QUERIES] ? sums[FLEET_QUERIES][0] : (double)NAN,
            .queries_failed = known[FLEET_QUERIES] ? sums[FLEET_QUERIES][1] : (double)NAN,
            .lookups = known[FLEET_LOOKUPS] ? sums[FLEET_LOOKUPS][0] : (double)NAN,
            .lookups_failed = known[FLEET_LOOKUPS] ? sums[FLEET_LOOKUPS][1] : (double)NAN,
            .lookups_rate = f->lookups_rate[t],
            .coredns_rate = f->coredns_rate[t],
            .fails = time->fails[t],
        };
    }
}

/* The word that both signals and the places give, and which of the signals it is of. */
static int whole_scope(struct fleet_answer *a, const struct fleet_width *widths,
                       const struct fleet_facts *facts)
{
    const struct fleet_width *lookups = &widths[FLEET_LOOKUPS];

    a->server = odd_one(facts, FLEET_PLACE_SERVER);
    a->signal = widths[FLEET_QUERIES].scope == SCOPE_NONE && lookups->scope != SCOPE_NONE ? FLEET_LOOKUPS
                : widths[FLEET_QUERIES].asked > 0                                         ? FLEET_QUERIES
                                                                                          : FLEET_LOOKUPS;
    a->width = &widths[a->signal];
    if (widths[FLEET_QUERIES].scope != SCOPE_NONE)
        return a->width->scope;
    a->pods = failing_pods(facts, facts->asked_about < a->fleet->count ? 0 : lookups->failed);
    /* Lookups fail in one namespace, and the nodes' own queries do not. */
    if (a->pods && (lookups->scope != SCOPE_NONE || a->pods->failed_ratio >= CRITICAL_RATIO)) {
        a->signal = FLEET_LOOKUPS;
        a->width = lookups;
        return SCOPE_FIXED_PODS;
    }
    return a->width->scope;
}

static int health_of(const struct fleet *f, const struct fleet_answer *a, const struct scope_facts *facts)
{
    const struct fleet_facts *fleet = facts->fleet;
    double worst =
        facts->scope == SCOPE_FIXED_PODS && a->pods ? a->pods->failed_ratio : a->width->failing_ratio;
    uint64_t all = fleet->known != SHAPE_UNSET && fleet->known > fleet->nodes ? fleet->known : fleet->nodes;
    uint64_t absent = all - fleet->nodes + fleet->silent;

    if (facts->scope != SCOPE_NONE)
        return worst >= CRITICAL_RATIO ? HEALTH_FAILING : HEALTH_DEGRADED;
    /* It is not known to be as before, and it is too much to call it healthy. */
    if (!a->width->history && a->width->worst_ratio >= TOO_MUCH)
        return HEALTH_UNKNOWN;
    if (a->width->asked < ASKED_MIN || fleet->warnings_count || f->nodes_left_out ||
        (double)absent > SILENT_RATIO * (double)all)
        return HEALTH_UNKNOWN;
    return HEALTH_OK;
}

void fleet_judge(const struct fleet *f, struct scope_facts *facts)
{
    struct fleet_facts *fleet = facts->fleet;
    struct fleet_width widths[FLEET_SIGNALS];
    struct fleet_time *times = arena_array(f->arena, FLEET_SIGNALS, sizeof(*times));
    struct fleet_answer answer = {.arena = f->arena, .fleet = f};
    bool known[FLEET_SIGNALS];

    mark_odd(fleet, FLEET_PLACE_SERVER);
    mark_odd(fleet, FLEET_PLACE_NAMESPACE);
    mark_odd(fleet, FLEET_PLACE_PODS);
    for (int s = 0; s < FLEET_SIGNALS; s++) {
        fleet_width_judge(f, (enum fleet_signal)s, &widths[s]);
        fleet_time_judge(f, (enum fleet_signal)s, &widths[s], &times[s]);
        known[s] = widths[s].asked > 0;
        if (known[s])
            add_signal(f, (enum fleet_signal)s, &widths[s], &times[s], fleet);
    }
    answer.lookups_known = known[FLEET_LOOKUPS];
    fleet->nodes = f->count;
    fleet->left_out = f->nodes_left_out;
    facts->scope = whole_scope(&answer, widths, fleet);
    answer.time = &times[answer.signal];
    facts->frequency = facts->scope == SCOPE_NONE                  ? FREQUENCY_NEVER
                       : answer.time->windows < WINDOWS_TO_TELL    ? -1
                       : answer.time->frequency == FREQUENCY_NEVER ? FREQUENCY_INTERMITTENT
                                                                   : answer.time->frequency;
    facts->frequency_confidence = answer.time->confidence;
    facts->nodes = f->count;
    facts->files = facts->reports = facts->failing = facts->unread = facts->pods = facts->failing_pods =
        SHAPE_UNSET;
    facts->scope_ratio =
        answer.width->nodes ? (double)answer.width->failing / (double)answer.width->nodes : (double)NAN;
    facts->frequency_ratio =
        answer.time->windows ? (double)answer.time->failing / (double)answer.time->windows : (double)NAN;
    if (answer.time->has_peak && facts->scope != SCOPE_NONE)
        facts->peak = arena_copy(f->arena, &answer.time->peak, sizeof(answer.time->peak));
    add_nodes(f, answer.signal, answer.width, fleet);
    add_zones(f, answer.signal, answer.width, fleet);
    add_moments(f, answer.time, known, fleet);
    fleet_words_fill(&answer, facts);
    facts->status = health_of(f, &answer, facts);
}
