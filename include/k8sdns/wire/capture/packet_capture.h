/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PACKET_CAPTURE_H
#define K8SDNS_WIRE_PACKET_CAPTURE_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Interfaces of a pcapng file; packets of further ones are passed over and counted. */
#define CAPTURE_INTERFACES 64

struct capture_interface {
    uint16_t link;         /* LINKTYPE_* of tcpdump.org */
    uint64_t ticks_second; /* of its times */
};

/*
 * The packets of a capture file in memory: pcap (both byte orders, micro- and nanoseconds) or pcapng
 * (Section, Interface, Enhanced, Simple and the old Packet blocks; others are passed over). Source:
 * draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng.
 */
struct packet_capture {
    const uint8_t *bytes;
    size_t len, at;
    bool ng, swapped;
    struct capture_interface interfaces[CAPTURE_INTERFACES];
    size_t interfaces_count;
    uint64_t number;    /* of the packet that was given last */
    uint64_t skipped;   /* packets of no known interface */
    const char *damage; /* why reading ended early; NULL: it did not */
};

struct captured_packet {
    uint64_t number;  /* from 1 */
    uint64_t time_ns; /* since 1970; 0 when the file has none */
    uint16_t link;
    const uint8_t *bytes; /* inside of the file */
    size_t len;
    size_t original; /* bytes that it had on the wire */
};

/* Return 0, or -EBADMSG when it is neither form. */
int packet_capture_open(const uint8_t *bytes, size_t len, struct packet_capture *ret_capture) MUST_USE;

/* Give the next packet. Return false at the end, or at `damage`. */
bool packet_capture_next(struct packet_capture *capture, struct captured_packet *ret_packet);

#endif
