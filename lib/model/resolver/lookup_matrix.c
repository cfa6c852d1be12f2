/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/address.h>
#include <k8sdns/model/resolver/lookup_matrix.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <k8sdns/wire/resolver/resolv_dialect.h>
#include <string.h>

/* A capture may come from anywhere, and Go has no limit of its own. */
#define ATTEMPTS_MAX   16
#define TIMEOUT_MAX_MS 60000

/* A reply under way. */
struct coming {
    uint64_t at_us, socket;
    bool done;
    struct lookup_reply reply;
};

struct replay {
    struct arena *arena;
    const struct resolver_view *view;
    const struct matrix_facts *matrix;
    const char *targets[RESOLV_DIALECT_SERVERS_MAX]; /* the matrix's word for each server; NULL when it was
                                                        not asked */
    uint64_t now_us;
    struct coming *coming;
    size_t coming_count;
    const char *missing;
};

static uint64_t replay_now(void *user)
{
    return ((const struct replay *)user)->now_us;
}

/* What the server of the query gave to its name by that transport; of any type where `type` is NULL. */
static const struct probe_facts *find_by(const struct replay *r, const struct lookup_query *query,
                                         int transport, const char *type)
{
    const char *target = r->targets[query->server];

    for (size_t i = 0; target && i < r->matrix->probes_count; i++) {
        const struct probe_facts *p = &r->matrix->probes[i];

        if (p->transport == transport && strcmp(p->target, target) == 0 &&
            (!type || strcmp(p->type, type) == 0) && dns_name_equal(p->candidate, query->name))
            return p;
    }
    return NULL;
}

/*
 * Over TCP the matrix asks for what was truncated alone, and some resolvers then ask for both types: the
 * other one's answer is that over UDP where the connection gives anything, and nothing where it does not.
 */
static const struct probe_facts *find(const struct replay *r, const struct lookup_query *query)
{
    char word[DNS_WORD];
    const char *type = dns_type_word(query->type, word);
    const struct probe_facts *p = find_by(r, query, query->transport, type), *other;

    if (p || query->transport != TRANSPORT_TCP)
        return p;
    other = find_by(r, query, TRANSPORT_TCP, NULL);
    if (!other || !probe_is_heard(other))
        return other;
    p = find_by(r, query, TRANSPORT_UDP, type);
    return p && p->status != PROBE_TRUNCATED ? p : NULL;
}

/* What the resolver hears of it; false for nothing. */
static bool is_heard(const struct replay *r, const struct probe_facts *p, int *ret_status)
{
    *ret_status = p->status;
    switch (p->status) {
    case PROBE_TIMEOUT:
    case PROBE_MISMATCH:
    case PROBE_MALFORMED:
        return false;
    case PROBE_ERROR:
        if (p->rcode)
            return true;
        *ret_status = PROBE_UNREACHABLE; /* it could not be sent */
        return resolver_entry(r->view->resolver)->connects;
    case PROBE_UNREACHABLE:
        /* musl's socket is not connected, and hears no ICMP. */
        return resolver_entry(r->view->resolver)->connects || p->transport == TRANSPORT_TCP;
    default:
        return true;
    }
}

static void replay_send(void *user, size_t number, const struct lookup_query *query)
{
    struct replay *r = user;
    const struct probe_facts *p = find(r, query);
    struct coming *coming;
    char word[DNS_WORD];
    int status;

    if (!p) {
        if (r->missing)
            return;
        r->missing = arena_printf(r->arena, "%s %s of %s%s", query->name, dns_type_word(query->type, word),
                                  r->view->nameservers[query->server],
                                  query->transport == TRANSPORT_TCP ? " over TCP" : "");
        return;
    }
    if (!is_heard(r, p, &status))
        return;
    coming = ARENA_PUSH(r->arena, r->coming, r->coming_count);
    *coming = (struct coming){.at_us = r->now_us + (p->rtt_us == SHAPE_UNSET ? 0 : p->rtt_us),
                              .socket = query->socket,
                              .reply = {.query = number, .status = status}};
    for (size_t i = 0; i < p->answers_count; i++)
        if (p->answers[i].type == query->type && p->answers[i].rdata.text)
            *ARENA_PUSH(r->arena, coming->reply.addresses, coming->reply.addresses_count) =
                p->answers[i].rdata.text;
}

static bool replay_wait(void *user, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct replay *r = user;
    struct coming *first = NULL;

    for (size_t i = 0; i < r->coming_count; i++)
        if (!r->coming[i].done && (!first || r->coming[i].at_us < first->at_us))
            first = &r->coming[i];
    if (!first || first->at_us > until_us) {
        r->now_us = until_us > r->now_us ? until_us : r->now_us;
        return false;
    }
    r->now_us = first->at_us > r->now_us ? first->at_us : r->now_us;
    first->done = true;
    *ret_reply = first->reply;
    return true;
}

static void replay_close(void *user, uint64_t socket)
{
    struct replay *r = user;

    for (size_t i = 0; i < r->coming_count; i++)
        r->coming[i].done = r->coming[i].done || r->coming[i].socket == socket;
}

/* The matrix's word for a nameserver of resolv.conf. */
static const char *target_of(const struct matrix_facts *matrix, const char *nameserver)
{
    struct address wanted, where;

    for (size_t i = 0; i < matrix->targets_count; i++) {
        const struct target_facts *target = &matrix->targets[i];

        if (strcmp(target->id, nameserver) == 0)
            return target->id;
        if (address_parse(nameserver, DNS_PORT, &wanted, NULL) == 0 &&
            address_parse(target->address, (uint16_t)target->port, &where, NULL) == 0 &&
            address_equal(&wanted, &where))
            return target->id;
    }
    return NULL;
}

static uint64_t within(uint64_t value, uint64_t min, uint64_t max)
{
    return value < min ? min : value > max ? max : value;
}

bool lookup_from_matrix(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                        const struct matrix_facts *matrix, struct lookup_result *ret_result,
                        const char **ret_missing)
{
    struct resolver_view bounded = *view;
    struct replay replay = {.arena = arena, .view = &bounded, .matrix = matrix};
    const struct lookup_wire wire = {&replay, replay_now, replay_send, replay_wait, replay_close};
    const struct lookup_chance chance = {0};

    bounded.nameservers_count =
        within(bounded.nameservers_count, 0,
               view->resolver < RESOLVERS ? RESOLV_SERVERS_MAX : RESOLV_DIALECT_SERVERS_MAX);
    bounded.attempts = within(bounded.attempts, 1, ATTEMPTS_MAX);
    bounded.timeout_ms = within(bounded.timeout_ms, 1, TIMEOUT_MAX_MS);
    for (size_t i = 0; i < bounded.nameservers_count; i++)
        replay.targets[i] = target_of(matrix, bounded.nameservers[i]);
    lookup_replay(arena, &bounded, plan, &chance, &wire, ret_result);
    *ret_missing = replay.missing;
    return !replay.missing;
}
