/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <errno.h>
#include <k8sdns/wire/dns/message_input.h>
#include <stdio.h>
#include <string.h>

static struct message_input input;
static struct err err;

static int read_text(struct arena *arena, const char *text, int form)
{
    return message_input_read(arena, text, strlen(text), form, &input, &err);
}

static void test_forms(void **state)
{
    static const struct {
        const char *text;
        int form;
    } cases[] = {
        {"debug: 000000 c0 fb 81 80 00\ndebug: 000005\n", OCTETS_DUMP},
        {"2026-01-31T12:00:00Z [DEBUG] x\n2026-01-31T12:00:00Z debug: 000000 c0 fb 81 80 00\n", OCTETS_DUMP},
        {"00000000: c0fb 8180 00                             .....\n", OCTETS_DUMP},
        {"00000000: c0fb 8180 00  ab\n", OCTETS_DUMP}, /* the text column may look like hex */
        {"00000000  c0 fb 81 80 00                                    |.....|\n00000005\n", OCTETS_DUMP},
        {"\t0x0000:  c0fb 8180 00  ...\n", OCTETS_DUMP},
        {"c0fb818000", OCTETS_HEX},
        {"c0 fb 81\n80 00\n", OCTETS_HEX},
        {"c0:fb:81:80:00", OCTETS_HEX},
        {"0xc0, 0xfb, 0x81, 0x80, 0x00", OCTETS_HEX},
        {"\\xc0\\xfb\\x81\\x80\\x00", OCTETS_HEX},
        {"wPuBgAA=", OCTETS_BASE64},
        {"wPuB\ngAA", OCTETS_BASE64},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(read_text(*state, cases[i].text, -1), 0);
        assert_int_equal(input.blocks_count, 1);
        assert_int_equal(input.blocks[0].form, cases[i].form);
        assert_int_equal(input.blocks[0].len, 5);
        assert_memory_equal(input.blocks[0].bytes, "\xc0\xfb\x81\x80\0", 5);
        assert_null(input.blocks[0].remark);
    }
}

static void test_raw(void **state)
{
    assert_int_equal(message_input_read(*state, "a\0b", 3, -1, &input, &err), 0);
    assert_int_equal(input.blocks[0].form, OCTETS_RAW);
    assert_int_equal(input.blocks[0].len, 3);
    assert_int_equal(read_text(*state, "SSH-2.0", OCTETS_RAW), 0);
    assert_int_equal(input.blocks[0].len, 7);
}

static void test_several(void **state)
{
    /* Two replicas write their dumps into one stream. */
    assert_int_equal(read_text(*state,
                               "[pod/a/coredns] debug: 000000 01 02\n"
                               "[pod/b/coredns] debug: 000000 11 12\n"
                               "[pod/a/coredns] debug: 000002 03\n"
                               "[pod/b/coredns] debug: 000002 13\n"
                               "[pod/b/coredns] [INFO] something else\n"
                               "[pod/a/coredns] debug: 000003\n",
                               -1),
                     0);
    assert_int_equal(input.blocks_count, 2);
    assert_int_equal(input.skipped, 1);
    assert_memory_equal(input.blocks[0].bytes, "\1\2\3", 3);
    assert_memory_equal(input.blocks[1].bytes, "\x11\x12\x13", 3);
    assert_int_equal(input.blocks[1].line, 2);

    assert_int_equal(read_text(*state, "0102\n03\n\n0405\n", -1), 0);
    assert_int_equal(input.blocks_count, 2);
    assert_int_equal(input.blocks[0].len, 3);
    assert_int_equal(input.blocks[1].line, 4);
}

static void test_damaged(void **state)
{
    assert_int_equal(read_text(*state, "debug: 000000 01 02\ndebug: 000010 03\n", -1), 0);
    assert_non_null(strstr(input.blocks[0].remark, "line 2"));
    assert_int_equal(input.blocks[0].len, 2);
    assert_int_equal(read_text(*state, "010", -1), 0);
    assert_non_null(strstr(input.blocks[0].remark, "odd"));
    assert_int_equal(read_text(*state, "wPuBg", OCTETS_BASE64), 0);
    assert_non_null(input.blocks[0].remark);
    for (const char **bad = (const char *[]){"", "\n\n", "hello, world!", "\xff\xff", NULL}; *bad; bad++)
        assert_int_equal(read_text(*state, *bad, -1), -EBADMSG);
    assert_int_equal(read_text(*state, "no dump here", OCTETS_DUMP), -EBADMSG);
}

static void test_large(void **state)
{
    char *text = arena_alloc(*state, 5000 * 70), *p = text;

    for (unsigned i = 0; i < 4096; i++) {
        p += sprintf(p, "debug: %06x", i * 16);
        for (unsigned k = 0; k < 16; k++)
            p += sprintf(p, " %02x", (i + k) & 255);
        *p++ = '\n';
    }
    assert_int_equal(read_text(*state, text, -1), 0);
    assert_int_equal(input.blocks_count, 1);
    assert_int_equal(input.blocks[0].len, 65536);
    for (unsigned i = 0; i < 65536; i++)
        assert_int_equal(input.blocks[0].bytes[i], (i / 16 + i % 16) & 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_forms),   ARENA_TEST(test_raw),   ARENA_TEST(test_several),
        ARENA_TEST(test_damaged), ARENA_TEST(test_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
