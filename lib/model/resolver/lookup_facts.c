/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/address.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/lookup_facts.h>
#include <k8sdns/wire/dns_name.h>
#include <k8sdns/wire/dns_words.h>
#include <math.h>
#include <string.h>

static const char *const outcome_words[] = {"ok", "fail", NULL};

static const struct shape_field query_fields[] = {
    SHAPE_FIELD_REAL(struct lookup_query_facts, at_ms, "at_ms", "when it was sent, since the lookup began"),
    SHAPE_FIELD_REAL(struct lookup_query_facts, rtt_ms, "rtt_ms", "until its first reply; null without"),
    SHAPE_FIELD_TEXT(struct lookup_query_facts, server, "server", "nameserver asked"),
    SHAPE_FIELD_TEXT(struct lookup_query_facts, name, "name", "name asked for, without the final dot"),
    SHAPE_FIELD_TEXT(struct lookup_query_facts, type, "type", "A or AAAA"),
    SHAPE_FIELD_WORD(struct lookup_query_facts, transport, "transport", probe_transport_words,
                     "of the query"),
    SHAPE_FIELD_COUNT(struct lookup_query_facts, socket, "socket", "numbers the source ports, from 0"),
    SHAPE_FIELD_COUNT(struct lookup_query_facts, attempt, "attempt", "round over the servers, from 1"),
    SHAPE_FIELD_WORD(struct lookup_query_facts, status, "status", probe_status_words, "what came of it"),
    SHAPE_FIELD_BOOL(struct lookup_query_facts, wasted, "wasted", "its name is not the one that was found"),
};
const struct shape lookup_query_facts_shape = SHAPE(struct lookup_query_facts, query_fields, "lookup_query");

static const struct shape_field lookup_fields[] = {
    SHAPE_FIELD_TEXT(struct lookup_facts, name, "name", "as given"),
    SHAPE_FIELD_WORD(struct lookup_facts, resolver, "resolver", resolver_words, "whose lookup was replayed"),
    SHAPE_FIELD_WORD(struct lookup_facts, result, "result", outcome_words, "as the application sees it"),
    SHAPE_FIELD_TEXT(struct lookup_facts, error, "error", "the resolver's words for a failure"),
    SHAPE_FIELD_TEXT(struct lookup_facts, note, "note", "why nothing was asked"),
    SHAPE_FIELD_REAL(struct lookup_facts, total_ms, "total_ms", "time that the application waits"),
    SHAPE_FIELD_TEXTS(struct lookup_facts, addresses, "addresses", "what the application gets"),
    SHAPE_FIELD_OBJECTS(struct lookup_facts, queries, "queries", &lookup_query_facts_shape, "in order"),
    SHAPE_FIELD_COUNT(struct lookup_facts, wasted, "wasted", "queries for names that were not the one found"),
    SHAPE_FIELD_COUNT(struct lookup_facts, wise_ndots, "wise_ndots", "the ndots that would save them"),
};
const struct shape lookup_facts_shape = SHAPE(struct lookup_facts, lookup_fields, "lookup_one");

static const struct shape_field disagreement_fields[] = {
    SHAPE_FIELD_TEXT(struct disagreement_facts, name, "name", "as given"),
    SHAPE_FIELD_TEXT(struct disagreement_facts, text, "text", "one sentence"),
};
const struct shape disagreement_facts_shape =
    SHAPE(struct disagreement_facts, disagreement_fields, "disagreement");

static const struct shape_field fields[] = {
    SHAPE_FIELD_OBJECTS(struct lookups_facts, disagreements, "disagreements", &disagreement_facts_shape,
                        "names on which the resolvers asked for disagree"),
    SHAPE_FIELD_OBJECTS(struct lookups_facts, lookups, "lookups", &lookup_facts_shape,
                        "one for each name and resolver"),
};
const struct shape lookups_facts_shape = SHAPE(struct lookups_facts, fields, "lookup");

void lookup_facts_make(struct arena *arena, const struct resolver_view *view, const char *name,
                       const struct plan *plan, const struct lookup_result *result,
                       struct lookup_facts *ret_facts)
{
    struct address literal;
    const char *found;

    *ret_facts = (struct lookup_facts){
        .name = name,
        .resolver = view->resolver,
        .result = result->ok ? LOOKUP_OK : LOOKUP_FAIL,
        .error = result->error,
        .note = plan->note,
        .total_ms = (double)result->total_us / 1000,
        .addresses = result->addresses,
        .addresses_count = result->addresses_count,
        .wise_ndots = SHAPE_UNSET,
    };
    if (!plan->queries_count && address_parse(name, 0, &literal, NULL) == 0) {
        ret_facts->result = LOOKUP_OK;
        ret_facts->error = NULL;
        *ARENA_PUSH(arena, ret_facts->addresses, ret_facts->addresses_count) = name;
    }
    /* The last name asked for is the one that was found, if any was. */
    found = result->ok ? result->queries[result->queries_count - 1].name : NULL;
    for (size_t i = 0; i < result->queries_count; i++) {
        const struct lookup_query *query = &result->queries[i];
        struct lookup_query_facts *q = ARENA_PUSH(arena, ret_facts->queries, ret_facts->queries_count);
        char word[DNS_WORD];

        *q = (struct lookup_query_facts){
            .at_ms = (double)query->at_us / 1000,
            .rtt_ms = query->rtt_us == SHAPE_UNSET ? (double)NAN : (double)query->rtt_us / 1000,
            .server = view->nameservers[query->server],
            .name = query->name,
            .type = arena_text(arena, dns_type_word(query->type, word)),
            .transport = query->transport,
            .socket = query->socket,
            .attempt = query->attempt,
            .status = query->status,
            .wasted = found && !dns_name_equal(query->name, found),
        };
        ret_facts->wasted += q->wasted;
    }
    /* With no more dots asked for than it has, a name goes out as it is first. */
    if (ret_facts->wasted && dns_name_equal(found, name) && dns_name_dots(name))
        ret_facts->wise_ndots = dns_name_dots(name);
}

static bool has_address(const struct lookup_facts *lookup, const char *address)
{
    for (size_t i = 0; i < lookup->addresses_count; i++)
        if (strcmp(lookup->addresses[i], address) == 0)
            return true;
    return false;
}

static bool all_in(const struct lookup_facts *a, const struct lookup_facts *b)
{
    for (size_t i = 0; i < a->addresses_count; i++)
        if (!has_address(b, a->addresses[i]))
            return false;
    return true;
}

static void describe(struct text *line, const struct lookup_facts *lookup)
{
    text_addf(line, "%s%s ", line->len ? ", " : "", resolver_words[lookup->resolver]);
    if (lookup->result == LOOKUP_FAIL) {
        text_addf(line, "fails (%s)", lookup->error ? lookup->error : "no address");
        return;
    }
    text_add(line, "finds");
    for (size_t i = 0; i < lookup->addresses_count; i++)
        text_addf(line, " %s", lookup->addresses[i]);
}

void lookups_facts_compare(struct arena *arena, struct lookups_facts *facts)
{
    for (size_t begin = 0, end; begin < facts->lookups_count; begin = end) {
        const struct lookup_facts *first = &facts->lookups[begin];
        struct text line = {0};
        bool differ = false;

        /* The name is the very same argument. */
        for (end = begin; end < facts->lookups_count && facts->lookups[end].name == first->name; end++) {
            const struct lookup_facts *other = &facts->lookups[end];

            differ =
                differ || other->result != first->result || !all_in(first, other) || !all_in(other, first);
            describe(&line, other);
        }
        if (differ)
            *ARENA_PUSH(arena, facts->disagreements, facts->disagreements_count) =
                (struct disagreement_facts){first->name, arena_text(arena, text_string(&line))};
        text_fini(&line);
    }
}
