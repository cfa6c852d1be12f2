/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_DROP_PLACE_H
#define K8SDNS_MODEL_DROP_PLACE_H

#include <stdbool.h>
#include <stddef.h>

/* Where in the kernel a packet was freed, and what that means. */

enum drop_hook {
    HOOK_INGRESS,
    HOOK_PREROUTING,
    HOOK_INPUT,
    HOOK_FORWARD,
    HOOK_OUTPUT,
    HOOK_POSTROUTING,
    HOOK_EGRESS,
    DROP_HOOKS,
};
extern const char *const drop_hook_names[];

enum drop_cause {
    CAUSE_RULE,             /* of nftables, or of iptables by nftables */
    CAUSE_IPTABLES,         /* of iptables' own tables */
    CAUSE_CONNTRACK_FULL,   /* a new connection was refused */
    CAUSE_CONNTRACK_INSERT, /* the entry could not be made: another has the tuple */
    CAUSE_IPVS,
    CAUSE_BUFFER, /* the socket's receive buffer is full, or sockets have no memory */
    CAUSE_NO_LISTENER,
    CAUSE_NEIGHBOUR,
    CAUSE_RP_FILTER,
    CAUSE_NO_ROUTE,
    CAUSE_TOO_BIG,
    CAUSE_QUEUE, /* of a link, or of a CPU */
    CAUSE_FRAGMENT,
    CAUSE_CHECKSUM,
    CAUSE_NOT_OURS, /* a copy that a bridge or a sniffing link gave to someone it was not for */
    CAUSE_CLOSED,   /* it waited in a socket that was closed */
    CAUSE_OTHER,
    DROP_CAUSES,
};
extern const char *const drop_cause_names[]; /* for JSON: "conntrack-full" */
const char *drop_cause_text(int cause);      /* for people: "connection tracking refused it" */

/* What is known of one drop. Names are from the innermost function outwards; "" for one without a name. */
struct drop_evidence {
    const char *const *names;
    size_t names_count;
    const char *reason; /* without SKB_DROP_REASON_; NULL when the kernel gives none */
    int judge;          /* enum drop_cause by a probe that saw the verdict, or -1 */
    bool tracked, confirmed;
};

struct drop_place {
    const char *function; /* the first outside of the freeing itself; NULL when there are no names */
    size_t depth;         /* its index in the names */
    int hook;             /* where netfilter did it; else -1 */
    int cause;
    bool sure;   /* false: netfilter's own function freed it, and the rest is concluded from the hook */
    bool sender; /* the process that runs is the one that sends it */
};

/*
 * Conclude the place. One kfree_skb with its stack tells most causes apart: a rule's verdict is carried out
 * in the function that runs the chain, or in nf_hook_slow, which connection tracking and IPVS share. Source:
 * Linux net/netfilter/core.c, nf_tables_core.c; include/net/dropreason-core.h.
 */
void drop_place_find(const struct drop_evidence *evidence, struct drop_place *ret);

/* A symbol without what compilers and modules add: "nf_hook_slow.part.0 [nf]" is nf_hook_slow. Return len. */
size_t drop_place_symbol_len(const char *symbol);

#endif
