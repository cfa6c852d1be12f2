/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/model/probe/unreachable.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

const char *const unreachable_names[] = {
    "port",    "host",     "net",           "protocol",  "prohibited", "policy", "reject-route", "local-rule",
    "too-big", "no-route", "time-exceeded", "no-buffer", "blackhole",  "other",  NULL,
};

static const char *const phrases[UNREACHABLE_KINDS] = {
    [UNREACHABLE_PORT] = "port unreachable",
    [UNREACHABLE_HOST] = "host unreachable",
    [UNREACHABLE_NET] = "network unreachable",
    [UNREACHABLE_PROTOCOL] = "protocol unreachable",
    [UNREACHABLE_PROHIBITED] = "administratively prohibited",
    [UNREACHABLE_POLICY] = "source address failed policy",
    [UNREACHABLE_REJECT_ROUTE] = "reject route to destination",
    [UNREACHABLE_LOCAL_RULE] = "a rule of this namespace forbids to send there",
    [UNREACHABLE_TOO_BIG] = "packet too big",
    [UNREACHABLE_NO_ROUTE] = "no route",
    [UNREACHABLE_HOPS] = "time exceeded (a routing loop?)",
    [UNREACHABLE_NO_BUFFER] = "no buffer space",
    [UNREACHABLE_BLACKHOLE] = "a route of this namespace discards it (blackhole)",
    [UNREACHABLE_OTHER] = "unreachable, by an error whose kind is not known",
};

enum unreachable unreachable_of_icmp(unsigned type, unsigned code)
{
    if (type == ICMP_TIME_EXCEEDED)
        return UNREACHABLE_HOPS;
    if (type != ICMP_DEST_UNREACH)
        return UNREACHABLE_OTHER;
    switch (code) {
    case ICMP_NET_UNREACH:
    case ICMP_NET_UNKNOWN:
    case ICMP_NET_UNR_TOS:
        return UNREACHABLE_NET;
    case ICMP_HOST_UNREACH:
    case ICMP_HOST_UNKNOWN:
    case ICMP_HOST_ISOLATED:
    case ICMP_HOST_UNR_TOS:
        return UNREACHABLE_HOST;
    case ICMP_PROT_UNREACH:
        return UNREACHABLE_PROTOCOL;
    case ICMP_PORT_UNREACH:
        return UNREACHABLE_PORT;
    case ICMP_FRAG_NEEDED:
        return UNREACHABLE_TOO_BIG;
    case ICMP_NET_ANO:
    case ICMP_HOST_ANO:
    case ICMP_PKT_FILTERED:
        return UNREACHABLE_PROHIBITED;
    default:
        return UNREACHABLE_OTHER;
    }
}

enum unreachable unreachable_of_icmp6(unsigned type, unsigned code)
{
    if (type == ICMP6_PACKET_TOO_BIG)
        return UNREACHABLE_TOO_BIG;
    if (type == ICMP6_TIME_EXCEEDED)
        return UNREACHABLE_HOPS;
    if (type != ICMP6_DST_UNREACH)
        return UNREACHABLE_OTHER;
    switch (code) {
    case ICMP6_DST_UNREACH_NOROUTE:
        return UNREACHABLE_NO_ROUTE;
    case ICMP6_DST_UNREACH_ADMIN:
        return UNREACHABLE_PROHIBITED;
    case ICMP6_DST_UNREACH_ADDR:
        return UNREACHABLE_HOST;
    case ICMP6_DST_UNREACH_NOPORT:
        return UNREACHABLE_PORT;
    case 5: /* RFC 4443, 3.1: a more informative subset of code 1, as is 6; netinet/icmp6.h has neither */
        return UNREACHABLE_POLICY;
    case 6:
        return UNREACHABLE_REJECT_ROUTE;
    default:
        return UNREACHABLE_OTHER;
    }
}

enum unreachable unreachable_of_errno(int errno_code)
{
    switch (errno_code) {
    case EPERM: /* netfilter's output hook dropped it */
        return UNREACHABLE_LOCAL_RULE;
    case EACCES: /* a route of type prohibit */
        return UNREACHABLE_REJECT_ROUTE;
    case ENETUNREACH:
        return UNREACHABLE_NO_ROUTE;
    case EHOSTUNREACH:
        return UNREACHABLE_HOST;
    case ECONNREFUSED:
        return UNREACHABLE_PORT;
    case ENOBUFS:
    case ENOMEM:
    case EAGAIN:
        return UNREACHABLE_NO_BUFFER;
    case EINVAL: /* a route of type blackhole; nothing else is wrong with a plain datagram */
        return UNREACHABLE_BLACKHOLE;
    case EMSGSIZE:
        return UNREACHABLE_TOO_BIG;
    default:
        return UNREACHABLE_OTHER;
    }
}

bool unreachable_is_filtered(int kind)
{
    return kind == UNREACHABLE_PROHIBITED || kind == UNREACHABLE_POLICY || kind == UNREACHABLE_REJECT_ROUTE ||
           kind == UNREACHABLE_LOCAL_RULE;
}

const char *unreachable_phrase(int kind)
{
    return kind < 0 ? "" : phrases[kind];
}
