/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time by plugin, by upstream and by name over all traces, and over the slow ones. */
#include "span_held.h"
#include <k8sdns/base/clock.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void count_group(struct group_count *group, uint64_t us, bool failed)
{
    group->count++;
    group->failed += failed;
    group->total_us += us;
    group->max_us = us > group->max_us ? us : group->max_us;
}

static void count_name(struct span_tally *tally, const char *name, uint64_t us, bool failed)
{
    size_t slot = span_text_hash(name, strlen(name)) % (2 * NAMES_MAX);

    while (tally->names[slot].name && strcmp(tally->names[slot].name, name) != 0)
        slot = (slot + 1) % (2 * NAMES_MAX);
    if (!tally->names[slot].name) {
        char *copy = tally->names_count < NAMES_MAX ? strdup(name) : NULL;

        if (!copy) {
            tally->names_dropped++;
            return;
        }
        tally->names[slot].name = copy;
        tally->names_count++;
    }
    count_group(&tally->names[slot].group, us, failed);
}

static void kept_fini(struct kept_trace *kept)
{
    free(kept->texts);
    free(kept->nodes);
    *kept = (struct kept_trace){0};
}

void span_tally_fini(struct span_tally *tally)
{
    for (size_t i = 0; i < 2 * NAMES_MAX; i++)
        free(tally->names[i].name);
    free(tally->names);
    for (size_t i = 0; i < tally->slowest_count; i++)
        kept_fini(&tally->slowest[i]);
    for (size_t i = 0; i < tally->events_count; i++)
        kept_fini(&tally->events[i]);
}

/* A counted trace as it is to be shown. */
struct counted {
    const struct held_trace *trace;
    struct span_tree *tree;
    const struct held_span *root;
    int outcome;
    uint16_t slowest_plugin;
    bool shown; /* the tree is in its order */
};

static void keep(struct counted *counted, struct kept_trace *ret)
{
    const struct held_trace *trace = counted->trace;
    struct span_tree *tree = counted->tree;
    uint64_t begin = counted->root->start_us;

    if (!counted->shown)
        span_tree_show(trace, tree);
    counted->shown = true;
    *ret = (struct kept_trace){.high = trace->high,
                               .low = trace->low,
                               .start_us = begin,
                               .duration_us = counted->root->duration_us,
                               .outcome = counted->outcome,
                               .slowest_plugin = counted->slowest_plugin};
    memcpy(ret->starts, trace->starts, sizeof(ret->starts));
    ret->texts = malloc(trace->texts_len);
    ret->nodes = calloc(tree->shown_count, sizeof(*ret->nodes));
    if (!ret->texts || !ret->nodes)
        err_out_of_memory();
    memcpy(ret->texts, trace->texts, trace->texts_len);
    ret->nodes_count = tree->shown_count;
    for (size_t i = 0; i < tree->shown_count; i++) {
        const struct held_span *span = &trace->spans[tree->shown[i]];

        ret->nodes[i] = (struct kept_node){.name = span->name,
                                           .peer = span->peer,
                                           .depth = tree->depths[tree->shown[i]],
                                           .at_us = span->start_us > begin ? span->start_us - begin : 0,
                                           .duration_us = span->duration_us,
                                           .self_us = tree->self_us[tree->shown[i]]};
    }
}

static void keep_if_slowest(struct span_tally *tally, struct counted *counted)
{
    struct kept_trace *place = NULL;

    if (tally->slowest_count < tally->slowest_wanted) {
        place = &tally->slowest[tally->slowest_count++];
    } else {
        for (size_t i = 0; i < tally->slowest_count; i++)
            if (!place || tally->slowest[i].duration_us < place->duration_us)
                place = &tally->slowest[i];
        if (!place || place->duration_us >= counted->root->duration_us)
            return;
        kept_fini(place);
    }
    keep(counted, place);
}

static void keep_event(struct span_tally *tally, struct counted *counted)
{
    if (counted->outcome == TRACE_FINE)
        return;
    if (tally->events_count == EVENTS_MAX)
        tally->events_dropped++;
    else
        keep(counted, &tally->events[tally->events_count++]);
}

static void count_spans(struct span_tally *tally, struct counted *counted, bool slow)
{
    const struct held_trace *trace = counted->trace;
    struct span_tree *tree = counted->tree;
    uint64_t longest = 0;

    for (size_t i = 0; i < trace->count; i++) {
        const struct held_span *span = &trace->spans[i];
        struct plugin_count *plugin = &tally->plugin_counts[span->name];
        uint64_t self = tree->self_us[i];

        plugin->count++;
        plugin->self_us += self;
        plugin->slow_self_us += slow ? self : 0;
        plugin->max_self_us = self > plugin->max_self_us ? self : plugin->max_self_us;
        if (!span_tree_is_inner(trace, tree, i))
            plugin->total_us += span->duration_us;
        if (span->peer)
            count_group(&tally->peer_counts[span->peer], span->duration_us, false);
        if (self >= longest) {
            longest = self;
            counted->slowest_plugin = span->name;
        }
    }
}

void span_tally_add(struct span_tally *tally, struct held_trace *trace)
{
    struct span_tree tree;
    struct counted counted = {.trace = trace, .tree = &tree};
    uint64_t us;
    bool failed;

    if (trace->foreign) {
        tally->foreign++;
        return;
    }
    span_tree_make(trace, &tree);
    for (size_t i = 0; i < trace->count && trace->rooted && !counted.root; i++)
        if (!trace->spans[i].parent)
            counted.root = &trace->spans[i];
    us = counted.root ? counted.root->duration_us : 0;
    count_spans(tally, &counted, us >= tally->slow_us);
    if (!counted.root) {
        tally->incomplete++;
        return;
    }
    counted.outcome = !trace->tagged         ? TRACE_PANIC
                      : trace->failed        ? TRACE_ERROR
                      : us >= tally->slow_us ? TRACE_SLOW
                                             : TRACE_FINE;
    failed = counted.outcome > TRACE_SLOW;
    tally->traces++;
    tally->panics += counted.outcome == TRACE_PANIC;
    tally->errors += counted.outcome == TRACE_ERROR;
    tally->slow += us >= tally->slow_us;
    tally->slow_total_us += us >= tally->slow_us ? us : 0;
    histogram_add(&tally->latency, us);
    count_group(&tally->rcode_counts[word_number(&tally->rcodes, held_text(trace, HELD_RCODE),
                                                 strlen(held_text(trace, HELD_RCODE)))],
                us, failed);
    count_group(&tally->server_counts[word_number(&tally->servers, held_text(trace, HELD_SERVER),
                                                  strlen(held_text(trace, HELD_SERVER)))],
                us, failed);
    if (*held_text(trace, HELD_QUERY))
        count_name(tally, held_text(trace, HELD_QUERY), us, failed);
    keep_if_slowest(tally, &counted);
    keep_event(tally, &counted);
}

/* ---- as facts ---- */

static const char *text_or_null(struct arena *arena, const struct kept_trace *kept, enum held_text which)
{
    const char *text = kept->texts + kept->starts[which];

    return *text ? arena_text(arena, text) : NULL;
}

static void trace_to_facts(const struct span_tally *tally, const struct kept_trace *kept, struct arena *arena,
                           struct trace_facts *ret)
{
    char time[CLOCK_TEXT];

    clock_format(kept->start_us < UINT64_MAX / 1000 ? kept->start_us * 1000 : 0, time, sizeof(time));
    *ret = (struct trace_facts){
        .id = kept->high ? arena_printf(arena, "%016llx%016llx", (unsigned long long)kept->high,
                                        (unsigned long long)kept->low)
                         : arena_printf(arena, "%016llx", (unsigned long long)kept->low),
        .time = arena_text(arena, time),
        .outcome = kept->outcome,
        .duration_us = kept->duration_us,
        .name = text_or_null(arena, kept, HELD_QUERY),
        .type = text_or_null(arena, kept, HELD_TYPE),
        .rcode = text_or_null(arena, kept, HELD_RCODE),
        .client = text_or_null(arena, kept, HELD_CLIENT),
        .server = text_or_null(arena, kept, HELD_SERVER),
        .protocol = text_or_null(arena, kept, HELD_PROTOCOL),
        .error = text_or_null(arena, kept, HELD_ERROR),
        .slowest_plugin = arena_text(arena, tally->plugins.words[kept->slowest_plugin])};
    for (size_t i = 0; i < kept->nodes_count; i++) {
        const struct kept_node *node = &kept->nodes[i];

        *ARENA_PUSH(arena, ret->spans, ret->spans_count) = (struct span_node_facts){
            .name = arena_text(arena, tally->plugins.words[node->name]),
            .depth = node->depth,
            .at_us = node->at_us,
            .duration_us = node->duration_us,
            .self_us = node->self_us,
            .peer = node->peer ? arena_text(arena, tally->peers.words[node->peer]) : NULL};
    }
}

static int by_self(const void *a, const void *b)
{
    const struct span_plugin_facts *x = a, *y = b;

    return x->self_us != y->self_us ? (x->self_us < y->self_us ? 1 : -1) : strcmp(x->name, y->name);
}

static int by_time(const void *a, const void *b)
{
    const struct span_group_facts *x = a, *y = b;

    return x->total_us != y->total_us ? (x->total_us < y->total_us ? 1 : -1) : strcmp(x->name, y->name);
}

static int by_duration(const void *a, const void *b)
{
    const struct trace_facts *x = a, *y = b;

    return x->duration_us != y->duration_us ? (x->duration_us < y->duration_us ? 1 : -1)
                                            : strcmp(x->id, y->id);
}

static void plugins_to_facts(const struct span_tally *tally, struct arena *arena, struct spans_facts *facts)
{
    uint64_t all = 0, slow = 0;

    for (size_t i = 0; i < WORDS_MAX; i++) {
        all += tally->plugin_counts[i].self_us;
        slow += tally->plugin_counts[i].slow_self_us;
    }
    for (size_t i = 0; i < WORDS_MAX; i++) {
        const struct plugin_count *count = &tally->plugin_counts[i];

        if (count->count)
            *ARENA_PUSH(arena, facts->plugins, facts->plugins_count) = (struct span_plugin_facts){
                .name = i ? arena_text(arena, tally->plugins.words[i]) : "(no name)",
                .count = count->count,
                .total_us = count->total_us,
                .self_us = count->self_us,
                .self_ratio = all ? (double)count->self_us / (double)all : (double)NAN,
                .max_self_us = count->max_self_us,
                .slow_self_us = count->slow_self_us,
                .slow_ratio = slow ? (double)count->slow_self_us / (double)slow : (double)NAN};
    }
    if (facts->plugins_count)
        qsort(facts->plugins, facts->plugins_count, sizeof(*facts->plugins), by_self);
}

static void add_group(struct arena *arena, struct span_group_facts **groups, size_t *count, const char *name,
                      const struct group_count *group)
{
    *ARENA_PUSH(arena, *groups, *count) =
        (struct span_group_facts){name, group->count, group->failed, group->total_us, group->max_us};
}

static void groups_to_facts(const struct word_table *words, const struct group_count *counts,
                            struct arena *arena, struct span_group_facts **ret, size_t *ret_count)
{
    for (size_t i = 0; i < WORDS_MAX; i++)
        if (counts[i].count)
            add_group(arena, ret, ret_count, i ? arena_text(arena, words->words[i]) : NULL, &counts[i]);
    if (*ret_count)
        qsort(*ret, *ret_count, sizeof(**ret), by_time);
}

static void names_to_facts(const struct span_tally *tally, struct arena *arena, struct spans_facts *facts)
{
    struct span_group_facts *all = NULL;
    size_t count = 0;

    for (size_t i = 0; i < 2 * NAMES_MAX; i++)
        if (tally->names[i].name)
            add_group(arena, &all, &count, arena_text(arena, tally->names[i].name), &tally->names[i].group);
    if (count)
        qsort(all, count, sizeof(*all), by_time);
    facts->names = all;
    facts->names_count = count < NAMES_SHOWN ? count : NAMES_SHOWN;
}

void span_tally_facts(struct span_tally *tally, bool summary, struct arena *arena, struct spans_facts *facts)
{
    *facts = (struct spans_facts){.status = -1,
                                  .summary = summary,
                                  .source = "",
                                  .traces = tally->traces,
                                  .spans = tally->spans,
                                  .foreign = tally->foreign,
                                  .incomplete = tally->incomplete,
                                  .repeated = tally->repeated,
                                  .dropped = tally->dropped,
                                  .panics = tally->panics,
                                  .errors = tally->errors,
                                  .slow_ms = (double)tally->slow_us / 1000,
                                  .slow = tally->slow,
                                  .slow_us = tally->slow_total_us,
                                  .p50_us = histogram_value_us(&tally->latency, 0.5),
                                  .p90_us = histogram_value_us(&tally->latency, 0.9),
                                  .p99_us = histogram_value_us(&tally->latency, 0.99),
                                  .max_us = tally->latency.count ? tally->latency.max_us : SHAPE_UNSET,
                                  .names_dropped = tally->names_dropped};
    plugins_to_facts(tally, arena, facts);
    groups_to_facts(&tally->rcodes, tally->rcode_counts, arena, &facts->rcodes, &facts->rcodes_count);
    groups_to_facts(&tally->servers, tally->server_counts, arena, &facts->servers, &facts->servers_count);
    groups_to_facts(&tally->peers, tally->peer_counts, arena, &facts->upstreams, &facts->upstreams_count);
    if (summary) {
        names_to_facts(tally, arena, facts);
        for (size_t i = 0; i < tally->slowest_count; i++)
            trace_to_facts(tally, &tally->slowest[i], arena,
                           ARENA_PUSH(arena, facts->slowest, facts->slowest_count));
        if (facts->slowest_count)
            qsort(facts->slowest, facts->slowest_count, sizeof(*facts->slowest), by_duration);
        return;
    }
    facts->events_dropped = tally->events_dropped;
    for (size_t i = 0; i < tally->events_count; i++) {
        trace_to_facts(tally, &tally->events[i], arena,
                       ARENA_PUSH(arena, facts->events, facts->events_count));
        kept_fini(&tally->events[i]);
    }
    tally->events_count = 0;
    tally->events_dropped = 0;
}
