/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_CONNTRACK_TUPLE_FACTS_H
#define K8SDNS_MODEL_CONNTRACK_TUPLE_FACTS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/shape.h>
#include <k8sdns/wire/node/conntrack_message.h>

/* An entry as evidence. */
struct conntrack_tuple_facts {
    const char *protocol;
    const char *orig_src, *orig_dst, *reply_src, *reply_dst; /* "10.244.0.10:50500" */
    bool replied, assured;
    uint64_t timeout_s;
    bool renewed;        /* a packet came for it while it was watched */
    const char *process; /* "name[pid]" with the client's socket, in this network namespace; NULL: not seen */
    bool snat, dnat;     /* the kernel translates its source, its destination */
    uint64_t id;         /* as conntrack -o id has it; unset when not said, as the next five */
    uint64_t zone, orig_zone, reply_zone; /* unset: the default zone */
    uint64_t mark;
    uint64_t queries, replies; /* packets; unset without accounting */
    const char *labels;        /* the set bits, "0,7"; NULL for none */
    const char *helper;        /* NULL for none */
    const char *started;       /* NULL without timestamps */
};
extern const struct shape conntrack_tuple_facts_shape;

/* Texts are in `arena`. */
struct conntrack_tuple_facts conntrack_tuple_facts_of(struct arena *arena,
                                                      const struct conntrack_entry *entry);

#endif
