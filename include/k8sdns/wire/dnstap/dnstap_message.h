/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNSTAP_MESSAGE_H
#define K8SDNS_WIRE_DNSTAP_MESSAGE_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/err.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The payload of one frame: a dnstap.Dnstap in protocol buffers' encoding, with its Message.
 *
 *     Dnstap    1 identity, 2 version, 3 extra, 14 message, 15 type
 *     Message   1 type, 2 family, 3 protocol, 4 query address, 5 response address, 6 query port, 7 response
 *               port, 8 9 query time, 10 query message, 11 query zone, 12 13 response time, 14 response
 *               message
 *
 * Fields that are not known are skipped; of one that comes twice the last counts, as protocol buffers have
 * it. Source: dnstap.proto of dnstap.info.
 */
#define DNSTAP_CONTENT_TYPE "protobuf:dnstap.Dnstap"

enum dnstap_type {
    DNSTAP_NO_MESSAGE = 0, /* a Dnstap of another kind, or a type from the future */
    DNSTAP_AUTH_QUERY,
    DNSTAP_AUTH_RESPONSE,
    DNSTAP_RESOLVER_QUERY,
    DNSTAP_RESOLVER_RESPONSE,
    DNSTAP_CLIENT_QUERY,
    DNSTAP_CLIENT_RESPONSE,
    DNSTAP_FORWARDER_QUERY,
    DNSTAP_FORWARDER_RESPONSE,
    DNSTAP_STUB_QUERY,
    DNSTAP_STUB_RESPONSE,
    DNSTAP_TOOL_QUERY,
    DNSTAP_TOOL_RESPONSE,
    DNSTAP_UPDATE_QUERY,
    DNSTAP_UPDATE_RESPONSE,
    DNSTAP_TYPES,
};
extern const char *const dnstap_type_names[DNSTAP_TYPES]; /* "AUTH_QUERY"; [0] is "none" */
extern const char *const dnstap_protocol_names[];         /* by number from 0, "-": "UDP", "TCP", ... */
#define DNSTAP_PROTOCOLS 8

struct octets {
    const uint8_t *bytes; /* NULL when there are none */
    size_t len;
};

struct dnstap_message {
    struct octets identity, version, extra;
    int type;     /* enum dnstap_type */
    int protocol; /* 1 UDP, 2 TCP, ...; 0 when not given */
    /* Family 0 where there is none. IPv4 inside IPv6 is IPv4, and the length decides, not the family that is
     * named: CoreDNS before 1.14.5 sends 16 octets as INET. */
    struct address query, response;
    uint64_t query_ns, response_ns; /* since 1970; 0 when not given or beyond the year 2242 */
    struct octets dns;              /* the query's or the response's octets, by the type */
    struct octets zone;             /* in wire form */
};

/*
 * Read one frame. The result points into `bytes`. Return 0, or -EBADMSG for what is no Dnstap: an encoding
 * that ends early, or without what it must have.
 */
int dnstap_message_read(const uint8_t *bytes, size_t len, struct dnstap_message *ret_message) MUST_USE;

#endif
