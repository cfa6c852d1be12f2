/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a frame is. */
#include "dnstap_slot.h"
#include <ctype.h>
#include <string.h>

/* A client that asks the same again from the same socket so much later was left waiting: nobody's timeout is
 * shorter, and an error is followed at once. */
#define WAITED_NS UINT64_C(400000000)
/* Slots of one key that are looked at: only someone who means harm has more. */
#define WALK 64

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94D049BB133111EB);
    return value ^ (value >> 31);
}

static uint64_t address_key(uint32_t source, const struct address *address)
{
    uint64_t half[2];

    memcpy(half, &address->v6, sizeof(half));
    return mix(mix(mix(half[0] + address->port) + half[1]) + source + 1);
}

void dnstap_tap_key(struct dnstap_tap *tap)
{
    tap->key = tap->named ? mix((uint64_t)tap->source << 16 | tap->head.id)
                          : address_key(tap->source, &tap->message.query);
}

/* Names in wire form: their length octets are no letters. */
static bool same_name(const uint8_t *a, const uint8_t *b, size_t len)
{
    if (memcmp(a, b, len) == 0)
        return true;
    for (size_t i = 0; i < len; i++)
        if (tolower(a[i]) != tolower(b[i]))
            return false;
    return true;
}

static bool same_question(const struct dnstap_slot *s, const struct dnstap_tap *tap)
{
    if (!tap->named || !s->name_len)
        return tap->named == (s->name_len > 0);
    return s->name_len == tap->head.name_len && s->type == tap->head.type &&
           same_name(s->name, tap->head.name, s->name_len);
}

static bool same_client(const struct dnstap_slot *s, const struct dnstap_tap *tap)
{
    return address_equal(&s->client, &tap->message.query);
}

/* The slots of a frame's key, the newest first. */
struct match_walk {
    const struct dnstap_table *table;
    const struct dnstap_tap *tap;
    uint32_t at, steps;
};

static struct match_walk walk_begin(const struct dnstap_table *t, const struct dnstap_tap *tap)
{
    return (struct match_walk){.table = t, .tap = tap, .at = t->buckets[tap->key & t->bucket_mask]};
}

static uint32_t walk_next(struct match_walk *w)
{
    while (w->at != DNSTAP_NOBODY && w->steps++ < WALK) {
        const struct dnstap_slot *s = &w->table->slots[w->at];
        uint32_t at = w->at;

        w->at = s->next;
        if (s->key == w->tap->key)
            return at;
    }
    return DNSTAP_NOBODY;
}

/* The open query that an answer to a client is for. */
uint32_t dnstap_find_asked(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    struct match_walk walk = walk_begin(t, tap);
    uint64_t when = tap->message.query_ns;
    uint32_t best = DNSTAP_NOBODY, at;

    while ((at = walk_next(&walk)) != DNSTAP_NOBODY) {
        const struct dnstap_slot *s = &t->slots[at];

        if (!s->asked || s->answered || !same_client(s, tap) || !same_question(s, tap))
            continue;
        if (when && s->query_ns == when)
            return at;
        /* Without that time it is for the oldest, which comes last. */
        best = at;
    }
    return best;
}

/* What came before its query: of servers that tell in any order. */
uint32_t dnstap_find_unasked(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    struct match_walk walk = walk_begin(t, tap);
    uint32_t at;

    if (t->tally->sources[tap->source].in_order)
        return DNSTAP_NOBODY;
    while ((at = walk_next(&walk)) != DNSTAP_NOBODY) {
        const struct dnstap_slot *s = &t->slots[at];

        if (!s->asked && same_question(s, tap) && (!s->client.family || same_client(s, tap)))
            return at;
    }
    return DNSTAP_NOBODY;
}

/*
 * Without the client's id: nameless frames of CoreDNS since 1.14.5 have nothing but their time, and other
 * servers (unbound) ask upstreams by an id of their own. It is the newest open one of the same question.
 */
static uint32_t find_recent(struct dnstap_table *t, const struct dnstap_tap *tap, bool reply)
{
    uint64_t when = tap->message.query_ns;
    uint32_t best = DNSTAP_NOBODY, steps = 0;

    for (uint32_t at = t->newest; at != DNSTAP_NOBODY && steps < WALK; at = t->slots[at].older, steps++) {
        const struct dnstap_slot *s = &t->slots[at];

        if (s->source != tap->source || !s->asked || s->answered || !same_question(s, tap))
            continue;
        /* Servers other than CoreDNS do not give both frames quite the same time. */
        if (reply && s->tries > s->replies && (tap->named || !when || s->forward_ns == when))
            return at;
        if (reply || (when && s->query_ns > when))
            continue;
        if (tap->named)
            return at;
        if (best != DNSTAP_NOBODY) {
            t->guessed++;
            break;
        }
        best = at;
    }
    return best;
}

/* How well a query of the same question fits a forwarder frame: the better, the higher. */
static int fit(const struct dnstap_slot *s, const struct dnstap_tap *tap)
{
    return s->answered ? 0 : same_client(s, tap) ? 2 : 1;
}

/*
 * The query that a forwarder frame belongs to: of its id, best with its question too; else a renamed one (the
 * rewrite plugin), when only one is open. Of several that fit it is the one that was asked last before it, as
 * a client may ask again while the first query still waits for its upstream.
 */
uint32_t dnstap_find_forwarded(struct dnstap_table *t, const struct dnstap_tap *tap, bool reply)
{
    struct match_walk walk = walk_begin(t, tap);
    uint32_t best = DNSTAP_NOBODY, renamed = DNSTAP_NOBODY, at;
    /* Old versions write the time of the answer into both. */
    bool in_order = t->tally->sources[tap->source].in_order;
    uint64_t when = tap->message.query_ns;
    unsigned others = 0;

    while ((at = walk_next(&walk)) != DNSTAP_NOBODY) {
        const struct dnstap_slot *s = &t->slots[at];

        if (!same_question(s, tap)) {
            others += s->asked && !s->answered;
            renamed = s->asked && !s->answered ? at : renamed;
            continue;
        }
        if (reply && s->tries > s->replies && s->forward_ns == when)
            return at;
        if (in_order && when && s->query_ns > when)
            continue;
        if (best == DNSTAP_NOBODY || fit(s, tap) > fit(&t->slots[best], tap))
            best = at;
    }
    if (best == DNSTAP_NOBODY)
        best = find_recent(t, tap, reply);
    return best == DNSTAP_NOBODY && tap->named && others == 1 ? renamed : best;
}

/* The same query from the same socket before: after a wait it says that there was no answer. */
bool dnstap_mark_repeated(struct dnstap_table *t, const struct dnstap_tap *tap)
{
    struct match_walk walk = walk_begin(t, tap);
    uint64_t when = tap->message.query_ns;
    bool repeats = false;
    uint32_t at;

    /* Of old versions the times say nothing. */
    if (!tap->named || !t->tally->sources[tap->source].in_order)
        return false;
    while ((at = walk_next(&walk)) != DNSTAP_NOBODY) {
        struct dnstap_slot *s = &t->slots[at];

        if (s->asked && !s->answered && same_client(s, tap) && same_question(s, tap) && s->query_ns &&
            when > s->query_ns && when - s->query_ns >= WAITED_NS)
            repeats = s->repeated = true;
    }
    return repeats;
}
