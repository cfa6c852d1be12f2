/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_INTERCEPTION_FACTS_H
#define K8SDNS_MODEL_INTERCEPTION_FACTS_H

#include <k8sdns/model/shape/shape.h>

/* What came of a datagram that may take one hop only (a TTL of 1). */
enum hop_outcome {
    HOP_SILENT,
    HOP_ANSWERED, /* an answer: whoever gave it is no hop away */
    HOP_EXPIRED,  /* ICMP time exceeded: it went on its way, as it must to a server behind a router */
    HOP_UNROUTED, /* a router has no way there */
    HOP_REFUSED,  /* ICMP port unreachable in the name of the server */
    HOP_OTHER,    /* another error, or it could not be sent */
    HOP_UNSENT,   /* it was not asked */
};
extern const char *const hop_outcome_names[];

/* One address: a query to its port 53, and a datagram to another port of it, which nobody redirects. */
struct hop_probe_facts {
    const char *target; /* the address */
    int query, control; /* enum hop_outcome */
    bool documentation; /* it is nobody's (RFC 5737, RFC 3849) */
};
extern const struct shape hop_probe_facts_shape;

struct interception_facts {
    struct hop_probe_facts *probes;
    size_t probes_count;
};
extern const struct shape interception_facts_shape;

/*
 * Whether what is sent to port 53 there is answered, or refused, before it leaves this Pod or node, while
 * other ports of the same address are behind a router: something redirects port 53. An address that nobody
 * has needs no such proof.
 */
bool hop_probe_is_intercepted(const struct hop_probe_facts *probe);

#endif
