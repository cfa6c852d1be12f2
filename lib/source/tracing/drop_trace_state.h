/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DROP_TRACE_STATE_H
#define K8SDNS_SOURCE_DROP_TRACE_STATE_H

#include "../kernel/kernel_symbols.h"
#include "../kernel/kernel_types.h"
#include <k8sdns/source/node/netns_owner.h>
#include <k8sdns/source/tracing/drop_trace.h>

#include "../../bpf/drop_event.h"

/* One trace; private to drop_trace*.c. */
struct drops_bpf;
struct drop_rules_bpf;
struct ring_buffer;
struct bpf_link;

/* Events kept as examples of their kinds; kinds beyond these have none. */
#define EXAMPLES_MAX 64
/* Servers told of each kind. */
#define EXAMPLE_SERVERS 64

/* Probes of drop_rules_bpf.c, of one kind. */
#define RULE_LINKS_MAX 16

/* One event of a kind and a transport, and which servers all the others of it were to or from. */
struct drop_example {
    struct drop_event event;
    uint8_t servers[EXAMPLE_SERVERS][16];
    size_t servers_count;
    bool has_more; /* servers */
};

struct drop_trace {
    struct arena *arena; /* what lives as long as the trace */
    const char **names;
    size_t names_count;
    struct kernel_types *types;             /* only until all is attached: they take much memory */
    const char *reason_words[DROP_REASONS]; /* of the kernel; NULL: it has none of that number */
    struct kernel_symbols *symbols;         /* NULL: the kernel itself gives the names */
    struct drops_bpf *programs;
    struct drop_rules_bpf *rule_programs;   /* NULL: none could be loaded */
    struct bpf_link *links[RULE_LINKS_MAX]; /* of these */
    size_t links_count;
    struct ring_buffer *events;
    struct netns_owners *owners;
    struct drop_example *examples;
    size_t examples_count;
    struct drop_probe_facts *probes;
    size_t probes_count;
    uint64_t began_ns, offset_ns; /* monotonic; from there to real time */
    int (*each)(void *user, struct arena *arena, const struct drop_facts *drop);
    void *user;
    int result;
    unsigned polled; /* events of this poll */
};

/* What differs in the client, the name and the namespace alone is of one kind. */
static inline bool drop_key_is_like(const struct drop_key *a, const struct drop_key *b)
{
    return a->stack == b->stack && a->reason == b->reason && a->judge == b->judge && a->chain == b->chain;
}

/* Note a place that is watched, or why it is not (NULL: it is). */
void drop_trace_note(struct drop_trace *trace, const char *where, const char *tells, const char *why);

/* What an event says, in words; false when the name asked for is none of those wanted. */
bool drop_trace_wants(const struct drop_trace *trace, const uint8_t name[DROP_NAME_BYTES]);
void drop_trace_read(struct drop_trace *trace, struct arena *arena, const struct drop_event *event,
                     struct drop_facts *ret);

/* Probes that see the verdict itself: attach what there is, note what there is not. */
void drop_trace_attach_rules(struct drop_trace *trace, const struct drop_offsets *offsets);
void drop_trace_detach_rules(struct drop_trace *trace);

#endif
