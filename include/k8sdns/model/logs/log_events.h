/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_EVENTS_H
#define K8SDNS_MODEL_LOG_EVENTS_H

#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/model/logs/logs_facts.h>

/*
 * Lines that are no queries: what they say, alike ones together. Alike are those of one kind, plugin and
 * upstream whose text differs in digits alone; of errors lines the text is not looked at, since each has
 * another name.
 */

/* Groups and panics that are told; the rest is counted. */
#define LOG_GROUPS_MAX 128
#define LOG_PANICS_MAX 20
#define LOG_TRACE_MAX  40
/* A text is told up to this length. */
#define LOG_TEXT_MAX 400

struct log_group {
    uint64_t hash, first_ns, last_ns;
    struct log_event_facts event;
};

struct log_events {
    struct arena *arena;
    const char *domain; /* the cluster's, "cluster.local" */
    uint64_t kinds[LOG_EVENT_KINDS];
    struct log_group groups[LOG_GROUPS_MAX];
    size_t groups_count;
    uint64_t dropped;
    struct log_panic_facts panics[LOG_PANICS_MAX];
    size_t panics_count;
    const struct log_source *panic_sources[LOG_PANICS_MAX];
    uint64_t shown_first[LOG_EVENT_KINDS]; /* errors lines since the last consolidated one of that kind */
};

/* Count a line that is no query and no dump. Return its kind (enum log_event_kind). */
int log_events_add(struct log_events *events, const struct log_entry *entry);
/* A line of a panic's trace. */
void log_events_trace(struct log_events *events, const struct log_entry *entry);

void log_events_facts(const struct log_events *events, struct arena *arena, struct logs_facts *facts);

#endif
