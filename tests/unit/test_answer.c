/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a datagram is to a query, and what it says: bytes to enum. */
#include "unit.h"
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>

#define QR 0x80
#define TC 0x02

/* The question "a.b" A, and an answer section of one A record that points back to its name. */
#define QUESTION "\1a\1b\0\0\1\0\1"
#define RECORD   "\300\14\0\1\0\1\0\0\0\5\0\4\12\0\0\1"

struct bytes {
    uint8_t at[128];
    size_t len;
};

static struct bytes message(unsigned flags, unsigned rcode, unsigned questions, unsigned answers)
{
    struct bytes b = {
        .at = {0x12, 0x34, (uint8_t)flags, (uint8_t)rcode, 0, (uint8_t)questions, 0, (uint8_t)answers},
        .len = 12};

    for (unsigned i = 0; i < questions; i++, b.len += sizeof(QUESTION) - 1)
        memcpy(b.at + b.len, QUESTION, sizeof(QUESTION) - 1);
    for (unsigned i = 0; i < answers; i++, b.len += sizeof(RECORD) - 1)
        memcpy(b.at + b.len, RECORD, sizeof(RECORD) - 1);
    return b;
}

static struct dns_message parsed(struct arena *arena, const struct bytes *b, size_t len)
{
    struct dns_message m;

    (void)!dns_message_parse(arena, b->at, len, &m);
    return m;
}

static void test_fit(void **state)
{
    struct address server = {.family = AF_INET, .port = 53}, other = server, port = server;
    static const struct {
        unsigned flags, questions;
        int from; /* 0: the server, 1: another, 2: another port, 3: not known, 4: over a connection */
        bool known;
        const char *name;
        uint16_t type;
        enum answer_fit fit;
    } rows[] = {
        {QR, 1, 0, true, "a.b", 1, ANSWER_FITS},
        {QR, 1, 0, true, "A.B", 1, ANSWER_FITS},
        {QR, 1, 1, true, "a.b", 1, ANSWER_FROM_ELSEWHERE},
        {QR, 1, 2, true, "a.b", 1, ANSWER_FROM_ELSEWHERE},
        {QR, 1, 3, true, "a.b", 1, ANSWER_FROM_ELSEWHERE},
        {QR, 1, 1, false, NULL, 0, ANSWER_FROM_ELSEWHERE}, /* where it came from is told first */
        {QR, 1, 4, true, "a.b", 1, ANSWER_FITS},
        {QR, 1, 0, false, NULL, 0, ANSWER_OF_OTHER_ID},
        {0, 1, 0, true, "a.b", 1, ANSWER_IS_NONE},
        {QR, 1, 0, true, "a.c", 1, ANSWER_TO_OTHER},
        {QR, 1, 0, true, "a.b", 28, ANSWER_TO_OTHER},
    };

    other.v4.s_addr = 1;
    port.port = 54;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct address *const from[] = {&server, &other, &port, NULL, NULL};
        struct bytes b = message(rows[i].flags, 0, rows[i].questions, 1);
        struct dns_message m = parsed(*state, &b, b.len);
        struct answer_wanted wanted = {rows[i].from == 4 ? NULL : &server, rows[i].known, rows[i].name,
                                       rows[i].type};

        if (answer_classify(&m, from[rows[i].from], &wanted) != rows[i].fit)
            fail_msg("row %zu", i);
    }
}

/* What is cut off within its head fits by its id; behind that its question is looked at. */
static void test_cut_off(void **state)
{
    const struct answer_wanted wanted = {NULL, true, "a.b", 1}, another = {NULL, true, "a.c", 1};
    struct bytes b = message(QR, 0, 1, 1);

    for (size_t len = 2; len < b.len; len++) {
        struct dns_message m = parsed(*state, &b, len);

        assert_int_equal(answer_classify(&m, NULL, &wanted), ANSWER_FITS);
        assert_int_equal(answer_status(&m, 1), PROBE_MALFORMED);
        assert_non_null(answer_detail(*state, &m, 1));
        if (len >= 12 + sizeof(QUESTION) - 1)
            assert_int_equal(answer_classify(&m, NULL, &another), ANSWER_TO_OTHER);
    }
}

static void test_status(void **state)
{
    static const struct {
        unsigned flags, rcode, answers;
        uint16_t type;
        int status;
        bool worded;
    } rows[] = {
        {QR, 0, 1, 1, PROBE_ANSWER, false},
        {QR, 0, 1, 28, PROBE_NODATA, false}, /* a record of another type alone */
        {QR, 0, 0, 1, PROBE_NODATA, false},
        {QR | TC, 0, 0, 1, PROBE_TRUNCATED, false},
        {QR, 1, 0, 1, PROBE_FORMERR, false},
        {QR, 2, 0, 1, PROBE_SERVFAIL, false},
        {QR | TC, 2, 0, 1, PROBE_SERVFAIL, false}, /* an error is one, cut off or not */
        {QR, 3, 0, 1, PROBE_NXDOMAIN, false},
        {QR | TC, 3, 0, 1, PROBE_TRUNCATED, false},
        {QR, 4, 0, 1, PROBE_NOTIMP, false},
        {QR, 5, 0, 1, PROBE_REFUSED, false},
        {QR, 6, 0, 1, PROBE_ERROR, true},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes b = message(rows[i].flags, rows[i].rcode, 1, rows[i].answers);
        struct dns_message m = parsed(*state, &b, b.len);

        if (answer_status(&m, rows[i].type) != rows[i].status)
            fail_msg("row %zu: %d", i, answer_status(&m, rows[i].type));
        assert_int_equal(answer_detail(*state, &m, rows[i].type) != NULL, rows[i].worded);
    }
}

/* A truncated answer that ends within a record is truncated, not malformed. */
static void test_truncated_anywhere(void **state)
{
    struct bytes b = message(QR | TC, 0, 1, 1);
    struct dns_message m = parsed(*state, &b, b.len - 3);

    assert_non_null(m.damage);
    assert_int_equal(answer_status(&m, 1), PROBE_TRUNCATED);
    assert_null(answer_detail(*state, &m, 1));
}

/* An answer without records for this name, with an SOA record of this owner. */
static uint32_t serial_of(struct arena *arena, const char *name, const char *owner, uint16_t type)
{
    uint8_t bytes[512] = {0x12, 0x34, QR, 3, 0, 1, 0, 0, 0, 1};
    static const uint8_t rdata[] = {0, 0, 0x69, 0x2a, 0x10, 0x20, 0, 0, 0, 1, 0,
                                    0, 0, 1,    0,    0,    0,    1, 0, 0, 0, 1};
    size_t at = 12;
    struct dns_message m;

    at += (size_t)dns_name_from_text(name, bytes + at, NULL);
    bytes[at + 1] = 1;
    bytes[at + 3] = 1;
    at += 4;
    at += (size_t)dns_name_from_text(owner, bytes + at, NULL);
    bytes[at + 1] = (uint8_t)type;
    bytes[at + 3] = 1;
    bytes[at + 9] = sizeof(rdata);
    memcpy(bytes + at + 10, rdata, sizeof(rdata));
    assert_int_equal(dns_message_parse(arena, bytes, at + 10 + sizeof(rdata), &m), 0);
    return answer_service_serial(&m);
}

/* The time of the last change that a replica saw is in what it says of Services alone. */
static void test_serial(void **state)
{
    assert_int_equal(serial_of(*state, "x.default.svc.cluster.local", "cluster.local", 6), 0x692a1020);
    assert_int_equal(serial_of(*state, "x.default.svc.k8s.example", "k8s.example", 6), 0x692a1020);
    assert_int_equal(serial_of(*state, "www.example.com", "com", 6), 0);
    assert_int_equal(serial_of(*state, "x.default.svc.cluster.local", "x.default.svc.cluster.local", 6), 0);
    assert_int_equal(serial_of(*state, "x.default.svc.cluster.local", "cluster.local", 99), 0);
    assert_true(serial_is_behind(1764290000, 1764300000));
    assert_false(serial_is_behind(1764299950, 1764300000)); /* a cache explains it */
    assert_false(serial_is_behind(1764300000, 1764290000));
    assert_false(serial_is_behind(0, 1764300000));
    assert_false(serial_is_behind(2026, 1764300000)); /* no time */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_fit),    ARENA_TEST(test_cut_off),
        ARENA_TEST(test_status), ARENA_TEST(test_truncated_anywhere),
        ARENA_TEST(test_serial),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
