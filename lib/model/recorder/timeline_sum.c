/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a timeline: what is usual, what was slow, sums by server, Pod and reason. */
#include "timeline_series.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <k8sdns/model/statistics/median.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What fewer intervals show is nothing usual. */
#define USUAL_LEAST 6

/* The usual of a list of values; SHAPE_UNSET without any. */
static uint64_t usual(struct arena *arena, const struct timeline_series *s, bool p90)
{
    double *values = arena_array(arena, s->count + 1, sizeof(*values));
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++) {
        uint64_t us = p90 ? s->samples[i].p90_us : s->samples[i].p50_us;

        if (us != SHAPE_UNSET)
            values[count++] = (double)us;
    }
    return count ? (uint64_t)median(values, count) : SHAPE_UNSET;
}

static void add_slow(struct timeline *t, const struct timeline_series *s, uint64_t usual_us)
{
    char text[DURATION_TEXT];
    const struct episode_key key = {TIMELINE_LATENCY, s->subject, "slow",
                                    arena_printf(t->arena, "slow; 90 %% of its answers usually take %s",
                                                 duration_format_us(text, sizeof(text), usual_us)),
                                    SEVERITY_WARNING};

    for (size_t i = 0; i < s->count; i++) {
        const struct timeline_sample *sample = &s->samples[i];
        struct episode_part part = timeline_part(t, sample->index, SHAPE_UNSET, sample->asked);

        if (sample->p90_us != SHAPE_UNSET && sample->p90_us >= TRIGGER_SLOW_TIMES * usual_us &&
            sample->p90_us >= usual_us + TRIGGER_SLOW_US)
            episodes_note(&t->episodes, &key, &part);
    }
}

/* The share of a Pod's lookups that usually fail, or are slow. */
static double usual_ratio(struct arena *arena, const struct timeline_series *s, bool slow)
{
    double *values = arena_array(arena, s->count + 1, sizeof(*values));
    size_t count = 0;

    for (size_t i = 0; i < s->count; i++)
        if (s->samples[i].asked)
            values[count++] =
                (double)(slow ? s->samples[i].slow : s->samples[i].bad) / (double)s->samples[i].asked;
    return count ? median(values, count) : 0;
}

static void add_pod_episodes(struct timeline *t, const struct timeline_series *s, bool slow)
{
    const struct episode_key key = {
        TIMELINE_LOOKUPS, s->subject, slow ? "slow" : "failed",
        slow ? "lookups of its programs are slow" : "lookups of its programs fail", SEVERITY_WARNING};
    double usually = usual_ratio(t->arena, s, slow);

    for (size_t i = 0; i < s->count; i++) {
        const struct timeline_sample *sample = &s->samples[i];
        uint64_t bad = slow ? sample->slow : sample->bad;
        struct episode_part part = timeline_part(t, sample->index, bad, sample->asked);

        if (bad >= TRIGGER_LEAST_BAD && (double)bad >= (usually + TRIGGER_BAD_RATIO) * (double)sample->asked)
            episodes_note(&t->episodes, &key, &part);
    }
}

/*
 * As long as an interval usually is, or a longer one like it: were a tick shorter, one between two intervals
 * would have neither, as if nothing had been recorded then. The last interval is short, where the recorder
 * was ended.
 */
static uint64_t tick_ns(const struct timeline *t)
{
    uint64_t from = t->spans[0].from_ns, to = t->spans[t->spans_count - 1].to_ns;
    double *lengths = arena_array(t->arena, t->spans_count, sizeof(*lengths));
    double share = to > from ? (double)(to - from) / TIMELINE_TICKS : 0, usually, longest;

    for (size_t i = 0; i < t->spans_count; i++)
        lengths[i] = (double)(t->spans[i].mono_to_ns - t->spans[i].mono_from_ns);
    longest = usually = median(lengths, t->spans_count);
    for (size_t i = 0; i < t->spans_count; i++)
        longest = lengths[i] > longest && lengths[i] <= 2 * usually ? lengths[i] : longest;
    return (uint64_t)(longest > share ? longest : share) + 1;
}

/* Ticks of equal width over all the time, as the clock that nobody sets has it where that is one boot. */
static void add_ticks(const struct timeline *t, const struct timeline_series *s, struct arena *arena,
                      struct timeline_server *server)
{
    uint64_t from = t->spans[0].from_ns, to = t->spans[t->spans_count - 1].to_ns;
    uint64_t width = tick_ns(t);
    size_t count = to > from ? (size_t)((to - from - 1) / width) + 1 : 1;
    server->ticks = arena_array(arena, count, sizeof(*server->ticks));
    server->ticks_count = count;
    for (size_t i = 0; i < count; i++)
        server->ticks[i].p90_us = SHAPE_UNSET;
    for (size_t i = 0; i < s->count; i++) {
        const struct timeline_sample *sample = &s->samples[i];
        const struct timeline_span *span = &t->spans[sample->index];
        uint64_t middle = span->from_ns + (span->to_ns - span->from_ns) / 2;
        size_t at = middle > from ? (size_t)((middle - from) / width) : 0;
        struct timeline_tick *tick = &server->ticks[at < count ? at : count - 1];

        tick->asked += sample->asked;
        tick->bad += sample->bad;
        if (sample->p90_us != SHAPE_UNSET && (tick->p90_us == SHAPE_UNSET || sample->p90_us > tick->p90_us))
            tick->p90_us = sample->p90_us;
    }
}

static void add_server(struct timeline *t, const struct timeline_series *s, struct arena *arena,
                       struct timeline_facts *facts)
{
    struct timeline_server *server = ARENA_PUSH(arena, facts->servers, facts->servers_count);

    *server = (struct timeline_server){.server = s->subject,
                                       .role = s->role,
                                       .p50_us = usual(t->arena, s, false),
                                       .p90_us = usual(t->arena, s, true),
                                       .worst_p90_us = SHAPE_UNSET,
                                       .max_us = s->max_us};
    for (size_t i = 0; i < s->count; i++) {
        uint64_t p90_us = s->samples[i].p90_us;

        server->asked += s->samples[i].asked;
        server->bad += s->samples[i].bad;
        if (p90_us != SHAPE_UNSET && (server->worst_p90_us == SHAPE_UNSET || p90_us > server->worst_p90_us))
            server->worst_p90_us = p90_us;
    }
    server->bad_ratio = server->asked ? (double)server->bad / (double)server->asked : (double)NAN;
    add_ticks(t, s, arena, server);
    if (server->p90_us != SHAPE_UNSET && s->count >= USUAL_LEAST)
        add_slow(t, s, server->p90_us);
}

static void add_pod(struct timeline *t, const struct timeline_series *s, struct arena *arena,
                    struct timeline_facts *facts)
{
    struct timeline_pod *pod = ARENA_PUSH(arena, facts->pods, facts->pods_count);

    pod->pod = s->subject;
    for (size_t i = 0; i < s->count; i++) {
        pod->lookups += s->samples[i].asked;
        pod->failed += s->samples[i].bad;
        pod->slow += s->samples[i].slow;
    }
    add_pod_episodes(t, s, false);
    add_pod_episodes(t, s, true);
}

static int by_failed(const void *a, const void *b)
{
    const struct timeline_pod *x = a, *y = b;

    if (x->failed != y->failed)
        return x->failed < y->failed ? 1 : -1;
    return strcmp(x->pod, y->pod);
}

static int by_lasted(const void *a, const void *b)
{
    const struct timeline_reason *x = a, *y = b;

    return (x->lasted_s < y->lasted_s) - (x->lasted_s > y->lasted_s);
}

static void add_reasons(struct arena *arena, struct timeline_facts *facts)
{
    for (size_t i = 0; i < facts->episodes_count; i++) {
        const struct timeline_episode *e = &facts->episodes[i];
        struct timeline_reason *reason;
        size_t at = 0;

        while (at < facts->reasons_count &&
               (facts->reasons[at].kind != e->kind || strcmp(facts->reasons[at].reason, e->reason) != 0))
            at++;
        if (at == facts->reasons_count)
            *ARENA_PUSH(arena, facts->reasons, facts->reasons_count) = (struct timeline_reason){
                .kind = e->kind, .reason = e->reason, .bad = e->bad == SHAPE_UNSET ? SHAPE_UNSET : 0};
        reason = &facts->reasons[at];
        reason->episodes++;
        reason->lasted_s += e->lasted_s;
        if (e->bad != SHAPE_UNSET && reason->bad != SHAPE_UNSET)
            reason->bad += e->bad;
    }
    if (facts->reasons_count)
        qsort(facts->reasons, facts->reasons_count, sizeof(*facts->reasons), by_lasted);
}

static int health_of(const struct timeline_facts *facts)
{
    int worst = SEVERITY_INFO;

    for (size_t i = 0; i < facts->episodes_count; i++)
        worst = facts->episodes[i].severity < worst ? facts->episodes[i].severity : worst;
    return !facts->intervals            ? HEALTH_UNKNOWN
           : worst == SEVERITY_CRITICAL ? HEALTH_FAILING
           : worst == SEVERITY_WARNING  ? HEALTH_DEGRADED
                                        : HEALTH_OK;
}

static const char *time_text(struct arena *arena, uint64_t real_ns)
{
    char time[CLOCK_TEXT];

    return arena_text(arena, clock_format(real_ns, time, sizeof(time)));
}

void timeline_facts_of(struct timeline *t, struct timeline_facts *facts)
{
    struct arena *arena = t->arena;

    facts->hostname = t->hostname;
    facts->node = t->node;
    facts->pod = t->pod;
    facts->intervals = t->spans_count;
    facts->captures = t->captures;
    facts->captures_count = t->captures_count;
    if (t->spans_count) {
        const struct timeline_span *first = &t->spans[0], *last = &t->spans[t->spans_count - 1];

        facts->from = time_text(arena, first->from_ns);
        facts->to = time_text(arena, last->to_ns);
        facts->span_s = last->to_ns > first->from_ns ? (double)(last->to_ns - first->from_ns) / 1e9 : 0;
        facts->tick_s = (double)tick_ns(t) / 1e9;
    }
    for (size_t i = 0; i < t->series_count; i++)
        if (t->series[i].is_pod)
            add_pod(t, &t->series[i], arena, facts);
        else
            add_server(t, &t->series[i], arena, facts);
    if (facts->pods_count)
        qsort(facts->pods, facts->pods_count, sizeof(*facts->pods), by_failed);
    episodes_end(&t->episodes, t->spans_count ? t->spans_count - 1 : 0, facts);
    add_reasons(arena, facts);
    facts->status = health_of(facts);
}
