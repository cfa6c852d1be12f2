/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "timeline_series.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)
/* A query that an interval counts was sent at most so long before it: the longest timeout there is. */
#define SENT_BEFORE_NS (60 * SECOND_NS)
/* Longer than this many times an interval is a gap. */
#define GAP_TIMES 2.5
/* A table this full is worth a word. Of our choice; the rule conntrack-near-full judges with more. */
#define CONNTRACK_FULL_RATIO 0.95

struct timeline *timeline_new(struct arena *arena)
{
    struct timeline *t = ARENA_NEW(arena, struct timeline);

    t->arena = t->episodes.arena = arena;
    return t;
}

/* ---- one interval ---- */

struct episode_part timeline_part(const struct timeline *t, size_t index, uint64_t bad, uint64_t asked)
{
    const struct timeline_span *span = &t->spans[index];

    return (struct episode_part){index, span->from_ns, span->to_ns, span->mono_from_ns, span->mono_to_ns,
                                 bad,   asked};
}

/* Move an end to a time that is known better, if it is one of this interval's. */
static void set_ends(const struct timeline_span *span, const char *first, const char *last,
                     struct episode_part *part)
{
    uint64_t from_ns, to_ns;

    if (first && clock_parse(first, &from_ns) && from_ns + SENT_BEFORE_NS >= span->from_ns &&
        from_ns <= span->to_ns) {
        part->from_ns = from_ns;
        part->mono_from_ns =
            from_ns > span->to_ns - span->mono_to_ns ? from_ns - (span->to_ns - span->mono_to_ns) : 0;
    }
    /* To the second, as they are read, and none shorter than that. */
    if (last && clock_parse(last, &to_ns) && to_ns + SECOND_NS > part->from_ns &&
        to_ns + SECOND_NS <= span->to_ns) {
        part->to_ns = to_ns + SECOND_NS;
        part->mono_to_ns = part->mono_from_ns + (part->to_ns - part->from_ns);
    }
}

static struct timeline_series *series_of(struct timeline *t, bool is_pod, const char *subject, int role)
{
    struct timeline_series *s;

    for (size_t i = 0; i < t->series_count; i++)
        if (t->series[i].is_pod == is_pod && strcmp(t->series[i].subject, subject) == 0)
            return &t->series[i];
    s = ARENA_PUSH(t->arena, t->series, t->series_count);
    *s = (struct timeline_series){.subject = arena_text(t->arena, subject), .role = role, .is_pod = is_pod};
    s->max_us = SHAPE_UNSET;
    return s;
}

static bool is_good(const char *outcome)
{
    for (int i = 0; probe_status_names[i]; i++)
        if (strcmp(probe_status_names[i], outcome) == 0)
            return probe_status_is_good(i);
    return false;
}

static void add_outcomes(struct timeline *t, size_t index, const struct watch_target_facts *target)
{
    uint64_t asked = target->answered + target->lost;
    int severity = target->bad * 2 >= asked                   ? SEVERITY_CRITICAL
                   : record_trigger_fails(target->bad, asked) ? SEVERITY_WARNING
                                                              : SEVERITY_INFO;

    for (size_t i = 0; i < target->outcomes_count; i++) {
        const struct shape_tally *outcome = &target->outcomes[i];
        struct episode_part part = timeline_part(t, index, outcome->count, asked);
        const struct episode_key key = {TIMELINE_SERVER, target->id, outcome->name, outcome->name, severity};

        if (!outcome->count || is_good(outcome->name))
            continue;
        set_ends(&t->spans[index], target->first_bad, target->last_bad, &part);
        episodes_note(&t->episodes, &key, &part);
    }
}

static void add_sampling(struct timeline *t, size_t index, const struct watch_facts *sampling)
{
    for (size_t i = 0; sampling && i < sampling->targets_count; i++) {
        const struct watch_target_facts *target = &sampling->targets[i];
        struct timeline_series *s = series_of(t, false, target->id, target->role);

        *ARENA_PUSH(t->arena, s->samples, s->count) =
            (struct timeline_sample){.index = index,
                                     .asked = target->answered + target->lost,
                                     .bad = target->bad,
                                     .p50_us = target->p50_us,
                                     .p90_us = target->p90_us};
        if (target->max_us != SHAPE_UNSET && (s->max_us == SHAPE_UNSET || target->max_us > s->max_us))
            s->max_us = target->max_us;
        add_outcomes(t, index, target);
    }
}

static void add_lookups(struct timeline *t, size_t index, const struct traced_lookups_facts *lookups)
{
    for (size_t i = 0; lookups && i < lookups->by_process_count; i++) {
        const struct lookups_group_facts *group = &lookups->by_process[i];
        struct timeline_series *s = series_of(t, true, group->pod ? group->pod : group->name, -1);
        struct timeline_sample *last = s->count ? &s->samples[s->count - 1] : NULL;

        /* Several programs of one Pod. */
        if (!last || last->index != index) {
            last = ARENA_PUSH(t->arena, s->samples, s->count);
            *last = (struct timeline_sample){.index = index, .p50_us = SHAPE_UNSET, .p90_us = SHAPE_UNSET};
        }
        last->asked += group->lookups;
        last->bad += group->failed;
        last->slow += group->slow;
    }
}

static void add_drops(struct timeline *t, size_t index, const struct drops_facts *drops)
{
    for (size_t i = 0; drops && i < drops->kinds_count; i++) {
        const struct drop_kind_facts *kind = &drops->kinds[i];
        const char *hook = kind->hook >= 0 ? drop_hook_names[kind->hook] : kind->function;
        const struct episode_key key = {TIMELINE_DROPS, hook,
                                        kind->reason ? kind->reason : drop_cause_names[kind->cause],
                                        drop_cause_text(kind->cause), SEVERITY_WARNING};
        struct episode_part part = timeline_part(t, index, kind->count, SHAPE_UNSET);

        /* Copies, and what its own reader left: nobody misses these. */
        if (kind->count && kind->cause != CAUSE_NOT_OURS && kind->cause != CAUSE_CLOSED)
            episodes_note(&t->episodes, &key, &part);
    }
}

static void add_conntrack(struct timeline *t, size_t index, const struct conntrack_facts *conntrack)
{
    static const struct {
        int counter;
        const char *reason, *text;
    } losses[] = {
        {CONNTRACK_INSERT_FAILED, "insert-failed", "connection tracking could not make entries"},
        {CONNTRACK_DROP, "drop", "connection tracking dropped packets"},
        {CONNTRACK_EARLY_DROP, "early-drop", "connection tracking threw entries out to make room"},
    };
    const struct episode_key full = {TIMELINE_CONNTRACK, NULL, "table-full", "the conntrack table is full",
                                     SEVERITY_CRITICAL};
    struct episode_part part = timeline_part(t, index, SHAPE_UNSET, SHAPE_UNSET);

    if (conntrack && conntrack->table.fill_ratio >= CONNTRACK_FULL_RATIO)
        episodes_note(&t->episodes, &full, &part);
    for (size_t i = 0; conntrack && t->counters_known && i < sizeof(losses) / sizeof(losses[0]); i++) {
        uint64_t before = t->counters[losses[i].counter], now = conntrack->counters.values[losses[i].counter];
        const struct episode_key key = {TIMELINE_CONNTRACK, NULL, losses[i].reason, losses[i].text,
                                        SEVERITY_WARNING};

        part.bad = now - before;
        if (before != SHAPE_UNSET && now != SHAPE_UNSET && now > before)
            episodes_note(&t->episodes, &key, &part);
    }
    t->counters_known = conntrack != NULL;
    if (conntrack)
        memcpy(t->counters, conntrack->counters.values, sizeof(t->counters));
}

static void add_findings(struct timeline *t, size_t index, const struct interval_facts *interval)
{
    for (size_t i = 0; i < interval->findings_count; i++) {
        const struct finding *f = &interval->findings[i];
        const struct episode_key key = {TIMELINE_FINDING, f->subject, f->id, f->title, f->severity};
        struct episode_part part = timeline_part(t, index, SHAPE_UNSET, SHAPE_UNSET);

        episodes_note(&t->episodes, &key, &part);
    }
}

/* What lies between this interval and the one before it. */
static void add_between(struct timeline *t, size_t index, const struct timeline_stamp *stamp)
{
    const struct timeline_span *now = &t->spans[index], *before = index ? now - 1 : NULL;
    bool same_boot = before && t->boot && stamp->boot && strcmp(t->boot, stamp->boot) == 0;
    struct episode_part part = timeline_part(t, index, SHAPE_UNSET, SHAPE_UNSET);
    struct episode_key key = {.severity = SEVERITY_INFO};
    double span_ns = (double)(now->mono_to_ns - now->mono_from_ns);

    t->boot = same_boot ? t->boot : arena_text(t->arena, stamp->boot ? stamp->boot : "");
    if (!before)
        return;
    if (same_boot && stamp->step_ms) {
        char by[DURATION_TEXT];
        int64_t ms = stamp->step_ms;

        duration_format_us(by, sizeof(by), (uint64_t)(ms < 0 ? -ms : ms) * 1000);
        key.kind = TIMELINE_CLOCK;
        key.reason = ms < 0 ? "set-back" : "set-forward";
        key.text = arena_printf(t->arena, "the wall clock was set %s by %s", ms < 0 ? "back" : "forward", by);
        part.from_ns = part.to_ns = now->to_ns;
        part.mono_from_ns = part.mono_to_ns = now->mono_to_ns;
        /* Each by itself, since the text is its own. */
        key.subject = arena_printf(t->arena, "%+.3f s", (double)ms / 1e3);
        episodes_note(&t->episodes, &key, &part);
    }
    if (same_boot && (double)(now->mono_to_ns - before->mono_to_ns) <= GAP_TIMES * span_ns)
        return;
    t->episodes.break_index = index;
    key = (struct episode_key){
        .kind = TIMELINE_GAP, .reason = same_boot ? "not-recorded" : "restarted", .severity = SEVERITY_INFO};
    key.text = same_boot ? "nothing was recorded" : "nothing was recorded; the machine restarted";
    part = (struct episode_part){
        index, before->to_ns, now->from_ns, before->mono_to_ns, now->mono_from_ns, SHAPE_UNSET, SHAPE_UNSET};
    if (!same_boot) {
        /* Between two boots there is the wall clock alone. */
        part.mono_from_ns = before->to_ns;
        part.mono_to_ns = now->from_ns;
    }
    if (part.mono_to_ns < part.mono_from_ns)
        part.mono_to_ns = part.mono_from_ns;
    key.subject = arena_printf(t->arena, "%zu", index);
    episodes_note(&t->episodes, &key, &part);
}

static bool has(const struct timeline_capture *capture, const char *id)
{
    for (size_t i = 0; i < capture->findings_count; i++)
        if (strcmp(capture->findings[i], id) == 0)
            return true;
    return false;
}

static void add_capture(struct timeline *t, const struct interval_facts *interval)
{
    struct timeline_capture *capture = ARENA_PUSH(t->arena, t->captures, t->captures_count);

    capture->time = arena_text(t->arena, interval->time);
    capture->why = interval->why ? arena_text(t->arena, interval->why) : NULL;
    for (size_t i = 0; i < interval->findings_count; i++)
        if (interval->findings[i].severity <= SEVERITY_WARNING && !has(capture, interval->findings[i].id))
            *ARENA_PUSH(t->arena, capture->findings, capture->findings_count) =
                arena_text(t->arena, interval->findings[i].id);
}

static void learn_host(struct timeline *t, const struct host_facts *host)
{
    if (!t->hostname && host->hostname)
        t->hostname = arena_text(t->arena, host->hostname);
    if (!t->node && host->node)
        t->node = arena_text(t->arena, host->node);
    if (!t->pod && host->pod)
        t->pod = arena_text(t->arena, host->pod);
}

void timeline_add(struct timeline *t, const struct interval_facts *interval,
                  const struct timeline_stamp *stamp)
{
    uint64_t span_ns =
        interval->span_ms > 0 && interval->span_ms < 1e9 ? (uint64_t)(interval->span_ms * 1e6) : 0;
    size_t index = t->spans_count;

    learn_host(t, &interval->facts->host);
    if (interval->is_capture) {
        add_capture(t, interval);
        return;
    }
    *ARENA_PUSH(t->arena, t->spans, t->spans_count) =
        (struct timeline_span){stamp->real_ns > span_ns ? stamp->real_ns - span_ns : 0, stamp->real_ns,
                               stamp->mono_ns > span_ns ? stamp->mono_ns - span_ns : 0, stamp->mono_ns};
    add_between(t, index, stamp);
    add_sampling(t, index, interval->facts->sampling);
    add_lookups(t, index, interval->lookups);
    add_drops(t, index, interval->facts->drops);
    add_conntrack(t, index, interval->facts->conntrack);
    add_findings(t, index, interval);
}
