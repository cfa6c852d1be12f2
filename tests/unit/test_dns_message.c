/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <dirent.h>
#include <errno.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/file.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A message with one answer of the given type and rdata, for "a." class IN. */
static size_t with_rdata(uint8_t *out, uint16_t type, const void *rdata, uint16_t len)
{
    static const uint8_t head[] = "\x12\x34\x81\x80\0\1\0\1\0\0\0\0\1a\0\0\1\0\1\xc0\x0c";
    size_t n = sizeof(head) - 1;

    memcpy(out, head, n);
    uint8_t fixed[] = {0, 0, 0, 1, 0, 0, 0, 60, 0, 0};

    fixed[0] = (uint8_t)(type >> 8);
    fixed[1] = (uint8_t)type;
    fixed[8] = (uint8_t)(len >> 8);
    fixed[9] = (uint8_t)len;
    memcpy(out + n, fixed, sizeof(fixed));
    memcpy(out + n + 10, rdata, len);
    return n + 10 + len;
}

static void test_rdata(void **state)
{
#define RDATA(bytes) bytes, sizeof(bytes) - 1
    static const struct {
        uint16_t type;
        const char *bytes;
        uint16_t len;
        const char *text;
    } cases[] = {
        {1, RDATA("\x0a\x60\0\x0a"), "10.96.0.10"},
        {1, RDATA("\x0a\x60\0"), "\\# 3 0A6000"}, /* three octets are no address */
        {28, RDATA("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "fd00::1"},
        {5, RDATA("\1b\xc0\x0c"), "b.a."},
        {12, RDATA("\0"), "."},
        {15, RDATA("\0\x0a\4mail\xc0\x0c"), "10 mail.a."},
        {33, RDATA("\0\0\0\x64\x01\xbb\xc0\x0c"), "0 100 443 a."},
        {16, RDATA("\5v=1\"x\0"), "\"v=1\\\"x\" \"\""},
        {16, RDATA("\5ab"), "\\# 3 056162"}, /* a string that runs out */
        {6, RDATA("\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"), "a. a. 1 2 3 4 5"},
        {65280, RDATA("\x0a\x0b\x0c\x0d"), "\\# 4 0A0B0C0D"},
        {65280, "", 0, "\\# 0"},
    };
    uint8_t bytes[512];

    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t len = with_rdata(bytes, cases[i].type, cases[i].bytes, cases[i].len);
        struct dns_message m;

        assert_int_equal(dns_message_parse(*state, bytes, len, &m), 0);
        assert_int_equal(m.rr_count[DNS_ANSWER], 1);
        assert_string_equal(m.rrs[DNS_ANSWER][0].name, "a.");
        assert_string_equal(m.rrs[DNS_ANSWER][0].rdata, cases[i].text);
        assert_false(dns_message_is_nodata(&m, cases[i].type));
        assert_true(dns_message_is_nodata(&m, 99));
    }
}

static void test_header(void **state)
{
    static const uint8_t bytes[] = "\xc0\xfb\x85\xb3\0\1\0\0\0\0\0\0\0\0\x1c\0\1";
    struct dns_message m;

    assert_int_equal(dns_message_parse(*state, bytes, sizeof(bytes) - 1, &m), 0);
    assert_int_equal(m.id, 0xc0fb);
    assert_true(m.qr && m.aa && m.rd && m.ra && m.ad && m.cd && !m.tc);
    assert_int_equal(m.opcode, 0);
    assert_int_equal(m.rcode, DNS_NXDOMAIN);
    assert_string_equal(m.questions[0].name, ".");
    assert_int_equal(m.questions[0].type, DNS_TYPE_AAAA);
}

static void test_edns(void **state)
{
    /* an extended rcode of 1 (BADVERS with 0), DO, NSID "dns1", EDE 22 "no" */
    static const uint8_t bytes[] = "\0\1\x80\0\0\0\0\0\0\0\0\1"
                                   "\0\0\x29\x04\xd0\1\0\x80\0\0\x10\0\3\0\4dns1\0\x0f\0\4\0\x16no";
    struct dns_message m;

    assert_int_equal(dns_message_parse(*state, bytes, sizeof(bytes) - 1, &m), 0);
    assert_true(m.edns.present && m.edns.dnssec_ok);
    assert_int_equal(m.rcode, 16);
    assert_int_equal(m.edns.udp_size, 1232);
    assert_string_equal(m.edns.nsid, "dns1");
    assert_int_equal(m.edns.ede_code, 22);
    assert_string_equal(m.edns.ede_text, "no");
}

static void test_empty_nsid_is_an_echo(void **state)
{
    static const uint8_t bytes[] = "\0\1\x80\0\0\0\0\0\0\0\0\1\0\0\x29\x04\xd0\0\0\0\0\0\4\0\3\0\0";
    struct dns_message m;

    assert_int_equal(dns_message_parse(*state, bytes, sizeof(bytes) - 1, &m), 0);
    assert_int_equal(m.edns.option_count, 1);
    assert_null(m.edns.nsid);
}

static void test_query(void **state)
{
    struct dns_query query = {
        .name = "www.example", .type = 28, .class = 1, .id = 7, .rd = true, .nsid = true};
    struct err err = {0};
    struct dns_message m;
    uint8_t bytes[512];
    int len = dns_query_build(&query, bytes, sizeof(bytes), &err);

    assert_true(len > 0);
    assert_int_equal(dns_message_parse(*state, bytes, (size_t)len, &m), 0);
    assert_true(m.rd && !m.qr);
    assert_string_equal(m.questions[0].name, "www.example.");
    assert_int_equal(m.edns.udp_size, 1232);
    assert_int_equal(m.edns.options[0].code, 3);
    assert_int_equal(dns_query_build(&query, bytes, 20, &err), -ENOBUFS);
    query.name = "a..b";
    assert_int_equal(dns_query_build(&query, bytes, sizeof(bytes), &err), -EINVAL);
}

/* Every recorded message, cut at every length: read as far as it goes, and said to be damaged when it is cut.
 */
static void test_recorded_and_cut(void **state)
{
    DIR *dir = opendir(DATA "/coredns");
    struct dirent *entry;
    size_t seen = 0;

    (void)state;
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        struct arena *arena;
        struct dns_message m;
        char path[512], *bytes;
        size_t len;

        if (!strstr(entry->d_name, ".resp.bin"))
            continue;
        snprintf(path, sizeof(path), "%s/coredns/%s", DATA, entry->d_name);
        arena = arena_new();
        assert_int_equal(file_read(arena, path, 65535, &bytes, &len, NULL), 0);
        for (size_t cut = 0; cut <= len; cut++) {
            /* On the heap at its exact size, so that a sanitizer sees a read behind the end. */
            uint8_t *copy = malloc(cut ? cut : 1);

            memcpy(copy, bytes, cut);
            assert_int_equal(dns_message_parse(arena, copy, cut, &m), cut == len ? 0 : -EBADMSG);
            assert_true(cut == len ? !m.damage : m.damage && m.damage_offset <= cut);
            free(copy);
        }
        assert_true(m.qr);
        seen++;
        arena_free(arena);
    }
    closedir(dir);
    assert_true(seen >= 80);
}

static void test_words(void **state)
{
    char word[DNS_WORD];
    uint16_t type;

    (void)state;
    assert_string_equal(dns_type_word(28, word), "AAAA");
    assert_string_equal(dns_type_word(65280, word), "TYPE65280");
    assert_string_equal(dns_rcode_word(3, word), "NXDOMAIN");
    assert_string_equal(dns_rcode_word(4000, word), "RCODE4000");
    assert_int_equal(dns_type_parse("aaaa", &type), 0);
    assert_int_equal(type, 28);
    assert_int_equal(dns_type_parse("TYPE65535", &type), 0);
    assert_int_equal(type, 65535);
    assert_int_equal(dns_type_parse("TYPE65536", &type), -EINVAL);
    assert_int_equal(dns_type_parse("AAAAA", &type), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rdata),       ARENA_TEST(test_header),
        ARENA_TEST(test_edns),        ARENA_TEST(test_empty_nsid_is_an_echo),
        ARENA_TEST(test_query),       cmocka_unit_test(test_recorded_and_cut),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
