/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/recorder/interval_history.h>
#include <k8sdns/model/watch/watch_merge.h>
#include <math.h>
#include <string.h>

static int status_of(const char *name)
{
    for (int i = 0; probe_status_names[i]; i++)
        if (strcmp(probe_status_names[i], name) == 0)
            return i;
    return -1;
}

/* The most frequent of the outcomes that are good, or that are not; -1: there is none. */
static int outcome_of(const struct watch_target_facts *target, bool good)
{
    int status = -1;
    uint64_t most = 0;

    for (size_t i = 0; i < target->outcomes_count; i++) {
        int one = status_of(target->outcomes[i].name);

        if (one >= 0 && probe_status_is_good(one) == good && target->outcomes[i].count > most) {
            most = target->outcomes[i].count;
            status = one;
        }
    }
    return status;
}

static const struct watch_type_facts *type_of(const struct watch_target_facts *target, const char *type)
{
    for (size_t i = 0; target && i < target->types_count; i++)
        if (strcmp(target->types[i].type, type) == 0)
            return &target->types[i];
    return NULL;
}

static struct history_tick_facts tick_of(const struct watch_target_facts *target, const char *type)
{
    const struct watch_type_facts *t = type_of(target, type);
    bool any = t && t->answered + t->lost > 0;

    if (!any)
        return (struct history_tick_facts){.us = SHAPE_UNSET, .status = -1};
    return (struct history_tick_facts){.us = t->answered ? target->max_us : SHAPE_UNSET,
                                       .status = outcome_of(target, t->bad == 0)};
}

static void add_series(struct arena *arena, const struct watch_target_facts *now,
                       const struct watch_type_facts *type, const struct watch_facts *const *parts,
                       size_t count, struct history_facts *history)
{
    struct history_series_facts *s = ARENA_PUSH(arena, history->series, history->series_count);
    const struct history_tick_facts *last;

    *s = (struct history_series_facts){.target = now->id,
                                       .type = type->type,
                                       .role = now->role,
                                       .sent = type->answered + type->lost,
                                       .lost = type->lost,
                                       .bad = type->bad,
                                       .loss_ratio = type->loss_ratio,
                                       .p50_us = now->p50_us,
                                       .p99_us = now->p99_us,
                                       .max_us = now->max_us,
                                       .outcomes = now->outcomes,
                                       .outcomes_count = now->outcomes_count};
    s->ticks = arena_array(arena, INTERVAL_TICKS, sizeof(*s->ticks));
    s->ticks_count = INTERVAL_TICKS;
    for (size_t i = 0; i < INTERVAL_TICKS; i++) {
        size_t missing = INTERVAL_TICKS - (count < INTERVAL_TICKS ? count : INTERVAL_TICKS);
        const struct watch_target_facts *target =
            i < missing ? NULL : watch_target_find(parts[count - INTERVAL_TICKS + i], now->id);

        s->ticks[i] = tick_of(target, type->type);
    }
    last = &s->ticks[INTERVAL_TICKS - 1];
    s->last_status = last->status;
    s->last_us = last->us;
}

struct history_facts *interval_history(struct arena *arena, const struct watch_facts *const *parts,
                                       size_t count)
{
    struct history_facts *history = ARENA_NEW(arena, struct history_facts);
    size_t window = count < INTERVAL_WINDOW ? count : INTERVAL_WINDOW;
    struct watch_facts now;

    if (!count)
        return NULL;
    watch_merge(arena, parts + count - window, window, &now);
    history->window_ms = now.span_ms;
    history->tick_ms = parts[count - 1]->span_ms;
    for (size_t i = 0; i < now.targets_count; i++)
        for (size_t k = 0; k < now.targets[i].types_count; k++)
            add_series(arena, &now.targets[i], &now.targets[i].types[k], parts, count, history);
    return history;
}
