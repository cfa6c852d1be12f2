/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_DNS_DATAGRAM_H
#define K8SDNS_BPF_DNS_DATAGRAM_H

#include "ip_packet.h"

/*
 * A DNS message in a UDP datagram, or in the first piece of one. The lengths are those of the packet's first
 * buffer, whatever its headers claim.
 */
#define DNS_HEADER 12
/* A name of 255 octets, type and class. */
#define DNS_QUESTION_MAX 260
#define DNS_BYTES_MAX    272

struct datagram {
    struct ip_packet ip;
    __u16 src_port, dst_port;
    __u32 dns_len; /* octets that can be read at dns_at */
    const unsigned char *dns_at;
};

/* Read what stands behind the IP header in ret->ip. False when it is no datagram with a DNS header. */
static __always_inline bool datagram_read_payload(struct sk_buff *skb, struct datagram *ret)
{
    __u8 udp[8];

    if (ret->ip.protocol != IPPROTO_UDP || ret->ip.piece_from ||
        bpf_probe_read_kernel(udp, sizeof(udp), ret->ip.payload) < 0)
        return false;
    ret->src_port = number_at(udp);
    ret->dst_port = number_at(udp + 2);
    ret->dns_at = ret->ip.payload + sizeof(udp);
    ret->dns_len = first_buffer_from(skb, ret->dns_at);
    if (ret->dns_len > DNS_BYTES_MAX)
        ret->dns_len = DNS_BYTES_MAX;
    return ret->dns_len >= DNS_HEADER;
}

/* Read the headers that begin at `at`, in the packet. */
static __always_inline bool datagram_read(struct sk_buff *skb, const unsigned char *at, struct datagram *ret)
{
    return ip_packet_read((__u64)at, &ret->ip) && datagram_read_payload(skb, ret);
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
