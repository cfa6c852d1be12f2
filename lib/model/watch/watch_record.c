/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/watch/watch_record.h>
#include <k8sdns/wire/dns/dns_words.h>
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

    size_t rcode = (size_t)(o->rcode < WATCH_RCODES ? o->rcode : WATCH_RCODES - 1);

    tally->statuses[o->status]++;
    if (o->rcode >= 0) {
        tally->rcodes[rcode]++;
        tally->rcodes_by_type[o->type][rcode]++;
    }
    if (o->unreachable >= 0)
        tally->unreachables[o->unreachable]++;
    tally->bad += bad;
    tally->bad_by_type[o->type] += bad;
    if (bad && (!tally->first_bad_ns || o->sent.real_ns < tally->first_bad_ns))
        tally->first_bad_ns = o->sent.real_ns;
    if (bad && o->sent.real_ns > tally->last_bad_ns)
        tally->last_bad_ns = o->sent.real_ns;
    if (streak > tally->longest_streak)
        tally->longest_streak = streak;
    if (answered) {
        tally->answered[o->type]++;
        tally->us_by_type[o->type] += o->rtt_us;
        histogram_add(&tally->latency, o->rtt_us);
    } else {
        tally->lost[o->type]++;
    }
}

void watch_record_done(struct watch_record *record, const struct watch_outcome *o)
{
    struct watch_target *t = &record->targets[o->target];
    bool bad = !probe_status_is_good(o->status);

    if (!record->began_real_ns && o->sent.mono_ns >= record->began_ns)
        record->began_real_ns = o->sent.real_ns - (o->sent.mono_ns - record->began_ns);
    t->streak = bad ? t->streak + 1 : 0;
    if (o->serial > t->serial)
        t->serial = o->serial;
    tally(&t->total, o, bad, t->streak);
    tally(&t->interval, o, bad, t->streak);
    series_done(&t->series, o->sent.mono_ns, bad, o->rtt_us);
    if (o->unreachable == UNREACHABLE_PORT && o->reported_by && !t->rejected_by[0])
        snprintf(t->rejected_by, sizeof(t->rejected_by), "%s", o->reported_by);
    if (!bad)
        return;
    t->last_failure = (struct watch_failure){
        .set = true,
        .sent = o->sent,
        .name = o->name,
        .type = record->types[o->type],
        .status = o->status,
        .unreachable = o->unreachable,
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

bool watch_record_has_sent(const struct watch_record *record)
{
    for (size_t t = 0; t < record->targets_count; t++)
        for (size_t i = 0; i < record->types_count; i++)
            if (record->targets[t].total.sent[i])
                return true;
    return false;
}

/* A time of the wall clock; NULL for none. */
static const char *time_text(struct arena *arena, uint64_t real_ns)
{
    char time[CLOCK_TEXT];

    return real_ns ? arena_text(arena, clock_format(real_ns, time, sizeof(time))) : NULL;
}

static struct watch_failure_facts *failure_facts(struct arena *arena, const struct watch_failure *failure)
{
    struct watch_failure_facts *facts;

    if (!failure->set)
        return NULL;
    facts = ARENA_NEW(arena, struct watch_failure_facts);
    facts->time = time_text(arena, failure->sent.real_ns);
    facts->name = failure->name;
    facts->type = failure->type;
    facts->status = failure->status;
    facts->unreachable = failure->unreachable;
    facts->detail = failure->detail[0] ? arena_text(arena, failure->detail) : NULL;
    facts->source_port = failure->source_port ? failure->source_port : SHAPE_UNSET;
    return facts;
}

static double share(uint64_t part, uint64_t rest)
{
    return part + rest ? (double)part / (double)(part + rest) : (double)NAN;
}

static size_t rcode_tallies(struct arena *arena, const uint64_t counts[WATCH_RCODES],
                            struct shape_tally **ret_tallies)
{
    char word[DNS_WORD];
    size_t count = 0;

    for (int i = 0; i < WATCH_RCODES; i++)
        if (counts[i])
            *ARENA_PUSH(arena, *ret_tallies, count) = (struct shape_tally){
                i == WATCH_RCODES - 1 ? "other" : arena_text(arena, dns_rcode_word((uint16_t)i, word)),
                counts[i]};
    return count;
}

static void tally_facts(struct arena *arena, const struct watch_record *record,
                        const struct watch_tally *from, struct watch_target_facts *to)
{
    const struct histogram *h = &from->latency;

    to->types = arena_array(arena, record->types_count, sizeof(*to->types));
    to->types_count = record->types_count;
    for (size_t i = 0; i < record->types_count; i++) {
        to->types[i] = (struct watch_type_facts){
            .type = record->types[i],
            .sent = from->sent[i],
            .answered = from->answered[i],
            .lost = from->lost[i],
            .loss_ratio = share(from->lost[i], from->answered[i]),
            .bad = from->bad_by_type[i],
            .avg_us = from->answered[i] ? from->us_by_type[i] / from->answered[i] : SHAPE_UNSET};
        to->types[i].rcodes_count = rcode_tallies(arena, from->rcodes_by_type[i], &to->types[i].rcodes);
        if (!from->sent[i])
            to->types[i].loss_ratio = (double)NAN;
        to->sent += from->sent[i];
        to->answered += from->answered[i];
        to->lost += from->lost[i];
    }
    to->bad = from->bad;
    to->first_bad = time_text(arena, from->first_bad_ns);
    to->last_bad = time_text(arena, from->last_bad_ns);
    to->late = from->strays[STRAY_LATE];
    to->duplicates = from->strays[STRAY_DUPLICATE];
    to->mismatches = from->strays[STRAY_MISMATCH];
    to->loss_ratio = share(to->lost, to->answered);
    to->bad_ratio = share(to->bad, to->answered + to->lost - to->bad);
    /* What comes after the last query are late timeouts alone: they are counted, and are no rate of their
     * own. */
    if (!to->sent)
        to->loss_ratio = to->bad_ratio = (double)NAN;
    to->longest_bad_streak = from->longest_streak;
    to->rcodes_count = rcode_tallies(arena, from->rcodes, &to->rcodes);
    for (int i = 0; i < WATCH_STATUSES; i++)
        if (from->statuses[i])
            *ARENA_PUSH(arena, to->outcomes, to->outcomes_count) =
                (struct shape_tally){probe_status_names[i], from->statuses[i]};
    for (int i = 0; i < UNREACHABLE_KINDS; i++)
        if (from->unreachables[i])
            *ARENA_PUSH(arena, to->unreachables, to->unreachables_count) =
                (struct shape_tally){unreachable_names[i], from->unreachables[i]};
    to->min_us = h->count ? h->min_us : SHAPE_UNSET;
    to->max_us = h->count ? h->max_us : SHAPE_UNSET;
    to->avg_us = h->count ? h->sum_us / h->count : SHAPE_UNSET;
    to->p50_us = histogram_value_us(h, 0.5);
    to->p90_us = histogram_value_us(h, 0.9);
    to->p99_us = histogram_value_us(h, 0.99);
    to->latency_count = histogram_octaves(arena, h, &to->latency);
}

static void windows_facts(struct arena *arena, const struct watch_record *record,
                          const struct watch_target *from, struct watch_target_facts *to)
{
    struct series_part parts[WATCH_WINDOWS_MOST];
    size_t count = series_parts(&from->series, WATCH_WINDOWS_MOST, parts);

    for (size_t i = 0; i < count; i++)
        *ARENA_PUSH(arena, to->windows, to->windows_count) =
            (struct watch_window_facts){.at_ms = (double)(parts[i].begin_ns - record->began_ns) / 1e6,
                                        .sent = parts[i].sent,
                                        .bad = parts[i].bad,
                                        .us = parts[i].us};
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
        return arena_printf(arena, "%.1f %% failed at %.0f queries a second and %.1f %% at %.0f",
                            f->busy_bad_ratio * 100, f->busy_load, f->calm_bad_ratio * 100, f->calm_load);
    return arena_printf(
        arena, "%.1f %% failed while answers took %s, %.1f %% while they took %s", f->busy_bad_ratio * 100,
        duration_format_us(busy, sizeof(busy), (uint64_t)f->busy_load), f->calm_bad_ratio * 100,
        duration_format_us(calm, sizeof(calm), (uint64_t)f->calm_load));
}

/* The one type of which every query failed, while no other did; NULL for none. */
static const char *failing_type(const struct watch_record *record)
{
    const char *failing = NULL;

    for (size_t k = 0; k < record->types_count; k++) {
        uint64_t bad = 0, done = 0;

        for (size_t i = 0; i < record->targets_count; i++) {
            const struct watch_tally *total = &record->targets[i].total;

            bad += total->bad_by_type[k];
            done += total->answered[k] + total->lost[k];
        }
        if (bad && (bad < done || failing))
            return NULL;
        if (bad)
            failing = record->types[k];
    }
    return record->types_count > 1 ? failing : NULL;
}

/* So many times the share of all servers fails at one that is named. */
#define STANDS_OUT 1.5

/* How often in the run so far, over all targets: with the numbers of the one that fails most. */
static void judge(struct arena *arena, const struct watch_record *record, struct watch_facts *facts)
{
    uint64_t bad = 0, bad_at_peak = 0, done = 0;
    size_t worst = SIZE_MAX;
    bool all_always = true;
    const char *text;
    const struct frequency_facts *f;

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
        facts->frequency_text = arena_printf(arena, "none of %" PRIu64 " queries failed", done);
        return;
    }
    f = &facts->targets[worst].frequency;
    text = arena_printf(arena, "%" PRIu64 " of %" PRIu64 " queries failed (%.2f %%)", bad, done,
                        100 * (double)bad / (double)done);
    if (failing_type(record))
        text = arena_printf(arena, "%s; every %s query, no other", text, failing_type(record));
    else if (facts->targets_count > 1 && bad_ratio(record, worst) > STANDS_OUT * (double)bad / (double)done)
        text = bad_ratio(record, worst) < 1
                   ? arena_printf(arena, "%s; most at %s: %.2f %%", text, facts->targets[worst].id,
                                  100 * bad_ratio(record, worst))
                   : arena_printf(arena, "%s; every query to %s", text, facts->targets[worst].id);
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
        .began = time_text(arena, record->began_real_ns),
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
        to->rejected_by = from->rejected_by[0] ? arena_text(arena, from->rejected_by) : NULL;
        to->first_failure = failure_facts(arena, &from->first_failure);
        to->last_failure = failure_facts(arena, &from->last_failure);
        frequency_judge(&from->series, &to->frequency);
        if (summary)
            windows_facts(arena, record, from, to);
        to->serial = from->serial ? from->serial : SHAPE_UNSET;
        facts->sent += to->sent;
        if (!summary)
            memset(&from->interval, 0, sizeof(from->interval));
    }
    judge(arena, record, facts);
    facts->status = watch_health(facts);
    if (!summary) {
        record->interval_began_ns = now_ns;
        record->skipped_in_interval = 0;
    }
}
