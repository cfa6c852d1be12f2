/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_FOLLOW_H
#define K8SDNS_BPF_PATH_FOLLOW_H

#include "dns_datagram.h"
#include "path_connection.h"
#include "path_identity.h"
#include "path_question.h"
#include "ring_wake.h"
#include <linux/bpf.h>

/* Whether a packet is of a question that is followed, and of which; a question that fits is from now on. */
#define FOLLOWED_MAX 16384
#define RING_BYTES   (8 << 20)
/* After it an id with the same name is another question. */
#define FORGET_NS UINT64_C(20000000000)

/* Whether the kernel reads a packet's further pieces for us; see take_pieces(). */
const volatile bool reads_pieces;

__u64 lost; /* records that found no room */

struct followed {
    __u64 since_ns;
    __u32 is_skipped, unused;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FOLLOWED_MAX);
    __type(key, struct path_key);
    __type(value, struct followed);
} followed SEC(".maps");

/* The first octets of a TCP segment's data, those in the packet's further pieces too. */
struct pieces {
    __u8 bytes[MESSAGE_LENGTH + PATH_BYTES_MAX];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct pieces);
} taken SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_BYTES);
} records SEC(".maps");

static __always_inline void hand_over_question(struct path_question *question, const struct path_key *key)
{
    question->kind = PATH_QUESTION;
    question->key = *key;
    if (bpf_ringbuf_output(&records, question, sizeof(*question), ring_wake(&records)) < 0)
        __sync_fetch_and_add(&lost, 1);
}

/*
 * What is known of all messages with one id, so that a tracepoint turns most away before it has looked for
 * their name. The times are in the kernel's ticks, which cost nothing to read.
 */
#define IDS 65536

struct path_id {
    __u32 followed_at, skipped_at;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, IDS);
    __type(key, __u32);
    __type(value, struct path_id);
} ids SEC(".maps");

/* Whether this datagram is followed; if it is a question that fits, from now on. */
static __always_inline bool follow(struct path_question *question, __u32 end, const struct ip_packet *ip,
                                   const struct identity *identity, __u32 netns)
{
    struct followed *known = bpf_map_lookup_elem(&followed, &identity->key), new = {0};
    __u64 now = bpf_ktime_get_ns();
    struct path_id *id;

    if (known && now - known->since_ns < FORGET_NS) {
        /* Asked again after its end it is open again. */
        if (!known->is_skipped && !identity->is_answer && begun == ended)
            __sync_fetch_and_add(&begun, 1);
        return !known->is_skipped;
    }
    if (identity->is_answer || identity->dst_port != filter.port || !is_from(ip, netns) || !name_fits(end))
        return false;
    new.since_ns = now;
    new.is_skipped = is_over_rate(now);
    bpf_map_update_elem(&followed, &identity->key, &new, BPF_ANY);
    if (new.is_skipped)
        return false;
    id = bpf_map_lookup_elem(&ids, &identity->key.id);
    if (id)
        id->followed_at = (__u32)bpf_jiffies64();
    __sync_fetch_and_add(&begun, 1);
    hand_over_question(question, &identity->key);
    return true;
}

static __always_inline bool identify_datagram(struct sk_buff *skb, struct path_question *question,
                                              const struct ip_packet *ip, __u32 netns, struct identity *ret)
{
    struct datagram datagram = {.ip = *ip};
    __u64 len;
    __u32 end;

    if (!datagram_read_payload(skb, &datagram))
        return false;
    len = at_most(datagram.dns_len, PATH_BYTES_MAX);
    if (bpf_probe_read_kernel(question->bytes, len, datagram.dns_at) < 0)
        return false;
    question->len = (__u16)len;
    ret->is_answer = !!is_answer(question->bytes);
    if (!ret->is_answer && !is_query(question->bytes))
        return false;
    end = name_end();
    if (!end)
        return false;
    ret->key.question = hash_question(end);
    ret->key.id = number_at(question->bytes);
    ret->has_message = 1;
    ret->rcode = question->bytes[3] & 0xf;
    return follow(question, end, ip, ret, netns);
}

/*
 * What a program sends over TCP lies in the packet's further pieces, which only the kernel itself can read.
 * Return how many octets were taken. A function of its own, since the stack below a dynptr may not be used
 * again.
 */
static __attribute__((noinline, unused)) int take_pieces(struct sk_buff *skb, const struct segment *segment)
{
    __u64 from = (__u64)segment->data - (__u64)BPF_CORE_READ(skb, data), len;
    struct bpf_dynptr packet;
    struct pieces *pieces;
    __u32 zero = 0;

    pieces = bpf_map_lookup_elem(&taken, &zero);
    if (!pieces || !BPF_CORE_READ(skb, data_len) || from >= BPF_CORE_READ(skb, len))
        return 0;
    len = at_most(segment->len, sizeof(pieces->bytes));
    if (!len || bpf_dynptr_from_skb(skb, 0, &packet) != 0 ||
        bpf_dynptr_read(pieces->bytes, len, &packet, from, 0) != 0)
        return 0;
    return (int)len;
}

/*
 * Copy the beginning of a message from a segment that has it, from the `taken_len` octets in `taken` when
 * there are any; false: this one has not, or it cannot be read.
 */
static __always_inline bool read_message(struct sk_buff *skb, struct path_question *question,
                                         const struct segment *segment, __s32 place, __u32 taken_len)
{
    __u32 zero = 0, skip = place == 0 ? MESSAGE_LENGTH : 0;
    __u32 len = taken_len ? taken_len : first_buffer_from(skb, segment->data);
    struct pieces *pieces = bpf_map_lookup_elem(&taken, &zero);
    const unsigned char *from = taken_len && pieces ? pieces->bytes : segment->data;
    __u64 kept;

    if (place != 0 && place != MESSAGE_LENGTH)
        return false;
    if (len > segment->len)
        len = segment->len;
    if (len < skip + DNS_HEADER)
        return false;
    kept = at_most(len - skip, PATH_BYTES_MAX);
    if (bpf_probe_read_kernel(question->bytes, kept, from + skip) < 0)
        return false;
    question->len = (__u16)kept;
    return true;
}

static __always_inline bool identify_stream(struct sk_buff *skb, struct path_question *question,
                                            const struct ip_packet *ip, __u32 netns, bool may_read,
                                            struct identity *ret)
{
    struct connection *connection;
    struct segment segment;
    __u32 taken_len = 0;
    __s32 place;

    if (!segment_read(ip, &segment) || !identify_segment(ip, &segment, netns, ret, &connection, &place))
        return false;
    if (ret->segment != PATH_DATA)
        return true;
    if (may_read && reads_pieces)
        taken_len = take_pieces(skb, &segment);
    if (!read_message(skb, question, &segment, place, taken_len))
        return true;
    if (ret->is_answer) {
        ret->has_message = !!is_answer(question->bytes);
        ret->rcode = question->bytes[3] & 0xf;
    } else if (!connection->is_named && is_query(question->bytes)) {
        connection->is_named = 1;
        hand_over_question(question, &ret->key);
    }
    return true;
}

/* The question that this packet is of, if it is followed; `may_read`: in a program that take_pieces() works
 * in. */
static __always_inline bool identify(struct sk_buff *skb, const struct ip_packet *ip, __u32 netns,
                                     bool may_read, struct identity *ret)
{
    struct path_question *question = question_in_work();
    bool found;

    if (!question)
        return false;
    found = ip->protocol == IPPROTO_UDP ? identify_datagram(skb, question, ip, netns, ret)
                                        : identify_stream(skb, question, ip, netns, may_read, ret);
    if (found && ip->is_piece)
        note_first_piece(ip, ret);
    return found;
}

#endif
