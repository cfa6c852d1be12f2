/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of a client query. */
#include "dnstap_slot.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/wire/dns/dns_words.h>

/*
 * A query without any other frame is what CoreDNS shows when it makes an answer by itself (below the plugin
 * that taps), and also when it never answers. These tell the two apart:
 *
 *   - the same query from the same socket, after a wait: the client had no answer. One that gets an error
 *     asks again at once, or not at all;
 *   - from the query on its server shows nothing but queries, and not few: it answers nobody;
 *   - neither, though the client had the time to ask again over UDP: it had its answer.
 *
 * A client that takes a new socket for its second try (Go), or TCP, leaves no such trace: then the answer is
 * taken for one that the server made, as it mostly is, and counted as unsure.
 */
#define MUTE_QUERIES 5
/* Resolvers wait 5 s (glibc, Go, dig) or 2.5 s (musl) before they ask again. */
#define PATIENCE_US 5500000
/* CoreDNS's forward gives an upstream 2 s: what it waits for has shown a FORWARDER_QUERY after that. */
#define UNDECIDED_US 2500000
/* Of each kind of exception so many are kept for the summary. */
#define KEPT 16

static bool source_is_mute(const struct dnstap_table *t, const struct dnstap_slot *s)
{
    const struct dnstap_source *source = &t->tally->sources[s->source];

    return source->other_frames == s->others_then && source->client_queries >= s->queries_then + MUTE_QUERIES;
}

static uint64_t age_us(const struct dnstap_table *t, const struct dnstap_slot *s)
{
    return t->now_us > s->born_us ? t->now_us - s->born_us : 0;
}

/* Whether some of its frames may be among those that were lost. */
static bool is_torn(const struct dnstap_table *t, const struct dnstap_slot *s)
{
    return s->serial <= t->lost_serial;
}

static int unanswered(struct dnstap_table *t, const struct dnstap_slot *s, enum dnstap_end end,
                      const char **ret_remark)
{
    if (is_torn(t, s)) {
        *ret_remark = "frames were lost while it was open";
        return DNSTAP_UNFINISHED;
    }
    if (s->tries > s->replies && !s->replies) {
        *ret_remark = "the server then answers with SERVFAIL itself, which dnstap does not show";
        return DNSTAP_UPSTREAM_SILENT;
    }
    if (s->repeated || s->repeats) {
        *ret_remark = "the client asked again from the same socket after a wait: it had no answer";
        return DNSTAP_STUCK;
    }
    if (end == END_EXPIRED && source_is_mute(t, s)) {
        *ret_remark = "the server shows queries alone since then: it answers nobody";
        return DNSTAP_STUCK;
    }
    if (end == END_OF_STREAM && age_us(t, s) < UNDECIDED_US)
        return DNSTAP_UNFINISHED;
    if (s->replies) {
        *ret_remark = "the upstream answered, and what the server made of it is not shown";
        return DNSTAP_SERVER_MADE;
    }
    if (s->protocol != 1 || age_us(t, s) < PATIENCE_US) {
        t->unsure++;
        *ret_remark = "taken for an answer of the server's own (SERVFAIL, REFUSED); its log tells for sure";
    } else {
        *ret_remark = "answered by the server itself (SERVFAIL, REFUSED): the client did not ask again";
    }
    return DNSTAP_SERVER_MADE;
}

static int scenario_of(struct dnstap_table *t, const struct dnstap_slot *s, enum dnstap_end end,
                       const char **ret_remark)
{
    if (!s->answered)
        return unanswered(t, s, end, ret_remark);
    if (!s->tries && !s->replies)
        return DNSTAP_LOCAL;
    if (s->replies || is_torn(t, s))
        return DNSTAP_FORWARDED;
    *ret_remark = "answered without the upstream";
    return DNSTAP_UPSTREAM_SILENT;
}

static bool is_slow(const struct dnstap_table *t, const struct dnstap_slot *s)
{
    return t->options.slow_us && s->client_us != SHAPE_UNSET && s->client_us >= t->options.slow_us;
}

static bool is_error(const struct dnstap_slot *s)
{
    return s->answered && s->has_message && s->rcode != DNS_NOERROR && s->rcode != DNS_NXDOMAIN;
}

/* enum dnstap_kept, or -1 for what is no exception. */
static int kind_of(const struct dnstap_table *t, const struct dnstap_slot *s, int scenario)
{
    if (scenario == DNSTAP_UPSTREAM_SILENT)
        return KEPT_SILENT;
    if (scenario == DNSTAP_SERVER_MADE)
        return KEPT_SERVER_MADE;
    if (scenario == DNSTAP_STUCK)
        return KEPT_STUCK;
    if (is_error(s))
        return KEPT_ERROR;
    return is_slow(t, s) ? KEPT_SLOW : -1;
}

static const char *address_text(struct arena *arena, const struct address *address)
{
    char text[ADDRESS_TEXT];

    return address->family ? arena_text(arena, address_format_port(address, text, sizeof(text))) : NULL;
}

static void describe(const struct dnstap_table *t, const struct dnstap_slot *s, int scenario,
                     const char *remark, struct arena *arena, struct dnstap_session_facts *ret)
{
    char time[CLOCK_TEXT], name[DNS_NAME_TEXT], word[DNS_WORD];
    uint64_t when = s->query_ns ? s->query_ns : s->response_ns ? s->response_ns : s->born_us * 1000;
    const char *why;
    size_t where;

    *ret = (struct dnstap_session_facts){
        .time = arena_text(arena, clock_format(when, time, sizeof(time))),
        .scenario = scenario,
        .identity = t->tally->sources[s->source].counts.name,
        .client = address_text(arena, &s->client),
        .protocol = dnstap_protocol_names[s->protocol],
        .client_us = s->client_us,
        .upstream = address_text(arena, &s->upstream),
        .upstream_us = s->upstream_us,
        .tries = s->tries,
        .replies = s->replies,
        .remark = remark,
    };
    if (s->name_len && dns_name_read(s->name, s->name_len, 0, name, &why, &where) >= 0) {
        ret->name = arena_text(arena, name);
        ret->type = arena_text(arena, dns_type_word(s->type, word));
    }
    if (s->answered && s->has_message) {
        ret->rcode = arena_text(arena, dns_rcode_word(s->rcode, word));
        ret->meaning = dnstap_rcode_meaning(s->rcode);
    }
}

static void tell(struct dnstap_table *t, const struct dnstap_slot *s, int scenario, const char *remark)
{
    int kind = kind_of(t, s, scenario);

    if (kind >= 0 && t->kept_by[kind] < KEPT) {
        t->kept_by[kind]++;
        describe(t, s, scenario, remark, t->arena, ARENA_PUSH(t->arena, t->kept, t->kept_count));
    }
    if (t->options.untold || (kind < 0 && !t->options.all))
        return;
    if (t->taken) {
        arena_reset(t->told_arena);
        t->told = NULL;
        t->told_count = 0;
        t->taken = false;
    }
    describe(t, s, scenario, remark, t->told_arena, ARENA_PUSH(t->told_arena, t->told, t->told_count));
}

static void count(struct dnstap_table *t, const struct dnstap_slot *s, int scenario)
{
    struct dnstap_source *source = &t->tally->sources[s->source];
    bool servfail = is_error(s) && s->rcode == DNS_SERVFAIL;
    const struct dnstap_outcome outcome = {scenario, !s->answered || servfail, servfail, s->client_us};
    struct dnstap_zone *zone = NULL;

    t->tally->scenarios.by[scenario]++;
    if (scenario == DNSTAP_UNFINISHED) {
        source->counts.scenarios.by[scenario]++;
        return;
    }
    t->tally->failed += outcome.failed;
    t->slow += is_slow(t, s);
    if (s->client_us != SHAPE_UNSET)
        histogram_add(&t->tally->client, s->client_us);
    dnstap_outcome_count(&outcome, &source->counts, source->latency);
    if (s->name_len)
        zone = dnstap_tally_zone(t->tally,
                                 dnstap_zone_of(s->name, s->name_len, (struct octets){s->zone, s->zone_len}));
    if (zone)
        dnstap_outcome_count(&outcome, &zone->counts, zone->latency);
}

void dnstap_judge(struct dnstap_table *t, const struct dnstap_slot *s, enum dnstap_end end)
{
    const char *remark = NULL;
    int scenario;

    if (!s->asked) {
        t->lone_responses += s->answered;
        t->lone_forwards += s->tries || s->replies;
        return;
    }
    t->expired += end == END_EXPIRED && !s->answered;
    if (end == END_PUSHED_OUT && !s->answered && !(s->tries && !s->replies)) {
        t->dropped++;
        return;
    }
    scenario = scenario_of(t, s, end, &remark);
    count(t, s, scenario);
    tell(t, s, scenario, remark);
}
