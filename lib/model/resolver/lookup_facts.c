/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/resolver/lookup_facts.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <math.h>
#include <string.h>

static const char *const outcome_names[] = {"ok", "fail", NULL};

static const struct shape_field query_fields[] = {
    SHAPE_FIELD_REAL(struct lookup_query_facts, at_ms, "at_ms", "when it was sent, since the lookup began"),
    SHAPE_FIELD_REAL(struct lookup_query_facts, rtt_ms, "rtt_ms", "until its first reply; null without"),
    SHAPE_FIELD_TEXT(struct lookup_query_facts, server, "server", "nameserver asked"),
    SHAPE_FIELD_TEXT(struct lookup_query_facts, name, "name", "name asked for, without the final dot"),
    SHAPE_FIELD_TEXT(struct lookup_query_facts, type, "type", "A or AAAA"),
    SHAPE_FIELD_WORD(struct lookup_query_facts, transport, "transport", probe_transport_names,
                     "of the query"),
    SHAPE_FIELD_COUNT(struct lookup_query_facts, socket, "socket", "numbers the source ports, from 0"),
    SHAPE_FIELD_COUNT(struct lookup_query_facts, attempt, "attempt", "round over the servers, from 1"),
    SHAPE_FIELD_WORD(struct lookup_query_facts, status, "status", probe_status_names, "what came of it"),
    SHAPE_FIELD_BOOL(struct lookup_query_facts, wasted, "wasted", "its name is not the one that was found"),
};
const struct shape lookup_query_facts_shape = SHAPE(struct lookup_query_facts, query_fields, "lookup_query");

static const struct shape_field lookup_fields[] = {
    SHAPE_FIELD_TEXT(struct lookup_facts, name, "name", "as given"),
    SHAPE_FIELD_WORD(struct lookup_facts, resolver, "resolver", resolver_all_names,
                     "whose lookup was replayed"),
    SHAPE_FIELD_WORD(struct lookup_facts, result, "result", outcome_names, "as the application sees it"),
    SHAPE_FIELD_TEXT(struct lookup_facts, error, "error", "the resolver's words for a failure"),
    SHAPE_FIELD_TEXT(
        struct lookup_facts, error_code, "error_code",
        "EAI_NONAME: the name does not exist; EAI_NODATA: it has no address; EAI_AGAIN: no server "
        "gave an answer of use; null when it is ok"),
    SHAPE_FIELD_TEXT(struct lookup_facts, note, "note", "why nothing was asked"),
    SHAPE_FIELD_TEXT(struct lookup_facts, about, "about", "whose rules were followed, with the version"),
    SHAPE_FIELD_TEXT(struct lookup_facts, left_open, "left_open", "what chance decides; null for nothing"),
    SHAPE_FIELD_REAL(struct lookup_facts, total_ms, "total_ms", "time that the application waits"),
    SHAPE_FIELD_TEXTS(struct lookup_facts, addresses, "addresses", "what the application gets"),
    SHAPE_FIELD_OBJECTS(struct lookup_facts, queries, "queries", &lookup_query_facts_shape, "in order"),
    SHAPE_FIELD_COUNT(struct lookup_facts, wasted, "wasted", "queries for names that were not the one found"),
    SHAPE_FIELD_COUNT(struct lookup_facts, wise_ndots, "wise_ndots", "the ndots that would save them"),
};
const struct shape lookup_facts_shape = SHAPE(struct lookup_facts, lookup_fields, "lookup_one");

static const struct shape_field difference_fields[] = {
    SHAPE_FIELD_WORD(struct lookup_difference, resolver, "resolver", resolver_all_names,
                     "that fails or finds another"),
    SHAPE_FIELD_WORD(struct lookup_difference, why, "why", lookup_difference_names, "what it does otherwise"),
    SHAPE_FIELD_TEXT(struct lookup_difference, at, "at",
                     "the name at which they part; null when it asks for none"),
    SHAPE_FIELD_TEXT(struct lookup_difference, type, "type", "the type there"),
    SHAPE_FIELD_TEXT(struct lookup_difference, server, "server", "the nameserver there"),
    SHAPE_FIELD_WORD(struct lookup_difference, status, "status", probe_status_names, "what came of it"),
    SHAPE_FIELD_BOOL(struct lookup_difference, tool, "tool",
                     "it is a tool for people, not what a program uses"),
    SHAPE_FIELD_TEXT(struct lookup_difference, text, "text", "one sentence"),
};
const struct shape lookup_difference_shape =
    SHAPE(struct lookup_difference, difference_fields, "lookup_difference");

static const struct shape_field disagreement_fields[] = {
    SHAPE_FIELD_TEXT(struct disagreement_facts, name, "name", "as given"),
    SHAPE_FIELD_TEXT(struct disagreement_facts, text, "text", "one sentence"),
    SHAPE_FIELD_OBJECTS(struct disagreement_facts, differences, "differences", &lookup_difference_shape,
                        "why, for each that does not find what the others find"),
};
const struct shape disagreement_facts_shape =
    SHAPE(struct disagreement_facts, disagreement_fields, "disagreement");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct lookups_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_OBJECTS(struct lookups_facts, disagreements, "disagreements", &disagreement_facts_shape,
                        "names on which the resolvers asked for disagree"),
    SHAPE_FIELD_OBJECTS(struct lookups_facts, lookups, "lookups", &lookup_facts_shape,
                        "one for each name and resolver"),
    SHAPE_FIELD_WORD(struct lookups_facts, runtime, "runtime", application_runtime_names,
                     "the program looked at, where the resolver was not given"),
    SHAPE_FIELD_TEXTS(struct lookups_facts, choices, "choices",
                      "names for --as that it may follow beside the C library's"),
    SHAPE_FIELD_POINTER(struct lookups_facts, names_as, "names_as", &name_view_shape,
                        "as whom names were completed; null when as resolv.conf says"),
};
const struct shape lookups_facts_shape = SHAPE(struct lookups_facts, fields, "lookup");

/* The last query of that name and type: what became of it in the end. */
static bool is_last(const struct lookup_result *result, size_t at)
{
    const struct lookup_query *query = &result->queries[at];

    for (size_t i = at + 1; i < result->queries_count; i++)
        if (result->queries[i].type == query->type && dns_name_equal(result->queries[i].name, query->name))
            return false;
    return true;
}

/* What was cut off says nothing, unless it was asked again over TCP. */
static bool is_of_use(int status)
{
    return probe_status_is_good(status) && status != PROBE_TRUNCATED;
}

/* Of a resolver without such codes: by what became of its queries. */
static const char *code_of(const struct lookup_result *result)
{
    bool nodata = false;

    for (size_t i = 0; i < result->queries_count; i++) {
        if (!is_last(result, i))
            continue;
        if (!is_of_use(result->queries[i].status))
            return "EAI_AGAIN";
        nodata = nodata || result->queries[i].status == PROBE_NODATA;
    }
    return nodata ? "EAI_NODATA" : "EAI_NONAME";
}

/* No server gave an answer of use for some query: a resolver may take that for a name that does not exist. */
static bool is_unanswered(const struct lookup_facts *lookup)
{
    for (size_t i = 0; i < lookup->queries_count; i++) {
        const struct lookup_query_facts *query = &lookup->queries[i];
        bool again = false;

        for (size_t k = i + 1; k < lookup->queries_count && !again; k++)
            again = dns_name_equal(lookup->queries[k].name, query->name) &&
                    strcmp(lookup->queries[k].type, query->type) == 0;
        if (!again && !is_of_use(query->status))
            return true;
    }
    return false;
}

/* No resolver waits shorter for an answer before it tries again. */
#define WAITED_MS 1000

/* Found, but after a query that got no answer. */
static bool has_waited(const struct lookup_facts *lookup)
{
    for (size_t i = 0; i < lookup->queries_count && lookup->total_ms >= WAITED_MS; i++)
        if (isnan(lookup->queries[i].rtt_ms))
            return true;
    return false;
}

int lookups_health(const struct lookup_facts *lookups, size_t count)
{
    bool failed = false, useful = false, waited = false;

    for (size_t i = 0; i < count; i++) {
        const struct lookup_facts *lookup = &lookups[i];

        failed = failed || lookup->result == LOOKUP_FAIL;
        waited = waited || has_waited(lookup);
        useful = useful || lookup->result == LOOKUP_OK || !lookup->error_code ||
                 (strcmp(lookup->error_code, "EAI_AGAIN") != 0 && !is_unanswered(lookup));
    }
    if (!count)
        return HEALTH_UNKNOWN;
    if (!failed)
        return waited ? HEALTH_DEGRADED : HEALTH_OK;
    return useful ? HEALTH_DEGRADED : HEALTH_FAILING;
}

/* The last name that has an address; as libc it may ask more behind. */
static const char *found_name(const struct lookup_result *result)
{
    for (size_t i = result->queries_count; i > 0; i--) {
        const struct lookup_query *query = &result->queries[i - 1];

        if (query->status == PROBE_ANSWER && (query->type == DNS_TYPE_A || query->type == DNS_TYPE_AAAA))
            return query->name;
    }
    return result->queries_count ? result->queries[result->queries_count - 1].name : NULL;
}

void lookup_facts_make(struct arena *arena, const struct resolver_view *view, const char *name,
                       const struct plan *plan, const struct lookup_result *result,
                       struct lookup_facts *ret_facts)
{
    const char *found;

    *ret_facts = (struct lookup_facts){
        .name = name,
        .resolver = view->resolver,
        .result = result->ok ? LOOKUP_OK : LOOKUP_FAIL,
        .error = result->error,
        .error_code = result->ok     ? NULL
                      : result->code ? result->code
                                     : code_of(result),
        .note = plan->note ? plan->note : result->note,
        .about = resolver_entry(view->resolver)->about,
        .left_open = resolver_entry(view->resolver)->left_open,
        .total_ms = (double)result->total_us / 1000,
        .addresses = result->addresses,
        .addresses_count = result->addresses_count,
        .wise_ndots = SHAPE_UNSET,
    };
    if (!plan->queries_count && plan->address) {
        ret_facts->result = LOOKUP_OK;
        ret_facts->error = NULL;
        ret_facts->error_code = NULL;
        *ARENA_PUSH(arena, ret_facts->addresses, ret_facts->addresses_count) = plan->address;
    }
    found = result->ok ? found_name(result) : NULL;
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
