/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_flow_peers.h"
#include <k8sdns/base/err.h>
#include <stdlib.h>
#include <string.h>

/* Of our choice: clients are the Pods of a node, some hundred. */
#define PEERS_MAX 4096
#define SIZE_MIN  64
#define SHOWN_MAX 100

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

uint64_t flow_peers_hash(const struct address *address, bool with_port)
{
    uint64_t words[2] = {0};

    memcpy(words, &address->v6, address->family == AF_INET ? sizeof(address->v4) : sizeof(address->v6));
    return mix(mix(mix(UINT64_C(14695981039346656037), words[0]), words[1]), with_port ? address->port : 0);
}

void flow_peers_init(struct flow_peers *peers, bool with_port)
{
    *peers = (struct flow_peers){
        .slots = calloc(SIZE_MIN, sizeof(*peers->slots)), .size = SIZE_MIN, .with_port = with_port};
    if (!peers->slots)
        err_out_of_memory();
}

void flow_peers_fini(struct flow_peers *peers)
{
    free(peers->slots);
}

/* Its place, or the free one where it would be. */
static struct flow_peer *place(const struct flow_peers *peers, const struct address *key)
{
    for (size_t i = flow_peers_hash(key, peers->with_port) % peers->size;; i = (i + 1) % peers->size) {
        struct flow_peer *peer = &peers->slots[i];

        if (!peer->key.family ||
            (peers->with_port ? address_equal(&peer->key, key) : address_same_host(&peer->key, key)))
            return peer;
    }
}

static void grow(struct flow_peers *peers)
{
    struct flow_peers larger = *peers;

    larger.size *= 2;
    larger.slots = calloc(larger.size, sizeof(*larger.slots));
    if (!larger.slots)
        err_out_of_memory();
    for (size_t i = 0; i < peers->size; i++)
        if (peers->slots[i].key.family)
            *place(&larger, &peers->slots[i].key) = peers->slots[i];
    free(peers->slots);
    *peers = larger;
}

struct flow_peer *flow_peers_at(struct flow_peers *peers, const struct address *key)
{
    struct flow_peer *peer = place(peers, key);

    if (peer->key.family)
        return peer;
    if (peers->count == PEERS_MAX)
        return &peers->rest;
    if (peers->count >= peers->size / 2) {
        grow(peers);
        peer = place(peers, key);
    }
    peers->count++;
    *peer = (struct flow_peer){.key = *key, .known = -1};
    return peer;
}

static int by_unanswered(const void *a, const void *b)
{
    const struct flow_peer *const *x = a, *const *y = b;

    if ((*x)->unanswered != (*y)->unanswered)
        return (*x)->unanswered < (*y)->unanswered ? 1 : -1;
    if ((*x)->flows != (*y)->flows)
        return (*x)->flows < (*y)->flows ? 1 : -1;
    return address_compare(&(*x)->key, &(*y)->key);
}

void flow_peers_facts(const struct flow_peers *peers, struct arena *arena, uint16_t port, double seconds,
                      struct conntrack_flow_peer_facts **ret, size_t *ret_count)
{
    const struct flow_peer **all = arena_array(arena, peers->count + 1, sizeof(struct flow_peer *));
    size_t count = 0;

    for (size_t i = 0; i < peers->size; i++)
        if (peers->slots[i].key.family)
            all[count++] = &peers->slots[i];
    qsort(all, count, sizeof(struct flow_peer *), by_unanswered);
    for (size_t i = 0; i < count && i < SHOWN_MAX; i++) {
        char text[ADDRESS_TEXT];

        *ARENA_PUSH(arena, *ret, *ret_count) = (struct conntrack_flow_peer_facts){
            .address = arena_text(arena, peers->with_port && all[i]->key.port != port
                                             ? address_format_port(&all[i]->key, text, sizeof(text))
                                             : address_format(&all[i]->key, text, sizeof(text))),
            .flows = all[i]->flows,
            .answered = all[i]->answered,
            .unanswered = all[i]->unanswered,
            .late = all[i]->late,
            .rate = seconds > 0 ? (double)all[i]->flows / seconds : 0,
            .known = all[i]->known,
        };
    }
}
