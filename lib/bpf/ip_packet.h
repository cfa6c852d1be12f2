/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_IP_PACKET_H
#define K8SDNS_BPF_IP_PACKET_H

#include "kernel_structs.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <linux/in.h>

#define PROTOCOL_IP   0x0800
#define PROTOCOL_IPV6 0x86dd
#define FAMILY_IP     2
#define FAMILY_IPV6   10

/* RFC 8200 section 4: extension headers that may stand before UDP and TCP. */
#define NEXT_HOP_BY_HOP  0
#define NEXT_ROUTING     43
#define NEXT_FRAGMENT    44
#define NEXT_DESTINATION 60
#define EXTENSIONS_MAX   4

/* RFC 9293 section 3.1. */
#define TCP_HEADER 20
#define TCP_SYN    2
#define TCP_RST    4
#define TCP_ACK    16
/* RFC 1035 section 4.2.2: the length that stands before a message, at times in a segment of its own. */
#define MESSAGE_LENGTH 2
/* Longer packets (BIG TCP) have no length in their header, but 0. */
#define PACKET_MAX 0xffff

static __always_inline __u16 number_at(const __u8 *at)
{
    return (__u16)(at[0] << 8 | at[1]);
}

static __always_inline __u32 long_number_at(const __u8 *at)
{
    return (__u32)number_at(at) << 16 | number_at(at + 2);
}

/*
 * The headers of an IP packet. Everything is read with the kernel's own care (bpf_probe_read_kernel), so a
 * packet that is too short only reads as nothing.
 */
struct ip_packet {
    __u8 src[16], dst[16]; /* the first four octets for IPv4 */
    __u16 family;          /* FAMILY_IP or FAMILY_IPV6 */
    __u8 protocol;
    __u8 is_piece;    /* of a fragmented packet */
    __u32 piece_id;   /* which packet it is a piece of */
    __u32 piece_from; /* its place in that one, in octets */
    const unsigned char *payload;
    __u32 len; /* of the payload, by the header */
};

static __always_inline bool ipv4_read(const unsigned char *at, struct ip_packet *ret)
{
    __u8 ip[20];
    __u32 header, total, fragment;

    if (bpf_probe_read_kernel(ip, sizeof(ip), at) < 0)
        return false;
    header = (ip[0] & 0xf) * 4;
    total = number_at(ip + 2);
    if (!total)
        total = PACKET_MAX;
    fragment = number_at(ip + 6);
    __builtin_memcpy(ret->src, ip + 12, 4);
    __builtin_memcpy(ret->dst, ip + 16, 4);
    ret->family = FAMILY_IP;
    ret->protocol = ip[9];
    ret->is_piece = (fragment & 0x3fff) != 0;
    ret->piece_id = number_at(ip + 4);
    ret->piece_from = (fragment & 0x1fff) * 8;
    ret->payload = at + header;
    ret->len = total > header ? total - header : 0;
    return true;
}

static __always_inline bool ipv6_read(const unsigned char *at, struct ip_packet *ret)
{
    __u8 ip[40], next, more[8];
    __u32 len;

    if (bpf_probe_read_kernel(ip, sizeof(ip), at) < 0)
        return false;
    __builtin_memcpy(ret->src, ip + 8, 16);
    __builtin_memcpy(ret->dst, ip + 24, 16);
    ret->family = FAMILY_IPV6;
    next = ip[6];
    len = number_at(ip + 4);
    if (!len)
        len = PACKET_MAX;
    at += sizeof(ip);
    for (int i = 0; i < EXTENSIONS_MAX; i++) {
        __u32 header;

        if (next != NEXT_HOP_BY_HOP && next != NEXT_ROUTING && next != NEXT_FRAGMENT &&
            next != NEXT_DESTINATION)
            break;
        if (bpf_probe_read_kernel(more, sizeof(more), at) < 0)
            return false;
        header = next == NEXT_FRAGMENT ? 8 : (more[1] + 1) * 8;
        if (header > len)
            return false;
        at += header;
        len -= header;
        if (next == NEXT_FRAGMENT) {
            ret->is_piece = 1;
            ret->piece_id = long_number_at(more + 4);
            ret->piece_from = number_at(more + 2) & 0xfff8;
        }
        next = more[0];
        if (ret->piece_from)
            break; /* what follows is not a header */
    }
    ret->protocol = next;
    ret->payload = at;
    ret->len = len;
    return true;
}

/* Read the headers that begin at `at`. 0 when there are none. Global, so that it is verified only once. */
__attribute__((noinline)) int ip_packet_read(__u64 at, struct ip_packet *ret)
{
    const unsigned char *header = (const unsigned char *)at;
    __u8 version;

    if (!ret || bpf_probe_read_kernel(&version, 1, header) < 0)
        return 0;
    return version >> 4 == 4 ? ipv4_read(header, ret) : version >> 4 == 6 && ipv6_read(header, ret);
}

/* How many octets of the packet's first buffer there are from `at` on. */
static __always_inline __u32 first_buffer_from(struct sk_buff *skb, const unsigned char *at)
{
    const unsigned char *head = BPF_CORE_READ(skb, head);
    const unsigned char *end = head + BPF_CORE_READ(skb, tail);

    return at < head || at > end ? 0 : (__u32)(end - at);
}

/* The lesser, in a form that the kernel's verifier follows. */
static __always_inline __u64 at_most(__u64 len, __u64 max)
{
    barrier_var(len);
    if (len > max)
        len = max;
    return len;
}

/* For tracing programs since 6.12. Source: Linux net/core/filter.c. */
extern int bpf_dynptr_from_skb(struct sk_buff *skb, __u64 flags, struct bpf_dynptr *ret) __ksym __weak;

/* The packet's protocol, without a look into it. */
static __always_inline bool is_ip(struct sk_buff *skb)
{
    __u16 protocol = bpf_ntohs(BPF_CORE_READ(skb, protocol));

    return protocol == PROTOCOL_IP || protocol == PROTOCOL_IPV6;
}

static __always_inline const unsigned char *network_header(struct sk_buff *skb)
{
    return BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
}

static __always_inline __u32 device_netns(struct sk_buff *skb)
{
    return BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
}

#endif
