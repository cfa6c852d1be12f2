/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_CONNECTION_H
#define K8SDNS_BPF_PATH_CONNECTION_H

#include "path_identity.h"
#include <linux/bpf.h>

/*
 * DNS over TCP. A connection is followed from its SYN on, and known by the client's initial sequence number,
 * which NAT leaves as it is. The SYN goes where all that follows goes: wherever it is seen, the addresses and
 * ports that it has there are noted as the connection's.
 *
 * A question begins with the SYN, or, where one was answered already, with the octets that the client sends
 * once it has had some of that answer. What is sent before counts as one with the question that is under way.
 */
#define CONNECTIONS_MAX 4096
#define ENDS_MAX        16384
/* After it a question is given up, whatever its reader was told to wait. */
#define STREAM_OPEN_S 20

struct connection {
    __u32 question_seq, answer_seq; /* where the octets of question and answer begin */
    __u32 number;                   /* of the question, from 1 */
    __u8 is_skipped, has_question, is_named, unused;
};

struct ends {
    __u8 client[16], server[16];
    __u32 netns;
    __u16 family, client_port;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, CONNECTIONS_MAX);
    __type(key, __u32); /* the client's initial sequence number */
    __type(value, struct connection);
} connections SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, ENDS_MAX);
    __type(key, struct ends);
    __type(value, __u32); /* the client's initial sequence number */
} connection_ends SEC(".maps");

struct segment {
    __u32 seq, ack, len; /* len: of its octets of data */
    __u8 flags, to_server;
    const unsigned char *data;
};

static __always_inline bool segment_read(const struct ip_packet *ip, struct segment *ret)
{
    __u8 tcp[TCP_HEADER];
    __u32 header;

    if (bpf_probe_read_kernel(tcp, sizeof(tcp), ip->payload) < 0)
        return false;
    header = (tcp[12] >> 4) * 4;
    if (header > ip->len)
        return false;
    ret->seq = long_number_at(tcp + 4);
    ret->ack = long_number_at(tcp + 8);
    ret->flags = tcp[13];
    ret->to_server = number_at(tcp + 2) == filter.port;
    ret->data = ip->payload + header;
    ret->len = ip->len - header;
    return true;
}

static __always_inline void fill_ends(const struct ip_packet *ip, const struct identity *identity,
                                      bool to_server, __u32 netns, struct ends *ret)
{
    __builtin_memcpy(ret->client, to_server ? ip->src : ip->dst, sizeof(ret->client));
    __builtin_memcpy(ret->server, to_server ? ip->dst : ip->src, sizeof(ret->server));
    ret->netns = netns;
    ret->family = ip->family;
    ret->client_port = to_server ? identity->src_port : identity->dst_port;
}

static __always_inline struct connection *find_connection(const struct ends *ends, __u32 *ret_isn)
{
    __u32 *isn = bpf_map_lookup_elem(&connection_ends, ends);

    if (!isn)
        return NULL;
    *ret_isn = *isn;
    return bpf_map_lookup_elem(&connections, ret_isn);
}

/* By its SYN. */
static __always_inline struct connection *begin_connection(const struct ends *ends,
                                                           const struct ip_packet *ip, __u32 isn)
{
    struct connection *known = bpf_map_lookup_elem(&connections, &isn), new = {.number = 1};

    if (!known) {
        if (!is_from(ip, ends->netns))
            return NULL;
        new.is_skipped = is_over_rate(bpf_ktime_get_ns());
        if (!new.is_skipped)
            open_until_ticks = (__u32)bpf_jiffies64() + STREAM_OPEN_S * hz;
        bpf_map_update_elem(&connections, &isn, &new, BPF_NOEXIST);
        known = bpf_map_lookup_elem(&connections, &isn);
    }
    bpf_map_update_elem(&connection_ends, ends, &isn, BPF_ANY);
    return known;
}

/* Where the data of this segment stands in its message's octets; less than 0: in those of an earlier one. */
static __always_inline __s32 place_in_message(struct connection *connection, const struct segment *segment)
{
    __u32 seq = segment->seq + !!(segment->flags & TCP_SYN);

    if (!segment->to_server)
        return (__s32)(seq - connection->answer_seq);
    if (!connection->has_question ||
        ((__s32)(segment->ack - connection->answer_seq) > 0 && (__s32)(seq - connection->question_seq) > 0)) {
        if (connection->has_question) {
            connection->number++;
            connection->is_named = 0;
            connection->is_skipped = is_over_rate(bpf_ktime_get_ns());
            if (!connection->is_skipped)
                open_until_ticks = (__u32)bpf_jiffies64() + STREAM_OPEN_S * hz;
        }
        connection->has_question = 1;
        connection->question_seq = seq;
        connection->answer_seq = segment->ack;
    }
    return (__s32)(seq - connection->question_seq);
}

/* Whose data it is, and where in the message; false: of none that is followed. */
static __always_inline bool identify_segment(const struct ip_packet *ip, const struct segment *segment,
                                             __u32 netns, struct identity *ret, struct connection **ret_known,
                                             __s32 *ret_place)
{
    bool is_syn = segment->flags & TCP_SYN, is_ack = segment->flags & TCP_ACK;
    struct connection *connection;
    struct ends ends = {0};
    __u32 isn = segment->seq;

    if (!segment->len && !(segment->flags & (TCP_SYN | TCP_RST)))
        return false;
    fill_ends(ip, ret, segment->to_server, netns, &ends);
    connection = is_syn && !is_ack ? begin_connection(&ends, ip, isn) : find_connection(&ends, &isn);
    if (!connection)
        return false;
    *ret_place = segment->len ? place_in_message(connection, segment) : 0;
    if (connection->is_skipped || *ret_place < 0)
        return false;
    ret->key.question = (__u64)connection->number << 32 | isn;
    ret->key.id = PATH_CONNECTION;
    ret->is_answer = !segment->to_server;
    ret->segment = segment->flags & TCP_RST ? PATH_RST
                   : segment->len           ? PATH_DATA
                   : is_ack                 ? PATH_SYN_ACK
                                            : PATH_SYN;
    *ret_known = connection;
    return true;
}

/* A socket's connection. */

static __always_inline bool is_mapped(const __u8 *address)
{
    static const __u8 mapped[12] = {[10] = 0xff, 0xff};

    for (int i = 0; i < 12; i++)
        if (address[i] != mapped[i])
            return false;
    return true;
}

static __always_inline void fill_socket_ends(struct sock *sk, __u32 netns, bool is_server, struct ends *ret)
{
    __u8 peer[16] = {0}, own[16] = {0};

    ret->netns = netns;
    ret->family = BPF_CORE_READ(sk, __sk_common.skc_family);
    if (ret->family == FAMILY_IPV6) {
        BPF_CORE_READ_INTO(&peer, sk, __sk_common.skc_v6_daddr);
        BPF_CORE_READ_INTO(&own, sk, __sk_common.skc_v6_rcv_saddr);
    }
    if (ret->family == FAMILY_IP || is_mapped(peer)) {
        __builtin_memset(peer, 0, sizeof(peer));
        __builtin_memset(own, 0, sizeof(own));
        BPF_CORE_READ_INTO((__be32 *)peer, sk, __sk_common.skc_daddr);
        BPF_CORE_READ_INTO((__be32 *)own, sk, __sk_common.skc_rcv_saddr);
        ret->family = FAMILY_IP;
    }
    __builtin_memcpy(ret->client, is_server ? peer : own, sizeof(ret->client));
    __builtin_memcpy(ret->server, is_server ? own : peer, sizeof(ret->server));
    ret->client_port = is_server ? bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport))
                                 : BPF_CORE_READ(sk, __sk_common.skc_num);
}

/* A program has read from this socket: a question, or its answer. */
static __always_inline bool identify_reader(struct sock *sk, __u32 netns, struct path_key *ret_key,
                                            bool *ret_is_answer)
{
    bool is_server = BPF_CORE_READ(sk, __sk_common.skc_num) == filter.port;
    struct connection *connection;
    struct ends ends = {0};
    __u32 isn;

    if (!is_server && bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport)) != filter.port)
        return false;
    fill_socket_ends(sk, netns, is_server, &ends);
    connection = find_connection(&ends, &isn);
    if (!connection || connection->is_skipped || !connection->has_question)
        return false;
    ret_key->question = (__u64)connection->number << 32 | isn;
    ret_key->id = PATH_CONNECTION;
    *ret_is_answer = !is_server;
    return true;
}

#endif
