/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/base/moment.h>
#include <k8sdns/model/recorder/record_trigger.h>
#include <k8sdns/model/recorder/timeline.h>
#include <k8sdns/model/tracing/drops_since.h>
#include <k8sdns/model/watch/watch_merge.h>
#include <math.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
/* 2026-01-31T12:00:00Z */
#define NOON (UINT64_C(1769860800) * SECOND)

/* An interval of ten seconds in which `bad` of 30 queries to one server timed out. */
struct made {
    struct interval_facts interval;
    struct facts facts;
    struct watch_facts sampling;
    struct watch_target_facts target;
    struct shape_tally outcomes[2];
    struct finding finding;
    char first[CLOCK_TEXT], last[CLOCK_TEXT];
};

static struct made *make(struct arena *arena, uint64_t bad, uint64_t p90_us)
{
    struct made *m = ARENA_NEW(arena, struct made);

    m->outcomes[0] = (struct shape_tally){"answer", 30 - bad};
    m->outcomes[1] = (struct shape_tally){"timeout", bad};
    m->target = (struct watch_target_facts){.id = "10.244.1.22",
                                            .address = "10.244.1.22",
                                            .role = TARGET_REPLICA,
                                            .sent = 30,
                                            .answered = 30 - bad,
                                            .lost = bad,
                                            .bad = bad,
                                            .outcomes = m->outcomes,
                                            .outcomes_count = bad ? 2 : 1,
                                            .min_us = p90_us / 2,
                                            .avg_us = p90_us,
                                            .p50_us = p90_us,
                                            .p90_us = p90_us,
                                            .p99_us = p90_us,
                                            .max_us = p90_us,
                                            .serial = SHAPE_UNSET};
    m->sampling.targets = &m->target;
    m->sampling.targets_count = 1;
    m->sampling.span_ms = 10000;
    m->facts.sampling = &m->sampling;
    m->interval =
        (struct interval_facts){.time = "2026-01-31T12:00:00.000Z", .span_ms = 10000, .facts = &m->facts};
    return m;
}

static void add(struct timeline *t, struct made *m, uint64_t second, int64_t shift_s)
{
    uint64_t at = second * SECOND;
    struct timeline_stamp stamp = {NOON + at + (uint64_t)shift_s * SECOND, 500 * SECOND + at, "boot", 0};

    timeline_add(t, &m->interval, &stamp);
}

/* Two faults of 20 s in ten minutes: begin and end are those of the queries that failed. */
static void test_two_faults(void **state)
{
    struct timeline *t = timeline_new(*state);
    struct timeline_facts facts = {0};

    for (uint64_t s = 10; s <= 600; s += 10) {
        bool one = s > 100 && s <= 130, two = s > 400 && s <= 430;
        struct made *m = make(*state, one || two ? 15 : 0, 1000);

        if (one || two) {
            uint64_t began = one ? 107 : 407;

            clock_format(NOON + (s > began + 3 ? s - 9 : began) * SECOND, m->first, sizeof(m->first));
            clock_format(NOON + (s >= began + 20 ? began + 19 : s - 1) * SECOND, m->last, sizeof(m->last));
            m->target.first_bad = m->first;
            m->target.last_bad = m->last;
        }
        add(t, m, s, 0);
    }
    timeline_facts_of(t, &facts);
    assert_int_equal(facts.episodes_count, 2);
    assert_string_equal(facts.episodes[0].began, "2026-01-31T12:01:47.000Z");
    assert_string_equal(facts.episodes[0].ended, "2026-01-31T12:02:07.000Z");
    assert_string_equal(facts.episodes[1].began, "2026-01-31T12:06:47.000Z");
    assert_int_equal(facts.episodes[1].bad, 45);
    assert_int_equal(facts.episodes[1].asked, 90);
    assert_true(fabs(facts.episodes[0].lasted_s - 20) < 0.01);
    assert_string_equal(facts.episodes[0].reason, "timeout");
    assert_int_equal(facts.status, HEALTH_FAILING);
    assert_int_equal(facts.servers_count, 1);
    assert_int_equal(facts.servers[0].bad, 90);
    assert_int_equal(facts.servers[0].ticks_count, 60);
    assert_int_equal(facts.servers[0].ticks[10].bad, 15);
    assert_int_equal(facts.servers[0].ticks[0].bad, 0);
    assert_int_equal(facts.reasons_count, 1);
    assert_int_equal(facts.reasons[0].episodes, 2);
}

/* What comes again after one or two intervals goes on, after three it is another; the last still stands. */
static void test_pauses(void **state)
{
    static const struct {
        const char *intervals; /* x: it fails */
        size_t episodes;
        bool stands;
    } rows[] = {
        {"........", 0, false}, {"x.......", 1, false}, {"x..x....", 1, false}, {"x...x...", 2, false},
        {"x...x..x", 2, true},  {"xxxxxxxx", 1, true},  {".......x", 1, true},  {"x.x.x...x", 2, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct timeline *t = timeline_new(*state);
        struct timeline_facts facts = {0};

        for (uint64_t k = 0; rows[i].intervals[k]; k++)
            add(t, make(*state, rows[i].intervals[k] == 'x' ? 15 : 0, 1000), 10 * (k + 1), 0);
        timeline_facts_of(t, &facts);
        assert_int_equal(facts.episodes_count, rows[i].episodes);
        if (facts.episodes_count)
            assert_int_equal(facts.episodes[facts.episodes_count - 1].ended == NULL, rows[i].stands);
    }
}

/* The clock is set back by an hour in the midst of a fault, which lasts as long as it lasts. */
static void test_clock(void **state)
{
    struct timeline *t = timeline_new(*state);
    struct timeline_facts facts = {0};
    size_t clocks = 0;

    for (uint64_t s = 10; s <= 200; s += 10) {
        struct made *m = make(*state, s > 90 && s <= 120 ? 30 : 0, 1000);
        int64_t shift_s = s > 100 ? -3600 : 0;
        struct timeline_stamp stamp = {NOON + (s + (uint64_t)shift_s) * SECOND, (500 + s) * SECOND, "boot",
                                       s == 110 ? -3600000 : 0};

        timeline_add(t, &m->interval, &stamp);
    }
    timeline_facts_of(t, &facts);
    for (size_t i = 0; i < facts.episodes_count; i++) {
        const struct timeline_episode *e = &facts.episodes[i];

        clocks += e->kind == TIMELINE_CLOCK;
        assert_true(e->kind == TIMELINE_CLOCK || e->kind == TIMELINE_SERVER);
        if (e->kind == TIMELINE_SERVER)
            assert_true(fabs(e->lasted_s - 30) < 0.1);
        else
            assert_string_equal(e->reason, "set-back");
    }
    assert_int_equal(clocks, 1);
    assert_int_equal(facts.episodes_count, 2);
}

/* Nothing recorded for a minute, and another boot: each is told, and no episode goes on over it. */
static void test_gaps(void **state)
{
    struct timeline *t = timeline_new(*state);
    struct timeline_facts facts = {0};
    static const uint64_t at[] = {10, 20, 30, 90, 100};
    size_t servers = 0, gaps = 0;

    for (size_t i = 0; i < COUNT(at); i++)
        add(t, make(*state, 30, 1000), at[i], 0);
    for (uint64_t s = 10; s <= 20; s += 10) {
        struct timeline_stamp stamp = {NOON + (300 + s) * SECOND, s * SECOND, "another", 0};

        timeline_add(t, &make(*state, 30, 1000)->interval, &stamp);
    }
    timeline_facts_of(t, &facts);
    for (size_t i = 0; i < facts.episodes_count; i++) {
        const struct timeline_episode *e = &facts.episodes[i];

        servers += e->kind == TIMELINE_SERVER;
        if (e->kind != TIMELINE_GAP)
            continue;
        assert_string_equal(e->reason, gaps ? "restarted" : "not-recorded");
        assert_true(fabs(e->lasted_s - (gaps ? 200 : 50)) < 0.1);
        gaps++;
    }
    assert_int_equal(servers, 3);
    assert_int_equal(gaps, 2);
}

/* Slow is five times the usual and 20 ms more; of a fast server ten times of little is nothing. */
static void test_slow(void **state)
{
    static const struct {
        uint64_t usual_us, slow_us;
        size_t episodes;
    } rows[] = {{1000, 30000, 1}, {1000, 15000, 0}, {100000, 300000, 0}, {100000, 600000, 1}, {100, 2000, 0}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct timeline *t = timeline_new(*state);
        struct timeline_facts facts = {0};

        for (uint64_t s = 10; s <= 200; s += 10)
            add(t, make(*state, 0, s > 100 && s <= 120 ? rows[i].slow_us : rows[i].usual_us), s, 0);
        timeline_facts_of(t, &facts);
        assert_int_equal(facts.episodes_count, rows[i].episodes);
        if (rows[i].episodes) {
            assert_int_equal(facts.episodes[0].kind, TIMELINE_LATENCY);
            assert_string_equal(facts.episodes[0].began, "2026-01-31T12:01:40.000Z");
            assert_string_equal(facts.episodes[0].ended, "2026-01-31T12:02:00.000Z");
        }
        assert_int_equal(facts.servers[0].p90_us, rows[i].usual_us);
    }
}

/* A single loss is information; it makes no health worse. */
static void test_single_loss(void **state)
{
    struct timeline *t = timeline_new(*state);
    struct timeline_facts facts = {0};

    for (uint64_t s = 10; s <= 100; s += 10)
        add(t, make(*state, s == 50, 1000), s, 0);
    timeline_facts_of(t, &facts);
    assert_int_equal(facts.episodes_count, 1);
    assert_int_equal(facts.episodes[0].severity, SEVERITY_INFO);
    assert_int_equal(facts.status, HEALTH_OK);
}

static void test_findings(void **state)
{
    struct timeline *t = timeline_new(*state);
    struct timeline_facts facts = {0};

    for (uint64_t s = 10; s <= 100; s += 10) {
        struct made *m = make(*state, 0, 1000);

        m->finding = (struct finding){.id = "conntrack-full", .title = "t", .severity = SEVERITY_CRITICAL};
        m->interval.findings = &m->finding;
        m->interval.findings_count = s > 30 && s <= 60;
        add(t, m, s, 0);
    }
    timeline_facts_of(t, &facts);
    assert_int_equal(facts.episodes_count, 1);
    assert_string_equal(facts.episodes[0].reason, "conntrack-full");
    assert_string_equal(facts.episodes[0].began, "2026-01-31T12:00:30.000Z");
    assert_string_equal(facts.episodes[0].ended, "2026-01-31T12:01:00.000Z");
    assert_int_equal(facts.status, HEALTH_FAILING);
}

static void test_nothing(void **state)
{
    struct timeline_facts facts = {0};

    timeline_facts_of(timeline_new(*state), &facts);
    assert_int_equal(facts.status, HEALTH_UNKNOWN);
    assert_int_equal(facts.episodes_count, 0);
}

/* ---- captures ---- */

static const char *look(struct record_trigger *trigger, struct arena *arena, uint64_t bad, uint64_t p90_us,
                        uint64_t second)
{
    return record_trigger_look(trigger, &make(arena, bad, p90_us)->interval, second * SECOND, arena);
}

static void test_trigger(void **state)
{
    struct record_trigger trigger = {0};
    struct made *m = make(*state, 0, 1000);

    assert_null(look(&trigger, *state, 0, 1000, 10));
    assert_null(look(&trigger, *state, 2, 1000, 20)); /* fewer than three */
    assert_string_equal(look(&trigger, *state, 12, 1000, 30), "10.244.1.22 fails: 12 of 30 queries");
    assert_null(look(&trigger, *state, 12, 1000, 40)); /* it goes on */
    assert_string_equal(look(&trigger, *state, 0, 1000, 50), "10.244.1.22 answers again");
    assert_null(look(&trigger, *state, 12, 1000, 80)); /* within the minute */
    assert_non_null(look(&trigger, *state, 0, 1000, 90));
    assert_non_null(strstr(look(&trigger, *state, 0, 90000, 100), "slow"));
    m->finding = (struct finding){.id = "path-lossy", .title = "t", .severity = SEVERITY_WARNING};
    m->interval.findings = &m->finding;
    m->interval.findings_count = 1;
    assert_non_null(record_trigger_look(&trigger, &m->interval, 200 * SECOND, *state));
    assert_null(record_trigger_look(&trigger, &m->interval, 300 * SECOND, *state)); /* it stands */
    /* What another finding explains, and what is information, is no reason. */
    trigger = (struct record_trigger){0};
    m->finding.consequence = "conntrack-full";
    assert_null(record_trigger_look(&trigger, &m->interval, 400 * SECOND, *state));
    trigger = (struct record_trigger){0};
    m->finding = (struct finding){.id = "path-lossy", .title = "t", .severity = SEVERITY_INFO};
    assert_null(record_trigger_look(&trigger, &m->interval, 400 * SECOND, *state));
}

static void test_trigger_lookups(void **state)
{
    struct record_trigger trigger = {0};
    struct made *m = make(*state, 0, 1000);
    struct traced_lookups_facts lookups = {.lookups = 40, .slow = 3};

    m->interval.lookups = &lookups;
    assert_null(record_trigger_look(&trigger, &m->interval, 100 * SECOND, *state)); /* less than one in ten */
    lookups.slow = 4;
    assert_string_equal(record_trigger_look(&trigger, &m->interval, 110 * SECOND, *state),
                        "lookups of programs are slow: 4 of 40");
    assert_null(record_trigger_look(&trigger, &m->interval, 200 * SECOND, *state));
    lookups = (struct traced_lookups_facts){.lookups = 5, .failed = 3, .slow = 3};
    assert_string_equal(record_trigger_look(&trigger, &m->interval, 300 * SECOND, *state),
                        "lookups of programs fail: 3 of 5");
}

/* Lookups that fail take no turn of a server's, and what has to wait for its turn has it while it stands. */
static void test_trigger_owed(void **state)
{
    struct record_trigger trigger = {0};
    struct made *m = make(*state, 0, 1000);
    struct traced_lookups_facts lookups = {.lookups = 5, .failed = 3};

    m->interval.lookups = &lookups;
    assert_non_null(record_trigger_look(&trigger, &m->interval, 10 * SECOND, *state));
    assert_non_null(look(&trigger, *state, 12, 1000, 20));
    assert_non_null(look(&trigger, *state, 0, 1000, 30)); /* it is over */
    assert_null(look(&trigger, *state, 12, 1000, 40));    /* again, within the minute */
    assert_null(look(&trigger, *state, 13, 1000, 79));
    assert_string_equal(look(&trigger, *state, 14, 1000, 80), "10.244.1.22 fails: 14 of 30 queries");
    assert_null(look(&trigger, *state, 14, 1000, 150));
    /* A finding is told as one that stands. */
    assert_non_null(look(&trigger, *state, 0, 1000, 160));
    assert_non_null(look(&trigger, *state, 12, 1000, 170));
    m->interval.lookups = NULL;
    m->finding = (struct finding){.id = "path-lossy", .title = "t", .severity = SEVERITY_WARNING};
    m->interval.findings = &m->finding;
    m->interval.findings_count = 1;
    assert_string_equal(record_trigger_look(&trigger, &m->interval, 180 * SECOND, *state),
                        "10.244.1.22 answers again");
    assert_string_equal(record_trigger_look(&trigger, &m->interval, 230 * SECOND, *state),
                        "path-lossy stands: t");
    /* What is over by then is owed nothing. */
    assert_non_null(look(&trigger, *state, 12, 1000, 300));
    assert_non_null(look(&trigger, *state, 0, 1000, 310));
    assert_null(look(&trigger, *state, 12, 1000, 320));
    assert_non_null(look(&trigger, *state, 0, 1000, 330));
    assert_null(look(&trigger, *state, 0, 1000, 400));
}

/* What was dropped meanwhile, by kind; what a trace counts anew is not taken off. */
static void test_drops_since(void **state)
{
    struct drop_kind_facts kinds[] = {{.reason = "NETFILTER_DROP", .hook = 1, .count = 5},
                                      {.reason = "NETFILTER_DROP", .hook = 2, .count = 7},
                                      {.reason = "NO_SOCKET", .hook = -1, .count = 2}};
    struct drops_facts now = {.drops = 12, .lost = 1, .kinds = kinds, .kinds_count = 2}, facts;
    struct drops_since since = {0};

    drops_since_take(&since, &now, *state, &facts);
    assert_int_equal(facts.drops, 12);
    assert_int_equal(facts.kinds_count, 2);
    drops_since_take(&since, &now, *state, &facts);
    assert_int_equal(facts.drops + facts.lost + facts.kinds_count, 0);
    kinds[1].count = 10;
    now = (struct drops_facts){.drops = 17, .lost = 1, .kinds = kinds, .kinds_count = 3};
    drops_since_take(&since, &now, *state, &facts);
    assert_int_equal(facts.drops, 5);
    assert_int_equal(facts.kinds_count, 2);
    assert_int_equal(facts.kinds[0].count, 3);
    assert_int_equal(facts.kinds[0].hook, 2);
    assert_string_equal(facts.kinds[1].reason, "NO_SOCKET");
    kinds[1].count = 1;
    drops_since_take(&since, &now, *state, &facts);
    assert_int_equal(facts.kinds_count, 0);
}

/* However often it begins: twelve an hour, and as many ends. */
static void test_trigger_bound(void **state)
{
    struct record_trigger trigger = {0};
    size_t begins = 0, ends = 0;

    for (uint64_t s = 10; s <= 3600; s += 10) {
        const char *why = look(&trigger, *state, s / 100 % 2 ? 30 : 0, 1000, s);

        begins += why && strstr(why, "fails");
        ends += why && strstr(why, "again");
    }
    assert_int_equal(begins, TRIGGER_AN_HOUR);
    assert_int_equal(ends, TRIGGER_AN_HOUR);
    /* An hour later there is room. */
    (void)look(&trigger, *state, 0, 1000, 7200);
    assert_non_null(look(&trigger, *state, 30, 1000, 7210));
}

/* ---- sums of intervals ---- */

static void test_merge(void **state)
{
    struct made *a = make(*state, 3, 1000), *b = make(*state, 6, 4000);
    const struct watch_facts *parts[] = {&a->sampling, &b->sampling};
    struct histogram_octave_facts fast = {1024, 27}, slow = {4096, 24};
    struct watch_facts sum;

    a->target.latency = &fast;
    b->target.latency = &slow;
    a->target.latency_count = b->target.latency_count = 1;
    watch_merge(*state, parts, 2, &sum);
    assert_int_equal(sum.targets_count, 1);
    assert_int_equal(sum.targets[0].sent, 60);
    assert_int_equal(sum.targets[0].bad, 9);
    assert_true(fabs(sum.targets[0].loss_ratio - 9.0 / 60) < 1e-9);
    assert_int_equal(sum.targets[0].outcomes_count, 2);
    assert_int_equal(sum.targets[0].outcomes[1].count, 9);
    assert_int_equal(sum.targets[0].avg_us, (27 * 1000 + 24 * 4000) / 51);
    assert_true(sum.targets[0].p50_us >= 1000 && sum.targets[0].p50_us <= 1100);
    assert_true(sum.targets[0].p90_us > 3000 && sum.targets[0].p90_us <= 4000);
    assert_int_equal(sum.targets[0].min_us, 500);
    assert_int_equal(sum.targets[0].max_us, 4000);
    assert_true(fabs(sum.span_ms - 20000) < 1e-9);
    watch_merge(*state, parts, 0, &sum);
    assert_int_equal(sum.targets_count, 0);
}

/* ---- moments ---- */

static void test_moments(void **state)
{
    static const struct {
        const char *text;
        int64_t from_s; /* from noon on */
        uint64_t seconds;
    } good[] = {
        {"12:00", 0, 60},
        {"11:59:30", -30, 1},
        {"12:30", 1800, 60},
        {"12:31", 1860 - 86400, 60}, /* still to come today */
        {"2026-01-31T11:58:00Z", -120, 1},
        {"2026-01-31T11:58:00.250Z", -120, 1},
        {"2026-01-31T11:58", -120, 60},
        {"2026-01-31 11:58:00", -120, 1},
        {"30m", 0, 1},
        {"1h30m", -3600, 1},
        {"0", 1800, 1},
    };
    static const char *const bad[] = {"",  "25:00", "12",     "12:60",  "noon", "2026-13-31T11:58:00Z",
                                      "2", "-2h",   "2h ago", "12:00 x"};
    struct wall_moment moment;
    struct err err;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(moment_parse(good[i].text, NOON + 1800 * SECOND, &moment, &err), 0);
        assert_int_equal((int64_t)(moment.from_ns / SECOND) - (int64_t)(NOON / SECOND), good[i].from_s);
        assert_int_equal(moment.to_ns - moment.from_ns, good[i].seconds * SECOND);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_true(moment_parse(bad[i], NOON, &moment, &err) < 0);
        assert_int_equal(err.kind, ERR_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_two_faults),   ARENA_TEST(test_pauses),
        ARENA_TEST(test_clock),        ARENA_TEST(test_gaps),
        ARENA_TEST(test_slow),         ARENA_TEST(test_single_loss),
        ARENA_TEST(test_findings),     ARENA_TEST(test_nothing),
        ARENA_TEST(test_trigger),      ARENA_TEST(test_trigger_lookups),
        ARENA_TEST(test_trigger_owed), ARENA_TEST(test_drops_since),
        ARENA_TEST(test_merge),        ARENA_TEST(test_trigger_bound),
        ARENA_TEST(test_moments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
