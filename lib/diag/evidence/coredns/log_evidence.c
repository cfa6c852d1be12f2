/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log_evidence.h"

uint64_t log_events(const struct diagnosis *d, int kind)
{
    return d->facts->logs ? logs_facts_events(d->facts->logs, kind) : 0;
}

const struct log_event_facts *log_event(const struct diagnosis *d, int kind)
{
    const struct logs_facts *logs = d->facts->logs;
    const struct log_event_facts *most = NULL;

    for (size_t i = 0; logs && i < logs->events_count; i++)
        if (logs->events[i].kind == kind && (!most || logs->events[i].count > most->count))
            most = &logs->events[i];
    return most;
}

bool log_has_all_answers(const struct diagnosis *d)
{
    return d->facts->logs && logs_facts_rcode(d->facts->logs, "NOERROR") > 0;
}

const char *log_last(struct diagnosis *d, const struct log_event_facts *event)
{
    return event->last_time ? arena_printf(d->arena, ", last at %s", event->last_time) : "";
}
