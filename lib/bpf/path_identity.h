/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_IDENTITY_H
#define K8SDNS_BPF_PATH_IDENTITY_H

#include "ip_packet.h"
#include "path_question.h"
#include <linux/bpf.h>

/* Which question a packet is of. */
struct identity {
    struct path_key key;
    __u16 src_port, dst_port;
    __u8 is_answer, segment, has_message, rcode;
};

/* Ports, where this may be DNS. */
static __always_inline bool read_ports(const struct ip_packet *ip, struct identity *ret)
{
    __u8 ports[4];

    if ((ip->protocol != IPPROTO_UDP && ip->protocol != IPPROTO_TCP) ||
        bpf_probe_read_kernel(ports, sizeof(ports), ip->payload) < 0)
        return false;
    ret->src_port = number_at(ports);
    ret->dst_port = number_at(ports + 2);
    return ret->src_port == filter.port || ret->dst_port == filter.port;
}

/*
 * Later pieces of a fragmented packet have no ports and no message; they are known by the packet's number,
 * under which the first piece, which goes ahead, has been noted.
 */
#define FRAGMENTED_MAX 1024
/* RFC 791 and RFC 8200: so long, or longer, do pieces wait for each other. */
#define REASSEMBLY_NS 30000000000ULL

struct piece_key {
    __u8 src[16], dst[16];
    __u32 id, family;
};

struct piece_of {
    struct identity identity;
    __u64 since_ns;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FRAGMENTED_MAX);
    __type(key, struct piece_key);
    __type(value, struct piece_of);
} fragmented SEC(".maps");

static __always_inline void fill_piece_key(const struct ip_packet *ip, struct piece_key *ret)
{
    __builtin_memcpy(ret->src, ip->src, sizeof(ret->src));
    __builtin_memcpy(ret->dst, ip->dst, sizeof(ret->dst));
    ret->id = ip->piece_id;
    ret->family = ip->family;
}

static __always_inline void note_first_piece(const struct ip_packet *ip, const struct identity *identity)
{
    struct piece_of first = {.identity = *identity, .since_ns = bpf_ktime_get_ns()};
    struct piece_key key = {0};

    fill_piece_key(ip, &key);
    bpf_map_update_elem(&fragmented, &key, &first, BPF_ANY);
}

static __always_inline bool identify_later_piece(const struct ip_packet *ip, struct identity *ret)
{
    struct piece_key key = {0};
    struct piece_of *first;

    fill_piece_key(ip, &key);
    first = bpf_map_lookup_elem(&fragmented, &key);
    if (!first || bpf_ktime_get_ns() - first->since_ns > REASSEMBLY_NS)
        return false;
    *ret = first->identity;
    ret->has_message = 0;
    return true;
}

#endif
