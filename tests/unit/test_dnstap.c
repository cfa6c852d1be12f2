/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/dnstap/dnstap_table.h>
#include <k8sdns/wire/dns/dns_head.h>
#include <k8sdns/wire/dnstap/dnstap_message.h>
#include <k8sdns/wire/dnstap/frame_stream.h>
#include <string.h>

#define RECORDED DATA "/dnstap/"

static const char *load(struct arena *arena, const char *path, size_t *ret_len)
{
    char *bytes;

    assert_int_equal(file_read(arena, path, 1 << 20, &bytes, ret_len, NULL), 0);
    return bytes;
}

/* ---- frames ---- */

static void test_control_frames(void **state)
{
    static const int controls[] = {FRAME_ACCEPT, FRAME_START, FRAME_STOP, FRAME_READY, FRAME_FINISH};
    uint8_t bytes[FRAME_CONTROL_MAX];
    char type[FRAME_CONTENT_MAX];
    struct frame frame;
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(controls); i++) {
        size_t len = frame_control_write(controls[i], i % 2 ? DNSTAP_CONTENT_TYPE : NULL, bytes);

        for (size_t part = 0; part < len; part++)
            assert_int_equal(frame_read(bytes, part, &frame, &why), 0);
        assert_int_equal(frame_read(bytes, len, &frame, &why), len);
        assert_int_equal(frame.control, controls[i]);
        assert_true(frame_is_of(&frame, DNSTAP_CONTENT_TYPE));
        assert_int_equal(frame_is_of(&frame, "text/plain"), !(i % 2));
        frame_content_type(&frame, type);
        assert_string_equal(type, i % 2 ? DNSTAP_CONTENT_TYPE : "");
    }
}

static void test_bad_frames(void **state)
{
    static const struct {
        uint8_t bytes[24];
        size_t len;
    } bad[] = {
        {{0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0}, 11},                             /* no type */
        {{0, 0, 0, 0, 0, 0, 2, 1}, 8},                                       /* over 512 */
        {{0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0}, 12},                          /* type 0 */
        {{0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0}, 14},                    /* half a field */
        {{0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 9}, 20}, /* a field too long */
        {{0x7f, 0xff, 0xff, 0xff}, 4},                                       /* data too large */
        {{'H', 'T', 'T', 'P'}, 4},
    };
    struct frame frame;
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        why = NULL;
        assert_int_equal(frame_read(bad[i].bytes, bad[i].len, &frame, &why), -EBADMSG);
        assert_non_null(why);
    }
}

/* ---- messages ---- */

/* The nth data frame of a recording. */
static struct dnstap_message nth(struct arena *arena, const char *path, size_t n)
{
    size_t len, at = 0;
    const uint8_t *bytes = (const uint8_t *)load(arena, path, &len);
    struct dnstap_message message;
    struct frame frame;
    const char *why;
    ssize_t took;

    while ((took = frame_read(bytes + at, len - at, &frame, &why)) > 0) {
        at += (size_t)took;
        if (frame.control == FRAME_DATA && n-- == 0)
            break;
    }
    assert_int_equal(dnstap_message_read(frame.bytes, frame.len, &message), 0);
    return message;
}

static void test_message(void **state)
{
    struct dnstap_message m = nth(*state, RECORDED "1.14.7.fstrm", 1);
    char text[ADDRESS_TEXT];
    struct dns_head head;

    assert_int_equal(m.type, DNSTAP_FORWARDER_QUERY);
    assert_int_equal(m.protocol, 1);
    assert_memory_equal(m.identity.bytes, "coredns-5d78c9869d-4xk2p", m.identity.len);
    assert_memory_equal(m.version.bytes, "CoreDNS-1.14.7", m.version.len);
    assert_string_equal(address_format_port(&m.query, text, sizeof(text)), "10.244.0.2:50391");
    assert_string_equal(address_format_port(&m.response, text, sizeof(text)), "100.100.2.136:53");
    assert_true(m.query_ns == UINT64_C(1795376353239767028));
    assert_int_equal(m.response_ns, 0);
    assert_int_equal(dns_head_read(m.dns.bytes, m.dns.len, &head), 0);
    assert_int_equal(head.id, 0x8246);
    assert_int_equal(head.type, 13);
    assert_int_equal(head.name[0], 19);
}

/* CoreDNS before 1.14.5 gives 16 octets to an address of family INET. */
static void test_mapped_address(void **state)
{
    struct dnstap_message m = nth(*state, RECORDED "1.6.9.fstrm", 0);
    char text[ADDRESS_TEXT];

    assert_int_equal(m.type, DNSTAP_FORWARDER_QUERY);
    assert_string_equal(address_format_port(&m.response, text, sizeof(text)), "100.100.2.136:53");
    assert_int_equal(m.query.family, 0);
    assert_null(m.identity.bytes);
}

static void test_bad_messages(void **state)
{
    static const struct {
        uint8_t bytes[12];
        size_t len;
    } bad[] = {
        {{0}, 0},
        {{0x78, 0x01}, 2},             /* MESSAGE without one */
        {{0x72, 0x02, 0x08, 0x05}, 4}, /* without its type */
        {{0x72, 0x00, 0x78, 0x01}, 4}, /* a message without a type */
        {{0x72, 0x7f, 0x08}, 3},       /* longer than all */
        {{0x0b}, 1},                   /* a group */
        {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 11},
        {{0x72, 0x02, 0x08, 0xff, 0x78, 0x01}, 6}, /* half a number within */
    };
    struct dnstap_message m;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(dnstap_message_read(bad[i].bytes, bad[i].len, &m), -EBADMSG);
}

static void test_other_kinds(void **state)
{
    static const uint8_t kind[] = {0x78, 0x02}, type[] = {0x72, 0x02, 0x08, 0x63, 0x78, 0x01};
    struct dnstap_message m;

    (void)state;
    assert_int_equal(dnstap_message_read(kind, sizeof(kind), &m), 0);
    assert_int_equal(m.type, DNSTAP_NO_MESSAGE);
    assert_int_equal(dnstap_message_read(type, sizeof(type), &m), 0);
    assert_int_equal(m.type, DNSTAP_NO_MESSAGE);
}

static void test_head(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
        int result;
        size_t name_len;
    } cases[] = {
        {"\0\1\1\0\0\1\0\0\0\0\0", 11, -EBADMSG, 0},
        {"\0\1\1\0\0\0\0\0\0\0\0\0", 12, 0, 0},
        {"\0\1\1\0\0\1\0\0\0\0\0\0\3lab\0\0\1\0\1", 21, 0, 5},
        {"\0\1\1\0\0\1\0\0\0\0\0\0\3lab\0\0\1\0", 20, 0, 0},
        {"\0\1\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1", 18, 0, 0},
        {"\0\1\1\0\0\1\0\0\0\0\0\0\0\0\1\0\1", 17, 0, 1},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct dns_head head;

        assert_int_equal(dns_head_read((const uint8_t *)cases[i].bytes, cases[i].len, &head),
                         cases[i].result);
        if (cases[i].result == 0)
            assert_int_equal(head.name ? head.name_len : 0, cases[i].name_len);
    }
}

/* ---- the table ---- */

/* All frames of a recording, in the order of `step`: 1 as they came, -1 the other way round. */
static void replay(struct arena *arena, const char *path, int step, struct dnstap_facts *ret)
{
    const struct dnstap_table_options options = {
        .slots = 1024, .timeout_us = DNSTAP_TIMEOUT_US, .slow_us = DNSTAP_SLOW_US, .untold = true};
    struct dnstap_table *table = dnstap_table_new(arena, &options);
    struct frame *frames = NULL, frame;
    size_t len, at = 0, count = 0;
    const uint8_t *bytes = (const uint8_t *)load(arena, path, &len);
    const char *why;
    ssize_t took;

    while ((took = frame_read(bytes + at, len - at, &frame, &why)) > 0) {
        at += (size_t)took;
        if (frame.control == FRAME_DATA)
            *ARENA_PUSH(arena, frames, count) = frame;
    }
    for (size_t i = 0; i < count; i++) {
        const struct frame *f = &frames[step > 0 ? i : count - 1 - i];

        (void)dnstap_table_frame(table, path, f->bytes, f->len, 1000000);
    }
    dnstap_table_end(table, true);
    dnstap_table_facts(table, arena, ret);
    dnstap_table_free(table);
}

/* Before 1.8.2 the order of frames means nothing: it comes to the same the other way round. */
static void test_any_order(void **state)
{
    static const int steps[] = {1, -1};

    for (size_t i = 0; i < COUNT(steps); i++) {
        struct dnstap_facts facts;

        replay(*state, RECORDED "1.6.9.fstrm", steps[i], &facts);
        assert_int_equal(facts.scenarios.by[DNSTAP_LOCAL], 13);
        assert_int_equal(facts.scenarios.by[DNSTAP_FORWARDED], 12);
        assert_int_equal(facts.lone_forwards + facts.lone_responses, 0);
    }
}

static void test_pairs(void **state)
{
    struct dnstap_facts facts;

    replay(*state, RECORDED "1.14.7.fstrm", 1, &facts);
    assert_int_equal(dnstap_scenarios_judged(&facts.scenarios), 238);
    assert_int_equal(facts.scenarios.by[DNSTAP_UPSTREAM_SILENT], 8);
    assert_int_equal(facts.scenarios.by[DNSTAP_SERVER_MADE], 5);
    assert_int_equal(facts.scenarios.by[DNSTAP_STUCK], 0);
    assert_int_equal(facts.client.count, 225);
    assert_int_equal(facts.upstream.count, 92);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_control_frames),
        cmocka_unit_test(test_bad_frames),
        ARENA_TEST(test_message),
        ARENA_TEST(test_mapped_address),
        cmocka_unit_test(test_bad_messages),
        cmocka_unit_test(test_other_kinds),
        cmocka_unit_test(test_head),
        ARENA_TEST(test_any_order),
        ARENA_TEST(test_pairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
