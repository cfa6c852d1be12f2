/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_STATES_H
#define K8SDNS_MODEL_LOG_STATES_H

#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/model/logs/logs_facts.h>

/*
 * What holds of a server, by its log, until a later line undoes it:
 *
 *     reload-failed   until a Corefile is accepted
 *     start-failed    until a start that goes well, or a query
 *     not-ready       until a start, or a query that was forwarded to it: the log has no line that says
 * "ready" setup-failed    of node-cache, which tries again every minute and is silent when all is there
 */

/* A line that is no query, which says `event` (enum log_event_kind). */
void log_states_message(struct arena *arena, const struct log_entry *entry, int event);

/* A query, or an error that a client got: so the server runs, and Kubernetes sends it queries. */
static inline void log_states_served(struct log_source *source)
{
    /* Every query comes here: seldom is there anything to write. */
    if (source->states[LOG_STATE_START].count | source->states[LOG_STATE_READY].count) {
        source->states[LOG_STATE_START].count = 0;
        source->states[LOG_STATE_READY].count = 0;
    }
}

void log_states_facts(const struct log_stream *stream, struct arena *arena, struct logs_facts *facts);

#endif
