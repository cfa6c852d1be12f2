/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <stdlib.h>
#include <string.h>

static void read_text(struct arena *arena, const char *text, size_t len, struct resolv_facts *facts)
{
    const struct resolv_environment environment = {.hostname = "host.zone.example"};

    *facts = (struct resolv_facts){0};
    resolv_facts_read(arena, text, len, &environment, facts);
}

/* "SERVERS | SEARCH | NDOTS" of one view. */
static const char *view_text(struct arena *arena, const struct resolver_view *view)
{
    struct text t = {0};
    const char *copy;

    for (size_t i = 0; i < view->nameservers_count; i++)
        text_addf(&t, "%s ", view->nameservers[i]);
    text_add(&t, "|");
    for (size_t i = 0; i < view->search_count; i++)
        text_addf(&t, " %s", *view->search[i] ? view->search[i] : ".");
    text_addf(&t, " | %llu", (unsigned long long)view->ndots);
    copy = arena_text(arena, text_string(&t));
    text_fini(&t);
    return copy;
}

static void test_views(void **state)
{
    static const struct {
        const char *text;
        const char *views[RESOLVERS]; /* NULL: as the one before */
    } cases[] = {
        {"nameserver 10.96.0.10\nsearch a.b c\noptions ndots:5\n", {"10.96.0.10 | a.b c | 5"}},
        {"nameserver 10.96.0.10\nsearch a.b c\noptions ndots:5", {"10.96.0.10 | a.b c | 5"}},
        {"search a\nsearch b\nnameserver 10.0.0.1\noptions ndots:2\noptions ndots:3\n", {"10.0.0.1 | b | 3"}},
        {"nameserver 10.0.0.1\nsearch a\noptions ndots:99\n",
         {"10.0.0.1 | a | 15", NULL, "10.0.0.1 | a | 15"}},
        {"nameserver 1.0.0.1\nnameserver 1.0.0.2\nnameserver 1.0.0.3\nnameserver 1.0.0.4\nsearch a\n",
         {"1.0.0.1 1.0.0.2 1.0.0.3 | a | 1"}},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct resolv_facts facts;
        const char *expected = NULL;

        read_text(*state, cases[i].text, strlen(cases[i].text), &facts);
        assert_int_equal(facts.views_count, RESOLVERS);
        for (size_t r = 0; r < RESOLVERS; r++) {
            expected = cases[i].views[r] ? cases[i].views[r] : expected;
            assert_string_equal(view_text(*state, &facts.views[r]), expected);
        }
    }
}

/* A megabyte of anything is read, and fast; what is left out is said. */
static void test_large(void **state)
{
    size_t len = 1 << 20;
    char *text = malloc(len + 1);
    struct resolv_facts facts;

    for (size_t i = 0; i < len; i++)
        text[i] = "nameserver x\nsearch \toptions ndots:\001#;"[(i * 7 + i / 41) % 39];
    text[len] = '\0';
    read_text(*state, text, len, &facts);
    assert_true(facts.views_count == RESOLVERS);
    memset(text, 'a', len); /* one line */
    read_text(*state, text, len, &facts);
    assert_true(facts.views_count == RESOLVERS);
    for (size_t i = 0; i + 4 < len; i += 4)
        memcpy(text + i, "a.b ", 4);
    memcpy(text, "search ", 7);
    read_text(*state, text, len, &facts);
    assert_true(facts.search_count <= RESOLV_ITEMS_MAX);
    assert_true(facts.warnings_count > 0);
    free(text);
}

static void test_policy(void **state)
{
    static const struct {
        const char *text, *policy;
    } cases[] = {
        {"nameserver 10.96.0.10\nsearch ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n",
         "ClusterFirst"},
        {"nameserver 192.168.1.1\nsearch lan\n", "Default"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct resolv_facts facts;

        read_text(*state, cases[i].text, strlen(cases[i].text), &facts);
        assert_string_equal(facts.dns_policy, cases[i].policy);
    }
}

/* Warnings name their line and whom they concern. */
static void test_warnings(void **state)
{
    static const char text[] =
        "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver ten\nnameserver 10.0.0.3\n"
        "nameserver 10.0.0.4\nsearch a.example\noptions ndots:16\n";
    struct resolv_facts facts;
    bool bad_address = false, fourth = false, ndots = false;

    read_text(*state, text, strlen(text), &facts);
    for (size_t i = 0; i < facts.warnings_count; i++) {
        bad_address = bad_address || facts.warnings[i].line == 3;
        fourth = fourth || facts.warnings[i].line == 5;
        ndots = ndots || facts.warnings[i].line == 7;
        assert_true(facts.warnings[i].resolvers_count >= 1);
    }
    assert_true(bad_address && fourth && ndots);
    assert_true(resolv_facts_loses(&facts, KIND_GLIBC));
}

/* Which resolvers a line of this text concerns, as letters of glibc, musl and go: in capitals who loses by
 * it. */
static const char *concerned(struct arena *arena, const struct resolv_facts *facts, uint64_t line)
{
    char letters[] = "   ";

    for (size_t i = 0; i < facts->warnings_count; i++)
        for (size_t k = 0; k < facts->warnings[i].resolvers_count; k++)
            for (size_t r = 0; r < RESOLVERS; r++)
                if (facts->warnings[i].line == line &&
                    strcmp(facts->warnings[i].resolvers[k], resolver_names[r]) == 0 &&
                    (letters[r] == ' ' || facts->warnings[i].loses))
                    letters[r] = (facts->warnings[i].loses ? "GMO" : "gmo")[r];
    return arena_text(arena, letters);
}

/* Words that cannot be meant are told with their line, alike for all three; odd ones that are valid are not.
 */
static void test_words(void **state)
{
    static const struct {
        const char *text, *whom, *words;
    } cases[] = {
        {"search $NS.svc.example.org\n", "GMO", "'$'"},
        {"search *.example.org\n", "GMO", "'*'"},
        {"search ~.\n", "GMO", "'~'"},
        {"search .example.org\n", " MO", "empty label"},
        {"search a..example.org\n", "GMO", "empty label"},
        {"search b\xC3\xBC.example.org\n", "GMO", "not ASCII"},
        {"search a.example\xC2\xA0"
         "b.example\n",
         "GMO", "no-break space (U+00A0)"},
        {"search a.example nameserver 10.0.0.1\n", "GMO", "line break"},
        {"search 10.0.0.1\n", "GMO", "is an address"},
        {"search aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example\n", "GMO",
         "over 63 bytes"},
        {"\xEF\xBB\xBFsearch a.example\n", "GMO", "byte order mark (U+FEFF)"},
        {"nameserver 10.0.0.1\xE2\x80\x8B\n", "GMO", "zero-width space (U+200B)"},
        {"search a.example\nsearch b.example\n", "GMO", "replaced by that of line 2"},
        /* As where the address comes by DHCP; and nothing is lost. */
        {"domain a.example\nsearch A.example b.example\n", "gmo", "replaced by that of line 2"},
        {"search a.example b.example\ndomain a.example\n", "GMO", "replaced by that of line 2"},
        {"search aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example\n", "   ", ""},
        {"search a_b.example. 1.example x--y xn--bcher-kva.example 1.2.3\n", "   ", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct resolv_facts facts;
        bool found = !*cases[i].words;

        read_text(*state, cases[i].text, strlen(cases[i].text), &facts);
        assert_string_equal(concerned(*state, &facts, 1), cases[i].whom);
        for (size_t k = 0; k < facts.warnings_count; k++)
            found = found || strstr(facts.warnings[k].text, cases[i].words);
        assert_true(found);
    }
}

/* Public resolvers, by when each resolver asks them: of note with the search list of a cluster alone. */
static void test_outsiders(void **state)
{
    static const char cluster[] = "search a.svc.example.org svc.example.org example.org\n";
    static const struct {
        const char *servers, *search;
        uint64_t line;
        const char *whom, *words; /* "" for no note; of one of the notes */
    } cases[] = {
        {"nameserver 8.8.8.8\n", cluster, 1, "gmo", "no server here does"},
        {"nameserver 2620:fe::fe\n", cluster, 1, "gmo", "Quad9"},
        {"nameserver 10.96.0.10\nnameserver 1.1.1.1\n", cluster, 2, "gmo", "musl asks all servers at once"},
        {"nameserver 10.96.0.10\nnameserver 1.1.1.1\n", cluster, 2, "gmo", "silent or fail"},
        {"nameserver 10.96.0.10\nnameserver 1.1.1.1\n", cluster, 2, "gmo", "c-ares"},
        {"nameserver 9.9.9.9\nnameserver 169.254.20.10\n", cluster, 1, "gmo", "asked first"},
        {"options rotate\nnameserver 10.96.0.10\nnameserver 8.8.4.4\n", cluster, 3, "gmo", "in its turn"},
        {"nameserver 10.96.0.10\nnameserver 5.5.5.5\n", cluster, 2, "gmo", "public address"},
        /* A Service may be at one, alone or in the other family. */
        {"nameserver 34.118.224.10\n", cluster, 1, "   ", ""},
        {"nameserver 10.96.0.10\nnameserver 2600:1f00::a\n", cluster, 2, "   ", ""},
        {"nameserver 10.96.0.10\nnameserver 10.96.0.11\n", cluster, 2, "   ", ""},
        /* dnsPolicy Default: nobody expects names of a cluster. */
        {"nameserver 8.8.8.8\n", "search example.org\n", 1, "   ", ""},
        {"nameserver 192.168.0.1\nnameserver 8.8.8.8\n", "", 2, "   ", ""},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = arena_printf(*state, "%s%s", cases[i].servers, cases[i].search);
        struct resolv_facts facts;
        bool found = !*cases[i].words;

        read_text(*state, text, strlen(text), &facts);
        assert_string_equal(concerned(*state, &facts, cases[i].line), cases[i].whom);
        for (size_t k = 0; k < facts.warnings_count; k++)
            found = found || strstr(facts.warnings[k].text, cases[i].words);
        assert_true(found);
        assert_false(resolv_facts_loses(&facts, KIND_GLIBC));
    }
}

/* Each line is judged for each of them. */
static void test_lines(void **state)
{
    static const struct {
        const char *line, *whom;
    } cases[] = {
        {"options ndots:5", "   "},
        {"options ndots:5,timeout:2", "G O"},
        {"options attempts:3;rotate", "GMO"},
        {"options timeout:2s", "gmo"},
        {"options ndots:5, timeout:2", "gmo"},
        {"options timeout:500ms", "GMO"},
        {"options ndots: 5", "GMO"},
        {"option ndots:5", "GMO"},
        {"search a.example,b.example", "GMO"},
        {"search a.example; b.example", "GMO"},
        {"search a.example ;b", "GMO"},
        {"search http://a.example", "GMO"},
        {"search _tcp.a.example b-c.example", "   "},
        {"search a b c d e f", "   "},
        {"search a b c d e f g", "g  "},
        {"search .", " Mo"},
        {"search a.example .", " Mo"},
        {"nameserver 10.0.0.1 10.0.0.2", "GMO"},
        {"nameserver 10.0.0.1  # the first", "   "},
        {"nameserver 10.0.0.1,10.0.0.2", "GMO"},
        {"nameserver 127.0.0.53", "gmo"},
        {"nameserver ::ffff:127.0.0.53", "gmo"},
        {"nameserver 127.0.0.1", "gmo"},
        {"nameserver ::1", "gmo"},
        {"nameserver 169.254.20.10", "gmo"},
        {"nameserver 169.254.169.254", "gmo"},
        {"nameserver fe80::1%3", "gmo"},
        {"nameserver 10.96.0.10", "   "},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct resolv_facts facts;

        read_text(*state, cases[i].line, strlen(cases[i].line), &facts);
        if (strcmp(concerned(*state, &facts, 1), cases[i].whom) != 0)
            fail_msg("%s: \"%s\" and not \"%s\"", cases[i].line, concerned(*state, &facts, 1), cases[i].whom);
    }
}

/* In a Pod nobody listens at the node's stub, and a link of the node is not there. */
static void test_lines_of_pod(void **state)
{
    static const char kubelet[] =
        "search ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";
    static const struct {
        const char *line, *whom;
    } cases[] = {
        {"nameserver 127.0.0.53\n", "GMO"},
        {"nameserver fe80::1%3\n", "GMO"},
        {"nameserver 127.0.0.1\n", "gmo"}, /* a sidecar may answer there */
        {"nameserver 169.254.169.253\n", "gmo"},
    };
    const struct resolv_environment pod = {.in_pod = true};

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = arena_printf(*state, "%s%s", cases[i].line, kubelet);
        struct resolv_facts facts = {0};

        read_text(*state, text, strlen(text), &facts);
        assert_string_equal(concerned(*state, &facts, 1), cases[i].whom);
        resolv_facts_read(*state, cases[i].line, strlen(cases[i].line), &pod, &facts);
        assert_string_equal(concerned(*state, &facts, 1), cases[i].whom);
    }
}

/* What the version decides. */
static void test_versions(void **state)
{
    static const char seven[] = "search a.x b.x c.x d.x e.x f.x g.x\n", dot[] = "search a.x .\n";
    static const struct {
        const char *glibc, *musl, *of_seven, *of_dot;
        size_t searched;
    } cases[] = {
        {"2.17", "1.2.3", "G  ", " Mo", 6},
        {"2.26", "1.2.4", "   ", "  o", 7},
        {"2.36", "1.2.5", "   ", "  o", 7},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct resolv_environment environment = {.glibc_version = cases[i].glibc,
                                                       .musl_version = cases[i].musl};
        struct resolv_facts facts = {0};

        resolv_facts_read(*state, seven, strlen(seven), &environment, &facts);
        assert_string_equal(concerned(*state, &facts, 1), cases[i].of_seven);
        assert_int_equal(facts.views[RESOLVER_GLIBC].search_count, cases[i].searched);
        resolv_facts_read(*state, dot, strlen(dot), &environment, &facts);
        assert_string_equal(concerned(*state, &facts, 1), cases[i].of_dot);
    }
}

/* Old glibc keeps 255 bytes, and the domain that they end in is cut. */
static void test_old_search_cut(void **state)
{
    const struct resolv_environment old = {.glibc_version = "2.24"};
    struct resolv_facts facts = {0};
    char text[400] = "search ";

    memset(text + 7, 'a', 60);
    memcpy(text + 67, ".example b.example ", 19);
    for (size_t i = 0; i < 3; i++) {
        memset(text + 86 + i * 71, 'c', 60);
        memcpy(text + 146 + i * 71, ".example.x ", 11);
    }
    resolv_facts_read(*state, text, strlen(text), &old, &facts);
    assert_int_equal(facts.views[RESOLVER_GLIBC].search_count, 5);
    assert_int_equal(strlen(facts.views[RESOLVER_GLIBC].search[4]), 255 - 79 - 2 * 71);
    assert_int_equal(facts.views[RESOLVER_MUSL].search_count, 0); /* its line is too long */
}

/* A dnsConfig cannot take ndots away. */
static void test_policy_reason(void **state)
{
    static const char *const lines[] = {"", "option ndots:5\n", "options ndots: 5\n"};

    for (size_t i = 0; i < COUNT(lines); i++) {
        const char *text = arena_printf(*state, "search ns.svc.c.l svc.c.l c.l\n%s", lines[i]);
        struct resolv_facts facts;

        read_text(*state, text, strlen(text), &facts);
        assert_null(strstr(facts.dns_policy_reason, "dnsConfig"));
    }
}

/* What is no number, no address, no list. Source: the readers of c-ares, BIND, resolv.rb, Netty, Net::DNS,
 * dnspython and the crate resolv-conf. */
static void test_dialects(void **state)
{
    static const struct {
        int resolver;
        const char *lines;
        int ndots; /* -1: the file is refused */
    } cases[] = {
        {RESOLVER_CARES, "options ndots:abc", 0},
        {RESOLVER_CARES, "options ndots:-1", 255},
        {RESOLVER_CARES_OLD, "options ndots:abc", 0},
        {RESOLVER_CARES_OLD, "options ndots:-1", 1},
        {RESOLVER_DIG_SEARCH, "options ndots:", 0},
        {RESOLVER_DIG_SEARCH, "options ndots:-1", -1},
        {RESOLVER_HOST, "options ndots:3x", -1},
        {RESOLVER_NSLOOKUP, "nameserver kube-dns", -1},
        {RESOLVER_NSLOOKUP, "search", -1},
        {RESOLVER_NSLOOKUP, "SEARCH a.test", 1},
        {RESOLVER_HICKORY, "options ndots:", -1},
        {RESOLVER_HICKORY, "options ndots:-1", -1},
        {RESOLVER_HICKORY, "SEARCH a.test", -1},
        {RESOLVER_HICKORY, "nameserver kube-dns", -1},
        {RESOLVER_HICKORY, "sortlist 10.0.0.0", 1},
        {RESOLVER_RUBY, "options ndots:", 1},
        {RESOLVER_RUBY, "options ndots:-1", 1},
        {RESOLVER_RUBY, "options ndots:3x", 1},
        {RESOLVER_NETTY, "options ndots:abc", 1},
        {RESOLVER_NETTY, "options ndots:0", 0},
        {RESOLVER_PERL, "options ndots:", 1},
        {RESOLVER_PERL, "options ndots:abc", 0},
        {RESOLVER_DNSPYTHON, "options ndots:abc", 1},
        {RESOLVER_DNSPYTHON, "options ndots:-1", 0},
        {RESOLVER_DNSPYTHON, "nameserver kube-dns", -1},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *text = arena_printf(*state, "nameserver 10.96.0.10\nsearch a.b c\n%s\n", cases[i].lines);
        struct resolver_view view;
        struct resolv_facts facts;

        read_text(*state, text, strlen(text), &facts);
        resolver_view_of(*state, &facts, cases[i].resolver, &view);
        if (!view.fatal != (cases[i].ndots >= 0) || (!view.fatal && view.ndots != (uint64_t)cases[i].ndots))
            fail_msg("%s of %s: %s, ndots %llu", cases[i].lines, resolver_all_names[cases[i].resolver],
                     view.fatal ? view.fatal : "read", (unsigned long long)view.ndots);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_views),          ARENA_TEST(test_large),         ARENA_TEST(test_policy),
        ARENA_TEST(test_words),          ARENA_TEST(test_warnings),      ARENA_TEST(test_lines),
        ARENA_TEST(test_outsiders),      ARENA_TEST(test_lines_of_pod),  ARENA_TEST(test_versions),
        ARENA_TEST(test_old_search_cut), ARENA_TEST(test_policy_reason), ARENA_TEST(test_dialects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
