/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_words.h"
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <string.h>

#define NAMED_MAX 5

static const char *const signal_words[] = {"queries", "lookups"};

const char *fleet_share_text(struct arena *arena, double ratio)
{
    double percent = ratio * 100;

    if (isnan(ratio))
        return "an unknown share";
    if (percent < 0.001)
        return percent > 0 ? "under 0.001 %" : "0 %";
    return arena_printf(arena, percent < 0.1 ? "%.3f %%" : percent < 10 ? "%.2f %%" : "%.0f %%", percent);
}

static const char *count_text(struct arena *arena, double count)
{
    return count >= 1e6   ? arena_printf(arena, "%.1f million", count / 1e6)
           : count >= 1e4 ? arena_printf(arena, "%.0f thousand", count / 1e3)
                          : arena_printf(arena, "%.0f", count);
}

static const char *chance_text(struct arena *arena, double chance)
{
    return chance < 0.01 ? "under 1 %" : arena_printf(arena, "%.0f %%", chance * 100);
}

static const char *names_text(const struct fleet_answer *a)
{
    const char **names = NULL;
    size_t count = 0;

    for (size_t i = 0; i < a->fleet->count; i++)
        if (a->width->fails[i])
            *ARENA_PUSH(a->arena, names, count) = a->fleet->nodes[i].name;
    if (count > NAMED_MAX)
        return arena_printf(a->arena, "%s and %zu more", arena_join(a->arena, names, NAMED_MAX, ", "),
                            count - NAMED_MAX);
    return arena_join(a->arena, names, count, ", ");
}

/* "13:24", and the day where the window is longer than one. */
static const char *moment_text(const struct fleet_answer *a, size_t window)
{
    char text[CLOCK_TEXT];

    clock_format(number_whole((a->fleet->start_s + a->fleet->step_s * (double)window) * 1e9), text,
                 sizeof(text));
    return a->fleet->step_s * (double)a->fleet->windows > 86400 ? arena_text_n(a->arena, text, 16)
                                                                : arena_text_n(a->arena, text + 11, 5);
}

static const char *width_text(const struct fleet_answer *a, const struct scope_facts *facts)
{
    const struct fleet_width *w = a->width;
    const char *all =
        arena_printf(a->arena, "%s of %s %s fail",
                     fleet_share_text(a->arena, w->asked > 0 ? w->failed / w->asked : (double)NAN),
                     count_text(a->arena, w->asked), signal_words[a->signal]);
    const char *failing = w->nodes == 1
                              ? "the one node that reports fails"
                              : arena_printf(a->arena, "%zu of %zu nodes fail", w->failing, w->nodes);
    const char *when = w->part_of_time ? " in the windows that fail" : "";

    if (facts->scope == SCOPE_NONE)
        return arena_printf(a->arena,
                            "%s on %zu node%s, no more than usual; the worst node fails %s of its own", all,
                            w->nodes, w->nodes == 1 ? "" : "s", fleet_share_text(a->arena, w->worst_ratio));
    if (facts->scope == SCOPE_FIXED_PODS && a->pods)
        return arena_printf(
            a->arena, "lookups of namespace %s%s%s fail: %s of %s; the agents' own queries do not",
            a->pods->name, a->pods->node ? " on " : "", a->pods->node ? a->pods->node : "",
            fleet_share_text(a->arena, a->pods->failed_ratio), count_text(a->arena, a->pods->asked));
    if (facts->scope == SCOPE_WHOLE_CLUSTER)
        return arena_printf(a->arena, "%s; %s; the median node fails %s%s", failing, all,
                            fleet_share_text(a->arena, w->failing_ratio), when);
    if (facts->scope == SCOPE_RANDOM_PODS)
        return arena_printf(a->arena, "%s at some time, others each time; %s%s", failing, all,
                            isnan(w->crowding)
                                ? ""
                                : arena_printf(a->arena, "; they crowd on nodes so by chance in %s of cases",
                                               chance_text(a->arena, w->crowding)));
    return arena_printf(a->arena, "%s: %s%s%s; %s fails %s of its %s%s, a typical node %s",
                        w->failing == 1 ? arena_printf(a->arena, "1 of %zu nodes fails", w->nodes) : failing,
                        names_text(a), w->zone ? ", those of zone " : "", w->zone ? w->zone : "",
                        w->failing == 1 ? "it" : "the median one",
                        fleet_share_text(a->arena, w->failing_ratio), signal_words[a->signal], when,
                        fleet_share_text(a->arena, w->usual_ratio));
}

static const char *confidence_text(const struct fleet_answer *a)
{
    const struct fleet_width *w = a->width;
    const char *nodes =
        arena_printf(a->arena, w->nodes == 1 ? "%zu node reports" : "%zu nodes report", w->nodes);

    if (w->nodes < 3)
        return arena_printf(a->arena, "%s, which is too few to tell nodes from the cluster", nodes);
    if (w->history)
        return arena_printf(a->arena, "%s, each compared with its own day before", nodes);
    if (w->spread > 0.5)
        return arena_printf(
            a->arena,
            "%s; nodes differ by a factor of %.1f already (one standard deviation), and there is no "
            "day before to compare them with",
            nodes, exp(w->spread));
    return arena_printf(a->arena, "%s; there is no day before to compare them with", nodes);
}

static void add(struct arena *arena, const char ***list, size_t *count, const char *text)
{
    *ARENA_PUSH(arena, *list, *count) = text;
}

/* The lookups where they are not what the answer is of, and fail so that a day before would tell more; else
 * NULL. */
static const struct fleet_signal_facts *doubtful_lookups(const struct fleet_answer *a,
                                                         const struct scope_facts *facts)
{
    const struct fleet_facts *fleet = facts->fleet;

    for (size_t i = 0; i < fleet->signals_count && a->signal != FLEET_LOOKUPS; i++)
        if (fleet->signals[i].signal == FLEET_LOOKUPS && !fleet->signals[i].history &&
            fleet->signals[i].failed_ratio >= 0.005)
            return &fleet->signals[i];
    return NULL;
}

/* What else would look the same, of how wide. */
static void width_else(const struct fleet_answer *a, struct scope_facts *facts)
{
    const struct fleet_width *w = a->width;
    const struct fleet_signal_facts *lookups = doubtful_lookups(a, facts);
    struct arena *arena = a->arena;
    const char ***list = &facts->scope_else;
    size_t *count = &facts->scope_else_count;

    if (a->server && facts->scope != SCOPE_FIXED_PODS)
        add(arena, list, count,
            arena_printf(arena, "one server alone: %s fails %s of its queries", a->server->name,
                         fleet_share_text(arena, a->server->failed_ratio)));
    if (facts->scope == SCOPE_SOME_NODES && !w->history)
        add(arena, list, count, "nodes that always fail so much: no day before is known");
    if (facts->scope == SCOPE_SOME_NODES && w->history && w->as_before)
        add(arena, list, count,
            arena_printf(arena, "%zu nodes fail as much as the day before: a fault that lasts longer",
                         w->as_before));
    if (facts->scope == SCOPE_SOME_NODES && a->signal == FLEET_QUERIES && !a->server)
        add(arena, list, count, "a replica that only these nodes query");
    if (facts->scope == SCOPE_SOME_NODES && a->signal == FLEET_LOOKUPS)
        add(arena, list, count, "Pods of these nodes: their own queries are answered");
    if (facts->scope == SCOPE_RANDOM_PODS)
        add(arena, list, count, "a fault that moves from node to node with a workload");
    if (facts->scope == SCOPE_FIXED_PODS)
        add(arena, list, count, "names that fail wherever they are looked up");
    if (facts->scope == SCOPE_NONE && !w->history && w->worst_ratio >= 0.01)
        add(arena, list, count,
            arena_printf(arena, "a fault of the worst node, which fails %s: no day before is known",
                         fleet_share_text(arena, w->worst_ratio)));
    if (facts->scope == SCOPE_NONE && lookups)
        add(arena, list, count,
            arena_printf(
                arena,
                "a fault that only programs meet: %s of their lookups fail, and no day before is known",
                fleet_share_text(arena, lookups->failed_ratio)));
    if (facts->scope == SCOPE_NONE && !a->lookups_known)
        add(arena, list, count, "single Pods that fail: the agents count no lookups (not checked)");
    if (facts->scope == SCOPE_NONE && w->as_before)
        add(arena, list, count,
            arena_printf(arena, "a fault of more than a day: %zu nodes fail %s and more, as the day before",
                         w->as_before, fleet_share_text(arena, 0.005)));
}

static const char *load_name(const struct fleet_time *time)
{
    return strcmp(time->load_from, "coredns") == 0 ? "CoreDNS's queries" : "lookups";
}

/* When it began or ended, where it did so once. */
static const char *episode_text(const struct fleet_answer *a)
{
    const struct fleet_time *time = a->time;

    if (time->runs != 1 || time->failing == time->windows)
        return "";
    if (time->last + 1 == a->fleet->windows)
        return arena_printf(a->arena, "; since %s UTC", moment_text(a, time->first));
    return arena_printf(a->arena, "; once, from %s to %s UTC", moment_text(a, time->first),
                        moment_text(a, time->last + 1));
}

static const char *time_text(const struct fleet_answer *a, const struct scope_facts *facts)
{
    const struct fleet_time *time = a->time;
    char width[DURATION_TEXT];
    const char *windows, *load;

    duration_format_us(width, sizeof(width), number_whole(a->fleet->step_s * 1e6));
    windows = arena_printf(a->arena, "%zu of %zu windows of %s fail%s", time->failing, time->windows, width,
                           facts->frequency == FREQUENCY_AT_PEAK ? "" : episode_text(a));
    if (facts->frequency == FREQUENCY_NEVER)
        return arena_printf(a->arena, "no window of %s fails more than usual", width);
    if (facts->frequency < 0)
        return arena_printf(a->arena, "%s; so few do not tell how often", windows);
    if (!time->load_known)
        load = "the load is not known: neither lookups nor CoreDNS's metrics tell it";
    else if (time->peak.follows)
        load = arena_printf(
            a->arena,
            "failures follow the load (%s): %s fail in the busiest fifth of the time, %s in the quietest half",
            load_name(time), fleet_share_text(a->arena, time->busiest_ratio),
            fleet_share_text(a->arena, time->quietest_ratio));
    else
        load = arena_printf(a->arena, "failures do not follow the load (%s: rank correlation %.2f)",
                            load_name(time), time->peak.correlation);
    return arena_printf(a->arena, "%s; %s", windows, load);
}

static void time_else(const struct fleet_answer *a, struct scope_facts *facts)
{
    const struct fleet_time *time = a->time;
    struct arena *arena = a->arena;
    const char ***list = &facts->frequency_else;
    size_t *count = &facts->frequency_else_count;

    if (facts->frequency == FREQUENCY_AT_PEAK && time->runs < 2)
        add(arena, list, count, "a fault that began by itself when the load rose, once");
    if (facts->frequency == FREQUENCY_ALWAYS)
        add(arena, list, count, "short failures in every window");
    if (facts->frequency == FREQUENCY_INTERMITTENT && !time->load_known)
        add(arena, list, count, "failures at peak");
    if (facts->frequency == FREQUENCY_INTERMITTENT && time->runs == 1 && time->last + 1 == a->fleet->windows)
        add(arena, list, count, "a fault that has begun and lasts");
}

void fleet_words_fill(const struct fleet_answer *a, struct scope_facts *facts)
{
    facts->scope_text = width_text(a, facts);
    facts->confidence =
        scope_confidence_names[a->width->nodes < 3 ? SCOPE_CONFIDENCE_LOW : a->width->confidence];
    facts->confidence_text = confidence_text(a);
    facts->frequency_text = time_text(a, facts);
    width_else(a, facts);
    time_else(a, facts);
}
