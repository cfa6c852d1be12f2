/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_event_kind.h>
#include <k8sdns/model/logs/log_events.h>
#include <k8sdns/model/logs/log_states.h>
#include <math.h>
#include <string.h>

static const int kinds[LOG_STATES] = {
    [LOG_STATE_RELOAD] = LOG_RELOAD_FAILED,
    [LOG_STATE_START] = LOG_START_FAILED,
    [LOG_STATE_READY] = LOG_NOT_READY,
    [LOG_STATE_SETUP] = LOG_SETUP_FAILED,
};

static int state_of(int event)
{
    if (event == LOG_KUBERNETES_WAITING)
        event = LOG_NOT_READY;
    for (int i = 0; i < LOG_STATES; i++)
        if (kinds[i] == event)
            return i;
    return -1;
}

void log_states_message(struct arena *arena, const struct log_entry *entry, int event)
{
    struct log_source *source = entry->source;
    int which = state_of(event);
    struct log_state *state;
    size_t len = entry->text.len < LOG_TEXT_MAX ? entry->text.len : LOG_TEXT_MAX;

    source->is_cache = source->is_cache || log_event_is_of_cache(&entry->line);
    if (log_event_accepts(&entry->line)) {
        source->states[LOG_STATE_RELOAD].count = 0;
        if (log_event_starts(&entry->line))
            log_states_served(source);
        return;
    }
    if (which < 0)
        return;
    state = &source->states[which];
    /* What ended has said why. */
    if (state->count && log_event_follows(&entry->line) && strstr(state->text, "dnsmasq: ")) {
        state->last_ns = entry->time_ns;
        return;
    }
    if (!state->text)
        state->text = arena_alloc(arena, LOG_TEXT_MAX + 1);
    if (!state->count)
        state->first_ns = entry->time_ns;
    state->count++;
    state->last_ns = entry->time_ns;
    memcpy(state->text, entry->text.at, len);
    state->text[len] = '\0';
}

static const char *time_text(struct arena *arena, uint64_t ns)
{
    char time[CLOCK_TEXT];

    return ns ? arena_text(arena, clock_format(ns, time, sizeof(time))) : NULL;
}

static double seconds(uint64_t from_ns, uint64_t to_ns)
{
    return !from_ns || !to_ns ? (double)NAN : to_ns > from_ns ? (double)(to_ns - from_ns) / 1e9 : 0;
}

void log_states_facts(const struct log_stream *stream, struct arena *arena, struct logs_facts *facts)
{
    for (size_t i = 0; i < stream->sources_count; i++)
        for (int k = 0; k < LOG_STATES; k++) {
            const struct log_source *source = stream->sources[i];
            const struct log_state *state = &source->states[k];

            if (state->count)
                *ARENA_PUSH(arena, facts->states, facts->states_count) = (struct log_state_facts){
                    .kind = kinds[k],
                    .source = source->name,
                    .count = state->count,
                    .first_time = time_text(arena, state->first_ns),
                    .last_time = time_text(arena, state->last_ns),
                    .lasts_s = seconds(state->first_ns, source->last_ns),
                    .quiet_s = seconds(state->last_ns, source->last_ns),
                    .text = arena_text(arena, state->text),
                    .by_cache = source->is_cache,
                };
        }
}
