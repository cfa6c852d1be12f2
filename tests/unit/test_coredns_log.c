/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/wire/logs/coredns_log.h>
#include <k8sdns/wire/logs/log_guess.h>
#include <stdio.h>
#include <string.h>

static struct coredns_line read_line(const struct log_template *format, const char *text)
{
    struct log_word values[LOG_TEMPLATE_PARTS];
    struct coredns_line line;

    coredns_log_read(format, (struct log_word){text, strlen(text)}, values, &line);
    return line;
}

static void assert_word(struct log_word word, const char *text)
{
    assert_int_equal(word.len, strlen(text));
    assert_memory_equal(word.at, text, word.len);
}

/* Put a number in for each %d. */
static void fill(char *out, size_t size, const char *form, int number)
{
    size_t n = 0;

    for (; *form && n + 12 < size; form++) {
        if (form[0] == '%' && form[1] == 'd') {
            n += (size_t)snprintf(out + n, size - n, "%d", number);
            form++;
        } else {
            out[n++] = *form;
        }
    }
    out[n] = '\0';
}

static void test_kinds(void **state)
{
    static const struct {
        const char *text;
        int kind;
    } rows[] = {
        {"[INFO] 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 0.1s", COREDNS_QUERY},
        {"10.0.0.1 - [02/Jan/2018:15:04:05 -0700] \"A IN a. udp 1 false 512\" NOERROR qr 12 100ms",
         COREDNS_QUERY},
        {"[INFO] 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 soon", COREDNS_MESSAGE},
        {"[INFO] 10.0.0.1:65536 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 0.1s", COREDNS_MESSAGE},
        {"10.0.0.1 - 7 A IN a. udp 53", COREDNS_DUMP},
        {"10.0.0.1 - 7 A IN a. icmp 53", COREDNS_UNKNOWN},
        {"[ERROR] plugin/errors: 2 a. A: read udp: i/o timeout", COREDNS_ERRORS},
        {"[ERROR 2 a. A] unreachable backend", COREDNS_ERRORS},
        {"[WARNING] plugin/errors: 9 errors like 'x' occurred in last 5s", COREDNS_CONSOLIDATED},
        {"[ERROR] Recovered from panic in server: \"dns://:53\"", COREDNS_PANIC},
        {"fatal error: concurrent map writes", COREDNS_PANIC},
        {"E0322 21:22:59.665365       1 reflector.go:138] Failed to watch", COREDNS_MESSAGE},
        {"debug: 000000 00", COREDNS_HEX},
        {"debugging", COREDNS_UNKNOWN},
        {"example.org.:53 on 10.0.0.1", COREDNS_START},
        {"CoreDNS-1.14.7", COREDNS_START},
        {"Corefile:3 - Syntax error: x", COREDNS_FATAL},
        {"", COREDNS_BLANK},
        {"main.main()", COREDNS_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (read_line(NULL, rows[i].text).kind != rows[i].kind)
            fail_msg("%s is %d", rows[i].text, read_line(NULL, rows[i].text).kind);
}

static void test_words(void **state)
{
    struct coredns_line line = read_line(
        NULL,
        "[INFO] [fd00::5]:5056 - 2120 \"AAAA IN quo\\\"te\\ x\\\\ udp 77 true 1232\" NXDOMAIN qr,rd 106 "
        "0.000565674s \"0\"");

    (void)state;
    assert_word(line.client, "fd00::5");
    assert_int_equal(line.port, 5056);
    assert_int_equal(line.id, 2120);
    assert_word(line.name, "quo\\\"te\\ x\\\\");
    assert_word(line.protocol, "udp");
    assert_word(line.rcode, "NXDOMAIN");
    assert_word(line.opcode, "0");
    assert_int_equal(line.duration_ns, 565674);
    assert_int_equal(coredns_number(line.response_size), 106);
    assert_false(line.server_made);
}

static void assert_same_word(struct log_word one, struct log_word other, const char *text, const char *longer)
{
    if (one.len != other.len || (one.len && one.at - text != other.at - longer))
        fail_msg("'%.*s' and '%.*s' of %s", (int)one.len, one.at, (int)other.len, other.at, text);
}

/* A line with something behind it is never read as a plain one: its words are the same nevertheless. */
static void check_plain(const char *text)
{
    char longer[300];
    struct coredns_line one, other;

    snprintf(longer, sizeof(longer), "%s x", text);
    one = read_line(NULL, text);
    other = read_line(NULL, longer);
    if ((one.kind == COREDNS_QUERY) != (other.kind == COREDNS_QUERY))
        fail_msg("%s is %d, and %d with more behind it", text, one.kind, other.kind);
    if (one.kind != COREDNS_QUERY)
        return;
    assert_same_word(one.client, other.client, text, longer);
    assert_same_word(one.type, other.type, text, longer);
    assert_same_word(one.class, other.class, text, longer);
    assert_same_word(one.name, other.name, text, longer);
    assert_same_word(one.protocol, other.protocol, text, longer);
    assert_same_word(one.rcode, other.rcode, text, longer);
    assert_same_word(one.flags, other.flags, text, longer);
    assert_same_word(one.bufsize, other.bufsize, text, longer);
    assert_same_word(one.dnssec_ok, other.dnssec_ok, text, longer);
    assert_same_word(one.size, other.size, text, longer);
    assert_same_word(one.response_size, other.response_size, text, longer);
    assert_int_equal(one.port, other.port);
    assert_int_equal(one.id, other.id);
    assert_int_equal(one.duration_ns, other.duration_ns);
    assert_int_equal(one.level, other.level);
    assert_int_equal(one.server_made, other.server_made);
    assert_int_equal(one.time_ns, other.time_ns);
}

/* Whichever character of a plain line is another one, is missing or is doubled. */
static void test_plain_lines(void **state)
{
    static const char *const lines[] = {
        "[INFO] 10.244.3.120:43726 - 49756 \"AAAA IN svc-482.ns31.svc.cluster.local. udp 60 false 1232\" NOERROR "
        "qr,aa,rd 108 0.000454973s",
        "[INFO] 1.2.3.4:5 - 6 \"A IN . tcp 7 true 8\" - - 0 0.123456789s",
        "[INFO] 192.168.100.200:65535 - 65535 \"TYPE65535 IN "
        "a-label-of-a-name-that-is-so-long-that-a-block-of-the-line-has-no-blank.and-another-one.example.org. udp "
        "123 false 4096\" NXDOMAIN qr,rd,ra 1234 9.999999999s"};
    static const char others[] = " \"\\.:/09a-\t[s";

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t len = strlen(lines[i]);

        assert_int_equal(read_line(NULL, lines[i]).kind, COREDNS_QUERY);
        check_plain(lines[i]);
        for (size_t at = 0; at < len; at++) {
            char text[280];

            for (const char *c = others; *c; c++) {
                snprintf(text, sizeof(text), "%.*s%c%s", (int)at, lines[i], *c, lines[i] + at + 1);
                check_plain(text);
                snprintf(text, sizeof(text), "%.*s%c%s", (int)at, lines[i], *c, lines[i] + at);
                check_plain(text);
            }
            snprintf(text, sizeof(text), "%.*s%s", (int)at, lines[i], lines[i] + at + 1);
            check_plain(text);
        }
    }
}

static void test_durations(void **state)
{
    static const struct {
        const char *text;
        uint64_t ns;
    } rows[] = {{"0.000017967s", 17967}, {"4.002214038s", 4002214038}, {"1.25ms", 1250000},
                {"1m2.5s", 62500000000}, {"250\u00b5s", 250000},       {"7ns", 7},
                {"1h", 3600000000000}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[200];

        snprintf(text, sizeof(text), "[INFO] 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 %s",
                 rows[i].text);
        assert_int_equal(read_line(NULL, text).duration_ns, rows[i].ns);
    }
}

static void test_failures_of_every_version(void **state)
{
    static const struct {
        const char *rest;
        bool made;
    } rows[] = {{"NOERROR - 0 6s", true},
                {"- - 0 6s", true},
                {"SERVFAIL qr,rd 28 4s", false},
                {"NOERROR qr 12 6s", false},
                {"NXDOMAIN qr,rd 0 1s", false}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[200];

        snprintf(text, sizeof(text), "[INFO] 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" %s", rows[i].rest);
        assert_int_equal(read_line(NULL, text).server_made, rows[i].made);
    }
}

static void test_template(void **state)
{
    struct log_template format;
    struct coredns_line line;

    assert_int_equal(
        log_template_read(*state, "\"{rcode} <{name}> {remote}|{>id} {duration}\"", &format, NULL), 0);
    line = read_line(&format, "[INFO] - <a\\>b.> [::1]|9 2s");
    assert_true(line.by_template);
    assert_true(line.server_made);
    assert_word(line.name, "a\\>b.");
    assert_word(line.client, "::1");
    assert_int_equal(line.id, 9);
    assert_int_equal(line.duration_ns, 2000000000);
    assert_int_equal(read_line(&format, "[INFO] plugin/reload: Running").kind, COREDNS_MESSAGE);
    assert_true(log_template_read(*state, "{name}{rcode}", &format, NULL) < 0);
    assert_true(log_template_read(*state, "no label", &format, NULL) < 0);
}

static void test_times(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        uint64_t ns;
    } rows[] = {{"1970-01-01T00:00:00Z", 20, 0},
                {"2026-02-28T23:59:59.5Z x", 22, UINT64_C(1772323199500000000)},
                {"2024-02-29T08:00:00+08:00", 25, UINT64_C(1709164800000000000)},
                {"2024-13-01T00:00:00Z", 0, 0},
                {"2024-01-01T00:00:00", 0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t ns = 0;

        assert_int_equal(log_time_read(rows[i].text, strlen(rows[i].text), &ns), rows[i].len);
        assert_int_equal(ns, rows[i].ns);
    }
}

/* What else stands before lines, and in exports. */
static void test_times_of_other_forms(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        uint64_t ns;
    } rows[] = {{"2024-03-01T10:00:00Z x", 20, UINT64_C(1709287200000000000)},
                {"2024-03-01T10:00:00.5 x", 21, UINT64_C(1709287200500000000)},
                {"2024-03-01 10:00:00 UTC", 23, UINT64_C(1709287200000000000)},
                {"2024-03-01 18:00:00+0800", 24, UINT64_C(1709287200000000000)},
                {"2024/03/01 10:00:00 +1 x", 19, UINT64_C(1709287200000000000)},
                {"2024/03/01 10:00:00.000001 x", 26, UINT64_C(1709287200000001000)},
                {"01/Mar/2024:10:00:00 +0000", 26, UINT64_C(1709287200000000000)},
                {"Mar 1, 2024 @ 10:00:00.123", 26, UINT64_C(1709287200123000000)},
                {"Mar 1, 2024 10:00:00", 0, 0},
                {"3/1/2024, 10:00:00.123 AM", 25, UINT64_C(1709287200123000000)},
                {"3/1/2024, 12:00:00.000 AM", 25, UINT64_C(1709251200000000000)},
                {"3/1/2024, 12:00:00 PM", 21, UINT64_C(1709294400000000000)},
                {"3/1/2024 1:00:00 PM", 19, UINT64_C(1709298000000000000)},
                {"29/2/2024, 10:00:00", 19, UINT64_C(1709200800000000000)},
                {"3/1/2024, 13:00:00 PM", 0, 0},
                {"1709287200", 10, UINT64_C(1709287200000000000)},
                {"1709287200.25", 13, UINT64_C(1709287200250000000)},
                {"1709287200123", 13, UINT64_C(1709287200123000000)},
                {"1709287200123456", 16, UINT64_C(1709287200123456000)},
                {"1709287200123456789", 19, UINT64_C(1709287200123456789)},
                {"17092872001234567890", 0, 0},
                {"170928720", 0, 0},
                {"10.244.1.5", 0, 0},
                {"2024-03-01", 0, 0},
                {"2024-13-01 10:00:00", 0, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t ns = 0;

        if (log_time_read_any(rows[i].text, strlen(rows[i].text), &ns) != rows[i].len || ns != rows[i].ns)
            fail_msg("%s is %llu", rows[i].text, (unsigned long long)ns);
    }
}

static void test_a_format_follows_from_lines(void **state)
{
    static const struct {
        const char *line; /* with %d where lines differ; NULL for the second: all lines are alike in form */
        const char *other;
        const char *format;
    } rows[] = {
        {"{\"q\": \"A IN a%d.example.\", \"took\": \"0.00%ds\", \"code\": \"NOERROR\"}", NULL,
         "{\"q\": \"{type} {class} {name}\", \"took\": \"{duration}\", \"code\": \"{rcode}\"}"},
        {"id=%d 10.0.0.%d:4000 a. AAAA udp SERVFAIL qr,aa,rd 7 1ms x", NULL,
         "id={any} {remote}:{port} {name} {type} {proto} {rcode} {>rflags} 7 {duration} x"},
        {"a%d.example. - - 0.%ds", "a%d.example. NOERROR qr,rd 0.%ds", "{name} {rcode} {>rflags} {duration}"},
        {"a%d.example. - - 0.%ds", NULL, NULL},
        {"a%d.example. NOERROR 0.%ds", "b%d.example. NOERROR, 0.%ds", NULL},
        {"a%d.example. b. NOERROR 0.%ds", NULL, NULL},
        {"a%d.example. NOERROR %d", NULL, NULL},
        {"a%d took 0.%ds", NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (int lines = LOG_GUESS_SURE - 1; lines <= LOG_GUESS_SURE; lines++) {
            struct log_guess *guess = ARENA_NEW(*state, struct log_guess);
            struct log_template format;
            const char *found;
            bool sure = false;

            for (int k = 0; k < lines; k++) {
                char text[200];
                const char *form = k % 2 && rows[i].other ? rows[i].other : rows[i].line;

                fill(text, sizeof(text), form, k);
                log_guess_add(guess, (struct log_word){text, strlen(text)});
            }
            found = log_guess_template(guess, *state, &sure);
            if (!rows[i].format) {
                assert_null(found);
                continue;
            }
            /* Numbers that are always the same are taken for fixed text only when it is sure. */
            if (lines == LOG_GUESS_SURE)
                assert_string_equal(found, rows[i].format);
            assert_int_equal(sure, lines == LOG_GUESS_SURE);
            assert_int_equal(log_template_read(*state, found, &format, NULL), 0);
        }
}

/* Words of an own one before the usual format. */
static void test_the_usual_format_later(void **state)
{
    struct coredns_line line =
        read_line(NULL, "[INFO] trace 12ab 10.0.0.1:53 - 7 \"A IN a. udp 1 false 512\" NOERROR qr 12 0.1s");

    (void)state;
    assert_int_equal(line.kind, COREDNS_QUERY);
    assert_word(line.client, "10.0.0.1");
    assert_int_equal(line.id, 7);
    assert_int_equal(read_line(NULL, "[INFO] a - b \"A IN a. udp 1 false 512\"").kind, COREDNS_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_kinds),
        ARENA_TEST(test_words),
        ARENA_TEST(test_plain_lines),
        ARENA_TEST(test_durations),
        ARENA_TEST(test_failures_of_every_version),
        ARENA_TEST(test_template),
        ARENA_TEST(test_times),
        ARENA_TEST(test_times_of_other_forms),
        ARENA_TEST(test_a_format_follows_from_lines),
        ARENA_TEST(test_the_usual_format_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
