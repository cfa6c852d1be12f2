/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/model/tracing/path_join.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of our choice: stragglers of the other CPU and copies that a bridge throws away come within it. */
#define SETTLE_NS UINT64_C(30000000)
/* So long may a program take to read an answer before its way counts as ended in the socket. */
#define READ_NS UINT64_C(500000000)
/* So long after a drop nothing follows any more; TCP tries a SYN again after a second. Source: RFC 6298. */
#define DROP_NS     UINT64_C(200000000)
#define DROP_TCP_NS UINT64_C(1200000000)
/* Most datagrams come to their end with as many. */
#define STEPS_AT_FIRST 32

struct path_join {
    struct path_exchange *open[PATH_OPEN_MAX];
    size_t count;
    uint64_t give_up_ns;
    void (*ended)(void *user, const struct path_exchange *exchange);
    void *user;
};

struct path_join *path_join_new(uint64_t give_up_ns,
                                void (*ended)(void *user, const struct path_exchange *exchange), void *user)
{
    struct path_join *join = calloc(1, sizeof(*join));

    if (!join)
        err_out_of_memory();
    join->give_up_ns = give_up_ns;
    join->ended = ended;
    join->user = user;
    return join;
}

static void free_exchange(struct path_exchange *exchange)
{
    free(exchange->events);
    free(exchange);
}

void path_join_free(struct path_join *join)
{
    if (!join)
        return;
    while (join->count)
        free_exchange(join->open[--join->count]);
    free(join);
}

static int compare_times(const void *a, const void *b)
{
    const struct path_event *x = a, *y = b;

    return x->time_ns < y->time_ns ? -1 : x->time_ns > y->time_ns;
}

static void tell(struct path_join *join, struct path_exchange *exchange)
{
    qsort(exchange->events, exchange->count, sizeof(exchange->events[0]), compare_times);
    join->ended(join->user, exchange);
    free_exchange(exchange);
}

static struct path_exchange *take_out(struct path_join *join, size_t index)
{
    struct path_exchange *exchange = join->open[index];

    join->open[index] = join->open[--join->count];
    return exchange;
}

static void end(struct path_join *join, size_t index)
{
    tell(join, take_out(join, index));
}

/* 0 where the step knows no packet. Address translation may change it on the way. */
static uint16_t client_port(const struct path_event *event)
{
    const struct address *client = event->leg == LEG_QUERY ? &event->src : &event->dst;

    return client->family ? client->port : 0;
}

static bool knows_port(const struct path_exchange *exchange, uint16_t port)
{
    for (size_t i = 0; i < exchange->count; i++)
        if (client_port(&exchange->events[i]) == port)
            return true;
    return false;
}

/* Its packet has been here, and the step has not been taken: what a step without a packet must be of. */
static bool awaits(const struct path_exchange *exchange, const struct path_event *event)
{
    bool here = false;

    for (size_t i = 0; i < exchange->count; i++) {
        const struct path_event *before = &exchange->events[i];

        if (before->leg != event->leg || before->netns != event->netns)
            continue;
        if (before->kind == event->kind)
            return false;
        here = true;
    }
    return here;
}

/* The one of this key; of this port where several are open, or of those the first that awaits the step. */
static size_t find(const struct path_join *join, const struct path_event *event)
{
    const struct path_event_key *key = &event->key;
    uint16_t port = client_port(event);
    size_t found = join->count;

    for (size_t i = 0; i < join->count; i++)
        if (join->open[i]->key.question == key->question && join->open[i]->key.id == key->id) {
            found = i;
            if (port ? knows_port(join->open[i], port) : awaits(join->open[i], event))
                return i;
        }
    return found;
}

static bool is_same_place(const struct path_event *a, const struct path_event *b)
{
    return a->kind == b->kind && a->netns == b->netns && a->ifindex == b->ifindex && a->detail == b->detail;
}

/*
 * The question is where it was first seen, once more: tried again, or from another port asked anew. Octets
 * that TCP sends again are its own affair; only a connection that is begun again is another attempt.
 */
static bool begins_again(const struct path_exchange *exchange, const struct path_event *event)
{
    const struct path_event *first = &exchange->events[0];

    return event->leg == LEG_QUERY && !event->fragment && (!event->is_tcp || event->segment == SEGMENT_SYN) &&
           event->segment == first->segment && is_same_place(event, first) && event->time_ns > first->time_ns;
}

static size_t open_exchange(struct path_join *join, const struct path_event *event, uint64_t attempt)
{
    struct path_exchange *exchange;
    size_t oldest = 0;

    if (join->count == PATH_OPEN_MAX) {
        for (size_t i = 1; i < join->count; i++)
            if (join->open[i]->events[0].time_ns < join->open[oldest]->events[0].time_ns)
                oldest = i;
        end(join, oldest);
    }
    exchange = calloc(1, sizeof(*exchange));
    if (!exchange)
        err_out_of_memory();
    exchange->key = event->key;
    exchange->attempt = attempt;
    join->open[join->count] = exchange;
    return join->count++;
}

static void add_event(struct path_exchange *exchange, const struct path_event *event)
{
    struct path_event *events;

    if (exchange->count < PATH_STEPS_MAX) {
        if (exchange->count == exchange->room) {
            exchange->room = exchange->room ? 2 * exchange->room : STEPS_AT_FIRST;
            events = realloc(exchange->events, exchange->room * sizeof(*events));
            if (!events)
                err_out_of_memory();
            exchange->events = events;
        }
        exchange->events[exchange->count++] = *event;
        return;
    }
    exchange->dropped_steps++;
    /* How it ends is worth more than one function on the way. */
    if (event->kind == STEP_READ || event->kind == STEP_SOCKET || event->kind == STEP_DROP)
        exchange->events[PATH_STEPS_MAX - 1] = *event;
}

void path_join_add(struct path_join *join, const struct path_event *event)
{
    size_t index = find(join, event);
    uint64_t attempt = 1;

    if (index < join->count && begins_again(join->open[index], event)) {
        if (client_port(event) == client_port(&join->open[index]->events[0])) {
            attempt = join->open[index]->attempt + 1;
            end(join, index);
        }
        index = join->count;
    }
    if (index == join->count) {
        /* The rest of one that has been told. */
        if (event->leg == LEG_ANSWER || event->kind == STEP_READ || event->kind == STEP_SOCKET)
            return;
        index = open_exchange(join, event, attempt);
    }
    add_event(join->open[index], event);
}

static bool has(const struct path_exchange *exchange, int leg, int kind)
{
    for (size_t i = 0; i < exchange->count; i++)
        if (exchange->events[i].leg == leg && exchange->events[i].kind == kind)
            return true;
    return false;
}

static bool has_reset(const struct path_exchange *exchange)
{
    for (size_t i = 0; i < exchange->count; i++)
        if (exchange->events[i].segment == SEGMENT_RST)
            return true;
    return false;
}

static bool is_over(const struct path_join *join, const struct path_exchange *exchange, uint64_t now_ns)
{
    const struct path_event *last = &exchange->events[exchange->count - 1];
    uint64_t idle = now_ns > last->time_ns ? now_ns - last->time_ns : 0;

    if (now_ns > exchange->events[0].time_ns + join->give_up_ns)
        return true;
    if (has(exchange, LEG_ANSWER, STEP_READ))
        return idle > SETTLE_NS;
    if (has_reset(exchange))
        return idle > SETTLE_NS;
    if (last->kind == STEP_DROP)
        return idle > (last->is_tcp ? DROP_TCP_NS : DROP_NS);
    /* After the SYN ACK the program has the word. */
    return last->leg == LEG_ANSWER && last->segment == SEGMENT_DATA && idle > READ_NS;
}

static int compare_begins(const void *a, const void *b)
{
    const struct path_exchange *const *x = a, *const *y = b;

    return compare_times(&(*x)->events[0], &(*y)->events[0]);
}

void path_join_sweep(struct path_join *join, uint64_t now_ns, bool all)
{
    struct path_exchange *over[PATH_OPEN_MAX];
    size_t count = 0;

    for (size_t i = join->count; i-- > 0;)
        if (all || is_over(join, join->open[i], now_ns))
            over[count++] = take_out(join, i);
    qsort(over, count, sizeof(struct path_exchange *), compare_begins);
    for (size_t i = 0; i < count; i++)
        tell(join, over[i]);
}

bool path_join_is_empty(const struct path_join *join)
{
    return !join->count;
}

/* An ended exchange */

static const struct path_event *last_of(const struct path_exchange *exchange, int leg)
{
    for (size_t i = exchange->count; i-- > 0;)
        if (exchange->events[i].leg == leg)
            return &exchange->events[i];
    return NULL;
}

/* The first octets of the message. */
static const struct path_event *first_data_of(const struct path_exchange *exchange, int leg)
{
    for (size_t i = 0; i < exchange->count; i++)
        if (exchange->events[i].leg == leg && exchange->events[i].segment == SEGMENT_DATA)
            return &exchange->events[i];
    return NULL;
}

/* Whether the last that was seen of this packet, or of a piece of it, is that it was thrown away. */
static bool is_dropped(const struct path_exchange *exchange, int leg)
{
    for (size_t i = 0; i < exchange->count; i++) {
        const struct path_event *event = &exchange->events[i];
        bool last = event->leg == leg && event->kind == STEP_DROP;

        for (size_t k = i + 1; last && k < exchange->count; k++)
            last = exchange->events[k].leg != leg || exchange->events[k].fragment != event->fragment;
        if (last)
            return true;
    }
    return false;
}

/* The step at which a packet was in the hands of a program; else that at which it was in its socket. */
static const struct path_event *arrival_of(const struct path_exchange *exchange, int leg)
{
    const struct path_event *found = NULL;

    for (size_t i = 0; i < exchange->count; i++) {
        const struct path_event *event = &exchange->events[i];

        if (event->leg != leg)
            continue;
        if (event->kind == STEP_READ)
            found = event;
        else if (event->kind == STEP_SOCKET && (!found || found->kind != STEP_READ))
            found = event;
    }
    return found;
}

int path_exchange_outcome(const struct path_exchange *exchange)
{
    const struct path_event *query = last_of(exchange, LEG_QUERY), *answer = last_of(exchange, LEG_ANSWER);

    if (arrival_of(exchange, LEG_ANSWER))
        return PATH_ANSWERED;
    if (has_reset(exchange))
        return PATH_REFUSED;
    if (answer && is_dropped(exchange, LEG_ANSWER))
        return PATH_ANSWER_DROPPED;
    if (first_data_of(exchange, LEG_ANSWER))
        return PATH_ANSWER_GONE;
    if (arrival_of(exchange, LEG_QUERY))
        return PATH_UNANSWERED;
    if (is_dropped(exchange, LEG_QUERY))
        return PATH_QUERY_DROPPED;
    return answer && (!query || answer->time_ns > query->time_ns) ? PATH_ANSWER_GONE : PATH_QUERY_GONE;
}

static double us_between(const struct path_event *from, const struct path_event *to)
{
    return from && to && to->time_ns >= from->time_ns ? (double)(to->time_ns - from->time_ns) / 1e3
                                                      : (double)NAN;
}

static const char *ends_text(struct arena *arena, const struct address *address)
{
    char text[ADDRESS_TEXT];

    return arena_text(arena, address_format_port(address, text, sizeof(text)));
}

/* Who was asked, or answered, after NAT; NULL when that is who was asked at first. */
static const char *replica_text(struct arena *arena, const struct path_exchange *exchange)
{
    const struct path_event *first = &exchange->events[0];
    struct address last = first->dst;

    for (size_t i = 0; i < exchange->count; i++)
        if (exchange->events[i].leg == LEG_QUERY && exchange->events[i].dst.family)
            last = exchange->events[i].dst;
    return address_equal(&last, &first->dst) ? NULL : ends_text(arena, &last);
}

static bool is_same_packet(const struct path_event *a, const struct path_event *b)
{
    return a->leg == b->leg && a->segment == b->segment && a->fragment == b->fragment;
}

bool path_exchange_turns(const struct path_exchange *exchange, size_t index)
{
    return index == 0 || !is_same_packet(&exchange->events[index], &exchange->events[index - 1]);
}

/* The packet's step before this one; NULL: here it begins, or begins again. */
static const struct path_event *step_before(const struct path_exchange *exchange, size_t index)
{
    const struct path_event *event = &exchange->events[index], *before = NULL;
    bool first = true;

    for (size_t i = 0; i < index; i++) {
        const struct path_event *other = &exchange->events[i];

        if (!other->src.family || !is_same_packet(other, event))
            continue;
        if (first && is_same_place(other, event))
            return NULL;
        first = false;
        before = other;
    }
    return before;
}

static void fill_step(struct arena *arena, const struct path_event *event, const struct path_event *before,
                      struct path_step_facts *step)
{
    char text[ADDRESS_TEXT];

    step->leg = event->leg;
    step->kind = event->kind;
    step->segment = event->segment;
    step->fragment = event->fragment ? event->fragment : SHAPE_UNSET;
    step->netns = event->netns;
    step->device = event->device[0] ? arena_text(arena, event->device) : NULL;
    step->src_port = step->dst_port = step->pid = SHAPE_UNSET;
    if (event->src.family) {
        step->src = arena_text(arena, address_format(&event->src, text, sizeof(text)));
        step->dst = arena_text(arena, address_format(&event->dst, text, sizeof(text)));
        step->src_port = event->src.port;
        step->dst_port = event->dst.port;
    }
    step->rewritten =
        before && event->src.family &&
        (!address_equal(&before->src, &event->src) || !address_equal(&before->dst, &event->dst));
}

static const char *rcode_text(struct arena *arena, const struct path_exchange *exchange)
{
    char word[DNS_WORD];

    for (size_t i = 0; i < exchange->count; i++)
        if (exchange->events[i].leg == LEG_ANSWER && exchange->events[i].has_message)
            return arena_text(arena, dns_rcode_word(exchange->events[i].rcode, word));
    return NULL;
}

void path_exchange_facts(struct arena *arena, const struct path_exchange *exchange,
                         struct path_packet_facts *packet)
{
    const struct path_event *first = &exchange->events[0], *last = &exchange->events[exchange->count - 1];
    const struct path_event *query = first_data_of(exchange, LEG_QUERY),
                            *asked = arrival_of(exchange, LEG_QUERY),
                            *answer = first_data_of(exchange, LEG_ANSWER);

    packet->transport = first->is_tcp ? TRANSPORT_TCP : TRANSPORT_UDP;
    packet->id = first->is_tcp ? SHAPE_UNSET : exchange->key.id;
    packet->attempt = exchange->attempt;
    packet->outcome = path_exchange_outcome(exchange);
    packet->rcode = rcode_text(arena, exchange);
    packet->client = ends_text(arena, &first->src);
    packet->server = ends_text(arena, &first->dst);
    packet->replica = replica_text(arena, exchange);
    packet->handshake_us = first->segment == SEGMENT_SYN ? us_between(first, query) : (double)NAN;
    packet->query_us = us_between(query, asked);
    packet->server_us = us_between(asked, answer);
    packet->answer_us = us_between(answer, arrival_of(exchange, LEG_ANSWER));
    packet->total_us = us_between(first, last);
    packet->steps = arena_array(arena, exchange->count, sizeof(*packet->steps));
    packet->steps_count = exchange->count;
    packet->steps_left_out = exchange->dropped_steps;
    for (size_t i = 0; i < exchange->count; i++) {
        const struct path_event *event = &exchange->events[i];

        fill_step(arena, event, step_before(exchange, i), &packet->steps[i]);
        packet->steps[i].at_us = us_between(first, event);
        packet->steps[i].after_us = i ? us_between(event - 1, event) : 0;
    }
}

bool path_exchange_meets(const struct path_exchange *exchange, const struct address *server)
{
    for (size_t i = 0; i < exchange->count; i++) {
        const struct path_event *event = &exchange->events[i];

        if (address_same_host(event->leg == LEG_QUERY ? &event->dst : &event->src, server))
            return true;
    }
    return false;
}
