/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"
#include "../candidate.h"
#include <arpa/inet.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>

bool rules_rooted(const struct lookup_run *run)
{
    size_t len = strlen(run->name);

    return len > 0 && run->name[len - 1] == '.';
}

size_t rules_dots(const struct lookup_run *run)
{
    size_t dots = 0;

    for (const char *p = run->name; *p; p++)
        dots += *p == '.';
    return dots;
}

int rules_usual_list(const struct lookup_run *run)
{
    if (rules_rooted(run))
        return LIST_AS_IS_FIRST;
    return rules_dots(run) >= run->view->ndots ? LIST_AS_IS_FIRST | LIST_SEARCH
                                               : LIST_SEARCH | LIST_AS_IS_LAST;
}

static bool add_candidate(struct lookup_run *run, const char *domain)
{
    size_t len = strlen(run->name) - rules_rooted(run);
    struct candidate candidate = candidate_make(run->arena, run->name, len, domain, false);
    struct lookup_candidate *c;

    if (!candidate.text)
        return false;
    c = ARENA_PUSH(run->arena, run->candidates, run->candidates_count);
    *c = (struct lookup_candidate){.name = candidate.text, .as_is = !domain};
    if (run->families & FAMILY_A)
        c->types[c->types_count++] = DNS_TYPE_A;
    if (run->families & FAMILY_AAAA)
        c->types[c->types_count++] = DNS_TYPE_AAAA;
    if (run->families & FAMILY_ALL_TYPES)
        c->types[c->types_count++] = DNS_TYPE_ANY;
    return true;
}

bool rules_make_list(struct lookup_run *run, int list)
{
    run->candidates_count = 0;
    if (!*run->name || (list & LIST_AS_IS_FIRST && !add_candidate(run, NULL)))
        return false;
    for (size_t i = 0; list & LIST_SEARCH && i < run->view->search_count; i++)
        if (!add_candidate(run, run->view->search[i]))
            return false;
    return !(list & LIST_AS_IS_LAST) || add_candidate(run, NULL);
}

const char *rules_reverse_name(struct arena *arena, const char *text)
{
    char out[DNS_REVERSE_TEXT];
    const char *name = dns_name_reverse_of(text, out);

    return name ? arena_text(arena, name) : NULL;
}

static void answer_with(struct lookup_run *run, const char *address)
{
    *ARENA_PUSH(run->arena, run->result->addresses, run->result->addresses_count) = address;
    run->result->ok = true;
}

bool rules_is_literal(struct lookup_run *run)
{
    unsigned char bytes[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, run->name, bytes) != 1 && inet_pton(AF_INET6, run->name, bytes) != 1)
        return false;
    answer_with(run, run->name);
    run->result->note = "this is an address: nothing is asked";
    return true;
}

bool rules_is_classic_address(struct lookup_run *run)
{
    struct address address = {0};
    char text[ADDRESS_TEXT];

    if (!resolv_parse_aton(run->name, &address))
        return rules_is_literal(run);
    address.port = 0;
    answer_with(run, arena_text(run->arena, address_format(&address, text, sizeof(text))));
    run->result->note = "this is an address: nothing is asked";
    return true;
}

bool rules_is_localhost(struct lookup_run *run)
{
    size_t len = strlen(run->name) - rules_rooted(run), word = strlen("localhost");

    if (len < word || strncasecmp(run->name + len - word, "localhost", word) != 0 ||
        (len > word && run->name[len - word - 1] != '.'))
        return false;
    if (run->families & FAMILY_A)
        answer_with(run, "127.0.0.1");
    if (run->families & FAMILY_AAAA)
        answer_with(run, "::1");
    run->result->note = "localhost is known without asking";
    return true;
}

void lane_send(struct lookup_run *run, struct lane *lane, size_t server, int transport, uint64_t socket,
               uint64_t wait_us)
{
    lane->server = server;
    lane->transport = transport;
    lane->socket = socket;
    if (transport == TRANSPORT_UDP || lane->tries == 0)
        lane->tries++;
    lookup_send(run, lane->name, lane->type, server, transport, socket,
                (lane->tries - 1) / run->view->nameservers_count + 1);
    lane->deadline_us = lookup_now(run) + wait_us;
}

bool lane_over_tcp(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                   uint64_t socket, uint64_t wait_us)
{
    const struct lookup_query *query = &run->result->queries[reply->query];

    if (reply->status != PROBE_TRUNCATED || query->transport == TRANSPORT_TCP)
        return false;
    lane_send(run, lane, query->server, TRANSPORT_TCP, socket, wait_us);
    return true;
}

static void try_again(struct lookup_run *run, const struct lane_rules *rules, struct lane *lane)
{
    if (lane->open && !rules->try_next(run, lane, rules->user))
        lane->open = false;
}

static struct lane *lane_of(struct lookup_run *run, struct lane *lanes, size_t count, size_t number)
{
    const struct lookup_query *query = &run->result->queries[number];

    for (size_t i = 0; i < count; i++)
        if (lanes[i].open && lanes[i].type == query->type && strcmp(lanes[i].name, query->name) == 0)
            return &lanes[i];
    return NULL;
}

void lanes_run(struct lookup_run *run, const struct lane_rules *rules, struct lane *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lanes[i].status = PROBE_TIMEOUT;
        lanes[i].open = true;
        try_again(run, rules, &lanes[i]);
    }
    for (;;) {
        struct lane *first = NULL, *lane;
        struct lookup_reply reply;

        for (size_t i = 0; i < count; i++)
            if (lanes[i].open && (!first || lanes[i].deadline_us < first->deadline_us))
                first = &lanes[i];
        if (!first)
            return;
        if (!lookup_wait(run, first->deadline_us, &reply)) {
            first->status = PROBE_TIMEOUT;
            try_again(run, rules, first);
            continue;
        }
        lane = lane_of(run, lanes, count, reply.query);
        if (!lane)
            continue;
        switch (rules->judge(run, lane, &reply, rules->user)) {
        case LANE_DONE:
            lane->status = reply.status;
            lane->open = false;
            break;
        case LANE_AGAIN:
            lane->status = reply.status;
            try_again(run, rules, lane);
            break;
        case LANE_WAIT:
            break;
        }
    }
}

bool rules_is_absent(int status)
{
    return status == PROBE_NXDOMAIN || status == PROBE_NODATA;
}

const char *rules_rcode_word(int status)
{
    switch (status) {
    case PROBE_ANSWER:
    case PROBE_NODATA:
    case PROBE_TRUNCATED:
        return "NOERROR";
    case PROBE_NXDOMAIN:
        return "NXDOMAIN";
    case PROBE_SERVFAIL:
        return "SERVFAIL";
    case PROBE_REFUSED:
        return "REFUSED";
    case PROBE_FORMERR:
        return "FORMERR";
    case PROBE_NOTIMP:
        return "NOTIMP";
    default:
        return "timed out";
    }
}

uint64_t rules_timeout_us(const struct lookup_run *run)
{
    return run->view->timeout_ms * 1000;
}

bool rules_option(const struct lookup_run *run, const char *option)
{
    return resolver_view_has(run->view, option);
}
