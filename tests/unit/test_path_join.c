/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/tracing/path_join.h>
#include <math.h>
#include <string.h>

#define MS UINT64_C(1000000)

/* What has ended, in order. */
struct seen {
    size_t count;
    struct {
        int outcome;
        uint64_t attempt, steps, left_out;
        double total_us;
    } items[PATH_OPEN_MAX + 8];
};

static void ended(void *user, const struct path_exchange *exchange)
{
    struct seen *seen = user;
    struct arena *arena = arena_new();
    struct path_packet_facts packet = {0};

    path_exchange_facts(arena, exchange, &packet);
    assert_true(seen->count < COUNT(seen->items));
    seen->items[seen->count].outcome = packet.outcome;
    seen->items[seen->count].attempt = packet.attempt;
    seen->items[seen->count].steps = packet.steps_count;
    seen->items[seen->count].left_out = packet.steps_left_out;
    seen->items[seen->count++].total_us = packet.total_us;
    for (size_t i = 1; i < packet.steps_count; i++)
        assert_true(packet.steps[i].at_us >= packet.steps[i - 1].at_us);
    arena_free(arena);
}

static struct path_event event(uint64_t question, int leg, int kind, uint64_t time_ns, const char *src,
                               const char *dst)
{
    struct path_event event = {
        .key = {question, 1}, .leg = leg, .kind = kind, .time_ns = time_ns, .netns = 1};

    if (src) {
        assert_int_equal(address_parse(src, 0, &event.src, NULL), 0);
        assert_int_equal(address_parse(dst, 0, &event.dst, NULL), 0);
    } else {
        event.netns = 2;
    }
    return event;
}

static void add(struct path_join *join, int leg, int kind, uint64_t time_ns)
{
    struct path_event one = leg == LEG_QUERY ? event(7, leg, kind, time_ns, "10.0.0.1:1000", "10.0.0.2:53")
                                             : event(7, leg, kind, time_ns, "10.0.0.2:53", "10.0.0.1:1000");

    if (kind == STEP_SOCKET || kind == STEP_READ)
        one = event(7, leg, kind, time_ns, NULL, NULL);
    path_join_add(join, &one);
}

static void test_outcomes(void **state)
{
    static const struct {
        struct {
            int leg, kind;
        } steps[5];
        size_t count;
        int outcome;
    } rows[] = {
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_QUERY, STEP_READ}, {LEG_ANSWER, STEP_QUEUE}, {LEG_ANSWER, STEP_READ}},
         4,
         PATH_ANSWERED},
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_ANSWER, STEP_SOCKET}}, 2, PATH_ANSWERED},
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_QUERY, STEP_DROP}}, 2, PATH_QUERY_DROPPED},
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_QUERY, STEP_DROP}, {LEG_QUERY, STEP_SOCKET}}, 3, PATH_UNANSWERED},
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_QUERY, STEP_SEND}}, 2, PATH_QUERY_GONE},
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_QUERY, STEP_READ}, {LEG_ANSWER, STEP_DROP}}, 3, PATH_ANSWER_DROPPED},
        {{{LEG_QUERY, STEP_QUEUE}, {LEG_ANSWER, STEP_QUEUE}}, 2, PATH_ANSWER_GONE},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct seen seen = {0};
        struct path_join *join = path_join_new(1000 * MS, ended, &seen);

        for (size_t k = 0; k < rows[i].count; k++)
            add(join, rows[i].steps[k].leg, rows[i].steps[k].kind, (k + 1) * MS);
        path_join_sweep(join, 10 * MS, false);
        assert_int_equal(seen.count, 0);
        path_join_sweep(join, 3000 * MS, false);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.items[0].outcome, rows[i].outcome);
        assert_int_equal(seen.items[0].steps, rows[i].count);
        path_join_free(join);
    }
}

/* Seen again where it was first seen; and what comes late belongs to nobody. */
static void test_attempts(void **state)
{
    struct seen seen = {0};
    struct path_join *join = path_join_new(1000 * MS, ended, &seen);

    (void)state;
    for (uint64_t i = 0; i < 3; i++) {
        add(join, LEG_QUERY, STEP_QUEUE, (1 + 100 * i) * MS);
        add(join, LEG_QUERY, STEP_SEND, (2 + 100 * i) * MS);
    }
    assert_int_equal(seen.count, 2);
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.count, 3);
    for (uint64_t i = 0; i < 3; i++)
        assert_int_equal(seen.items[i].attempt, i + 1);
    add(join, LEG_ANSWER, STEP_QUEUE, 400 * MS);
    add(join, LEG_QUERY, STEP_READ, 401 * MS);
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.count, 3);
    path_join_free(join);
}

/* The same question with the same id from two ports at once: two exchanges, each with its own answer. */
static void test_two_clients(void **state)
{
    struct seen seen = {0};
    struct path_join *join = path_join_new(1000 * MS, ended, &seen);
    struct path_event other_query = event(7, LEG_QUERY, STEP_QUEUE, 2 * MS, "10.0.0.1:2000", "10.0.0.2:53");
    struct path_event other_answer = event(7, LEG_ANSWER, STEP_QUEUE, 4 * MS, "10.0.0.2:53", "10.0.0.1:2000");

    (void)state;
    add(join, LEG_QUERY, STEP_QUEUE, 1 * MS);
    path_join_add(join, &other_query);
    add(join, LEG_ANSWER, STEP_QUEUE, 3 * MS);
    path_join_add(join, &other_answer);
    assert_int_equal(seen.count, 0);
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.count, 2);
    for (uint64_t i = 0; i < 2; i++) {
        assert_int_equal(seen.items[i].attempt, 1);
        assert_int_equal(seen.items[i].steps, 2);
    }
    path_join_free(join);
}

/* Steps of two CPUs come in any order; too many are counted; too many questions end the oldest. */
/* One id and name from two ports, each of another server: what knows no packet is told by where that was. */
static void test_steps_without_packet(void **state)
{
    static const char *const clients[] = {"10.0.0.1:1000", "10.0.0.1:2000"};
    static const char *const servers[] = {"10.0.0.2:53", "10.0.0.3:53"};
    struct seen seen = {0};
    struct path_join *join = path_join_new(1000 * MS, ended, &seen);

    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        uint64_t at = MS * (1 + 10 * i);
        struct path_event steps[] = {event(7, LEG_QUERY, STEP_QUEUE, at, clients[i], servers[i]),
                                     event(7, LEG_QUERY, STEP_RECEIVE, at + 1, clients[i], servers[i]),
                                     event(7, LEG_QUERY, STEP_SOCKET, at + 2, NULL, NULL),
                                     event(7, LEG_QUERY, STEP_READ, at + 3, NULL, NULL),
                                     event(7, LEG_ANSWER, STEP_RECEIVE, at + 4, servers[i], clients[i]),
                                     event(7, LEG_ANSWER, STEP_SOCKET, at + 5, NULL, NULL),
                                     event(7, LEG_ANSWER, STEP_READ, at + 6, NULL, NULL)};

        for (size_t k = 0; k < COUNT(steps); k++) {
            /* The namespace of each server is another, that of the clients is one. */
            if (k > 0)
                steps[k].netns = k > 3 ? 1 : 10 + (uint32_t)i;
            path_join_add(join, &steps[k]);
        }
    }
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.count, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(seen.items[i].outcome, PATH_ANSWERED);
        assert_int_equal(seen.items[i].steps, 7);
    }
    path_join_free(join);
}

static void test_limits(void **state)
{
    struct seen seen = {0};
    struct path_join *join = path_join_new(1000 * MS, ended, &seen);

    (void)state;
    add(join, LEG_QUERY, STEP_SEND, 20 * MS);
    add(join, LEG_QUERY, STEP_QUEUE, 10 * MS);
    for (uint64_t i = 0; i < PATH_STEPS_MAX; i++)
        add(join, LEG_QUERY, STEP_FUNCTION, (30 + i) * MS);
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.items[0].steps, PATH_STEPS_MAX);
    assert_int_equal(seen.items[0].left_out, 2);
    assert_true(fabs(seen.items[0].total_us - (30.0 + PATH_STEPS_MAX - 3 - 10) * 1000) < 1);
    seen.count = 0;
    for (uint64_t i = 0; i < PATH_OPEN_MAX + 3; i++) {
        struct path_event one =
            event(100 + i, LEG_QUERY, STEP_QUEUE, (i + 1) * MS, "10.0.0.1:1000", "10.0.0.2:53");

        path_join_add(join, &one);
    }
    assert_int_equal(seen.count, 3);
    path_join_free(join);
}

static void test_rewritten(void **state)
{
    struct path_event events[3];
    struct path_exchange exchange = {.count = 3, .events = events};
    struct path_packet_facts packet = {0};
    struct address replica, other;

    exchange.events[0] = event(7, LEG_QUERY, STEP_QUEUE, 1 * MS, "10.0.0.1:1000", "10.96.0.10:53");
    exchange.events[1] = event(7, LEG_QUERY, STEP_RECEIVE, 2 * MS, "10.0.0.1:1000", "10.0.1.2:53");
    exchange.events[2] = event(7, LEG_QUERY, STEP_READ, 3 * MS, NULL, NULL);
    path_exchange_facts(*state, &exchange, &packet);
    assert_false(packet.steps[0].rewritten);
    assert_true(packet.steps[1].rewritten);
    assert_false(packet.steps[2].rewritten);
    assert_null(packet.steps[2].src);
    assert_string_equal(packet.server, "10.96.0.10:53");
    assert_string_equal(packet.replica, "10.0.1.2:53");
    assert_true(fabs(packet.query_us - 2000) < 0.001);
    assert_true(isnan(packet.server_us));
    assert_int_equal(address_parse("10.0.1.2", 53, &replica, NULL), 0);
    assert_int_equal(address_parse("10.0.1.3", 53, &other, NULL), 0);
    assert_true(path_exchange_meets(&exchange, &replica));
    assert_false(path_exchange_meets(&exchange, &other));
}

/* A step of a TCP segment, or of a piece of a fragmented packet. */
static void add_part(struct path_join *join, int leg, int kind, int segment, uint32_t fragment,
                     uint64_t time_ns)
{
    bool to_server = leg == LEG_QUERY;
    struct path_event one = event(7, leg, kind, time_ns, to_server ? "10.0.0.1:1000" : "10.0.0.2:53",
                                  to_server ? "10.0.0.2:53" : "10.0.0.1:1000");

    one.segment = segment;
    one.fragment = fragment;
    one.is_tcp = fragment == 0;
    path_join_add(join, &one);
}

/* A connection ends as its question does, or its handshake; octets that are sent again are no attempt. */
static void test_connections(void **state)
{
    static const struct {
        struct {
            int leg, kind, segment;
        } steps[7];
        size_t count;
        int outcome;
    } rows[] = {
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN},
          {LEG_ANSWER, STEP_QUEUE, SEGMENT_SYN_ACK},
          {LEG_QUERY, STEP_QUEUE, SEGMENT_DATA},
          {LEG_QUERY, STEP_DROP, SEGMENT_DATA},
          {LEG_QUERY, STEP_QUEUE, SEGMENT_DATA},
          {LEG_QUERY, STEP_READ, SEGMENT_DATA},
          {LEG_ANSWER, STEP_READ, SEGMENT_DATA}},
         7,
         PATH_ANSWERED},
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN}, {LEG_QUERY, STEP_DROP, SEGMENT_SYN}}, 2, PATH_QUERY_DROPPED},
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN},
          {LEG_ANSWER, STEP_QUEUE, SEGMENT_RST},
          {LEG_QUERY, STEP_DROP, SEGMENT_SYN}},
         3,
         PATH_REFUSED},
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN}, {LEG_ANSWER, STEP_DROP, SEGMENT_SYN_ACK}},
         2,
         PATH_ANSWER_DROPPED},
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN}, {LEG_ANSWER, STEP_SEND, SEGMENT_SYN_ACK}},
         2,
         PATH_ANSWER_GONE},
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN},
          {LEG_ANSWER, STEP_SEND, SEGMENT_SYN_ACK},
          {LEG_QUERY, STEP_SEND, SEGMENT_DATA}},
         3,
         PATH_QUERY_GONE},
        {{{LEG_QUERY, STEP_QUEUE, SEGMENT_SYN},
          {LEG_ANSWER, STEP_SEND, SEGMENT_SYN_ACK},
          {LEG_QUERY, STEP_READ, SEGMENT_DATA}},
         3,
         PATH_UNANSWERED},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct seen seen = {0};
        struct path_join *join = path_join_new(5000 * MS, ended, &seen);

        for (size_t k = 0; k < rows[i].count; k++)
            add_part(join, rows[i].steps[k].leg, rows[i].steps[k].kind, rows[i].steps[k].segment, 0,
                     (k + 1) * MS);
        /* TCP would try again; after a reset or an answer all is said. */
        path_join_sweep(join, 900 * MS, false);
        assert_int_equal(seen.count, rows[i].outcome == PATH_ANSWERED || rows[i].outcome == PATH_REFUSED);
        path_join_sweep(join, 9000 * MS, false);
        assert_int_equal(seen.count, 1);
        assert_int_equal(seen.items[0].outcome, rows[i].outcome);
        assert_int_equal(seen.items[0].steps, rows[i].count);
        path_join_free(join);
    }
}

/* The SYN once more is the next attempt. */
static void test_connected_again(void **state)
{
    struct seen seen = {0};
    struct path_join *join = path_join_new(5000 * MS, ended, &seen);

    (void)state;
    add_part(join, LEG_QUERY, STEP_QUEUE, SEGMENT_SYN, 0, 1 * MS);
    add_part(join, LEG_QUERY, STEP_DROP, SEGMENT_SYN, 0, 2 * MS);
    add_part(join, LEG_QUERY, STEP_QUEUE, SEGMENT_SYN, 0, 1001 * MS);
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.items[0].outcome, PATH_QUERY_DROPPED);
    assert_int_equal(seen.items[1].attempt, 2);
    path_join_free(join);
}

/* One piece that is thrown away takes the whole answer with it, though the other goes on. */
static void test_pieces(void **state)
{
    struct seen seen = {0};
    struct path_join *join = path_join_new(1000 * MS, ended, &seen);

    (void)state;
    add(join, LEG_QUERY, STEP_QUEUE, 1 * MS);
    add(join, LEG_ANSWER, STEP_QUEUE, 2 * MS);
    add_part(join, LEG_ANSWER, STEP_QUEUE, SEGMENT_DATA, 1480, 3 * MS);
    add_part(join, LEG_ANSWER, STEP_DROP, SEGMENT_DATA, 1480, 4 * MS);
    add(join, LEG_ANSWER, STEP_RECEIVE, 5 * MS);
    path_join_sweep(join, 0, true);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.items[0].outcome, PATH_ANSWER_DROPPED);
    assert_int_equal(seen.items[0].attempt, 1);
    path_join_free(join);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outcomes),    cmocka_unit_test(test_attempts),
        cmocka_unit_test(test_two_clients), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_connections), cmocka_unit_test(test_connected_again),
        cmocka_unit_test(test_pieces),      cmocka_unit_test(test_steps_without_packet),
        ARENA_TEST(test_rewritten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
