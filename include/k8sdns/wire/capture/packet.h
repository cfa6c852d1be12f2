/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PACKET_H
#define K8SDNS_WIRE_PACKET_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Link types of tcpdump.org that are read; PACKET_LINK_IP stands for IP without anything before it. */
enum packet_link {
    PACKET_LINK_NULL = 0,
    PACKET_LINK_ETHERNET = 1,
    PACKET_LINK_RAW_BSD = 12,
    PACKET_LINK_RAW_OPENBSD = 14,
    PACKET_LINK_IP = 101,
    PACKET_LINK_LOOP = 108,
    PACKET_LINK_COOKED = 113,
    PACKET_LINK_IPV4 = 228,
    PACKET_LINK_IPV6 = 229,
    PACKET_LINK_COOKED2 = 276,
};

enum {
    PACKET_TCP = 6,
    PACKET_UDP = 17,
};

/* An IP packet: the innermost, when it travels in VXLAN or in another IP packet. */
struct ip_datagram {
    struct address source, target; /* ports 0 where they are not in this piece */
    uint8_t protocol;
    uint32_t identification;
    uint32_t offset;        /* of this fragment, in bytes */
    bool more;              /* fragments follow */
    const uint8_t *payload; /* behind the IP header */
    size_t len;
    bool cut; /* the capture has less of it than there was */
};

/* What a UDP datagram or a TCP segment carries. */
struct transport_segment {
    uint16_t source_port, target_port;
    uint32_t sequence; /* TCP */
    bool syn, fin, rst;
    const uint8_t *data;
    size_t len;
    bool cut;
};

/* Read down to the IP packet. Return 0; -EPROTO when there is none inside; -EBADMSG when it is damaged. */
int packet_read(uint16_t link, const uint8_t *bytes, size_t len, struct ip_datagram *ret_packet) MUST_USE;

/* Read the UDP or TCP header of a whole packet (its `payload`). Return 0, -EPROTO or -EBADMSG. */
int segment_read(uint8_t protocol, const uint8_t *payload, size_t len,
                 struct transport_segment *ret_segment) MUST_USE;

/*
 * The DNS message in bytes that may be a whole packet, with or without an Ethernet header, as dumps have
 * them: `*ret` is what UDP or TCP to or from port 53 carries. Return false when they are none: then they may
 * be a message.
 */
bool packet_dns(const uint8_t *bytes, size_t len, struct transport_segment *ret_segment,
                uint8_t *ret_protocol);

#endif
