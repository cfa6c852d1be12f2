/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_PATH_JOIN_H
#define K8SDNS_MODEL_PATH_JOIN_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/tracing/path_facts.h>

/*
 * Steps of many packets, as they are seen, put together into questions and answers.
 *
 * What belongs together is known by a key (the message's id, and a hash of its question), not by addresses,
 * which NAT changes. The same question (over TCP: the same SYN) seen again where it was first seen is the
 * next attempt. A question ends when its answer has been read, when it was thrown away and nothing followed,
 * or when it has waited long enough.
 */
#define PATH_STEPS_MAX 256
/* Questions under way at once; the oldest ends early to make room. */
#define PATH_OPEN_MAX 1024

struct path_event_key {
    uint64_t question;
    uint32_t id;
};

struct path_event {
    struct path_event_key key;
    uint64_t time_ns;  /* monotonic */
    int kind, leg;     /* enum path_step_kind, enum path_leg */
    int segment;       /* enum path_segment */
    uint32_t fragment; /* of a later piece: its place in the packet, in octets */
    uint32_t detail;   /* as the source knows it */
    uint64_t packet;   /* its address in the kernel, 0: not known */
    uint32_t netns, ifindex, pid;
    struct address src, dst;  /* family 0: the step knows no packet */
    bool is_tcp, has_message; /* has_message: rcode is known */
    uint8_t rcode;
    char device[16], process[16], symbol[48];
};

struct path_exchange {
    struct path_event_key key;
    uint64_t attempt, dropped_steps;
    size_t count, room;
    struct path_event *events; /* in the order of their times, when it has ended */
};

struct path_join;

/* `ended` is called with each that has ended; it lives during the call. */
struct path_join *path_join_new(uint64_t give_up_ns,
                                void (*ended)(void *user, const struct path_exchange *exchange), void *user);
void path_join_free(struct path_join *join);

void path_join_add(struct path_join *join, const struct path_event *event);

/* End what is over at `now_ns`, in the order of their begins; with `all`, everything. */
void path_join_sweep(struct path_join *join, uint64_t now_ns, bool all);

/* Nothing is open. */
bool path_join_is_empty(const struct path_join *join);

/* Whether another packet comes to be told with this event: the answer, the next segment or piece. */
bool path_exchange_turns(const struct path_exchange *exchange, size_t index);

/* How it ended. */
int path_exchange_outcome(const struct path_exchange *exchange);

/*
 * Fill the times, ends and steps of a packet from its exchange: all but name, type, time, place, function,
 * hook and reason, which the source knows. `packet->steps` has as many as the exchange, in its order.
 */
void path_exchange_facts(struct arena *arena, const struct path_exchange *exchange,
                         struct path_packet_facts *packet);

/* Whether this address was asked or answered at any step. */
bool path_exchange_meets(const struct path_exchange *exchange, const struct address *server);

#endif
