/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_DNS_DATAGRAM_H
#define K8SDNS_BPF_DNS_DATAGRAM_H

#include "kernel_structs.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <linux/in.h>

/*
 * A DNS message in a packet: UDP over IPv4, or over IPv6 without extension headers. Everything is read with
 * the kernel's own care (bpf_probe_read_kernel), and lengths are those of the packet's linear part, whatever
 * its headers claim. Not read: DNS over TCP, whose bytes lie elsewhere when a program sends them, and all but
 * the first piece of a fragmented datagram.
 */
#define DNS_HEADER 12
/* A name of 255 octets, type and class. */
#define DNS_QUESTION_MAX 260
#define DNS_BYTES_MAX    272

#define PROTOCOL_IP   0x0800
#define PROTOCOL_IPV6 0x86dd
#define FAMILY_IP     2
#define FAMILY_IPV6   10

struct datagram {
    __u8 src[16], dst[16]; /* the first four octets for IPv4 */
    __u16 src_port, dst_port;
    __u16 family;  /* FAMILY_IP or FAMILY_IPV6; 0: no UDP datagram */
    __u16 dns_len; /* octets that can be read at dns_at */
    const unsigned char *dns_at;
};

/* Read the headers that begin at `at`, in the packet. False when it is no UDP datagram, or holds no DNS
 * header. */
static __always_inline bool datagram_read(struct sk_buff *skb, const unsigned char *at, struct datagram *ret)
{
    const unsigned char *head = BPF_CORE_READ(skb, head);
    const unsigned char *end = head + BPF_CORE_READ(skb, tail);
    __u8 ip[40];
    __u16 udp[4];
    __u64 left;

    if (bpf_probe_read_kernel(ip, 20, at) < 0)
        return false;
    if (ip[0] >> 4 == 4) {
        if (ip[9] != IPPROTO_UDP || (ip[6] & 0x1f) || ip[7])
            return false;
        __builtin_memcpy(ret->src, ip + 12, 4);
        __builtin_memcpy(ret->dst, ip + 16, 4);
        ret->family = FAMILY_IP;
        at += (ip[0] & 0xf) * 4;
    } else if (ip[0] >> 4 == 6) {
        if (ip[6] != IPPROTO_UDP || bpf_probe_read_kernel(ip, 40, at) < 0)
            return false;
        __builtin_memcpy(ret->src, ip + 8, 16);
        __builtin_memcpy(ret->dst, ip + 24, 16);
        ret->family = FAMILY_IPV6;
        at += 40;
    } else {
        return false;
    }
    if (bpf_probe_read_kernel(udp, sizeof(udp), at) < 0)
        return false;
    ret->src_port = bpf_ntohs(udp[0]);
    ret->dst_port = bpf_ntohs(udp[1]);
    ret->dns_at = at + 8;
    left = (__u64)end - (__u64)ret->dns_at;
    if (ret->dns_at < head || ret->dns_at > end || left < DNS_HEADER)
        return false;
    ret->dns_len = left > DNS_BYTES_MAX ? DNS_BYTES_MAX : left;
    return true;
}

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

static __always_inline __u16 number_at(const __u8 *at)
{
    return (__u16)(at[0] << 8 | at[1]);
}

/* A query with one question, as every resolver sends; `bytes` are of the DNS header. */
static __always_inline bool is_query(const __u8 *bytes)
{
    return !(bytes[2] & 0xf8) && number_at(bytes + 4) == 1;
}

static __always_inline bool is_answer(const __u8 *bytes)
{
    return bytes[2] & 0x80;
}

#endif
