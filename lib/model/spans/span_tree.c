/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The spans of a trace as a tree, and the time that each has for itself. */
#include "span_held.h"
#include <string.h>

/* Ids that lead in a circle are followed no further. */
#define STEPS_MAX 64

/* By start; of two that start together the longer one first, which is the caller. */
static bool is_before(const struct held_span *a, const struct held_span *b)
{
    return a->start_us != b->start_us ? a->start_us < b->start_us : a->duration_us > b->duration_us;
}

/* Spans come with the last to begin first, so they are put in from the back; few ever move. */
static void sort(const struct held_trace *trace, uint16_t *order)
{
    for (size_t i = 0; i < trace->count; i++) {
        size_t index = trace->count - 1 - i, at = i;

        for (; at && is_before(&trace->spans[index], &trace->spans[order[at - 1]]); at--)
            order[at] = order[at - 1];
        order[at] = (uint16_t)index;
    }
}

/* A parent usually comes right behind its child. */
static int16_t find_parent(const struct held_trace *trace, size_t child)
{
    uint64_t id = trace->spans[child].parent;

    for (size_t i = 1; id && i < trace->count; i++) {
        size_t at = (child + i) % trace->count;

        if (trace->spans[at].id == id)
            return (int16_t)at;
    }
    return -1;
}

/* A span's own time is what none of its children covers; they may overlap, and outlast it. */
void span_tree_make(const struct held_trace *trace, struct span_tree *tree)
{
    uint64_t covered_until[TRACE_SPANS_MAX];

    sort(trace, tree->order);
    for (size_t i = 0; i < trace->count; i++) {
        tree->parents[i] = find_parent(trace, i);
        tree->self_us[i] = trace->spans[i].duration_us;
        covered_until[i] = trace->spans[i].start_us;
    }
    for (size_t i = 0; i < trace->count; i++) {
        const struct held_span *span = &trace->spans[tree->order[i]], *parent;
        int16_t at = tree->parents[tree->order[i]];
        uint64_t from, to, parent_end;

        if (at < 0)
            continue;
        parent = &trace->spans[at];
        parent_end = parent->start_us + parent->duration_us;
        from = span->start_us > covered_until[at] ? span->start_us : covered_until[at];
        to = span->start_us + span->duration_us;
        to = to < parent_end ? to : parent_end;
        if (to <= from)
            continue;
        tree->self_us[at] -= to - from;
        covered_until[at] = to;
    }
}

bool span_tree_is_inner(const struct held_trace *trace, const struct span_tree *tree, size_t span)
{
    int16_t at = tree->parents[span];

    for (int step = 0; at >= 0 && step < STEPS_MAX; step++, at = tree->parents[at])
        if (trace->spans[at].name == trace->spans[span].name)
            return true;
    return false;
}

void span_tree_show(const struct held_trace *trace, struct span_tree *tree)
{
    uint16_t stack[TRACE_SPANS_MAX];
    size_t height = 0;

    tree->shown_count = 0;
    for (size_t i = trace->count; i-- > 0;)
        if (tree->parents[tree->order[i]] < 0) {
            stack[height++] = tree->order[i];
            tree->depths[tree->order[i]] = 0;
        }
    while (height) {
        uint16_t span = stack[--height];

        tree->shown[tree->shown_count++] = span;
        for (size_t i = trace->count; i-- > 0;)
            if (tree->parents[tree->order[i]] == (int16_t)span) {
                stack[height++] = tree->order[i];
                tree->depths[tree->order[i]] = (uint16_t)(tree->depths[span] + 1);
            }
    }
}
