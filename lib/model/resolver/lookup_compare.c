/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the lookups of one name part, and why. */
#include <k8sdns/base/text.h>
#include <k8sdns/model/resolver/lookup_facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <math.h>
#include <string.h>

const char *const lookup_difference_names[] = {"no-search-list", "never-as-is", "stops",     "no-tcp",
                                               "one-family",     "one-server",  "no-answer", "also-errors",
                                               "not-asked",      "elsewhere",   NULL};

/* Beyond so many, those with one outcome are named together. */
#define EACH_MAX 3

static bool has_address(const struct lookup_facts *lookup, const char *address)
{
    for (size_t i = 0; i < lookup->addresses_count; i++)
        if (strcmp(lookup->addresses[i], address) == 0)
            return true;
    return false;
}

static bool is_address_of(const char *address, const char *type)
{
    return (strchr(address, ':') != NULL) == (strcmp(type, "AAAA") == 0);
}

static bool asks_for(const struct lookup_facts *lookup, const char *type)
{
    for (size_t i = 0; i < lookup->queries_count; i++)
        if (strcmp(lookup->queries[i].type, type) == 0)
            return true;
    return false;
}

/* The addresses of `a` are those of `b`, but for types that one of the two does not ask for. */
static bool all_in(const struct lookup_facts *a, const struct lookup_facts *b)
{
    for (size_t i = 0; i < a->addresses_count; i++) {
        const char *type = is_address_of(a->addresses[i], "AAAA") ? "AAAA" : "A";

        if (!has_address(b, a->addresses[i]) && (asks_for(b, type) || !b->queries_count))
            return false;
    }
    return true;
}

/* The query that brought an address. */
static const struct lookup_query_facts *hit_of(const struct lookup_facts *lookup)
{
    for (size_t i = lookup->queries_count; i > 0; i--) {
        const struct lookup_query_facts *query = &lookup->queries[i - 1];

        if (query->status == PROBE_ANSWER &&
            (strcmp(query->type, "A") == 0 || strcmp(query->type, "AAAA") == 0))
            return query;
    }
    return NULL;
}

/* They have addresses of one family, and none in common. */
static bool conflict(const struct lookup_facts *a, const struct lookup_facts *b, const char *type)
{
    bool of_a = false, of_b = false;

    for (size_t i = 0; i < a->addresses_count; i++) {
        of_a = of_a || is_address_of(a->addresses[i], type);
        if (is_address_of(a->addresses[i], type) && has_address(b, a->addresses[i]))
            return false;
    }
    for (size_t i = 0; i < b->addresses_count; i++)
        of_b = of_b || is_address_of(b->addresses[i], type);
    return of_a && of_b;
}

/* Of the three that a program cannot choose all addresses count; others may be content with one family. */
static bool agree(const struct lookup_facts *a, const struct lookup_facts *b)
{
    const struct lookup_query_facts *left = hit_of(a), *right = hit_of(b);

    if (a->result != b->result)
        return false;
    if ((a->resolver < RESOLVERS && b->resolver < RESOLVERS) || !left || !right)
        return all_in(a, b) && all_in(b, a);
    return dns_name_equal(left->name, right->name) && !conflict(a, b, "A") && !conflict(a, b, "AAAA");
}

static bool is_as_is(const struct lookup_facts *lookup, const char *name)
{
    return dns_name_equal(lookup->name, name);
}

/* What keeps `loser` from what `winner` finds by `hit`. */
static void find_why(const struct lookup_facts *loser, const struct lookup_query_facts *hit,
                     struct lookup_difference *d)
{
    const struct lookup_query_facts *same = NULL, *bad = NULL, *last = NULL;
    bool answered = false, searched = false, as_is = false, truncated = false, tcp = false, server = false;

    for (size_t i = 0; i < loser->queries_count; i++) {
        const struct lookup_query_facts *query = &loser->queries[i];

        if (strcmp(query->type, "A") != 0 && strcmp(query->type, "AAAA") != 0)
            continue;
        /* Of several servers the one that was heard. */
        if (!last || !isnan(query->rtt_ms) || !dns_name_equal(last->name, query->name))
            last = query;
        searched = searched || !is_as_is(loser, query->name);
        as_is = as_is || is_as_is(loser, query->name);
        tcp = tcp || query->transport == TRANSPORT_TCP;
        if (!dns_name_equal(query->name, hit->name))
            continue;
        same = query;
        server = server || strcmp(query->server, hit->server) == 0;
        answered = answered || query->status == PROBE_ANSWER;
        truncated = truncated || query->status == PROBE_TRUNCATED;
        if (query->status != PROBE_ANSWER && (!bad || !isnan(query->rtt_ms)))
            bad = query;
    }
    if (!last) {
        d->why = DIFFERS_NOT_ASKED;
    } else if (same) {
        d->why = truncated && !tcp ? DIFFERS_NO_TCP
                 : answered && bad ? DIFFERS_ONE_FAMILY
                 : !server         ? DIFFERS_ONE_SERVER
                                   : DIFFERS_NO_ANSWER;
        last = bad ? bad : same;
    } else if (is_as_is(loser, hit->name)) {
        d->why = last->status == PROBE_NXDOMAIN && !as_is ? DIFFERS_NEVER_AS_IS : DIFFERS_STOPS;
    } else {
        d->why = searched ? DIFFERS_STOPS : DIFFERS_NO_SEARCH_LIST;
    }
    d->at = last ? last->name : NULL;
    d->type = last ? last->type : NULL;
    d->server = last ? last->server : NULL;
    d->status = last ? last->status : PROBE_NXDOMAIN;
}

static const char *sentence(struct arena *arena, const struct lookup_facts *loser,
                            const struct lookup_difference *d, const char *found_as)
{
    const char *who = resolver_all_names[d->resolver], *status = probe_status_names[d->status];

    switch (d->why) {
    case DIFFERS_NO_SEARCH_LIST:
        return arena_printf(arena,
                            "%s asks for %s as it is, without the search list; the address is that of %s",
                            who, loser->name, found_as);
    case DIFFERS_NEVER_AS_IS:
        return arena_printf(arena, "%s never asks for %s as it is, only with the search list", who,
                            loser->name);
    case DIFFERS_STOPS:
        return arena_printf(arena, "%s stops at %s (%s); others go on to %s", who, d->at, status, found_as);
    case DIFFERS_NO_TCP:
        return arena_printf(arena, "%s does not ask for %s again over TCP when the answer is truncated", who,
                            d->at);
    case DIFFERS_ONE_FAMILY:
        return arena_printf(arena, "%s needs both A and AAAA of %s, and %s is %s", who, d->at, d->type,
                            status);
    case DIFFERS_ONE_SERVER:
        return arena_printf(arena, "%s takes %s from %s and does not try the next nameserver", who, status,
                            d->server);
    case DIFFERS_NO_ANSWER:
        return arena_printf(arena, "%s has %s for %s of %s from %s", who, status, d->type, d->at, d->server);
    case DIFFERS_ALSO_ERRORS:
        return arena_printf(arena, "%s finds an address and fails all the same, since %s of %s is %s", who,
                            d->type, d->at, status);
    case DIFFERS_NOT_ASKED:
        return arena_printf(arena, "%s sends no query: %s", who,
                            loser->note    ? loser->note
                            : loser->error ? loser->error
                                           : "it has no server");
    default:
        return arena_printf(arena, "%s finds it as %s, others as %s", who, d->at, found_as);
    }
}

static void add_difference(struct arena *arena, const struct lookup_facts *loser,
                           const struct lookup_facts *winner, struct disagreement_facts *facts)
{
    const struct lookup_query_facts *hit = hit_of(winner), *own = hit_of(loser);
    struct lookup_difference d = {.resolver = loser->resolver, .why = DIFFERS_ELSEWHERE};

    if (!hit)
        return;
    if (loser->result == LOOKUP_FAIL && own) {
        d.why = DIFFERS_ALSO_ERRORS;
        /* What it counts as an error: the last that is no answer. A family that failed is an error too. */
        find_why(loser, hit, &d);
        if (d.why != DIFFERS_ONE_FAMILY) {
            d.why = DIFFERS_ALSO_ERRORS;
            for (size_t i = 0; i < loser->queries_count; i++)
                if (loser->queries[i].status != PROBE_ANSWER && loser->queries[i].status != PROBE_NODATA) {
                    d.at = loser->queries[i].name;
                    d.type = loser->queries[i].type;
                    d.status = loser->queries[i].status;
                }
        }
    } else if (loser->result == LOOKUP_FAIL || !own) {
        find_why(loser, hit, &d);
    } else if (!dns_name_equal(own->name, hit->name)) {
        d.at = own->name;
    } else {
        return;
    }
    d.tool = resolver_entry(loser->resolver)->tool;
    d.text = sentence(arena, loser, &d, hit->name);
    *ARENA_PUSH(arena, facts->differences, facts->differences_count) = d;
}

static void describe(struct text *line, const struct lookup_facts *lookup)
{
    if (lookup->result == LOOKUP_FAIL) {
        text_addf(line, "fails (%s)", lookup->error ? lookup->error : "no address");
        return;
    }
    text_add(line, "finds");
    for (size_t i = 0; i < lookup->addresses_count; i++)
        text_addf(line, " %s", lookup->addresses[i]);
}

/* "glibc finds 10.0.0.1, musl fails (...)"; of many the names by outcome. */
static const char *outcomes(struct arena *arena, const struct lookup_facts *lookups, size_t count)
{
    struct text line = {0};
    const char *copy;

    for (size_t i = 0; count <= EACH_MAX && i < count; i++) {
        text_addf(&line, "%s%s ", line.len ? ", " : "", resolver_all_names[lookups[i].resolver]);
        describe(&line, &lookups[i]);
    }
    for (int result = LOOKUP_OK; count > EACH_MAX && result <= LOOKUP_FAIL; result++) {
        size_t named = 0;

        for (size_t i = 0; i < count; i++)
            if (lookups[i].result == result)
                text_addf(&line, "%s%s",
                          named++    ? ", "
                          : line.len ? "; "
                                     : "",
                          resolver_all_names[lookups[i].resolver]);
        if (named)
            text_add(&line, result == LOOKUP_OK ? (named == 1 ? " finds it" : " find it")
                            : named == 1        ? " fails"
                                                : " fail");
    }
    copy = arena_text(arena, text_string(&line));
    text_fini(&line);
    return copy;
}

/* The one that the others are measured by: the first program that finds it, else the first that does. */
static const struct lookup_facts *winner_of(const struct lookup_facts *lookups, size_t count)
{
    const struct lookup_facts *winner = NULL;

    for (size_t i = 0; i < count; i++) {
        if (lookups[i].result != LOOKUP_OK || !hit_of(&lookups[i]))
            continue;
        if (!resolver_entry(lookups[i].resolver)->tool)
            return &lookups[i];
        winner = winner ? winner : &lookups[i];
    }
    return winner;
}

void lookups_facts_compare(struct arena *arena, struct lookups_facts *facts)
{
    for (size_t begin = 0, end; begin < facts->lookups_count; begin = end) {
        const struct lookup_facts *first = &facts->lookups[begin], *winner;
        struct disagreement_facts *disagreement;
        bool differ = false;

        /* The name is the very same argument. */
        for (end = begin; end < facts->lookups_count && facts->lookups[end].name == first->name; end++)
            differ = differ || !agree(first, &facts->lookups[end]);
        if (!differ)
            continue;
        disagreement = ARENA_PUSH(arena, facts->disagreements, facts->disagreements_count);
        disagreement->name = first->name;
        disagreement->text = outcomes(arena, first, end - begin);
        winner = winner_of(first, end - begin);
        for (size_t i = begin; winner && i < end; i++)
            if (&facts->lookups[i] != winner && !agree(&facts->lookups[i], winner))
                add_difference(arena, &facts->lookups[i], winner, disagreement);
    }
}
