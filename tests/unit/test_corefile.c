/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/number.h>
#include <k8sdns/base/text.h>
#include <k8sdns/wire/corefile/config_map.h>
#include <k8sdns/wire/corefile/corefile.h>
#include <string.h>

/* A Corefile in one line: "keys{directive args[option args]...}?SLIP!FAULT", with lines. */
static const char *outline(struct arena *arena, const char *text)
{
    struct corefile corefile;
    struct text out = {0};
    const char *copy;

    corefile_read(arena, text, strlen(text), NULL, 0, &corefile);
    for (size_t i = 0; i < corefile.blocks_count; i++) {
        const struct corefile_block *block = &corefile.blocks[i];

        text_addf(&out, "%s{", arena_join(arena, block->keys, block->keys_count, ","));
        for (size_t k = 0; k < block->directives_count; k++) {
            const struct corefile_directive *d = &block->directives[k];

            text_addf(&out, "%s%s:%d", k ? ";" : "", d->name, (int)d->line);
            for (size_t n = 0; n < d->args_count; n++)
                text_addf(&out, " %s", d->args[n]);
            for (size_t n = 0; n < d->options_count; n++)
                text_addf(&out, "[%s:%d %s]", d->options[n].name, (int)d->options[n].line,
                          arena_join(arena, d->options[n].args, d->options[n].args_count, " "));
        }
        text_add(&out, "}");
    }
    for (size_t i = 0; i < corefile.slips_count; i++)
        text_addf(&out, "?%d", (int)corefile.slips[i].line);
    if (corefile.fault)
        text_addf(&out, "!%d", (int)corefile.fault_line);
    copy = arena_text(arena, text_string(&out));
    text_fini(&out);
    return copy;
}

static void test_read(void **state)
{
    static const struct {
        const char *text, *outline;
    } cases[] = {
        {"", ""},
        {".:53 {\n errors\n}\n", ".:53{errors:2}"},
        {"\xef\xbb\xbf.:53 {\r\n errors\r\n}\r\n", ".:53{errors:2}"},
        {"a b, c {\n}\n", "a,b,c{}"},
        {"a,\nb {\n}\n", "a,b{}"},
        {"# a\na { # b\n  log # c\n  log a#b\n}\n", "a{log:3;log:4 a}"},
        {"a {\n log . \"x \\\"y\\\" \\z\n{\" w\n errors\n}\n", "a{log:2 . x \"y\" \\z\n{ w;errors:4}"},
        {"a {\n cache {\n  success 10 20\n  denial\n }\n}\nb {\n}\n",
         "a{cache:2[success:3 10 20][denial:4 ]}b{}"},
        {"a {\n t {\n  x {\n   y z\n  }\n  w\n }\n}", "a{t:2[x:3 ][y:4 z][w:6 ]}"},
        {"a\nerrors\nlog\n", "a{errors:2;log:3}"},
        {"(s) {\n errors\n cache 30\n}\na {\n import s\n log\n}\n", "a{errors:2;cache:3 30;log:7}"},
        {"(s) {\n success 1\n}\na {\n cache {\n  import s\n  denial 2\n }\n}\n",
         "a{cache:5[success:2 1][denial:7 2]}"},
        {"(s) {\n b {\n  log\n }\n}\na {\n}\nimport s\n", "a{}b{log:3}"},
        {"a {\n import f/*.x\n errors\n}\n", "a{errors:3}"},
        /* What CoreDNS refuses, each seen there or in its parser. */
        {"a {\n errors\n", "a{errors:2}!1"},
        {"a {\n forward . 1.2.3.4 {\n x\n}\n", "a{forward:2 . 1.2.3.4[x:3 ]}!1"},
        {"a {\n errors }\n", "a{errors:2}!2"},
        {"a {\n}\n}\n", "a{}!3"},
        {"{\n}\n", "!1"},
        {"a, {\n}\n", "a{}!1"},
        {"a {\n import\n}\n", "a{}!2"},
        {"a {\n import x y\n}\n", "a{}!2"},
        {"(s) {\n}\n(s) {\n}\n", "!3"},
        {"(s) {\n import s\n}\na {\n import s\n}\n", "a{}!2"},
        {"a { errors }\n", "a{}!1"},
        {"a { errors cache 30 forward . b }\nc {\n}\n", "a{}!1"},
        /* Braces that are glued to a word, read as they were meant. */
        {"a{\n errors\n}\n", "a{errors:2}?1"},
        {"a.b:53{\n errors{\n c 1\n }\n log\n}\n", "a.b:53{errors:2[c:3 1];log:5}?1?2"},
        {"(s){\n log\n}\na {\n import s\n}\n", "a{log:2}?1"},
        {"a {\n hosts f b{\n  ttl 1\n }\n log\n}\n", "a{hosts:2 f b[ttl:3 1];log:5}?2"},
        {"a {\n cache {success 1\n }\n log\n}\n", "a{cache:2[success:2 1];log:4}?2"},
        {"a {\n forward . b{max_fails 2}\n log\n}\n", "a{forward:2 . b[max_fails:2 2];log:3}?2"},
        {"a {\n cache 9{ success 1 }\n log\n}\n", "a{cache:2 9[success:2 1 }];log:3}?2"},
        {"a {\n cache {\n  success 1}\n log\n}\n", "a{cache:2[success:3 1];log:4}?3"},
        {"a {\n cache {\n  success 1\n }}\nb {\n log\n}\n", "a{cache:2[success:3 1]}b{log:6}?4"},
        {"a {\n cache {\n  success 1\n }log\n}\n", "a{cache:2[success:3 1];log:4}?4"},
        {"a {\n log\n}b.c {\n log\n}\n", "a{log:2}b.c{log:4}?3"},
        {"a {\n cache {$TTL}{\n  success {$X}}\n log\n}\n", "a{cache:2 {$TTL}[success:3 {$X}];log:4}?2?3"},
        {"a {\n cache {\n  success 1\n } log\n}\n", "a{cache:2[success:3 1];log:4}?4"},
        {"a {\n cache { success 1 } errors log\n log\n}\n", "a{cache:2;log:3}?2"},
        /* What has braces and stays as it is. */
        {"{$ZONE}:{$PORT} {\n forward . {$UP} {%UP%}\n cache {$TTL} {\n }\n}\n",
         "{$ZONE}:{$PORT}{forward:2 . {$UP} {%UP%};cache:3 {$TTL}}"},
        {"a {\n log . {remote port}\n log . {combined}\n rewrite name regex (a{2,3})b{1} {1}.c{2}\n}\n",
         "a{log:2 . {remote port};log:3 . {combined};rewrite:4 name regex (a{2,3})b{1} {1}.c{2}}"},
        {"a {\n template IN A {\n  answer {{ .Name }} 60 IN A {{.X}}\n  match \"^a{\" \"}b\"\n }\n}\n",
         "a{template:2 IN A[answer:3 {{ .Name }} 60 IN A {{.X}}][match:4 ^a{ }b]}"},
        {"a {\n whoami # b{\n cache { success 1 }\n}\n", "a{whoami:2;cache:3[success:3 1 }]}"},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(outline(*state, cases[i].text), cases[i].outline);
}

static void test_lines(void **state)
{
    struct corefile corefile;
    const char text[] = "a,\nb {\n errors {$X}{$Y}\n import z\n}\nimport y\nc\nlog {$X}";

    corefile_read(*state, text, sizeof(text) - 1, NULL, 0, &corefile);
    assert_null(corefile.fault);
    assert_int_equal(corefile.lines, 8);
    assert_int_equal(corefile.blocks_count, 2);
    assert_int_equal(corefile.blocks[0].line, 1);
    assert_int_equal(corefile.blocks[0].open_line, 2);
    assert_int_equal(corefile.blocks[0].end_line, 5);
    assert_string_equal(corefile.blocks[0].imports[0], "z");
    assert_int_equal(corefile.blocks[1].open_line, 0);
    assert_int_equal(corefile.imports_count, 1);
    assert_int_equal(corefile.variables_count, 2);
    assert_string_equal(corefile.variables[1], "Y");
}

static void test_keys(void **state)
{
    static const struct {
        const char *text, *zone;
        int transport, port; /* port 0: none */
    } cases[] = {
        {".", ".", COREFILE_DNS, 53},
        {".:53", ".", COREFILE_DNS, 53},
        {":1053", ".", COREFILE_DNS, 1053},
        {"Example.ORG", "example.org.", COREFILE_DNS, 53},
        {"dns://example.org.:54", "example.org.", COREFILE_DNS, 54},
        {"tls://.", ".", COREFILE_TLS, 853},
        {"https://example.org:8443", "example.org.", COREFILE_HTTPS, 8443},
        {"10.0.0.0/24:53", "10.0.0.0/24.", COREFILE_DNS, 53},
        {"fd00::/64", "fd00::/64.", COREFILE_DNS, 53},
        {".:x", NULL, 0, 0},
        {".:70000", NULL, 0, 0},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct corefile_key key;

        assert_int_equal(corefile_key_read(*state, cases[i].text, &key), cases[i].port != 0);
        if (!cases[i].port)
            continue;
        assert_string_equal(key.zone, cases[i].zone);
        assert_int_equal(key.transport, cases[i].transport);
        assert_int_equal(key.port, cases[i].port);
    }
}

static void test_config_maps(void **state)
{
    static const struct {
        const char *text, *corefiles; /* joined by '|'; NULL: refused */
    } cases[] = {
        {"kind: ConfigMap\ndata:\n  Corefile: |\n    a {\n    }\n", "a {\n}\n"},
        {"data:\n  Corefile: \"a {\\n}  \\n\"\n", "a {\n}  \n"},
        {"items:\n- data: {Corefile: x}\n- data: {other: y}\n- data:\n    Corefile: z\n", "x|z"},
        {"data: {Corefile: x}\n---\ndata: {Corefile: y}\n", "x|y"},
        {"{\"data\": {\"Corefile\": \"a\\n\"}}", "a\n"},
        {"{\"items\": [{\"data\": {\"Corefile\": \"a\"}}, 1, {}]}", "a"},
        {"kind: Pod\n", ""},
        {"{\"data\": ", NULL},
        {"data:\n - a\n b\n", NULL},
        {"data: &x [1]\nkind: *x\n", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config_maps maps = {0};
        struct err err = {0};
        const char *all = "";

        assert_true(config_map_is_one(cases[i].text, strlen(cases[i].text)));
        if (!cases[i].corefiles) {
            assert_true(config_map_read(*state, cases[i].text, strlen(cases[i].text), &maps, &err) < 0);
            assert_int_equal(err.kind, ERR_FORMAT);
            continue;
        }
        assert_int_equal(config_map_read(*state, cases[i].text, strlen(cases[i].text), &maps, &err), 0);
        for (size_t k = 0; k < maps.maps_count; k++)
            all = arena_printf(*state, "%s%s%s", all, k ? "|" : "", maps.maps[k].corefile);
        assert_string_equal(all, cases[i].corefiles);
    }
    assert_false(config_map_is_one("data:53 {\n whoami\n}\n", 20));
    assert_false(config_map_is_one("{$ZONE} {\n}\n", 12));
}

/* The other forms: what is read, with its lines where they were. */
static void test_pastes(void **state)
{
    static const struct {
        const char *text, *corefile; /* in a ConfigMap, or alone */
    } cases[] = {
        {"\"a {\\n}\\n\"", "a {\n}\n"},
        {"Corefile: |\n  a {\n  }\n", "           \n  a {\n  }\n"},
        {"a {\n forward . {{ .Values.ip }}\n}\n", "a {\n forward . {$xxxxxxxxxxxxx}\n}\n"},
        {"{{- if .X }}\na {\n}\n{{ end }}\n", "            \na {\n}\n         \n"},
        {"a {\n answer \"{{ .Name }}\"\n}\n", "a {\n answer \"{{ .Name }}\"\n}\n"},
        {"a {\n x {%V%} # {{ no }}\n}\n", "a {\n x {%V%} # {{ no }}\n}\n"},
        {"Name:         c\nNamespace:    s\n\nData\n====\nCorefile:\n----\na {\n}\n\n\nBinaryData\n====\n",
         "\n\n\n\n\n\n\na {\n}\n\n\n"},
        {"{\"corefile\": \"a {\\n}\", \"replicaCount\": 2}", "a {\n}"},
        {"{\"addon\": {\"configurationValues\": \"{\\\"corefile\\\": \\\"x\\\"}\"}}", "x"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct config_maps maps = {0};
        struct err err = {0};

        assert_int_equal(config_map_read(*state, cases[i].text, strlen(cases[i].text), &maps, &err), 0);
        assert_int_equal((maps.text != NULL) + maps.maps_count, 1);
        assert_string_equal(maps.text ? maps.text : maps.maps[0].corefile, cases[i].corefile);
    }
}

/* What imports take from files beside it. */
static void test_imports(void **state)
{
    static const struct corefile_file files[] = {{"b.server", "b {\n log\n}\n", 11},
                                                 {"a.override", "errors\n", 7},
                                                 {"c.server", "c {\n log\n}\n", 11}};
    const char text[] =
        "a {\n import /x/*.override\n import *.none\n}\nimport custom/*.server\nimport other\n";
    struct corefile corefile;

    corefile_read(*state, text, sizeof(text) - 1, files, COUNT(files), &corefile);
    assert_null(corefile.fault);
    assert_int_equal(corefile.blocks_count, 3);
    assert_string_equal(corefile.blocks[0].directives[0].name, "errors");
    assert_int_equal(corefile_line_file(corefile.blocks[0].directives[0].line), 2);
    assert_int_equal(corefile_line_number(corefile.blocks[0].directives[0].line), 1);
    assert_string_equal(corefile.blocks[1].keys[0], "b");
    assert_int_equal(corefile_line_file(corefile.blocks[2].directives[0].line), 3);
    assert_int_equal(corefile_line_number(corefile.blocks[2].directives[0].line), 2);
    assert_int_equal(corefile.blocks[0].imports_count, 0);
    assert_int_equal(corefile.imports_count, 1);
}

static void test_versions(void **state)
{
    (void)state;
    assert_true(version_compare("1.9.4", "1.11.0") < 0);
    assert_true(version_compare("1.11", "1.11.0") == 0);
    assert_true(version_compare("1.11.1-eks", "1.11.1") == 0);
    assert_true(version_compare("2", "1.99.99") > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_read),          ARENA_TEST(test_lines),
                                       ARENA_TEST(test_keys),          ARENA_TEST(test_config_maps),
                                       ARENA_TEST(test_pastes),        ARENA_TEST(test_imports),
                                       cmocka_unit_test(test_versions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
