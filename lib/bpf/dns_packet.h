/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_DNS_PACKET_H
#define K8SDNS_BPF_DNS_PACKET_H

#include "drop_event.h"
#include "ip_packet.h"
#include <linux/bpf.h>

#define UDP_HEADER 8

enum packet_kind {
    PACKET_OTHER,
    PACKET_EMPTY,    /* to or from a DNS port, but TCP without data that begins no connection */
    PACKET_FRAGMENT, /* a later one: it has no ports */
    PACKET_DNS,
};

const volatile __u16 dns_ports[DROP_PORTS];

static __always_inline bool is_dns_port(__u16 port)
{
#pragma unroll
    for (int i = 0; i < DROP_PORTS; i++)
        if (port && dns_ports[i] == port)
            return true;
    return false;
}

static __always_inline void map_ipv4(__u8 *to, const void *from)
{
    __builtin_memset(to, 0, 10);
    to[10] = to[11] = 0xff;
    __builtin_memcpy(to + 12, from, 4);
}

/* The bytes from `at` up to the end of the message, or as many as are kept. */
static __always_inline void copy_message(struct drop_event *event, const unsigned char *head, __u32 at,
                                         __u32 end)
{
    __u64 len = at_most(end - at, DROP_DNS_BYTES);

    event->dns_len = 0;
    if (at >= end)
        return;
    if (bpf_probe_read_kernel(event->dns, len, head + at) == 0)
        event->dns_len = (__u32)len;
}

/* The packet's ports and the beginning of its DNS message. */
static __always_inline enum packet_kind read_transport(struct sk_buff *skb, const struct ip_packet *ip,
                                                       struct drop_event *event)
{
    const unsigned char *head = BPF_CORE_READ(skb, head);
    __u32 at = (__u32)((__u64)ip->payload - (__u64)head), last = at + ip->len, header = UDP_HEADER;
    struct {
        __be16 src, dst;
        __be32 more[2];
        __u8 offset, flags;
    } ports = {0};

    if (bpf_probe_read_kernel(&ports, ip->protocol == IPPROTO_UDP ? 4 : 14, ip->payload))
        return PACKET_OTHER;
    event->packet.src_port = bpf_ntohs(ports.src);
    event->packet.dst_port = bpf_ntohs(ports.dst);
    if (!is_dns_port(event->packet.src_port) && !is_dns_port(event->packet.dst_port))
        return PACKET_OTHER;
    if (ip->protocol == IPPROTO_TCP)
        header = (__u32)(ports.offset >> 4) * 4 + MESSAGE_LENGTH;
    event->dns_at = at + header;
    event->dns_end = last;
    copy_message(event, head, event->dns_at, last < skb->tail ? last : skb->tail);
    if (ip->protocol == IPPROTO_TCP && at + header - MESSAGE_LENGTH >= last && !(ports.flags & TCP_SYN))
        return PACKET_EMPTY;
    return PACKET_DNS;
}

/* Fill family, protocol, packet and dns of the event, from the packet's first buffer. */
static __always_inline enum packet_kind read_packet(struct sk_buff *skb, struct drop_event *event)
{
    struct ip_packet ip = {0};

    event->dns_len = 0;
    if (!is_ip(skb) || !ip_packet_read((__u64)network_header(skb), &ip) ||
        (ip.protocol != IPPROTO_UDP && ip.protocol != IPPROTO_TCP))
        return PACKET_OTHER;
    event->family = ip.family == FAMILY_IP ? 4 : 6;
    event->protocol = ip.protocol;
    if (ip.family == FAMILY_IP) {
        map_ipv4(event->packet.src, ip.src);
        map_ipv4(event->packet.dst, ip.dst);
    } else {
        __builtin_memcpy(event->packet.src, ip.src, 16);
        __builtin_memcpy(event->packet.dst, ip.dst, 16);
    }
    return ip.piece_from ? PACKET_FRAGMENT : read_transport(skb, &ip, event);
}

/*
 * Read what lies outside of the packet's first buffer as well, as most that a sender writes to TCP does. A
 * function of its own, since the stack below a dynptr may not be used again.
 */
static inline __noinline int read_pieces(struct sk_buff *skb, struct drop_event *event)
{
    __u32 data = (__u32)(skb->data - skb->head), end = data + skb->len, at = event->dns_at;
    struct bpf_dynptr packet;
    __u64 len;

    if (event->dns_end < end)
        end = event->dns_end;
    if (!skb->data_len || at < data || at >= end)
        return 0;
    len = at_most(end - at, DROP_DNS_BYTES);
    if (len > event->dns_len && bpf_dynptr_from_skb(skb, 0, &packet) == 0 &&
        bpf_dynptr_read(event->dns, len, &packet, at - data, 0) == 0)
        event->dns_len = (__u32)len;
    return 0;
}

/* Copy the question's name in lower case, and give a hash of it (FNV-1a); 0 when there is none. */
static __always_inline __u64 read_name(struct drop_event *event)
{
    __u64 hash = 0xcbf29ce484222325;

    __builtin_memset(event->name, 0, DROP_NAME_BYTES);
    for (__u32 i = 0; i < DROP_NAME_BYTES - 1; i++) {
        __u8 c;

        if (12 + i >= event->dns_len)
            return 0;
        c = event->dns[12 + i];
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        event->name[i] = c;
        hash = (hash ^ c) * 0x100000001b3;
        if (!c)
            return hash;
    }
    return 0;
}

#endif
