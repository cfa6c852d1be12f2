/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_UNREACHABLE_H
#define K8SDNS_MODEL_UNREACHABLE_H

#include <stdbool.h>

/*
 * Why a packet did not reach its server, as an ICMP error or an errno of the kernel tells: the one table of
 * their numbers. Sources: RFC 792; RFC 1122, 3.2.2.1; RFC 1812, 5.2.7.1; RFC 4443, 3.1 to 3.3; ip(7),
 * send(2).
 */
enum unreachable {
    UNREACHABLE_PORT, /* the host itself: nothing listens there; also a rule's reject as it is by default */
    UNREACHABLE_HOST, /* a router, or this host, finds no neighbour of that address */
    UNREACHABLE_NET,
    UNREACHABLE_PROTOCOL,
    UNREACHABLE_PROHIBITED,   /* a rule on the way rejects it */
    UNREACHABLE_POLICY,       /* RFC 4443, code 5: the source address failed a policy */
    UNREACHABLE_REJECT_ROUTE, /* a route of type prohibit: RFC 4443, code 6, or here */
    UNREACHABLE_LOCAL_RULE,   /* this namespace's own rules forbid to send it */
    UNREACHABLE_TOO_BIG,
    UNREACHABLE_NO_ROUTE,
    UNREACHABLE_HOPS,      /* time exceeded: a routing loop, most likely */
    UNREACHABLE_NO_BUFFER, /* the kernel had no memory or no room to send it */
    UNREACHABLE_BLACKHOLE, /* a route of type blackhole, here: it discards what is sent */
    UNREACHABLE_OTHER,
};
#define UNREACHABLE_KINDS (UNREACHABLE_OTHER + 1)
extern const char *const unreachable_names[]; /* of JSON: "port", "host", "net", ... */

/* Of an ICMP or ICMPv6 error's type and code, as they stand in the message. */
enum unreachable unreachable_of_icmp(unsigned type, unsigned code);
enum unreachable unreachable_of_icmp6(unsigned type, unsigned code);

/* Of what send(2) or connect(2) failed with. */
enum unreachable unreachable_of_errno(int errno_code);

/* Somebody decided that it must not pass: a rule, a policy, a route of type prohibit. False for -1. */
bool unreachable_is_filtered(int kind);

/* "administratively prohibited": the usual name of the error. "" for -1. */
const char *unreachable_phrase(int kind);

#endif
