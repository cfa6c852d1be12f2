/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SPAN_HELD_H
#define K8SDNS_MODEL_SPAN_HELD_H

#include <k8sdns/model/spans/span_record.h>
#include <k8sdns/model/statistics/histogram.h>

/* A trace that is being put together, and what was counted; private to trace_*.c. */

/* Plugins, response codes and the like come from a short list; a hostile sender's go under "(others)". */
#define WORDS_MAX    256
#define WORD_LEN_MAX 64
#define NAMES_MAX    8192
#define EVENTS_MAX   100
#define NAMES_SHOWN  20

struct held_span {
    uint64_t id, parent, start_us, duration_us;
    uint16_t name, peer; /* words; peer 0 for none */
};

/* Of a root. */
enum held_text {
    HELD_QUERY,
    HELD_TYPE,
    HELD_RCODE,
    HELD_CLIENT,
    HELD_SERVER,
    HELD_PROTOCOL,
    HELD_ERROR,
    HELD_TEXTS,
};

struct held_trace {
    uint64_t high, low;
    struct held_span *spans;
    uint32_t count, room;
    char *texts; /* one behind another, each with its NUL */
    size_t texts_len, texts_room;
    uint16_t starts[HELD_TEXTS];
    bool rooted, failed, tagged, foreign;
    uint64_t since_ns;                  /* it has its root, or was touched last */
    struct held_trace *chain;           /* of its hash */
    struct held_trace *before, *behind; /* in the order of since_ns */
};

/* Short texts that come again and again, by number. */
struct word_table {
    char words[WORDS_MAX][WORD_LEN_MAX + 1];
    uint16_t slots[2 * WORDS_MAX]; /* number + 1 */
    size_t count;
};
/* Where a text is looked for in a table. */
uint64_t span_text_hash(const char *text, size_t len);
/* Number 0 is "", and the last is "(others)". */
uint16_t word_number(struct word_table *table, const char *text, size_t len);

struct plugin_count {
    uint64_t count, total_us, self_us, max_self_us, slow_self_us;
};

struct group_count {
    uint64_t count, failed, total_us, max_us;
};

struct name_count {
    char *name;
    struct group_count group;
};

/* A counted trace that is shown later. */
struct kept_node {
    uint16_t name, peer, depth;
    uint64_t at_us, duration_us, self_us;
};

struct kept_trace {
    uint64_t high, low, start_us, duration_us;
    int outcome;
    uint16_t slowest_plugin;
    char *texts;
    uint16_t starts[HELD_TEXTS];
    struct kept_node *nodes;
    size_t nodes_count;
};

struct span_tally {
    uint64_t slow_us;
    size_t slowest_wanted;
    uint64_t traces, spans, foreign, incomplete, repeated, dropped, panics, errors, slow, slow_total_us;
    struct histogram latency;
    struct word_table plugins, rcodes, servers, peers;
    struct plugin_count plugin_counts[WORDS_MAX];
    struct group_count rcode_counts[WORDS_MAX], server_counts[WORDS_MAX], peer_counts[WORDS_MAX];
    struct name_count *names; /* NAMES_MAX * 2 slots */
    size_t names_count;
    uint64_t names_dropped;
    struct kept_trace slowest[SLOWEST_MAX]; /* in no order */
    size_t slowest_count;
    struct kept_trace events[EVENTS_MAX];
    size_t events_count;
    uint64_t events_dropped;
};

const char *held_text(const struct held_trace *trace, enum held_text which);

/* Count a trace whose spans are all there. */
void span_tally_add(struct span_tally *tally, struct held_trace *trace);
void span_tally_fini(struct span_tally *tally);
void span_tally_facts(struct span_tally *tally, bool summary, struct arena *arena, struct spans_facts *facts);

/* The spans of a trace as a tree: self times, and the order in which they are shown. */
struct span_tree {
    uint16_t order[TRACE_SPANS_MAX];  /* by start */
    int16_t parents[TRACE_SPANS_MAX]; /* -1 for none */
    uint64_t self_us[TRACE_SPANS_MAX];
    uint16_t shown[TRACE_SPANS_MAX], depths[TRACE_SPANS_MAX];
    size_t shown_count;
};
void span_tree_make(const struct held_trace *trace, struct span_tree *ret_tree);
/* Put the spans in the order in which they are shown, with their depths: wanted for few traces. */
void span_tree_show(const struct held_trace *trace, struct span_tree *tree);
/* Whether a span stands within another of the same name. */
bool span_tree_is_inner(const struct held_trace *trace, const struct span_tree *tree, size_t span);

#endif
