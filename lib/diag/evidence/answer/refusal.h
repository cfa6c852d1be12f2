/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_REFUSAL_H
#define K8SDNS_DIAG_REFUSAL_H

#include <k8sdns/diag/rule.h>

/* How a server lets queries fail that reach it. */
enum refusal_kind {
    REFUSAL_NONE,
    REFUSAL_CLOSED, /* its port is closed: ICMP port unreachable, and no rule on the way says so */
    REFUSAL_SAID,   /* most queries for cluster names: REFUSED */
    REFUSAL_FORM,   /* every query for a cluster name: FORMERR or NOTIMP */
    REFUSAL_EDNS,   /* the same, and without EDNS it answers */
};

/* Its queries for names that CoreDNS answers itself: what is refused of others is an upstream's refusal. */
struct refusals {
    enum refusal_kind kind;
    uint64_t asked, heard, refused, form;
    unsigned types;    /* of the refused (CONCERNS_A, CONCERNS_AAAA) */
    const char *rcode; /* of the first of `form` */
    bool form_without; /* FORMERR or NOTIMP without EDNS as well */
};

struct refusals refusals_of(const struct diagnosis *diagnosis, const struct server *server);

#endif
