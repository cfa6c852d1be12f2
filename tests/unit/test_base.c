/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <errno.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/base64.h>
#include <k8sdns/base/braces.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/base/text.h>
#include <k8sdns/base/text_pool.h>
#include <k8sdns/base/utf16.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void test_address(void **state)
{
    static const struct {
        const char *text, *shown; /* shown NULL: refused */
    } cases[] = {
        {"10.96.0.10", "10.96.0.10:53"},
        {"10.96.0.10:5353", "10.96.0.10:5353"},
        {"fd00::A", "[fd00::a]:53"},
        {"[fd00::a]:5353", "[fd00::a]:5353"},
        {"[fd00::a]", "[fd00::a]:53"},
        {"::ffff:10.0.0.1", "[::ffff:10.0.0.1]:53"},
        {"10.1", NULL},
        {"010.0.0.1", NULL},
        {"0x7f.0.0.1", NULL},
        {"10.0.0.256", NULL},
        {"10.0.0.1:", NULL},
        {"10.0.0.1:0", NULL},
        {"10.0.0.1:65536", NULL},
        {"10.0.0.1 ", NULL},
        {"[fd00::a", NULL},
        {"[fd00::a]x", NULL},
        {"localhost", NULL},
        {"", NULL},
    };
    char shown[ADDRESS_TEXT];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct address address;
        struct err err = {0};
        int r = address_parse(cases[i].text, 53, &address, &err);

        if (!cases[i].shown) {
            assert_true(r < 0);
            assert_int_equal(err.kind, ERR_USAGE);
            continue;
        }
        assert_int_equal(r, 0);
        assert_string_equal(address_format_port(&address, shown, sizeof(shown)), cases[i].shown);
    }
}

/* In one piece, and octet by octet. */
static void check_utf16(const char *wide, size_t len, const char *text)
{
    char whole[64] = "", pieces[64] = "";
    struct utf16 one, other;
    size_t at = 0;

    assert_true(utf16_begins(wide, len, &one));
    other = one;
    whole[utf16_take(&one, wide, len, whole)] = '\0';
    for (size_t i = 0; i < len; i++)
        at += utf16_take(&other, wide + i, 1, pieces + at);
    assert_string_equal(whole, text);
    assert_string_equal(pieces, text);
}

static void test_utf16(void **state)
{
    static const char little[] = "\xff\xfe[\0I\0N\0\xe9\0\xac\x20\x3d\xd8\x00\xde";
    static const char big[] = "\xfe\xff\0[\0I\0N\0]";
    static const char unmarked[] = "[\0I\0N\0F\0O\0]\0 \0a\0";
    static const char half[] = "\xff\xfe"
                               "a\0b\0c\0\x00\xd8"
                               "d\0\x00\xdc";
    /* A query of DNS, and UTF-8. */
    static const char query[] = "\x12\0\1\0\0\1\0\0\0\0\0\0\3www\0\0\1\0\1";
    struct utf16 ignored;

    (void)state;
    check_utf16(little, sizeof(little) - 1, "[IN\u00e9\u20ac\U0001f600");
    check_utf16(big, sizeof(big) - 1, "[IN]");
    check_utf16(unmarked, sizeof(unmarked) - 1, "[INFO] a");
    check_utf16(half, sizeof(half) - 1, "abc\ufffdd\ufffd");
    assert_false(utf16_begins(query, sizeof(query) - 1, &ignored));
    assert_false(utf16_begins("[INFO] plugin/ready", 19, &ignored));
    assert_false(utf16_begins("\xff\xfe", 2, &ignored));
}

static void test_base64(void **state)
{
    static const struct {
        const char *text, *bytes; /* bytes NULL: refused */
    } rows[] = {
        {"", ""},
        {"YQ==", "a"},
        {"YWI=", "ab"},
        {"YWJj", "abc"},
        {"YWJ\njZA==\n", "abcd"},
        {"YQ", "a"},
        {"Y", NULL},
        {"YQ==YQ==", NULL},
        {"YWJj*", NULL},
        {"_-8=", "\xff\xef"},
        {"/+8=", "\xff\xef"},
    };
    size_t len;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *made = base64_read(*state, rows[i].text, strlen(rows[i].text), &len);

        if (!rows[i].bytes) {
            assert_null(made);
            continue;
        }
        assert_int_equal(len, strlen(rows[i].bytes));
        assert_string_equal(made, rows[i].bytes);
    }
}

static void test_address_sockaddr(void **state)
{
    struct sockaddr_storage sa;
    struct address a, b;

    (void)state;
    assert_int_equal(address_parse("169.254.20.10:5300", 53, &a, NULL), 0);
    assert_true(address_is_link_local(&a));
    assert_false(address_is_loopback(&a));
    assert_int_equal(address_to_sockaddr(&a, &sa), sizeof(struct sockaddr_in));
    assert_int_equal(address_from_sockaddr((struct sockaddr *)&sa, &b), 0);
    assert_true(address_equal(&a, &b));
    b.port = 1;
    assert_false(address_equal(&a, &b));
    assert_true(address_same_host(&a, &b));
}

static void test_number_whole(void **state)
{
    (void)state;
    assert_true(number_whole(1.9) == 1 && number_whole(0x1p63) == UINT64_C(1) << 63);
    assert_true(number_whole(-1) == 0 && number_whole((double)NAN) == 0 &&
                number_whole((double)-INFINITY) == 0);
    assert_true(number_whole(0x1p64) == UINT64_MAX && number_whole((double)INFINITY) == UINT64_MAX);
}

static void test_number(void **state)
{
    struct err err = {0};
    uint64_t value = 7;

    (void)state;
    assert_int_equal(number_parse("42", 0, 42, &value, &err), 0);
    assert_int_equal(value, 42);
    assert_int_equal(number_parse("43", 0, 42, &value, &err), -ERANGE);
    assert_non_null(strstr(err.text, "from 0 to 42"));
    assert_int_equal(number_parse("18446744073709551616", 0, UINT64_MAX - 1, &value, &err), -ERANGE);
    for (const char **bad = (const char *[]){"", " 1", "1 ", "+1", "-1", "0x1", "1e3", NULL}; *bad; bad++)
        assert_int_equal(number_parse(*bad, 0, 100, &value, &err), -EINVAL);
}

static void test_duration(void **state)
{
    static const struct {
        const char *text;
        uint64_t us;
    } good[] = {{"0", 0},
                {"250us", 250},
                {"500ms", 500000},
                {"2s", 2000000},
                {"1.5s", 1500000},
                {"10m", 600000000ULL},
                {"2h", 7200000000ULL},
                {"1h30m", 5400000000ULL},
                {"1m0.5s", 60500000ULL}};
    char text[DURATION_TEXT];
    uint64_t us;

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(duration_parse_us(good[i].text, 0, UINT64_MAX, &us, NULL), 0);
        assert_int_equal(us, good[i].us);
    }
    for (const char **bad =
             (const char *[]){"", "5", "5 s", "s", "-1s", "1y", "1..5s", "1s2", "1m1h", "1s1s", NULL};
         *bad; bad++)
        assert_true(duration_parse_us(*bad, 0, UINT64_MAX, &us, NULL) < 0);
    assert_int_equal(duration_parse_us("2s", 0, 1000000, &us, NULL), -ERANGE);
    assert_string_equal(duration_format_us(text, sizeof(text), 350), "350 us");
    assert_string_equal(duration_format_us(text, sizeof(text), 2400), "2.40 ms");
    assert_string_equal(duration_format_us(text, sizeof(text), 1200000), "1.20 s");
}

static void test_escape(void **state)
{
    static const struct {
        const char *raw, *safe;
    } cases[] = {
        {"plain text", "plain text"},
        {"\033[31mred", "\\027[31mred"},
        {"a\nb\tc", "a\\010b\\009c"},
        {"\x7f", "\\127"},
        {"\xc2\x9b", "\\194\\155"},           /* C1: a control sequence introducer */
        {"\xe2\x80\xae", "\\226\\128\\174"},  /* right-to-left override */
        {"m\xc3\xbcnchen", "m\xc3\xbcnchen"}, /* well-formed */
        {"\xc3", "\\195"},                    /* cut short */
        {"\xc0\xaf", "\\192\\175"},           /* overlong */
        {"\xed\xa0\x80", "\\237\\160\\128"},  /* a surrogate */
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        escape_line(out, sizeof(out), cases[i].raw, strlen(cases[i].raw));
        assert_string_equal(out, cases[i].safe);
    }
    assert_int_equal(escape_line(out, 6, "ab\xc3\xbc\xc3\xbc", 6), 4); /* cut at a whole character */
    assert_string_equal(out, "ab\xc3\xbc");
}

static void test_err(void **state)
{
    struct err err = {0};

    (void)state;
    assert_int_equal(err_set(&err, ERR_FORMAT, EBADMSG, "bad \033 %s", "x"), -EBADMSG);
    assert_string_equal(err.text, "bad \\027 x");
    assert_int_equal(err_prefix(&err, -EBADMSG, "file %s", "f"), -EBADMSG);
    assert_string_equal(err.text, "file f: bad \\027 x");
    assert_int_equal(err_set_errno(&err, ERR_INPUT, ENOENT, "cannot open %s", "f"), -ENOENT);
    assert_string_equal(err.text, "cannot open f: No such file or directory");
    assert_int_equal(err_set(NULL, ERR_INPUT, 0, "x"), -EINVAL);
}

static void test_arena(void **state)
{
    int *items = NULL;
    size_t count = 0;

    for (int i = 0; i < 10000; i++)
        *ARENA_PUSH(*state, items, count) = i;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(items[i], i);
    for (size_t size = 1; size < 200000; size = size * 3 + 1) {
        unsigned char *bytes = arena_alloc(*state, size);

        assert_int_equal((uintptr_t)bytes % sizeof(long double), 0);
        assert_int_equal(bytes[0] | bytes[size - 1], 0);
        memset(bytes, 0xff, size);
    }
    assert_string_equal(arena_printf(*state, "%s-%d", "a", 7), "a-7");
}

static const char *ns_value(void *user, const char *word, size_t len)
{
    (void)user;
    return len == 2 && memcmp(word, "ns", 2) == 0 ? "kube" : NULL;
}

static void test_shell_word(void **state)
{
    static const char *const rows[][2] = {
        {"coredns-5d78c9869d-m5fzt", "coredns-5d78c9869d-m5fzt"},
        {"k8s-app=kube-dns,tier=dns", "k8s-app=kube-dns,tier=dns"},
        {"fe80::1%eth0", "fe80::1%eth0"},
        {"[fd00::a]:53", "'[fd00::a]:53'"},
        {"a b", "'a b'"},
        {"$(id)`id`;id", "'$(id)`id`;id'"},
        {"it's", "'it'\\''s'"},
        {"a\nb\x1b[m", "'ab[m'"},
        {"--all", "all"},
        {"--", "''"},
        {"", "''"},
        {"=ls", "'=ls'"},
        {"{ns}", "''\\{'ns}'"},
        {"\xc3\xa9", "'\xc3\xa9'"},
    };
    struct arena *arena = *state;

    assert_null(shell_word(arena, NULL));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(shell_word(arena, rows[i][0]), rows[i][1]);
    assert_string_equal(shell_text(arena, "-{type} it's"), "'-{type} it'\\''s'");
    /* Nothing is put into a name that was quoted. */
    assert_ptr_equal(strstr(braces_expand(arena, shell_word(arena, "x{{ns}}"), ns_value, NULL), "kube"),
                     NULL);
    assert_string_equal(braces_expand(arena, "x {ns} {n}", ns_value, NULL), "x kube {n}");
}

static void test_suggest(void **state)
{
    static const char *const words[] = {"probe", "resolv", "expand", NULL};

    (void)state;
    assert_string_equal(suggest_word("porbe", words), "probe");
    assert_string_equal(suggest_word("resolve", words), "resolv");
    assert_null(suggest_word("frobnicate", words));
    assert_null(suggest_word("", words));
}

static void test_clock(void **state)
{
    char text[CLOCK_TEXT];

    (void)state;
    assert_string_equal(clock_format(1769860800123456789ULL, text, sizeof(text)), "2026-01-31T12:00:00.123Z");
}

static void test_file(void **state)
{
    struct err err = {0};
    char *bytes;
    size_t len;

    assert_int_equal(file_read(*state, "/nonexistent", 10, &bytes, &len, &err), -ENOENT);
    assert_int_equal(err.kind, ERR_INPUT);
    assert_int_equal(file_read(*state, "/", 10, &bytes, &len, &err), -EISDIR);
    assert_int_equal(file_read(*state, "/dev/zero", 1000, &bytes, &len, &err), -EFBIG);
    assert_int_equal(err.kind, ERR_FORMAT);
    assert_int_equal(file_read(*state, "/proc/self/status", 1 << 20, &bytes, &len, &err), 0);
    assert_int_equal(len, strlen(bytes));
    assert_memory_equal(bytes, "Name:", 5);
}

static void test_text_pool(void **state)
{
    struct text_pool pool = {.arena = *state};
    const char *first[5000];
    char name[16];
    size_t again = 0;

    for (size_t i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "web-%zu", i);
        first[i] = text_pool_keep(&pool, name);
        assert_string_equal(first[i], name);
    }
    for (size_t i = 0; i < 5000; i++) {
        const char *kept;

        snprintf(name, sizeof(name), "web-%zu", i);
        kept = text_pool_keep(&pool, name);
        assert_string_equal(kept, name);
        again += kept == first[i];
    }
    /* Few have found no place near theirs. */
    assert_true(again > 4900);
    assert_true(pool.room <= 16384);
    assert_string_equal(text_pool_keep(&pool, ""), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_address),      cmocka_unit_test(test_address_sockaddr),
        cmocka_unit_test(test_number_whole), cmocka_unit_test(test_number),
        cmocka_unit_test(test_duration),     cmocka_unit_test(test_escape),
        cmocka_unit_test(test_err),          ARENA_TEST(test_arena),
        cmocka_unit_test(test_suggest),      ARENA_TEST(test_shell_word),
        cmocka_unit_test(test_clock),        ARENA_TEST(test_file),
        cmocka_unit_test(test_utf16),        ARENA_TEST(test_base64),
        ARENA_TEST(test_text_pool),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
