/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Write k8sdns-resolvers(7): what each resolver does in which situation, found by running its rules. */
#include <k8sdns/base/number.h>
#include <k8sdns/model/resolver/lookup_stage.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <stdio.h>
#include <string.h>

#define SILENT (-1)
#define ONE    "nameserver 10.96.0.10\n"
#define TWO    ONE "nameserver 10.96.0.11\n"
#define LIST   "search a.example b.example\noptions ndots:5\n"
#define POD    ONE "search ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n"

/* What a server says: an enum probe_status, or SILENT. */
typedef int answer_fn(size_t server, const char *name, uint16_t type);

/* ---- situations ---- */

static int absent(size_t server, const char *name, uint16_t type)
{
    (void)server, (void)name, (void)type;
    return PROBE_NXDOMAIN;
}

static int second(const char *name, int first)
{
    return strcmp(name, "h.b.example") == 0   ? PROBE_ANSWER
           : strcmp(name, "h.a.example") == 0 ? first
                                              : PROBE_NXDOMAIN;
}

#define AFTER(word, status)                                                 \
    static int after_##word(size_t server, const char *name, uint16_t type) \
    {                                                                       \
        (void)server, (void)type;                                           \
        return second(name, status);                                        \
    }
AFTER(nodata, PROBE_NODATA)
AFTER(servfail, PROBE_SERVFAIL)
AFTER(refused, PROBE_REFUSED)
AFTER(silence, SILENT)

static int dead(size_t server, const char *name, uint16_t type)
{
    (void)server, (void)name, (void)type;
    return SILENT;
}

static int aaaa_silent(size_t server, const char *name, uint16_t type)
{
    (void)server, (void)name;
    return type == DNS_TYPE_AAAA ? SILENT : PROBE_ANSWER;
}

static int aaaa_servfail(size_t server, const char *name, uint16_t type)
{
    (void)server, (void)name;
    return type == DNS_TYPE_AAAA ? PROBE_SERVFAIL : PROBE_ANSWER;
}

static int truncated(size_t server, const char *name, uint16_t type)
{
    (void)server, (void)name, (void)type;
    return PROBE_TRUNCATED;
}

static int first_servfail(size_t server, const char *name, uint16_t type)
{
    (void)name, (void)type;
    return server ? PROBE_ANSWER : PROBE_SERVFAIL;
}

static int first_dead(size_t server, const char *name, uint16_t type)
{
    (void)name, (void)type;
    return server ? PROBE_ANSWER : SILENT;
}

/* ---- running one ---- */

/* Over TCP each answer is whole. */
static int say(void *user, size_t server, const char *name, uint16_t type, int transport)
{
    answer_fn *const *answer = user;
    int status = (*answer)(server, name, type);

    return status == SILENT                                          ? PROBE_TIMEOUT
           : status == PROBE_TRUNCATED && transport == TRANSPORT_TCP ? PROBE_ANSWER
                                                                     : status;
}

static struct lookup_result run(struct arena *arena, int resolver, const char *conf, const char *name,
                                answer_fn *answer, struct plan *ret_plan)
{
    struct resolv_environment environment = {0};
    struct resolv_facts facts = {0};
    struct resolver_view view;
    const struct lookup_stage stage = {say, &answer};
    struct lookup_result result;

    resolv_facts_read(arena, conf, strlen(conf), &environment, &facts);
    resolver_view_of(arena, &facts, resolver, &view);
    lookup_staged(arena, &view, name, &stage, ret_plan, &result);
    return result;
}

/* "list, = 8": the order of the list and of the name as it is, and the queries. */
static const char *names_cell(struct arena *arena, int resolver, const char *name)
{
    struct plan plan;
    const char *order = "";
    int last = -1;

    run(arena, resolver, POD, name, absent, &plan);
    for (size_t i = 0; i < plan.queries_count; i++) {
        if (strcmp(plan.queries[i].type, "PTR") == 0 || plan.queries[i].stage == last ||
            strstr(order, plan.queries[i].stage ? "=" : "list"))
            continue;
        last = plan.queries[i].stage;
        order = arena_printf(arena, "%s%s%s", order, *order ? ", " : "", last ? "=" : "list");
    }
    return arena_printf(arena, "%s %zu", order, plan.queries_count);
}

/* Lookup times are multiples of half seconds and more; what is shorter is no wait. */
static const char *outcome_cell(struct arena *arena, const struct lookup_result *result, const char *good,
                                const char *bad)
{
    uint64_t tenths = (result->total_us + 50000) / 100000;
    const char *word = result->ok ? good : bad;

    if (tenths < 2)
        return word;
    return tenths % 10 && tenths < 100
               ? arena_printf(arena, "%s %llu.%llu s", word, (unsigned long long)(tenths / 10),
                              (unsigned long long)(tenths % 10))
               : arena_printf(arena, "%s %llu s", word, (unsigned long long)((tenths + 5) / 10));
}

static bool searches(struct arena *arena, int resolver)
{
    struct plan plan;

    run(arena, resolver, POD, "database", absent, &plan);
    for (size_t i = 0; i < plan.queries_count; i++)
        if (!plan.queries[i].stage)
            return true;
    return false;
}

static bool asks_aaaa(struct arena *arena, int resolver)
{
    struct plan plan;

    run(arena, resolver, POD, "database", absent, &plan);
    for (size_t i = 0; i < plan.queries_count; i++)
        if (strcmp(plan.queries[i].type, "AAAA") == 0)
            return true;
    return resolver == RESOLVER_NSLOOKUP || resolver == RESOLVER_HOST;
}

static void row(int resolver, const char *const *cells, size_t count)
{
    printf(".It Cm %s", resolver_all_names[resolver]);
    for (size_t i = 0; i < count; i++)
        printf(" Ta %s", cells[i]);
    printf("\n");
}

/* Those that stand for others as well: another call of the same library. */
static bool is_variant(int resolver)
{
    return resolver == RESOLVER_NETTY_ALL || resolver == RESOLVER_NETTY_TCP ||
           resolver == RESOLVER_RUBY_ONE || resolver == RESOLVER_PERL_QUERY ||
           resolver == RESOLVER_CARES_QUERY || resolver == RESOLVER_ERLANG_NATIVE ||
           resolver == RESOLVER_NODE_OLD;
}

static void names_table(struct arena *arena)
{
    static const char *const names[] = {"database", "kubernetes.default", "www.example.com", "a.b.c.d.e.f"};

    printf(
        ".Bl -column \"busybox-nslookup-musl\" \"list, = 12\" \"list, = 12\" \"list, = 12\" \"=, list 12\"\n"
        ".It Em resolver Ta Em database Ta Em k.default Ta Em 2 dots Ta Em 5 dots\n");
    for (int resolver = 0; resolver < RESOLVERS_KNOWN; resolver++) {
        const char *cells[4];

        if (is_variant(resolver))
            continue;
        for (size_t i = 0; i < 4; i++)
            cells[i] = names_cell(arena, resolver, names[i]);
        row(resolver, cells, 4);
    }
    printf(".El\n");
}

static void search_table(struct arena *arena)
{
    static answer_fn *const answers[] = {after_nodata, after_servfail, after_refused, after_silence};
    struct lookup_result result;
    struct plan plan;

    printf(
        ".Bl -column \"busybox-nslookup-musl\" \"stops\" \"stops 5 s\" \"stops 5 s\" \"stops 150 s\" \"fails 150 s\"\n"
        ".It Em resolver Ta Em NODATA Ta Em SERVFAIL Ta Em REFUSED Ta Em silence Ta Em all silent\n");
    for (int resolver = 0; resolver < RESOLVERS_KNOWN; resolver++) {
        const char *cells[5];

        if (is_variant(resolver))
            continue;
        for (size_t i = 0; i < 4; i++) {
            result = run(arena, resolver, ONE LIST, "h", answers[i], &plan);
            /* A tool may find it and count the other name as an error. */
            result.ok = result.addresses_count > 0;
            cells[i] = searches(arena, resolver) ? outcome_cell(arena, &result, "next", "stops") : "-";
        }
        result = run(arena, resolver, ONE LIST, "h", dead, &plan);
        cells[4] = outcome_cell(arena, &result, "ok", "fails");
        row(resolver, cells, 5);
    }
    printf(".El\n");
}

static void servers_table(struct arena *arena)
{
    static const struct {
        const char *conf;
        answer_fn *answer;
        bool of_aaaa;
    } columns[] = {{ONE, aaaa_silent, true},
                   {ONE, aaaa_servfail, true},
                   {ONE, truncated, false},
                   {TWO, first_servfail, false},
                   {TWO, first_dead, false}};

    printf(
        ".Bl -column \"busybox-nslookup-musl\" \"fails 30 s\" \"fails 5 s\" \"truncated\" \"1: SERVFAIL\" \"fails 3 s\"\n"
        ".It Em resolver Ta Em \"AAAA lost\" Ta Em SERVFAIL Ta Em truncated Ta Em \"1: SERVFAIL\" Ta Em \"1: silent\"\n");
    for (int resolver = 0; resolver < RESOLVERS_KNOWN; resolver++) {
        const char *cells[5];

        if (is_variant(resolver))
            continue;
        for (size_t i = 0; i < 5; i++) {
            struct plan plan;
            struct lookup_result result =
                run(arena, resolver, columns[i].conf, "h.x.", columns[i].answer, &plan);

            cells[i] = columns[i].of_aaaa && !asks_aaaa(arena, resolver)
                           ? "-"
                           : outcome_cell(arena, &result, result.addresses_count ? "ok" : "empty", "fails");
        }
        row(resolver, cells, 5);
    }
    printf(".El\n");
}

static void about_list(void)
{
    printf(".Bl -tag -width \"busybox-nslookup-musl\"\n");
    for (int resolver = 0; resolver < RESOLVERS_KNOWN; resolver++) {
        const struct resolver_entry *entry = resolver_entry(resolver);

        printf(".It Cm %s\n%s%s.\n", resolver_all_names[resolver], entry->about,
               entry->tool ? " (a tool for people)" : "");
        if (entry->left_open)
            printf("Left to chance: %s.\n", entry->left_open);
    }
    for (const struct resolver_alias *alias = resolver_aliases; alias->name; alias++)
        printf(".It Cm %s\nAs\n.Cm %s :\n%s.\n", alias->name, resolver_all_names[alias->resolver],
               alias->about);
    printf(".El\n");
}

int main(void)
{
    struct arena *arena = arena_new();

    printf(
        ".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
        ".\\\" Made by man/resolvers_page.c, which runs the rules; do not edit.\n"
        ".Dd November 28, 2026\n.Dt K8SDNS-RESOLVERS 7\n.Os\n.Sh NAME\n.Nm k8sdns-resolvers\n"
        ".Nd what each resolver does in which situation\n.Sh DESCRIPTION\n"
        "Programs do not look names up alike, and tools do not look them up as programs do.\n"
        "The tables are made by running the rules that\n.Xr k8sdns-lookup 1\nand\n.Xr k8sdns-expand 1\n"
        "follow with\n.Fl -as .\nTimes are those of a\n.Xr resolv.conf 5\nwithout timeout and attempts.\n"
        ".Ss Which names are asked for\n"
        "In a Pod with three search domains and ndots:5, when nothing exists: the search list\n.Pq list ,\n"
        "the name as it is\n.Pq = ,\nin this order, and the queries in all.\n");
    names_table(arena);
    printf(
        ".Ss What stops the search list\n"
        "The first of two search domains brings this, the second has the address\n(next: it is found there); and at last no server\n"
        "answers anything.\nThose without a search list have no entry.\n");
    search_table(arena);
    printf(
        ".Ss What one bad answer costs\n"
        "The name is asked for as it is, and A is answered.\nThen AAAA is lost, or is SERVFAIL; the answers "
        "are truncated and are whole over TCP; of two\nnameservers the first gives SERVFAIL, or is silent.\n");
    servers_table(arena);
    printf(".Ss Whose rules they are\n");
    about_list();
    printf(".Sh SEE ALSO\n.Xr k8sdns-expand 1 ,\n.Xr k8sdns-lookup 1 ,\n.Xr k8sdns-resolv 1\n");
    arena_free(arena);
    return 0;
}
