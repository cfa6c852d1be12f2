/* SPDX-License-Identifier: GPL-2.0-or-later */
/* history.h: the last minutes of a watch, query by query. */
#include <k8sdns/base/err.h>
#include <k8sdns/model/watch/history.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of each type at each target: samples for the numbers, ticks for the strip chart, answers to look at. */
#define SAMPLES      256
#define TICKS        64
#define ANSWERS      4
#define ANSWER_BYTES 1232 /* what servers send over UDP at most since 2020 */
#define ID_MAX       80
/* The least width of a tick: with 64 of them a strip is of ten minutes, and moves seldom. */
#define TICK_NS UINT64_C(10000000000)
/* So many failures in a row, or answers after such, are a turn and no chance. */
#define TURN 6

#define NOTHING UINT32_MAX

struct sample {
    uint64_t sent_ns;
    uint32_t rtt_us;     /* NOTHING: nothing came */
    uint8_t candidate;   /* UINT8_MAX stands for those behind it */
    uint8_t unreachable; /* enum unreachable; UNREACHABLE_KINDS: no such error came */
    uint8_t status;
    uint8_t rcode; /* WATCH_RCODES: none */
};

struct tick {
    uint64_t number;
    uint32_t us;
    int8_t status; /* -1: none */
};

struct answer {
    uint64_t sent_real_ns;
    const char *name; /* the asker's, who outlives this; copied when carried */
    uint32_t rtt_us;
    uint16_t len;
    uint8_t status;
    uint8_t bytes[ANSWER_BYTES];
};

struct track {
    struct sample samples[SAMPLES];
    uint64_t samples_total;
    struct tick ticks[TICKS];
    struct answer answers[ANSWERS];
    uint64_t answers_total;
    uint32_t run; /* failed in a row, or answered in a row after TURN that failed */
    uint64_t run_began_ns;
    bool failing;
    uint64_t turned_ns; /* when the run began that turned it; 0: never */
};

struct history {
    size_t targets_count, types_count;
    char (*ids)[ID_MAX];
    int *roles;
    const char *types[WATCH_TYPES_MAX];
    uint64_t tick_ns;
    struct track *tracks; /* by target, then type */
};

static void *grab(size_t count, size_t size)
{
    void *memory = calloc(count ? count : 1, size);

    if (!memory)
        err_out_of_memory();
    return memory;
}

struct history *history_new(const struct target_facts *targets, size_t targets_count,
                            const char *const *types, size_t types_count, uint64_t interval_us)
{
    struct history *h = grab(1, sizeof(*h));

    h->targets_count = targets_count;
    h->types_count = types_count;
    h->ids = grab(targets_count, sizeof(*h->ids));
    h->roles = grab(targets_count, sizeof(*h->roles));
    h->tracks = grab(targets_count * types_count, sizeof(*h->tracks));
    h->tick_ns = interval_us * 2000 > TICK_NS ? interval_us * 2000 : TICK_NS;
    for (size_t i = 0; i < types_count; i++)
        h->types[i] = types[i];
    for (size_t i = 0; i < targets_count; i++) {
        strncpy(h->ids[i], targets[i].id, ID_MAX - 1);
        h->roles[i] = targets[i].role;
    }
    return h;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    free(h->ids);
    free(h->roles);
    free(h->tracks);
    free(h);
}

static struct track *track_of(const struct history *h, size_t target, size_t type)
{
    return &h->tracks[target * h->types_count + type];
}

void history_carry(struct history *h, const struct history *from)
{
    for (size_t i = 0; i < h->targets_count; i++)
        for (size_t k = 0; from && k < from->targets_count; k++)
            if (strcmp(h->ids[i], from->ids[k]) == 0 && h->types_count == from->types_count &&
                h->tick_ns == from->tick_ns)
                for (size_t t = 0; t < h->types_count; t++) {
                    struct track *to = track_of(h, i, t);

                    *to = *track_of(from, k, t);
                    to->answers_total = 0; /* their names go with the old questions */
                }
}

/* How much worse one outcome is than another: lost, then an error, then the answers by their time. */
static int rank(int status, uint32_t us)
{
    if (status < 0)
        return 0;
    return probe_status_is_good(status) ? 1 : us == NOTHING ? 3 : 2;
}

static void add_tick(struct history *h, struct track *s, uint64_t sent_ns, int status, uint32_t us)
{
    uint64_t number = sent_ns / h->tick_ns;
    struct tick *tick = &s->ticks[number % TICKS];

    if (number < tick->number)
        return; /* what took longer than the whole strip */
    if (number > tick->number)
        *tick = (struct tick){.number = number, .us = NOTHING, .status = -1};
    if (us != NOTHING && (tick->us == NOTHING || us > tick->us))
        tick->us = us;
    if (tick->status < 0 || rank(status, us) > rank(tick->status, tick->us))
        tick->status = (int8_t)status;
}

static void add_answer(struct track *s, const struct watch_outcome *o, uint32_t us)
{
    struct answer *answer = &s->answers[s->answers_total++ % ANSWERS];

    answer->sent_real_ns = o->sent.real_ns;
    answer->name = o->name;
    answer->rtt_us = us;
    answer->status = (uint8_t)o->status;
    answer->len = (uint16_t)(!o->bytes ? 0 : o->bytes_len > ANSWER_BYTES ? ANSWER_BYTES : o->bytes_len);
    if (answer->len)
        memcpy(answer->bytes, o->bytes, answer->len);
}

static void note_turn(struct track *s, uint64_t sent_ns, bool failed)
{
    if (failed == s->failing) {
        s->run = 0;
        return;
    }
    if (s->run++ == 0)
        s->run_began_ns = sent_ns;
    if (s->run < TURN)
        return;
    s->failing = failed;
    s->run = 0;
    s->turned_ns = s->run_began_ns;
}

void history_add(struct history *h, const struct watch_outcome *o)
{
    struct track *s = track_of(h, o->target, o->type);
    uint32_t us = o->rtt_us == SHAPE_UNSET ? NOTHING
                  : o->rtt_us < NOTHING    ? (uint32_t)o->rtt_us
                                           : NOTHING - 1;

    s->samples[s->samples_total++ % SAMPLES] =
        (struct sample){.sent_ns = o->sent.mono_ns,
                        .rtt_us = us,
                        .candidate = (uint8_t)(o->candidate < UINT8_MAX ? o->candidate : UINT8_MAX),
                        .unreachable = (uint8_t)(o->unreachable < 0 ? UNREACHABLE_KINDS : o->unreachable),
                        .status = (uint8_t)o->status,
                        .rcode = (uint8_t)(o->rcode < 0              ? WATCH_RCODES
                                           : o->rcode < WATCH_RCODES ? o->rcode
                                                                     : WATCH_RCODES - 1)};
    add_tick(h, s, o->sent.mono_ns, o->status, us);
    add_answer(s, o, us);
    if (o->candidate == 0)
        note_turn(s, o->sent.mono_ns, us == NOTHING || !probe_status_is_good(o->status));
}

bool history_turned(const struct history *h, uint64_t since_ns)
{
    for (size_t i = 0; i < h->targets_count * h->types_count; i++)
        if (h->tracks[i].turned_ns && h->tracks[i].turned_ns >= since_ns)
            return true;
    return false;
}

/* ---- out of the samples ---- */

/* What was sent from `from_ns` on; of one candidate unless that is -1. Latencies come sorted. */
struct window {
    uint64_t sent, lost, bad;
    uint64_t statuses[WATCH_STATUSES], rcodes[WATCH_RCODES + 1], unreachables[UNREACHABLE_KINDS + 1];
    uint32_t us[SAMPLES * 2];
    size_t us_count;
    uint64_t sum_us;
};

static void window_add(struct window *w, const struct track *s, uint64_t from_ns, int candidate)
{
    uint64_t first = s->samples_total > SAMPLES ? s->samples_total - SAMPLES : 0;

    for (uint64_t i = first; i < s->samples_total; i++) {
        const struct sample *sample = &s->samples[i % SAMPLES];

        if (sample->sent_ns < from_ns || (candidate >= 0 && sample->candidate != candidate))
            continue;
        w->sent++;
        w->lost += sample->rtt_us == NOTHING;
        w->bad += !probe_status_is_good(sample->status);
        w->statuses[sample->status]++;
        w->rcodes[sample->rcode]++;
        w->unreachables[sample->unreachable]++;
        if (sample->rtt_us != NOTHING && w->us_count < SAMPLES * 2) {
            w->us[w->us_count++] = sample->rtt_us;
            w->sum_us += sample->rtt_us;
        }
    }
}

static int by_us(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

/* By the nearest rank; the latencies must be sorted. */
static uint64_t window_us(const struct window *w, double ratio)
{
    size_t rank_at = (size_t)ceil(ratio * (double)w->us_count);

    return w->us_count ? w->us[rank_at ? rank_at - 1 : 0] : SHAPE_UNSET;
}

static double share(uint64_t part, uint64_t of)
{
    return of ? (double)part / (double)of : (double)NAN;
}

static void outcomes(struct arena *arena, const struct window *w, struct shape_tally **tallies, size_t *count)
{
    *tallies = NULL;
    *count = 0;
    for (int i = 0; i < WATCH_STATUSES; i++)
        if (w->statuses[i])
            *ARENA_PUSH(arena, *tallies, *count) =
                (struct shape_tally){probe_status_names[i], w->statuses[i]};
}

static void rcodes(struct arena *arena, const struct window *w, struct watch_target_facts *facts)
{
    char word[DNS_WORD];

    facts->rcodes = NULL;
    facts->rcodes_count = 0;
    for (int i = 0; i < WATCH_RCODES; i++)
        if (w->rcodes[i])
            *ARENA_PUSH(arena, facts->rcodes, facts->rcodes_count) = (struct shape_tally){
                i == WATCH_RCODES - 1 ? "other" : arena_text(arena, dns_rcode_word((uint16_t)i, word)),
                w->rcodes[i]};
}

static void unreachables(struct arena *arena, const struct window *w, struct watch_target_facts *facts)
{
    facts->unreachables = NULL;
    facts->unreachables_count = 0;
    for (int i = 0; i < UNREACHABLE_KINDS; i++)
        if (w->unreachables[i])
            *ARENA_PUSH(arena, facts->unreachables, facts->unreachables_count) =
                (struct shape_tally){unreachable_names[i], w->unreachables[i]};
    if (!w->unreachables[UNREACHABLE_PORT])
        facts->rejected_by = NULL;
}

static void ticks_of(const struct history *h, const struct track *s, uint64_t now_ns, struct arena *arena,
                     struct history_series_facts *facts)
{
    uint64_t last = now_ns / h->tick_ns;

    facts->ticks = arena_array(arena, TICKS, sizeof(*facts->ticks));
    facts->ticks_count = TICKS;
    for (uint64_t i = 0; i < TICKS; i++) {
        uint64_t number = last + 1 - TICKS + i;
        const struct tick *tick = &s->ticks[number % TICKS];
        bool there = tick->number == number && tick->number > 0;

        facts->ticks[i] = (struct history_tick_facts){
            .us = there && tick->us != NOTHING ? tick->us : SHAPE_UNSET, .status = there ? tick->status : -1};
    }
}

static void decode(const struct answer *answer, struct arena *arena, struct history_answer_facts *facts)
{
    char time[CLOCK_TEXT];
    struct dns_message message;

    *facts = (struct history_answer_facts){
        .time = arena_text(arena, clock_format(answer->sent_real_ns, time, sizeof(time))),
        .name = answer->name,
        .status = answer->status,
        .rtt_us = answer->rtt_us == NOTHING ? SHAPE_UNSET : answer->rtt_us,
        .size = answer->len ? answer->len : SHAPE_UNSET,
    };
    if (!answer->len)
        return;
    if (dns_message_parse(arena, answer->bytes, answer->len, &message) < 0)
        facts->detail = arena_text(arena, message.damage);
    facts->answers_count = rr_facts_from_message(arena, &message, DNS_ANSWER, &facts->answers);
}

static void track_facts(const struct history *h, const struct track *s, uint64_t now_ns, struct arena *arena,
                        struct history_series_facts *facts)
{
    struct window w = {0};
    const struct sample *last = s->samples_total ? &s->samples[(s->samples_total - 1) % SAMPLES] : NULL;

    window_add(&w, s, now_ns > HISTORY_WINDOW_NS ? now_ns - HISTORY_WINDOW_NS : 0, -1);
    qsort(w.us, w.us_count, sizeof(*w.us), by_us);
    facts->sent = w.sent;
    facts->lost = w.lost;
    facts->bad = w.bad;
    facts->loss_ratio = share(w.lost, w.sent);
    facts->last_status = last ? last->status : -1;
    facts->last_us = last && last->rtt_us != NOTHING ? last->rtt_us : SHAPE_UNSET;
    facts->p50_us = window_us(&w, 0.5);
    facts->p99_us = window_us(&w, 0.99);
    facts->max_us = window_us(&w, 1);
    outcomes(arena, &w, &facts->outcomes, &facts->outcomes_count);
    ticks_of(h, s, now_ns, arena, facts);
}

void history_facts_of(const struct history *h, uint64_t now_ns, bool answers, struct arena *arena,
                      struct history_facts *facts)
{
    *facts = (struct history_facts){
        .window_ms = (double)HISTORY_WINDOW_NS / 1e6,
        .tick_ms = (double)h->tick_ns / 1e6,
        .series = arena_array(arena, h->targets_count * h->types_count + 1, sizeof(*facts->series)),
        .series_count = h->targets_count * h->types_count,
    };
    for (size_t i = 0; i < facts->series_count; i++) {
        const struct track *s = &h->tracks[i];
        struct history_series_facts *to = &facts->series[i];

        to->target = arena_text(arena, h->ids[i / h->types_count]);
        to->role = h->roles[i / h->types_count];
        to->type = h->types[i % h->types_count];
        track_facts(h, s, now_ns, arena, to);
        for (uint64_t k = 0; answers && k < ANSWERS && k < s->answers_total; k++)
            decode(&s->answers[(s->answers_total - 1 - k) % ANSWERS], arena,
                   ARENA_PUSH(arena, to->answers, to->answers_count));
    }
}

/* When the last replica turned. What a ClusterIP lost before that is that replica's, which tells of it no
 * more. */
static uint64_t replica_turned_ns(const struct history *h)
{
    uint64_t last = 0;

    for (size_t i = 0; i < h->targets_count; i++)
        for (size_t t = 0; h->roles[i] == TARGET_REPLICA && t < h->types_count; t++)
            last = track_of(h, i, t)->turned_ns > last ? track_of(h, i, t)->turned_ns : last;
    return last;
}

static void narrow_target(const struct history *h, size_t target, uint64_t now_ns, struct arena *arena,
                          struct watch_target_facts *facts)
{
    bool passes_on = h->roles[target] == TARGET_CLUSTER_IP || h->roles[target] == TARGET_NODE_LOCAL;
    uint64_t behind_ns = passes_on ? replica_turned_ns(h) : 0;
    struct window all = {0};

    for (size_t t = 0; t < h->types_count && t < facts->types_count; t++) {
        const struct track *s = track_of(h, target, t);
        uint64_t from_ns = now_ns > HISTORY_WINDOW_NS ? now_ns - HISTORY_WINDOW_NS : 0;
        struct window w = {0};

        from_ns = s->turned_ns > from_ns ? s->turned_ns : from_ns;
        from_ns = behind_ns > from_ns ? behind_ns : from_ns;
        window_add(&w, s, from_ns, 0);
        window_add(&all, s, from_ns, 0);
        facts->types[t] =
            (struct watch_type_facts){.type = facts->types[t].type,
                                      .sent = w.sent,
                                      .answered = w.sent - w.lost,
                                      .lost = w.lost,
                                      .loss_ratio = share(w.lost, w.sent),
                                      .bad = w.bad,
                                      .avg_us = w.us_count ? w.sum_us / w.us_count : SHAPE_UNSET};
    }
    qsort(all.us, all.us_count, sizeof(*all.us), by_us);
    facts->sent = all.sent;
    facts->lost = all.lost;
    facts->answered = all.sent - all.lost;
    facts->bad = all.bad;
    facts->loss_ratio = share(all.lost, all.sent);
    facts->bad_ratio = share(all.bad, all.sent);
    facts->min_us = window_us(&all, 0);
    facts->avg_us = all.us_count ? all.sum_us / all.us_count : SHAPE_UNSET;
    facts->p50_us = window_us(&all, 0.5);
    facts->p90_us = window_us(&all, 0.9);
    facts->p99_us = window_us(&all, 0.99);
    facts->max_us = window_us(&all, 1);
    outcomes(arena, &all, &facts->outcomes, &facts->outcomes_count);
    rcodes(arena, &all, facts);
    unreachables(arena, &all, facts);
    if (!all.bad)
        facts->first_failure = facts->last_failure = NULL;
}

void history_narrow(const struct history *h, uint64_t now_ns, struct arena *arena, struct watch_facts *facts)
{
    facts->span_ms = (double)HISTORY_WINDOW_NS / 1e6;
    facts->sent = 0;
    for (size_t i = 0; i < facts->targets_count && i < h->targets_count; i++) {
        narrow_target(h, i, now_ns, arena, &facts->targets[i]);
        facts->sent += facts->targets[i].sent;
    }
    facts->status = watch_health(facts);
}
