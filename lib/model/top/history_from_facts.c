/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/top/history_from_facts.h>
#include <math.h>
#include <string.h>

/* A type's own counts; latencies are kept of all types together. */
static void take_sampling(const struct watch_target_facts *from, struct history_series_facts *to)
{
    for (size_t i = 0; i < from->types_count; i++) {
        if (strcmp(from->types[i].type, to->type) != 0)
            continue;
        to->sent = from->types[i].answered + from->types[i].lost;
        to->lost = to->bad = from->types[i].lost;
        to->loss_ratio = from->types[i].loss_ratio;
        to->p50_us = from->p50_us;
        to->p99_us = from->p99_us;
        to->max_us = from->max_us;
        to->outcomes = from->outcomes;
        to->outcomes_count = from->outcomes_count;
    }
}

static void add_probe(struct arena *arena, const struct probe_facts *p, struct history_series_facts *to)
{
    bool heard = p->rtt_us != SHAPE_UNSET;

    *ARENA_PUSH(arena, to->ticks, to->ticks_count) = (struct history_tick_facts){p->rtt_us, p->status};
    to->sent++;
    to->lost += !heard;
    to->bad += !probe_status_is_good(p->status);
    /* There is no last one: what failed stands for all, else the first. */
    if (to->last_status < 0 || (probe_status_is_good(to->last_status) && !probe_status_is_good(p->status))) {
        to->last_us = p->rtt_us;
        to->last_status = p->status;
    }
    if (heard && (to->max_us == SHAPE_UNSET || p->rtt_us > to->max_us))
        to->max_us = p->rtt_us;
}

static void add_series(struct arena *arena, const struct facts *facts, const struct target_facts *target,
                       const char *type, struct history_facts *history)
{
    const struct watch_target_facts *sampling = watch_target_find(facts->sampling, target->id);
    struct history_series_facts s = {.target = target->id,
                                     .type = type,
                                     .role = target->role,
                                     .last_status = -1,
                                     .last_us = SHAPE_UNSET,
                                     .p50_us = SHAPE_UNSET,
                                     .p99_us = SHAPE_UNSET,
                                     .max_us = SHAPE_UNSET};

    for (size_t i = 0; i < facts->matrix->probes_count; i++) {
        const struct probe_facts *p = &facts->matrix->probes[i];

        if (strcmp(p->target, target->id) == 0 && strcmp(p->type, type) == 0 && p->transport == TRANSPORT_UDP)
            add_probe(arena, p, &s);
    }
    s.loss_ratio = s.sent ? (double)s.lost / (double)s.sent : (double)NAN;
    if (sampling)
        take_sampling(sampling, &s);
    if (s.sent)
        *ARENA_PUSH(arena, history->series, history->series_count) = s;
}

struct history_facts *history_from_facts(struct arena *arena, const struct facts *facts)
{
    struct history_facts *history = ARENA_NEW(arena, struct history_facts);

    if (!facts->matrix)
        return NULL;
    history->window_ms = facts->sampling ? facts->sampling->span_ms : facts->matrix->elapsed_ms;
    history->tick_ms = (double)NAN;
    for (size_t i = 0; i < facts->matrix->targets_count; i++) {
        add_series(arena, facts, &facts->matrix->targets[i], "A", history);
        add_series(arena, facts, &facts->matrix->targets[i], "AAAA", history);
    }
    return history->series_count ? history : NULL;
}
