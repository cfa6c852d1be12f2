/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/wire/capture/packet.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>
#include <sys/socket.h>

enum {
    ETHER_IPV4 = 0x0800,
    ETHER_IPV6 = 0x86dd,
    ETHER_VLAN = 0x8100,
    ETHER_VLAN_OUTER = 0x88a8,
    ETHER_BRIDGE = 0x6558,
};
enum {
    IP_IPV4 = 4,
    IP_IPV6 = 41,
    IP_HOP_BY_HOP = 0,
    IP_ROUTING = 43,
    IP_FRAGMENT = 44,
    IP_TARGET_OPTIONS = 60,
};
#define PORT_VXLAN       4789
#define PORT_VXLAN_LINUX 8472
#define DEPTH_MAX        4 /* packets in packets */

static uint16_t u16(const uint8_t *b)
{
    return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t u32(const uint8_t *b)
{
    return (uint32_t)u16(b) << 16 | u16(b + 2);
}

static int read_ip(const uint8_t *bytes, size_t len, unsigned depth, struct ip_datagram *ret);

/* Source: IEEE 802.3, 802.1Q. */
static int read_ether(uint16_t type, const uint8_t *bytes, size_t len, unsigned depth,
                      struct ip_datagram *ret)
{
    while ((type == ETHER_VLAN || type == ETHER_VLAN_OUTER) && len >= 4) {
        type = u16(bytes + 2);
        bytes += 4;
        len -= 4;
    }
    if (type != ETHER_IPV4 && type != ETHER_IPV6)
        return -EPROTO;
    return read_ip(bytes, len, depth, ret);
}

static int read_ethernet(const uint8_t *bytes, size_t len, unsigned depth, struct ip_datagram *ret)
{
    return len < 14 ? -EBADMSG : read_ether(u16(bytes + 12), bytes + 14, len - 14, depth, ret);
}

static struct address address_of(uint8_t family, const uint8_t *bytes)
{
    struct address address = {.family = family};

    memcpy(&address.v6, bytes, family == AF_INET ? 4 : 16);
    return address;
}

/* Source: RFC 7348 section 5; Linux's own port. */
static bool is_vxlan(const uint8_t *udp, size_t len)
{
    uint16_t port = len >= 16 ? u16(udp + 2) : 0;

    return (port == PORT_VXLAN || port == PORT_VXLAN_LINUX) && udp[8] == 8;
}

/* A packet inside of this one, or this one. */
static int read_inner(unsigned depth, struct ip_datagram *ret)
{
    struct ip_datagram outer = *ret;

    if (outer.offset || outer.more || depth >= DEPTH_MAX)
        return 0;
    if ((outer.protocol == IP_IPV4 || outer.protocol == IP_IPV6) &&
        read_ip(outer.payload, outer.len, depth + 1, ret) == 0)
        return 0;
    if (outer.protocol == PACKET_UDP && is_vxlan(outer.payload, outer.len) &&
        read_ethernet(outer.payload + 16, outer.len - 16, depth + 1, ret) == 0)
        return 0;
    *ret = outer;
    return 0;
}

/* Source: RFC 791 section 3.1. */
static int read_ipv4(const uint8_t *b, size_t len, struct ip_datagram *ret)
{
    size_t header = len ? (b[0] & 15) * 4U : 0, total;

    if (len < 20 || header < 20 || header > len)
        return -EBADMSG;
    total = u16(b + 2);
    if (total == 0) /* segmentation offload leaves it to the card */
        total = len;
    if (total < header)
        return -EBADMSG;
    *ret = (struct ip_datagram){.source = address_of(AF_INET, b + 12),
                                .target = address_of(AF_INET, b + 16),
                                .protocol = b[9],
                                .identification = u16(b + 4),
                                .offset = (u16(b + 6) & 0x1fffU) * 8,
                                .more = u16(b + 6) & 0x2000,
                                .payload = b + header,
                                .len = (total < len ? total : len) - header,
                                .cut = total > len};
    return 0;
}

/* Source: RFC 8200 sections 3 and 4. */
static int read_ipv6(const uint8_t *b, size_t len, struct ip_datagram *ret)
{
    size_t total, at = 40;

    if (len < 40)
        return -EBADMSG;
    total = 40U + u16(b + 4);
    if (total == 40)
        total = len;
    *ret = (struct ip_datagram){.source = address_of(AF_INET6, b + 8),
                                .target = address_of(AF_INET6, b + 24),
                                .protocol = b[6],
                                .cut = total > len};
    if (total < len)
        len = total;
    while (ret->protocol == IP_HOP_BY_HOP || ret->protocol == IP_ROUTING || ret->protocol == IP_FRAGMENT ||
           ret->protocol == IP_TARGET_OPTIONS) {
        size_t size;

        if (len - at < 8)
            return -EBADMSG;
        size = ret->protocol == IP_FRAGMENT ? 8 : 8 + b[at + 1] * 8U;
        if (size > len - at)
            return -EBADMSG;
        if (ret->protocol == IP_FRAGMENT) {
            ret->offset = u16(b + at + 2) & 0xfff8U;
            ret->more = b[at + 3] & 1;
            ret->identification = u32(b + at + 4);
        }
        ret->protocol = b[at];
        at += size;
    }
    ret->payload = b + at;
    ret->len = len - at;
    return 0;
}

static int read_ip(const uint8_t *bytes, size_t len, unsigned depth, struct ip_datagram *ret)
{
    int r = -EPROTO;

    if (len && bytes[0] >> 4 == 4)
        r = read_ipv4(bytes, len, ret);
    else if (len && bytes[0] >> 4 == 6)
        r = read_ipv6(bytes, len, ret);
    return r < 0 ? r : read_inner(depth, ret);
}

int packet_read(uint16_t link, const uint8_t *bytes, size_t len, struct ip_datagram *ret)
{
    switch (link) {
    case PACKET_LINK_ETHERNET:
        return read_ethernet(bytes, len, 0, ret);
    case PACKET_LINK_COOKED:
        return len < 16 ? -EBADMSG : read_ether(u16(bytes + 14), bytes + 16, len - 16, 0, ret);
    case PACKET_LINK_COOKED2:
        return len < 20 ? -EBADMSG : read_ether(u16(bytes), bytes + 20, len - 20, 0, ret);
    case PACKET_LINK_NULL:
    case PACKET_LINK_LOOP:
        return len < 4 ? -EBADMSG : read_ip(bytes + 4, len - 4, 0, ret);
    case PACKET_LINK_IP:
    case PACKET_LINK_RAW_BSD:
    case PACKET_LINK_RAW_OPENBSD:
    case PACKET_LINK_IPV4:
    case PACKET_LINK_IPV6:
        return read_ip(bytes, len, 0, ret);
    default:
        return -EPROTO;
    }
}

/* Source: RFC 768, RFC 9293 section 3.1. */
int segment_read(uint8_t protocol, const uint8_t *b, size_t len, struct transport_segment *ret)
{
    size_t header = 8, total = len;

    if (protocol != PACKET_UDP && protocol != PACKET_TCP)
        return -EPROTO;
    if (len < (protocol == PACKET_UDP ? 8U : 20U))
        return -EBADMSG;
    *ret = (struct transport_segment){.source_port = u16(b), .target_port = u16(b + 2)};
    if (protocol == PACKET_UDP) {
        total = u16(b + 4);
        if (total < 8)
            return -EBADMSG;
    } else {
        header = (b[12] >> 4) * 4U;
        if (header < 20 || header > len)
            return -EBADMSG;
        ret->sequence = u32(b + 4);
        ret->fin = b[13] & 1;
        ret->syn = b[13] & 2;
        ret->rst = b[13] & 4;
    }
    ret->data = b + header;
    ret->len = (total < len ? total : len) - header;
    ret->cut = total > len;
    return 0;
}

bool packet_dns(const uint8_t *bytes, size_t len, struct transport_segment *ret, uint8_t *ret_protocol)
{
    static const uint16_t links[] = {PACKET_LINK_IP, PACKET_LINK_ETHERNET, PACKET_LINK_COOKED,
                                     PACKET_LINK_COOKED2, PACKET_LINK_NULL};

    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct ip_datagram packet;

        if (packet_read(links[i], bytes, len, &packet) == 0 && !packet.offset &&
            segment_read(packet.protocol, packet.payload, packet.len, ret) == 0 &&
            (ret->source_port == DNS_PORT || ret->target_port == DNS_PORT) && ret->len) {
            *ret_protocol = packet.protocol;
            return true;
        }
    }
    return false;
}
