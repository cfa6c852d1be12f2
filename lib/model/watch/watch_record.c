/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/watch_record.h>
#include <k8sdns/wire/dns_words.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void watch_record_init(struct watch_record *record, struct arena *arena, const struct target_facts *targets,
                       size_t targets_count, uint64_t now_ns)
{
    record->targets = arena_array(arena, targets_count, sizeof(*record->targets));
    record->targets_count = targets_count;
    record->began_ns = record->interval_began_ns = now_ns;
    for (size_t i = 0; i < targets_count; i++) {
        record->targets[i].facts = &targets[i];
        series_init(&record->targets[i].series, now_ns);
    }
}

void watch_record_sent(struct watch_record *record, size_t target, size_t type, uint64_t now_ns)
{
    struct watch_target *t = &record->targets[target];

    t->total.sent[type]++;
    t->interval.sent[type]++;
    series_sent(&t->series, now_ns);
}

static void tally(struct watch_tally *tally, const struct watch_outcome *o, bool bad, uint64_t streak)
{
    bool answered = o->rtt_us != SHAPE_UNSET;

    tally->statuses[o->status]++;
    if (o->rcode >= 0)
        tally->rcodes[o->rcode < WATCH_RCODES ? o->rcode : WATCH_RCODES - 1]++;
    tally->bad += bad;
    if (streak > tally->longest_streak)
        tally->longest_streak = streak;
    if (answered) {
        tally->answered[o->type]++;
        histogram_add(&tally->latency, o->rtt_us);
    } else {
        tally->lost[o->type]++;
    }
}

void watch_record_done(struct watch_record *record, const struct watch_outcome *o)
{
    struct watch_target *t = &record->targets[o->target];
    bool bad = !probe_status_is_good(o->status);

    t->streak = bad ? t->streak + 1 : 0;
    tally(&t->total, o, bad, t->streak);
    tally(&t->interval, o, bad, t->streak);
    series_done(&t->series, o->sent.mono_ns, bad, o->rtt_us);
    if (!bad)
        return;
    t->last_failure = (struct watch_failure){
        .set = true,
        .sent = o->sent,
        .name = o->name,
        .type = record->types[o->type],
        .status = o->status,
        .source_port = o->source_port,
    };
    snprintf(t->last_failure.detail, sizeof(t->last_failure.detail), "%s", o->detail ? o->detail : "");
    if (!t->first_failure.set)
        t->first_failure = t->last_failure;
}

void watch_record_stray(struct watch_record *record, size_t target, enum watch_stray kind)
{
    record->targets[target].total.strays[kind]++;
    record->targets[target].interval.strays[kind]++;
}

void watch_record_skipped(struct watch_record *record, uint64_t questions)
{
    record->skipped += questions;
    record->skipped_in_interval += questions;
}

static struct watch_failure_facts *failure_facts(struct arena *arena, const struct watch_failure *failure)
{
    struct watch_failure_facts *facts;
    char time[CLOCK_TEXT];

    if (!failure->set)
        return NULL;
    facts = ARENA_NEW(arena, struct watch_failure_facts);
    facts->time = arena_text(arena, clock_format(failure->sent.real_ns, time, sizeof(time)));
    facts->name = failure->name;
    facts->type = failure->type;
    facts->status = failure->status;
    facts->detail = failure->detail[0] ? arena_text(arena, failure->detail) : NULL;
    facts->source_port = failure->source_port ? failure->source_port : SHAPE_UNSET;
    return facts;
}

static double share(uint64_t part, uint64_t rest)
{
    return part + rest ? (double)part / (double)(part + rest) : (double)NAN;
}

static void tally_facts(struct arena *arena, const struct watch_record *record,
                        const struct watch_tally *from, struct watch_target_facts *to)
{
    const struct histogram *h = &from->latency;
    char word[DNS_WORD];

    to->types = arena_array(arena, record->types_count, sizeof(*to->types));
    to->types_count = record->types_count;
    for (size_t i = 0; i < record->types_count; i++) {
        to->types[i] = (struct watch_type_facts){record->types[i], from->sent[i], from->answered[i],
                                                 from->lost[i], share(from->lost[i], from->answered[i])};
        to->sent += from->sent[i];
        to->answered += from->answered[i];
        to->lost += from->lost[i];
    }
    to->bad = from->bad;
    to->late = from->strays[STRAY_LATE];
    to->duplicates = from->strays[STRAY_DUPLICATE];
    to->mismatches = from->strays[STRAY_MISMATCH];
    to->loss_ratio = share(to->lost, to->answered);
    to->bad_ratio = share(to->bad, to->answered + to->lost - to->bad);
    to->longest_bad_streak = from->longest_streak;
    for (int i = 0; i < WATCH_RCODES; i++)
        if (from->rcodes[i])
            *ARENA_PUSH(arena, to->rcodes, to->rcodes_count) = (struct shape_tally){
                i == WATCH_RCODES - 1 ? "other" : arena_text(arena, dns_rcode_word((uint16_t)i, word)),
                from->rcodes[i]};
    for (int i = 0; i < WATCH_STATUSES; i++)
        if (from->statuses[i])
            *ARENA_PUSH(arena, to->outcomes, to->outcomes_count) =
                (struct shape_tally){probe_status_words[i], from->statuses[i]};
    to->min_us = h->count ? h->min_us : SHAPE_UNSET;
    to->max_us = h->count ? h->max_us : SHAPE_UNSET;
    to->avg_us = h->count ? h->sum_us / h->count : SHAPE_UNSET;
    to->p50_us = histogram_value_us(h, 0.5);
    to->p90_us = histogram_value_us(h, 0.9);
    to->p99_us = histogram_value_us(h, 0.99);
    to->latency_count = histogram_octaves(arena, h, &to->latency);
}

static uint64_t decided(const struct watch_record *record, const struct watch_tally *tally)
{
    uint64_t count = 0;

    for (size_t i = 0; i < record->types_count; i++)
        count += tally->answered[i] + tally->lost[i];
    return count;
}

static double bad_ratio(const struct watch_record *record, size_t target)
{
    const struct watch_tally *total = &record->targets[target].total;

    return (double)total->bad / (double)decided(record, total);
}

static const char *load_text(struct arena *arena, const struct frequency_facts *f)
{
    char calm[DURATION_TEXT], busy[DURATION_TEXT];

    if (f->load == LOAD_RATE)
        return arena_printf(arena, "%.1f %% failed at %.0f questions a second and %.1f %% at %.0f",
                            f->busy_bad_ratio * 100, f->busy_load, f->calm_bad_ratio * 100, f->calm_load);
    return arena_printf(
        arena, "%.1f %% failed while answers took %s, %.1f %% while they took %s", f->busy_bad_ratio * 100,
        duration_format_us(busy, sizeof(busy), (uint64_t)f->busy_load), f->calm_bad_ratio * 100,
        duration_format_us(calm, sizeof(calm), (uint64_t)f->calm_load));
}

/* How often in the run so far, over all targets: with the numbers of the one that fails most. */
static void judge(struct arena *arena, const struct watch_record *record, struct watch_facts *facts)
{
    uint64_t bad = 0, bad_at_peak = 0, done = 0;
    size_t worst = SIZE_MAX;
    bool all_always = true;
    const char *text;
    const struct frequency_facts *f;
    char width[DURATION_TEXT];

    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_tally *total = &record->targets[i].total;
        int word = facts->targets[i].frequency.word;

        all_always = all_always && word == FREQUENCY_ALWAYS;
        bad += total->bad;
        bad_at_peak += word == FREQUENCY_AT_PEAK ? total->bad : 0;
        done += decided(record, total);
        if (total->bad && (worst == SIZE_MAX || bad_ratio(record, i) > bad_ratio(record, worst)))
            worst = i;
    }
    facts->frequency = !bad                    ? FREQUENCY_NEVER
                       : all_always            ? FREQUENCY_ALWAYS
                       : bad_at_peak * 2 > bad ? FREQUENCY_AT_PEAK
                                               : FREQUENCY_INTERMITTENT;
    if (!bad) {
        facts->frequency_text = arena_printf(arena, "none of %" PRIu64 " questions failed", done);
        return;
    }
    f = &facts->targets[worst].frequency;
    text = arena_printf(arena, "%" PRIu64 " of %" PRIu64 " questions failed (%.2f %%)", bad, done,
                        100 * (double)bad / (double)done);
    if (facts->targets_count > 1 && f->word == FREQUENCY_ALWAYS)
        text = arena_printf(arena, "%s; %s fails most, always", text, facts->targets[worst].id);
    else if (facts->targets_count > 1)
        text = arena_printf(arena, "%s; %s fails most, with %.2f %%", text, facts->targets[worst].id,
                            100 * bad_ratio(record, worst));
    if (f->word != FREQUENCY_ALWAYS) {
        duration_format_us(width, sizeof(width), (uint64_t)(f->window_ms * 1000));
        text = arena_printf(arena, "%s, in %" PRIu64 " of %" PRIu64 " windows of %s", text, f->bad_windows,
                            f->windows, width);
    }
    facts->frequency_text =
        f->word == FREQUENCY_AT_PEAK ? arena_printf(arena, "%s: %s", text, load_text(arena, f)) : text;
}

bool watch_record_interval_has_any(const struct watch_record *record)
{
    uint64_t any = record->skipped_in_interval;

    for (size_t i = 0; i < record->targets_count; i++)
        for (size_t k = 0; k < record->types_count; k++)
            any += record->targets[i].interval.sent[k] + record->targets[i].interval.answered[k] +
                   record->targets[i].interval.lost[k];
    return any > 0;
}

void watch_record_facts(struct watch_record *record, bool summary, uint64_t now_ns, struct arena *arena,
                        struct watch_facts *facts)
{
    if (!summary)
        record->intervals++;
    *facts = (struct watch_facts){
        .summary = summary,
        .interval = record->intervals,
        .span_ms = (double)(now_ns - (summary ? record->began_ns : record->interval_began_ns)) / 1e6,
        .targets = arena_array(arena, record->targets_count, sizeof(*facts->targets)),
        .targets_count = record->targets_count,
        .skipped = summary ? record->skipped : record->skipped_in_interval,
        .ports = record->ports,
        .histogram_error_ratio = HISTOGRAM_ERROR,
    };
    for (size_t i = 0; i < record->targets_count; i++) {
        struct watch_target *from = &record->targets[i];
        struct watch_target_facts *to = &facts->targets[i];

        to->id = from->facts->id;
        to->address = from->facts->address;
        to->role = from->facts->role;
        tally_facts(arena, record, summary ? &from->total : &from->interval, to);
        to->first_failure = failure_facts(arena, &from->first_failure);
        to->last_failure = failure_facts(arena, &from->last_failure);
        frequency_judge(&from->series, &to->frequency);
        facts->sent += to->sent;
        if (!summary)
            memset(&from->interval, 0, sizeof(from->interval));
    }
    judge(arena, record, facts);
    if (!summary) {
        record->interval_began_ns = now_ns;
        record->skipped_in_interval = 0;
    }
}
