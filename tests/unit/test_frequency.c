/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/statistics/frequency.h>
#include <math.h>

#define MS    UINT64_C(1000000)
#define START (UINT64_C(77) * 1000 * MS)

/* What one made-up watch does at a time; a deterministic chance in 0..99 is given. */
struct moment {
    unsigned questions; /* in this tenth of a second */
    bool bad;
    uint64_t us;
};
typedef struct moment scenario(unsigned tenth, unsigned chance);

static struct frequency_facts play(struct arena *arena, scenario *at, unsigned tenths)
{
    struct series *series = ARENA_NEW(arena, struct series);
    struct frequency_facts facts;
    uint64_t random = 12345;

    series_init(series, START);
    for (unsigned i = 0; i < tenths; i++) {
        for (unsigned q = 0; q < at(i, 0).questions; q++) {
            uint64_t when = START + i * 100 * MS + q;
            struct moment m;

            random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
            m = at(i, (unsigned)(random >> 33) % 100);
            series_sent(series, when);
            series_done(series, when, m.bad, m.bad ? SHAPE_UNSET : m.us + (random >> 40) % 100);
        }
    }
    frequency_judge(series, &facts);
    return facts;
}

static struct moment healthy(unsigned tenth, unsigned chance)
{
    return (struct moment){.questions = 10, .us = 500 + chance + tenth % 3};
}

static struct moment dead(unsigned tenth, unsigned chance)
{
    (void)tenth, (void)chance;
    return (struct moment){.questions = 10, .bad = true};
}

/* A race, a bad cable: no connection with anything. */
static struct moment at_random(unsigned tenth, unsigned chance)
{
    (void)tenth;
    return (struct moment){.questions = 10, .bad = chance < 10, .us = 500 + chance};
}

/* The server is busy a third of the time: slower, and then it drops. */
static struct moment busy_server(unsigned tenth, unsigned chance)
{
    bool busy = tenth / 20 % 3 == 2;

    return (struct moment){.questions = 10, .bad = busy && chance < 30, .us = busy ? 20000 : 600};
}

/* Slow moments that lose nothing, and losses at other times. */
static struct moment slow_without_loss(unsigned tenth, unsigned chance)
{
    bool slow = tenth / 20 % 3 == 2;

    return (struct moment){.questions = 10, .bad = !slow && chance < 10, .us = slow ? 20000 : 600};
}

/* What we ask more of, we lose: a rate limit. */
static struct moment own_rate(unsigned tenth, unsigned chance)
{
    bool busy = tenth / 20 % 2;

    return (struct moment){.questions = busy ? 40 : 10, .bad = busy && chance < 50, .us = 600};
}

/* It failed for ten seconds and was then mended. */
static struct moment once(unsigned tenth, unsigned chance)
{
    (void)chance;
    return (struct moment){.questions = 10, .bad = tenth >= 100 && tenth < 200, .us = 600};
}

static void test_words(void **state)
{
    static const struct {
        scenario *at;
        unsigned tenths;
        int word, load;
    } rows[] = {
        {healthy, 600, FREQUENCY_NEVER, -1},
        {dead, 600, FREQUENCY_ALWAYS, -1},
        {at_random, 600, FREQUENCY_INTERMITTENT, -1},
        {at_random, 40000, FREQUENCY_INTERMITTENT, -1},
        {busy_server, 600, FREQUENCY_AT_PEAK, LOAD_LATENCY},
        {busy_server, 5, FREQUENCY_NEVER, -1},
        {slow_without_loss, 600, FREQUENCY_INTERMITTENT, -1},
        {own_rate, 600, FREQUENCY_AT_PEAK, LOAD_RATE},
        {once, 600, FREQUENCY_INTERMITTENT, -1},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct frequency_facts facts = play(*state, rows[i].at, rows[i].tenths);

        if (facts.word != rows[i].word || facts.load != rows[i].load)
            print_error("row %zu: %s\n", i, frequency_names[facts.word]);
        assert_int_equal(facts.word, rows[i].word);
        assert_int_equal(facts.load, rows[i].load);
    }
}

static void test_numbers(void **state)
{
    struct frequency_facts facts = play(*state, busy_server, 600);

    assert_true(facts.busy_load > 10 * facts.calm_load);
    assert_true(facts.busy_bad_ratio > facts.calm_bad_ratio + 0.1);
    assert_true(facts.correlation > 0.5 && facts.correlation <= 1);
    facts = play(*state, once, 600);
    assert_int_equal(facts.episodes, 1);
    /* To the width of a window. */
    assert_true(facts.longest_ms >= 9000 && facts.longest_ms <= 11000);
    assert_true(isnan(facts.correlation));
}

/* The windows widen and lose nothing. */
static void test_widening(void **state)
{
    struct series *series = ARENA_NEW(*state, struct series);
    uint64_t sent = 0, done = 0, bad = 0;

    series_init(series, START);
    for (uint64_t i = 0; i < 100000; i++) {
        series_sent(series, START + i * 997 * MS);
        series_done(series, START + i * 997 * MS, i % 7 == 0, 600);
    }
    series_sent(series, START - MS); /* a moment before the first */
    for (size_t i = 0; i < SERIES_WINDOWS; i++) {
        sent += series->windows[i].sent;
        done += series->windows[i].done;
        bad += series->windows[i].bad;
    }
    assert_int_equal(sent, 100001);
    assert_int_equal(done, 100000);
    assert_int_equal(bad, 100000 / 7 + 1);
    assert_true(series->width_ns * SERIES_WINDOWS > 99999 * 997 * MS);
}

/* Parts hold every query once, and no more of them are made than asked for. */
static void test_parts(void **state)
{
    struct series *series = ARENA_NEW(*state, struct series);
    struct series_part parts[40];
    uint64_t sent = 0, bad = 0;
    size_t count;

    series_init(series, START);
    assert_int_equal(series_parts(series, 40, parts), 0);
    for (uint64_t i = 5; i < 100; i++) {
        series_sent(series, START + i * 100 * MS);
        series_done(series, START + i * 100 * MS, i >= 50, i >= 50 ? SHAPE_UNSET : 600);
    }
    count = series_parts(series, 40, parts);
    assert_int_equal(count, 32); /* 95 windows, three by three */
    assert_int_equal(parts[0].begin_ns, START + 500 * MS);
    assert_int_equal(parts[0].us, 600);
    assert_int_equal(parts[count - 1].us, SHAPE_UNSET);
    for (size_t i = 0; i < count; i++) {
        sent += parts[i].sent;
        bad += parts[i].bad;
    }
    assert_int_equal(sent, 95);
    assert_int_equal(bad, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_words),
        ARENA_TEST(test_numbers),
        ARENA_TEST(test_widening),
        ARENA_TEST(test_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
