/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/wire/corefile/go_regex.h>
#include <k8sdns/wire/corefile/go_template.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>

/* Each was given to Go's regexp.Compile. */
static void test_regex(void **state)
{
    static const struct {
        const char *pattern;
        int fault;
        size_t groups;
    } cases[] = {
        {"", GO_REGEX_FINE, 0},
        {"(a)(?:b)(?P<n>c)", GO_REGEX_FINE, 2},
        {"(?<n>a)", GO_REGEX_FINE, 1},
        {"(?i)^a$|b*?", GO_REGEX_FINE, 0},
        {"[]a-z\\d[:alpha:]]", GO_REGEX_FINE, 0},
        {"a{2,3}{", GO_REGEX_FINE, 0},
        {"a{1000}", GO_REGEX_FINE, 0},
        {"a{1001}", GO_REGEX_REPEAT_COUNT, 0},
        {"a{3,2}", GO_REGEX_REPEAT_COUNT, 0},
        {"(a{100}){11}", GO_REGEX_REPEAT_COUNT, 0},
        {"a**", GO_REGEX_REPEAT_TWICE, 0},
        {"*a", GO_REGEX_NOTHING_MORE, 0},
        {"a|*", GO_REGEX_NOTHING_MORE, 0},
        {"(a", GO_REGEX_GROUP_OPEN, 0},
        {"a)", GO_REGEX_GROUP_CLOSE, 0},
        {"[a", GO_REGEX_BRACKET, 0},
        {"[z-a]", GO_REGEX_RANGE, 0},
        {"[[:x:]]", GO_REGEX_RANGE, 0},
        {"(?=a)", GO_REGEX_PERL, 0},
        {"(?!a)", GO_REGEX_PERL, 0},
        {"(?<=a)b", GO_REGEX_PERL, 0},
        {"(a)\\1", GO_REGEX_ESCAPE, 0},
        {"\\Z", GO_REGEX_ESCAPE, 0},
        {"a\\", GO_REGEX_BACKSLASH_AT_END, 0},
        {"(?P<n>a)(?P<n>b)", GO_REGEX_NAME, 0},
        {"\xff", GO_REGEX_UTF8, 0},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t groups = 0;

        assert_int_equal(go_regex_check(cases[i].pattern, strlen(cases[i].pattern), &groups), cases[i].fault);
        assert_int_equal(groups, cases[i].groups);
    }
}

/* Each was given to Go's template.Parse. */
static void test_template(void **state)
{
    static const struct {
        const char *text;
        int fault;
    } cases[] = {
        {"", GO_TEMPLATE_FINE},
        {"{{ .Name }} 60 IN A 10.{{ parseInt .Group.b 16 8 }}", GO_TEMPLATE_FINE},
        {"{{- if eq .Type \"A\" -}}a{{ else if .B }}b{{ else }}c{{ end }}", GO_TEMPLATE_FINE},
        {"{{ range $i, $v := .X }}{{ $v }}{{ break }}{{ end }}", GO_TEMPLATE_FINE},
        {"{{ define \"a\" }}x{{ end }}{{ template \"a\" . }}", GO_TEMPLATE_FINE},
        {"{{/* no */}}{{ (index .X 1).Y | printf \"%s\" }}", GO_TEMPLATE_FINE},
        {"{{ .Name", GO_TEMPLATE_UNCLOSED},
        {"{{ .Name }", GO_TEMPLATE_SYNTAX},
        {"{{/* no }}", GO_TEMPLATE_UNCLOSED},
        {"{{ \"a }}", GO_TEMPLATE_UNCLOSED},
        {"{{ }}", GO_TEMPLATE_EMPTY},
        {"{{ if }}{{ end }}", GO_TEMPLATE_EMPTY},
        {"{{ nosuch .Name }}", GO_TEMPLATE_FUNCTION},
        {"{{ $x }}", GO_TEMPLATE_VARIABLE},
        {"{{ if .A }}", GO_TEMPLATE_NO_END},
        {"{{ end }}", GO_TEMPLATE_STRAY_END},
        {"{{ break }}", GO_TEMPLATE_STRAY_END},
        {"{{ 1 | .X }}", GO_TEMPLATE_FINE},
        {"{{ .X | 1 }}", GO_TEMPLATE_SYNTAX},
        {"{{ true.X }}", GO_TEMPLATE_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        size_t at, len;

        assert_int_equal(go_template_check(cases[i].text, strlen(cases[i].text), &at, &len), cases[i].fault);
    }
}

static void test_fields(void **state)
{
    static const char *const known[] = {"Name", "Group", NULL};
    static const struct {
        const char *text, *field; /* NULL: none */
    } cases[] = {{"{{ .Name }} 60 IN A {{ .Group.a }}", NULL},
                 {"{{ .Nme }}", ".Nme"},
                 {"x {{ index .Groups 1 }}", ".Groups"},
                 {"{{ .Name | printf \"%s\" .Other }}", ".Other"},
                 {"{{ $x := .Name }}{{ $x.Any }}{{ (index .Group 1).Any }}", NULL},
                 {"{{ range .Group }}{{ .Any }}{{ end }}", NULL},
                 {"{{ .Nme }}{{ with .Name }}x{{ end }}", NULL},
                 {"{{ .Nme", NULL}};
    size_t at, len;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        bool found = go_template_unknown_field(cases[i].text, strlen(cases[i].text), known, &at, &len);

        assert_int_equal(found, cases[i].field != NULL);
        if (found) {
            assert_int_equal(len, strlen(cases[i].field));
            assert_memory_equal(cases[i].text + at, cases[i].field, len);
        }
    }
}

static void test_values(void **state)
{
    static const struct {
        const char *text;
        int64_t ns; /* -1: refused */
    } durations[] = {{"0", 0},           {"1s", 1000000000}, {"1m30s", 90000000000},
                     {".5s", 500000000}, {"-1ns", -1 - 0},   {"5", -1},
                     {"", -1},           {"s", -1},          {"1 s", -1},
                     {"1d", -1}};
    static const struct {
        const char *text;
        bool host_port, ip, maybe;
    } addresses[] = {
        {":53", true, false, false},          {"53", false, false, false},    {"h:53", true, false, false},
        {"[::1]:53", true, false, true},      {"::1", false, true, true},     {"10.0.0.1", false, true, true},
        {"10.0.0.1:53", true, false, true},   {"[::1]", false, false, false}, {"a:b:c", false, false, false},
        {"fe80::1%eth0", false, false, true}, {"10.0.0", false, false, false}};
    int64_t value;
    uint64_t number;
    unsigned bits;
    bool v6;

    (void)state;
    for (size_t i = 0; i < COUNT(durations); i++) {
        bool taken = go_duration(durations[i].text, &value);

        assert_int_equal(taken, durations[i].ns != -1 || durations[i].text[0] == '-');
        if (taken)
            assert_int_equal(value, durations[i].ns);
    }
    for (size_t i = 0; i < COUNT(addresses); i++) {
        assert_int_equal(go_host_port(addresses[i].text), addresses[i].host_port);
        assert_int_equal(go_ip(addresses[i].text), addresses[i].ip);
        assert_int_equal(go_ip_maybe_port(addresses[i].text), addresses[i].maybe);
    }
    assert_true(go_int("+5", &value) && value == 5);
    assert_false(go_int("0x5", &value));
    assert_true(go_uint_based("0xff", 8, &number) && number == 255);
    assert_false(go_uint_based("0x100", 8, &number));
    assert_true(go_cidr("fd00::/64", &v6, &bits) && v6 && bits == 64);
    assert_false(go_cidr("10.0.0.0/33", &v6, &bits));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_regex), cmocka_unit_test(test_template),
                                       cmocka_unit_test(test_fields), cmocka_unit_test(test_values)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
