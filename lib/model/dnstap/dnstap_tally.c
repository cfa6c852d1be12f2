/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnstap_tally.h"
#include <ctype.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *dnstap_rcode_meaning(unsigned rcode)
{
    static const char *const meanings[] = {
        "answered, with records or without any of that type",
        "the server could not read the question",
        "the server failed: an upstream, a plugin, or no data yet",
        "there is no such name, or the search path is not meant for it",
        "the server does not do that",
        "the server will not: an access list, too many at once, or no zone of its own",
    };

    return rcode < sizeof(meanings) / sizeof(meanings[0]) ? meanings[rcode] : "an unusual response code";
}

static bool octets_equal(const struct octets *a, const struct octets *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static struct octets octets_copy(struct arena *arena, const struct octets *from)
{
    return (struct octets){arena_copy(arena, from->bytes, from->len), from->len};
}

struct dnstap_tally *dnstap_tally_new(struct arena *arena)
{
    struct dnstap_tally *t = ARENA_NEW(arena, struct dnstap_tally);

    t->arena = arena;
    t->sources[DNSTAP_SOURCES].counts.name = "others";
    t->sources[DNSTAP_SOURCES].latency = ARENA_NEW(arena, struct histogram);
    return t;
}

size_t dnstap_tally_source(struct dnstap_tally *t, const struct dnstap_message *m, const char *peer)
{
    struct octets who = m->identity;
    struct dnstap_source *source;

    if (!who.len)
        who = (struct octets){(const uint8_t *)peer, strlen(peer)};
    if (t->last_source < t->sources_count && octets_equal(&t->sources[t->last_source].identity, &who))
        return t->last_source;
    for (size_t i = 0; i < t->sources_count; i++)
        if (octets_equal(&t->sources[i].identity, &who))
            return t->last_source = i;
    if (t->sources_count == DNSTAP_SOURCES)
        return DNSTAP_SOURCES;
    source = &t->sources[t->sources_count];
    source->identity = octets_copy(t->arena, &who);
    source->counts.name = arena_text_n(t->arena, (const char *)who.bytes, who.len);
    source->latency = ARENA_NEW(t->arena, struct histogram);
    if (m->version.len)
        source->version = arena_text_n(t->arena, (const char *)m->version.bytes, m->version.len);
    /* CoreDNS says its version since it keeps the order. */
    source->in_order = source->version != NULL;
    return t->last_source = t->sources_count++;
}

struct dnstap_upstream *dnstap_tally_upstream(struct dnstap_tally *t, const struct address *address)
{
    struct dnstap_upstream *upstream;

    if (!address->family)
        return NULL;
    if (t->last_upstream < t->upstreams_count &&
        address_equal(&t->upstreams[t->last_upstream].address, address))
        return &t->upstreams[t->last_upstream];
    for (size_t i = 0; i < t->upstreams_count; i++)
        if (address_equal(&t->upstreams[i].address, address)) {
            t->last_upstream = i;
            return &t->upstreams[i];
        }
    if (t->upstreams_count == DNSTAP_UPSTREAMS) {
        t->untold++;
        return NULL;
    }
    upstream = &t->upstreams[t->upstreams_count++];
    upstream->address = *address;
    upstream->latency = ARENA_NEW(t->arena, struct histogram);
    return upstream;
}

static bool label_is(const uint8_t *label, const char *word)
{
    return label[0] == strlen(word) && strncasecmp((const char *)label + 1, word, label[0]) == 0;
}

static bool label_is_digits(const uint8_t *label)
{
    for (size_t i = 1; i <= label[0]; i++)
        if (!isdigit(label[i]))
            return false;
    return true;
}

struct octets dnstap_zone_of(const uint8_t *name, size_t name_len, struct octets sent)
{
    static const uint8_t root[1] = {0};
    const uint8_t *last = root, *before = root, *cluster = NULL;

    if (sent.len && sent.len <= DNS_NAME_WIRE_MAX && sent.bytes[sent.len - 1] == 0)
        return sent;
    for (const uint8_t *at = name; name_len && *at; at += 1 + *at) {
        const uint8_t *behind = at + 1 + *at;

        /* The last one: a search list puts a whole cluster name before another. */
        if (*behind && (label_is(at, "svc") || label_is(at, "pod")))
            cluster = behind;
        before = last;
        last = at;
    }
    if (cluster)
        return (struct octets){cluster, name_len - (size_t)(cluster - name)};
    if (before == root || label_is_digits(last))
        return (struct octets){root, 1};
    return (struct octets){before, name_len - (size_t)(before - name)};
}

struct dnstap_zone *dnstap_tally_zone(struct dnstap_tally *t, struct octets zone)
{
    uint32_t hash = 2166136261U;
    struct dnstap_zone *z;
    size_t at;

    for (size_t i = 0; i < zone.len; i++)
        hash = (hash ^ (uint32_t)tolower(zone.bytes[i])) * 16777619U;
    at = hash % (DNSTAP_ZONES * 2);
    for (; t->zone_at[at]; at = (at + 1) % (DNSTAP_ZONES * 2)) {
        z = &t->zones[t->zone_at[at] - 1];
        if (z->name_len == zone.len &&
            strncasecmp((const char *)z->name, (const char *)zone.bytes, zone.len) == 0)
            return z;
    }
    if (t->zones_count == DNSTAP_ZONES) {
        t->untold++;
        return NULL;
    }
    z = &t->zones[t->zones_count++];
    t->zone_at[at] = (uint8_t)t->zones_count;
    memcpy(z->name, zone.bytes, zone.len);
    for (size_t i = 0; i < zone.len; i++)
        z->name[i] = (uint8_t)tolower(z->name[i]);
    z->name_len = zone.len;
    z->latency = ARENA_NEW(t->arena, struct histogram);
    return z;
}

void dnstap_outcome_count(const struct dnstap_outcome *outcome, struct dnstap_group_facts *group,
                          struct histogram *latency)
{
    group->queries++;
    group->scenarios.by[outcome->scenario]++;
    group->failed += outcome->failed;
    group->servfail += outcome->servfail;
    if (outcome->latency_us != SHAPE_UNSET)
        histogram_add(latency, outcome->latency_us);
}

/* ---- into facts ---- */

static void latency_facts(const struct histogram *h, struct dnstap_latency_facts *ret)
{
    *ret = (struct dnstap_latency_facts){
        .count = h->count,
        .p50_us = histogram_value_us(h, 0.5),
        .p90_us = histogram_value_us(h, 0.9),
        .p99_us = histogram_value_us(h, 0.99),
        .max_us = h->count ? h->max_us : SHAPE_UNSET,
    };
}

static void source_facts(const struct dnstap_source *source, struct arena *arena, struct dnstap_facts *ret)
{
    struct dnstap_group_facts *group = ARENA_PUSH(arena, ret->replicas, ret->replicas_count);

    *group = source->counts;
    group->version = source->version;
    latency_facts(source->latency, &group->latency);
}

static void zone_facts(const struct dnstap_zone *zone, struct arena *arena, struct dnstap_facts *ret)
{
    struct dnstap_group_facts *group = ARENA_PUSH(arena, ret->zones, ret->zones_count);
    char text[DNS_NAME_TEXT];
    const char *why;
    size_t where;

    *group = zone->counts;
    if (dns_name_read(zone->name, zone->name_len, 0, text, &why, &where) < 0)
        strcpy(text, "?");
    group->name = arena_text(arena, text);
    latency_facts(zone->latency, &group->latency);
}

static void upstream_facts(const struct dnstap_upstream *upstream, struct arena *arena,
                           struct dnstap_facts *ret)
{
    struct dnstap_upstream_facts *u = ARENA_PUSH(arena, ret->upstreams, ret->upstreams_count);
    char text[ADDRESS_TEXT];

    *u = (struct dnstap_upstream_facts){
        .address = arena_text(arena, address_format_port(&upstream->address, text, sizeof(text))),
        .queries = upstream->queries,
        .answered = upstream->answered,
        .silent = upstream->queries > upstream->answered ? upstream->queries - upstream->answered : 0,
        .failed = upstream->failed,
    };
    latency_facts(upstream->latency, &u->latency);
}

static int by_queries(const void *a, const void *b)
{
    const struct dnstap_group_facts *x = a, *y = b;

    if (x->queries != y->queries)
        return x->queries > y->queries ? -1 : 1;
    return strcmp(x->name, y->name);
}

static void rcode_facts(const struct dnstap_tally *t, struct arena *arena, struct dnstap_facts *ret)
{
    for (unsigned i = 0; i < DNSTAP_RCODES; i++) {
        char word[DNS_WORD];
        const char *name;

        if (!t->rcodes[i])
            continue;
        name = arena_text(arena, dns_rcode_word((uint16_t)i, word));
        *ARENA_PUSH(arena, ret->rcodes, ret->rcodes_count) = (struct shape_tally){name, t->rcodes[i]};
        *ARENA_PUSH(arena, ret->codes, ret->codes_count) =
            (struct dnstap_rcode_facts){name, t->rcodes[i], dnstap_rcode_meaning(i)};
    }
}

void dnstap_tally_facts(const struct dnstap_tally *t, struct arena *arena, struct dnstap_facts *ret)
{
    ret->messages = t->messages;
    ret->scenarios = t->scenarios;
    ret->failed = t->failed;
    ret->untold = t->untold;
    ret->span_ms = (double)(t->last_ns - t->first_ns) / 1e6;
    latency_facts(&t->client, &ret->client);
    latency_facts(&t->upstream, &ret->upstream);
    rcode_facts(t, arena, ret);
    for (unsigned i = 0; i < DNSTAP_TYPES; i++)
        if (t->other_types[i])
            *ARENA_PUSH(arena, ret->other_types, ret->other_types_count) =
                (struct shape_tally){dnstap_type_names[i], t->other_types[i]};
    for (size_t i = 0; i < t->sources_count; i++)
        source_facts(&t->sources[i], arena, ret);
    if (t->sources[DNSTAP_SOURCES].counts.queries)
        source_facts(&t->sources[DNSTAP_SOURCES], arena, ret);
    for (size_t i = 0; i < t->zones_count; i++)
        zone_facts(&t->zones[i], arena, ret);
    if (ret->zones_count)
        qsort(ret->zones, ret->zones_count, sizeof(*ret->zones), by_queries);
    for (size_t i = 0; i < t->upstreams_count; i++)
        upstream_facts(&t->upstreams[i], arena, ret);
}
