/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "corefile_argument_cases.h"
#include "unit.h"
#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <string.h>

/* The line of the first critical remark on what stands in a server block from line 2 on; 0 for none. */
static int refused_at(struct arena *arena, const char *inside, const char *version)
{
    const char *text = arena_printf(arena, ".:53 {\n%s\n}\n", inside);
    struct corefile_environment environment = {
        .source = "x", .version = version, .text = text, .len = strlen(text)};
    struct corefile_facts facts;
    struct corefile corefile;

    corefile_read(arena, text, strlen(text), NULL, 0, &corefile);
    corefile_judge(arena, &corefile, &environment, &facts);
    for (size_t i = 0; i < facts.remarks_count; i++)
        if (facts.remarks[i].severity == SEVERITY_CRITICAL)
            return (int)facts.remarks[i].line;
    return 0;
}

static void test_arguments(void **state)
{
    int wrong = 0;

    for (size_t i = 0; i < COUNT(corefile_argument_cases); i++) {
        int line = refused_at(*state, corefile_argument_cases[i].inside, NULL);

        if (line != corefile_argument_cases[i].line)
            print_error("%s: refused at line %d, and not %d\n", corefile_argument_cases[i].inside, line,
                        corefile_argument_cases[i].line);
        wrong += line != corefile_argument_cases[i].line;
    }
    assert_int_equal(wrong, 0);
}

/* Each at the version before it came, and at the one that has it. */
static void test_versions(void **state)
{
    static const struct {
        const char *inside, *before, *since;
        int line;
    } rows[] = {
        {"ready", "1.4.0", "1.5.0", 2},
        {"timeouts {\nread 5s\n}", "1.10.0", "1.10.1", 2},
        {"cache {\nkeepttl\n}", "1.10.0", "1.10.1", 3},
        {"errors {\nstacktrace\n}", "1.9.2", "1.9.3", 3},
        {"errors {\nconsolidate 5m x warning\n}", "1.8.4", "1.8.5", 3},
        {"errors {\nconsolidate 5m x show_first\n}", "1.13.0", "1.14.0", 3},
        {"forward . 10.0.0.1 {\nnext NXDOMAIN\n}", "1.11.3", "1.11.4", 3},
        {"forward . 10.0.0.1\nforward a.test 10.0.0.2", "1.9.3", "1.9.4", 3},
        {"loadbalance weighted /f", "1.10.0", "1.10.1", 2},
        {"template IN A {\nexpr Name != \"\"\n}", "1.14.7", "1.14.8", 3},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int before = refused_at(*state, rows[i].inside, rows[i].before);
        int since = refused_at(*state, rows[i].inside, rows[i].since);

        if (before != rows[i].line || since)
            fail_msg("%s: refused at line %d before, and at %d since", rows[i].inside, before, since);
    }
}

/* The zones of server blocks. Source: core/dnsserver/register.go, plugin/normalize.go. */
static void test_keys(void **state)
{
    static const struct {
        const char *key;
        bool taken;
    } rows[] = {
        {"example.test", true},
        {"example.test.:5353", true},
        {"10.0.0.0/8", true},
        {"https3://.", true},
        {"tls://example.test:8853", true},
        {"a\\046b.test", true},
        {"a..b", false},
        {".a", false},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.test", false},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.test", true},
        {"example.test:", false},
    };
    int wrong = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *text = arena_printf(*state, "%s {\nwhoami\n}\n", rows[i].key);
        struct corefile_environment environment = {.source = "x", .text = text, .len = strlen(text)};
        struct corefile_facts facts;
        struct corefile corefile;
        bool refused = false;

        corefile_read(*state, text, strlen(text), NULL, 0, &corefile);
        corefile_judge(*state, &corefile, &environment, &facts);
        for (size_t k = 0; k < facts.remarks_count; k++)
            refused = refused || facts.remarks[k].severity == SEVERITY_CRITICAL;
        if (refused == rows[i].taken)
            print_error("%s: %s\n", rows[i].key, refused ? "refused" : "taken");
        wrong += refused == rows[i].taken;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_arguments), ARENA_TEST(test_versions),
                                       ARENA_TEST(test_keys)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
