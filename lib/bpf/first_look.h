/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_FIRST_LOOK_H
#define K8SDNS_BPF_FIRST_LOOK_H

#include "dns_datagram.h"

/*
 * What a tracepoint pays for every packet of the node: the members are read as they are, which the verifier
 * lets a tracepoint with types (tp_btf) do, and the packet with one call. Not for kprobes, whose arguments
 * have no types.
 */
enum first_look {
    LOOK_AWAY,     /* not of DNS */
    LOOK_CLOSER,   /* of TCP, a piece, or with headers that stand elsewhere: to be read with care */
    LOOK_DATAGRAM, /* a DNS message in a datagram, whose header has been read */
};

struct first_look_at {
    __u16 src_port, dst_port;
    __u8 dns[DNS_HEADER];
};

#define IPV4_HEADER  20
#define IPV6_HEADER  40
#define LOOK_OCTETS  (IPV6_HEADER + 8 + DNS_HEADER)
#define FRAGMENT_ANY 0x3fff

static __always_inline __u32 look_netns(struct sk_buff *skb)
{
    return skb->dev->nd_net.net->ns.inum;
}

static __always_inline const unsigned char *look_network_header(struct sk_buff *skb)
{
    return skb->head + skb->network_header;
}

/* `from` is how many octets of the IP header stand before what follows it. */
static __always_inline enum first_look look_behind(const __u8 *bytes, __u32 from, __u8 protocol, __u64 left,
                                                   __u16 port, struct first_look_at *ret)
{
    if (protocol != IPPROTO_UDP && protocol != IPPROTO_TCP)
        return LOOK_AWAY;
    ret->src_port = number_at(bytes + from);
    ret->dst_port = number_at(bytes + from + 2);
    if (ret->src_port != port && ret->dst_port != port)
        return LOOK_AWAY;
    if (protocol == IPPROTO_TCP || left < from + 8 + DNS_HEADER)
        return LOOK_CLOSER;
    __builtin_memcpy(ret->dns, bytes + from + 8, DNS_HEADER);
    return LOOK_DATAGRAM;
}

/* `at` is the packet's network header, `port` that of DNS. */
static __attribute__((noinline, unused)) enum first_look look_first(struct sk_buff *skb,
                                                                    const unsigned char *at, __u16 port,
                                                                    struct first_look_at *ret)
{
    __u16 protocol = bpf_ntohs(skb->protocol);
    __u8 bytes[LOOK_OCTETS];
    __u64 left;

    if (protocol != PROTOCOL_IP && protocol != PROTOCOL_IPV6)
        return LOOK_AWAY;
    /* What lies behind the packet's end is the kernel's own, and is not looked at. */
    left = (__u64)skb->head + skb->tail - (__u64)at;
    if (bpf_probe_read_kernel(bytes, sizeof(bytes), at) < 0)
        return LOOK_CLOSER;
    if (bytes[0] == 0x45 && !(number_at(bytes + 6) & FRAGMENT_ANY))
        return look_behind(bytes, IPV4_HEADER, bytes[9], left, port, ret);
    if (bytes[0] >> 4 == 6 && (bytes[6] == IPPROTO_UDP || bytes[6] == IPPROTO_TCP))
        return look_behind(bytes, IPV6_HEADER, bytes[6], left, port, ret);
    return LOOK_CLOSER;
}

#endif
