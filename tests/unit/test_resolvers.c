/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each lookup recorded from some sixty programs, replayed against its policy on a clock of its own: the same
 * queries to the same servers at the same times, the same result after the same time. RESOLVERS_SHOW=CLIENT
 * (or =all) prints what differs.
 */
#include "recorded_world.h"
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolver/plan_facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What was sent just before a program was stopped may have been sent just behind. */
#define KILLED_SHARE 0.97
/* Times are as recorded within 250 ms or a tenth. Java loads classes while it looks up. */
#define NOISE_MS      250
#define NOISE_JAVA_MS 1000
/* The machine paused while these were recorded: between an answer and the query after it, or before the
 * program said what it found. */
#define NOISE_PAUSE_MS 600
static const char *const paused[] = {
    "k8s-names:database.default.svc/curl-trixie",
    "multi:first-dead/getent-ahosts",
    "nooptions/go1.27-pure",
    "reply:adrop/perl-netdns-query",
    "reply:tc1/erlang-inet",
    "k8s-names:a..b/perl-netdns-search",
    "multi:first-dead/busybox1.35-nslookup",
    "env:RES_OPTIONS/host9.20",
    "k8s-names:www.example.com./resolved-nss",
};

/* What may be compared. */
enum fixed {
    FIXED_ORDER, /* the order, and which query went over which socket */
    FIXED_TIMES, /* how often each was sent, and when; not in which order of those sent together */
    FIXED_NAMES, /* only which are sent: it goes on for ever, or servers race */
};

struct client {
    const char *name, *as;
    int families, fixed;
    double times_share; /* of each time: what chance adds or takes */
};

static const struct client clients[] = {
    {"glibc2.36", "glibc", 0, FIXED_ORDER, 0},
    {"glibc2.41", "glibc", 0, FIXED_ORDER, 0},
    {"curl7.88", "curl", 0, FIXED_ORDER, 0},
    {"curl-trixie", "curl", 0, FIXED_ORDER, 0},
    {"wget", "wget", 0, FIXED_ORDER, 0},
    {"java17", "java", 0, FIXED_ORDER, 0},
    {"python3.11", "python", 0, FIXED_ORDER, 0},
    {"node20-lookup", "node-lookup", 0, FIXED_ORDER, 0},
    {"ruby3.3-addrinfo", "ruby", 0, FIXED_ORDER, 0},
    {"go1.19-cgo", "go-cgo", 0, FIXED_ORDER, 0},
    {"go1.24-cgo", "go-cgo", 0, FIXED_ORDER, 0},
    {"getent-ahosts", "getent-ahosts", 0, FIXED_ORDER, 0},
    {"getent-ahostsv4", "getent-hosts", FAMILY_A, FIXED_ORDER, 0},
    {"python3.11-ghbn", "getent-hosts", FAMILY_A, FIXED_ORDER, 0},
    {"php8.4-gethostbyname", "getent-hosts", FAMILY_A, FIXED_ORDER, 0},
    {"getent-hosts", "getent-hosts", 0, FIXED_ORDER, 0},
    {"musl1.2.5", "musl", 0, FIXED_TIMES, 0},
    {"musl1.2.3", "musl-1.2.3", 0, FIXED_TIMES, 0},
    {"busybox-musl-wget", "musl", 0, FIXED_TIMES, 0},
    {"go1.19-pure", "go", 0, FIXED_TIMES, 0},
    {"go1.24-pure", "go", 0, FIXED_TIMES, 0},
    {"go1.27-pure", "go", 0, FIXED_TIMES, 0},
    {"go1.24-default", "go", 0, FIXED_TIMES, 0},
    {"go1.27-default", "go", 0, FIXED_TIMES, 0},
    {"cares1.18.1-gai", "c-ares-1.18", 0, FIXED_TIMES, 0},
    {"cares1.18.1-ghbn", "c-ares-1.18", 0, FIXED_TIMES, 0},
    {"cares1.18.1-gai4", "c-ares-1.18", FAMILY_A, FIXED_ORDER, 0},
    {"cares1.18.1-search", "c-ares-1.18", FAMILY_A, FIXED_ORDER, 0},
    {"cares1.34.9-gai", "c-ares", 0, FIXED_TIMES, 0.25},
    {"cares1.34.9-ghbn", "c-ares", 0, FIXED_TIMES, 0.25},
    {"cares1.34.9-search", "c-ares", FAMILY_A, FIXED_TIMES, 0.25},
    {"cares1.34.9-query", "c-ares-query", 0, FIXED_TIMES, 0.25},
    {"node16-resolve4", "node-resolve-16", 0, FIXED_TIMES, 0},
    {"node18-resolve4", "node-resolve", 0, FIXED_TIMES, 0.25},
    {"node20-resolve4", "node-resolve", 0, FIXED_TIMES, 0.25},
    {"node22-resolve4", "node-resolve", 0, FIXED_TIMES, 0.25},
    {"node24-resolve4", "node-resolve", 0, FIXED_TIMES, 0.25},
    {"node20-resolve6", "node-resolve", FAMILY_AAAA, FIXED_TIMES, 0.25},
    {"grpc-ares", "grpc", 0, FIXED_TIMES, 0.5},
    {"netty4.1.48-resolve", "netty", 0, FIXED_TIMES, 0},
    {"netty4.1.48-resolveAll", "netty-resolve-all", 0, FIXED_TIMES, 0},
    {"hickory0.24", "hickory", 0, FIXED_TIMES, 0},
    {"ruby3.3-resolv", "ruby-resolv", 0, FIXED_ORDER, 0},
    {"erlang-inet_res", "erlang", 0, FIXED_ORDER, 0},
    {"node20-resolveAny", "node-resolve", FAMILY_ALL_TYPES, FIXED_TIMES, 0.25},
    {"netty4.1.48-tcpresolve", "netty-tcp", 0, FIXED_TIMES, 0},
    {"ruby3.3-resolv1", "ruby-resolv-getaddress", 0, FIXED_ORDER, 0},
    {"perl-netdns-query", "perl-net-dns-query", 0, FIXED_TIMES, 0},
    {"erlang-inet", "erlang-native", 0, FIXED_ORDER, 0},
    {"perl-netdns-search", "perl-net-dns", 0, FIXED_TIMES, 0},
    {"dnspython", "dnspython", 0, FIXED_ORDER, 0},
    {"dnspython-search", "dnspython-search", 0, FIXED_ORDER, 0},
    {"php8.4-dns_get_record", "php-dns", 0, FIXED_ORDER, 0},
    {"php8.4-dns_a", "php-dns", FAMILY_A, FIXED_ORDER, 0},
    {"php8.4-checkdnsrr", "php-dns", FAMILY_A, FIXED_ORDER, 0},
    {"nginx", "nginx", 0, FIXED_TIMES, 0},
    {"haproxy", "haproxy", 0, FIXED_NAMES, 0},
    {"busybox1.28-nslookup", "busybox-nslookup-1.28", 0, FIXED_ORDER, 0},
    {"busybox1.35-nslookup", "busybox-nslookup", 0, FIXED_TIMES, 0},
    {"busybox1.37-nslookup", "busybox-nslookup", 0, FIXED_TIMES, 0},
    {"busybox-musl-nslookup", "busybox-nslookup-musl", 0, FIXED_TIMES, 0},
    {"nslookup9.18", "nslookup", 0, FIXED_ORDER, 0},
    {"nslookup9.20", "nslookup", 0, FIXED_ORDER, 0},
    {"host9.20", "host", 0, FIXED_ORDER, 0},
    {"dig9.20", "dig", 0, FIXED_ORDER, 0},
    {"dig9.18-search", "dig-search", 0, FIXED_ORDER, 0},
    {"dig9.20-search", "dig-search", 0, FIXED_ORDER, 0},
    {"resolved-nss", "resolved", 0, FIXED_TIMES, 0},
    {"resolved-stub", "resolved-stub", 0, FIXED_TIMES, 0},
};

/* One query, as it is compared. */
struct sent_line {
    const char *key;
    double ms;
    uint64_t socket;
    size_t place;
};

static const char *text_of(json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static int by_key(const void *a, const void *b)
{
    const struct sent_line *left = a, *right = b;
    int order = strcmp(left->key, right->key);

    return order ? order : left->place < right->place ? -1 : left->place > right->place;
}

static const char *key_of(struct arena *arena, bool server_counts, const char *server, const char *name,
                          const char *type, const char *transport)
{
    return arena_printf(arena, "%s %s %s %s", name, type, transport, server_counts ? server : "");
}

/* Recordings have numbers for all types but A and AAAA. */
static const char *type_of(struct arena *arena, const char *recorded)
{
    char word[DNS_WORD];

    return *recorded >= '0' && *recorded <= '9'
               ? arena_text(arena, dns_type_word((uint16_t)strtoul(recorded, NULL, 10), word))
               : recorded;
}

/* Sockets by their first use, so that only what shares one is compared. */
static void number_sockets(struct sent_line *lines, size_t count)
{
    uint64_t seen[512], numbers = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t n = 0;

        while (n < numbers && seen[n] != lines[i].socket)
            n++;
        if (n == numbers && numbers < COUNT(seen))
            seen[numbers++] = lines[i].socket;
        lines[i].socket = n;
    }
}

static size_t without_repeats(struct sent_line *lines, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (!kept || strcmp(lines[kept - 1].key, lines[i].key) != 0)
            lines[kept++] = lines[i];
    return kept;
}

static bool near(double got, double wanted, double share, double noise)
{
    return fabs(got - wanted) <= fmax(noise, wanted * 0.1) + wanted * share;
}

static double noise_of(const struct client *client, const char *id)
{
    for (size_t i = 0; i < COUNT(paused); i++)
        if (strcmp(paused[i], id) == 0)
            return NOISE_PAUSE_MS;
    return begins(client->name, "netty") ? NOISE_JAVA_MS : NOISE_MS;
}

static const char *differs(const struct client *client, bool race, double noise, struct sent_line *got,
                           size_t got_count, struct sent_line *wanted, size_t wanted_count)
{
    int fixed = race ? FIXED_NAMES : client->fixed;

    number_sockets(got, got_count);
    number_sockets(wanted, wanted_count);
    if (fixed != FIXED_ORDER) {
        if (got_count)
            qsort(got, got_count, sizeof(*got), by_key);
        if (wanted_count)
            qsort(wanted, wanted_count, sizeof(*wanted), by_key);
    }
    if (fixed == FIXED_NAMES) {
        got_count = without_repeats(got, got_count);
        wanted_count = without_repeats(wanted, wanted_count);
    }
    if (got_count != wanted_count)
        return "number of queries";
    for (size_t i = 0; i < got_count; i++) {
        if (strcmp(got[i].key, wanted[i].key) != 0)
            return "queries";
        if (fixed != FIXED_NAMES && !near(got[i].ms, wanted[i].ms, client->times_share, noise))
            return "times";
        if (fixed == FIXED_ORDER && got[i].socket != wanted[i].socket)
            return "sockets";
    }
    return NULL;
}

static void show(struct text *out, const char *what, const struct sent_line *lines, size_t count)
{
    text_addf(out, "  %s:", what);
    for (size_t i = 0; i < count; i++)
        text_addf(out, "\n    %7.0f #%llu %s", lines[i].ms, (unsigned long long)lines[i].socket,
                  lines[i].key);
    text_add(out, "\n");
}

static bool shown(const char *client)
{
    const char *wanted = getenv("RESOLVERS_SHOW");

    return wanted && (strcmp(wanted, "all") == 0 || strcmp(wanted, client) == 0);
}

/* Chance: who is asked first (rotate), and who of several is heard first. */
static bool is_race(const struct client *client, const char *id)
{
    if (begins(id, "multi:first-servfail") || begins(id, "reply:aaaaservfail") ||
        begins(id, "reply:aaaarefused"))
        return strcmp(client->as, "c-ares") == 0;
    if (begins(id, "reply:drop1") && strcmp(client->as, "grpc") == 0)
        return true; /* which of the two was silent for longer */
    return begins(id, "multi") && (begins(client->as, "musl") || strcmp(client->as, "hickory") == 0);
}

static bool replay_case(struct arena *arena, const struct client *client, json_t *one)
{
    const char *conf = text_of(one, "resolv_conf"), *id = text_of(one, "id"), *name = text_of(one, "name");
    json_t *queries = json_object_get(one, "queries"), *env = json_object_get(one, "env"), *query;
    struct resolv_environment environment = {.res_options = text_of(env, "RES_OPTIONS"),
                                             .localdomain = text_of(env, "LOCALDOMAIN")};
    struct resolv_facts facts = {0};
    struct lookup_result result;
    struct resolver_view view;
    struct world world = {.arena = arena,
                          .view = &view,
                          .policy = json_object_get(one, "policy"),
                          .recorded = queries,
                          .authoritative = json_object_get(one, "server") != NULL};
    struct lookup_wire wire = {&world, world_now, world_send, world_wait, world_close};
    struct lookup_chance chance = {.families = client->families,
                                   .no_ipv6 = json_object_get(one, "network") != NULL};
    struct sent_line *got = NULL, *wanted = NULL;
    size_t got_count = 0, wanted_count = 0, i, as_count = 0;
    double secs = json_number_value(json_object_get(one, "secs")), total, begin = 0;
    double killed = json_number_value(json_object_get(one, "killed_after")), noise = noise_of(client, id);
    bool rotate = strstr(conf, "rotate") != NULL, ok, race = is_race(client, id), right;
    const char *name_as = client->as, *why;
    struct plan plan;
    int *as = NULL;

    /* Without IPv6 it leaves AAAA out, as getent ahostsv4 does everywhere. */
    if (strcmp(client->name, "getent-ahosts") == 0 && chance.no_ipv6) {
        name_as = "getent-hosts";
        chance.families = FAMILY_A;
    }
    assert_true(resolver_add_named(arena, name_as, &as, &as_count));
    /* It gave up after 8 s, while its helper went on beside the next. */
    if (begins(id, "default-timeout/erlang-inet") && client->fixed == FIXED_ORDER && killed <= 0)
        killed = 7.9;
    resolv_facts_read(arena, conf, strlen(conf), &environment, &facts);
    resolver_view_of(arena, &facts, as[0], &view);
    plan_make(arena, &view, name, &plan);
    json_array_foreach(queries, i, query)
    {
        double ms = json_number_value(json_object_get(query, "ms"));

        begin = i ? begin : ms;
        for (size_t s = 0; i == 0 && s < view.nameservers_count; s++)
            if (strcmp(view.nameservers[s], text_of(query, "server")) == 0)
                chance.rotation = s;
        if (!text_of(query, "name") || (killed > 0 && ms / 1000 > killed * KILLED_SHARE))
            continue;
        *ARENA_PUSH(arena, wanted, wanted_count) =
            (struct sent_line){.key = key_of(arena, !rotate, text_of(query, "server"), text_of(query, "name"),
                                             type_of(arena, text_of(query, "type")), text_of(query, "proto")),
                               .ms = ms - begin,
                               .socket = (uint64_t)json_integer_value(json_object_get(query, "socket")),
                               .place = wanted_count};
    }
    if (as[0] == RESOLVER_GO || as[0] == RESOLVER_CARES_OLD)
        chance.rotation = 0;
    lookup_replay(arena, &view, &plan, &chance, &wire, &result);
    begin = result.queries_count ? (double)result.queries[0].at_us / 1000 : 0;
    for (i = 0; i < result.queries_count; i++) {
        const struct lookup_query *q = &result.queries[i];
        char word[DNS_WORD];

        if (strcmp(view.nameservers[q->server], "::1") == 0 ||
            (killed > 0 && (double)q->at_us / 1e6 > killed * KILLED_SHARE))
            continue;
        if (!got_count)
            begin = (double)q->at_us / 1000;
        *ARENA_PUSH(arena, got, got_count) = (struct sent_line){
            .key = key_of(arena, !rotate, view.nameservers[q->server], q->name, dns_type_word(q->type, word),
                          q->transport == TRANSPORT_TCP ? "tcp" : "udp"),
            .ms = (double)q->at_us / 1000 - begin,
            .socket = rotate ? 0 : q->socket,
            .place = got_count};
    }
    for (i = 0; rotate && i < wanted_count; i++)
        wanted[i].socket = 0;
    ok = result.ok || (plan.address && !plan.queries_count);
    total = (double)result.total_us / 1e3;
    begin = wanted_count ? json_number_value(json_object_get(json_array_get(queries, 0), "ms")) : 0;
    why = differs(client, race, noise, got, got_count, wanted, wanted_count);
    /* Without IPv6 what wget said was of its connection. */
    if (!why && !race && !(strcmp(client->name, "wget") == 0 && chance.no_ipv6) &&
        ok != (strcmp(text_of(one, "result"), "ok") == 0))
        why = "result";
    if (!why && !race && killed <= 0 && client->fixed != FIXED_NAMES &&
        !near(total, secs * 1000, client->times_share, noise) &&
        !near(total, secs * 1000 - begin, client->times_share, noise))
        why = "time";
    right = !why;
    if (!right && shown(client->name)) {
        struct text out = {0};

        text_addf(&out, "%s: %s: %s, %s, %.3f s; recorded %.3f s %s %.60s\n", id, why, ok ? "ok" : "fail",
                  result.error ? result.error : "-", total / 1000, secs, text_of(one, "result"),
                  text_of(one, "message"));
        show(&out, "sent", got, got_count);
        show(&out, "recorded", wanted, wanted_count);
        print_error("%s", text_string(&out));
        text_fini(&out);
    }
    return right;
}

static void test_recorded(void **state)
{
    json_t *cases = json_load_file(DATA "/oracle/cases2.json", 0, NULL), *one;
    size_t wrong[COUNT(clients)] = {0}, ran[COUNT(clients)] = {0}, all = 0, bad = 0, i;

    assert_non_null(cases);
    json_array_foreach(cases, i, one)
    {
        for (size_t c = 0; c < COUNT(clients); c++) {
            if (strcmp(clients[c].name, text_of(one, "client")) != 0)
                continue;
            arena_reset(*state);
            ran[c]++;
            wrong[c] += !replay_case(*state, &clients[c], one);
        }
    }
    for (size_t c = 0; c < COUNT(clients); c++) {
        all += ran[c];
        bad += wrong[c];
        if (wrong[c] || getenv("RESOLVERS_SHOW"))
            print_error("%-24s %3zu of %3zu\n", clients[c].name, ran[c] - wrong[c], ran[c]);
        assert_true(ran[c] > 0);
    }
    print_error("%zu of %zu as recorded\n", all - bad, all);
    json_decref(cases);
    assert_true(all >= 1800);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_recorded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
