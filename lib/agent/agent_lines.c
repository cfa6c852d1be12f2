/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an agent says: a line for each thing that begins or ends. */
#include "agent_state.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void tell(struct agent *agent, struct agent_event_facts *event)
{
    char time[CLOCK_TEXT];
    int r;

    event->time = clock_format(clock_realtime_ns(), time, sizeof(time));
    r = agent->failed < 0 ? agent->failed : agent->options->tell(agent->options->user, event);
    if (r == -ENOSPC)
        agent->lines_lost++;
    else if (r < 0)
        agent->failed = r;
}

void agent_tell_listens(struct agent *agent)
{
    char where[ADDRESS_TEXT];
    struct agent_event_facts event = {.event = AGENT_LISTENS};

    event.listens = address_format_port(http_listener_where(agent->listener), where, sizeof(where));
    tell(agent, &event);
}

void agent_tell_part(struct agent *agent, enum agent_part part, bool up, const char *why, const char *how)
{
    struct agent_part_facts *facts = &agent->parts[part];
    struct agent_event_facts event = {.event = up ? AGENT_PART_UP : AGENT_PART_DOWN, .part = facts};
    bool is_news = !agent->part_known[part] || facts->up != up;

    agent->part_known[part] = true;
    snprintf(agent->whys[part], sizeof(agent->whys[part]), "%s", why ? why : "");
    facts->up = up;
    facts->why = why ? agent->whys[part] : NULL;
    facts->how = how;
    if (is_news)
        tell(agent, &event);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void agent_tell_record(struct agent *agent, const char *why)
{
    struct agent_event_facts event = {.event = why ? AGENT_RECORD_FAILS : AGENT_RECORDS, .why = why};

    tell(agent, &event);
}

bool agent_is_told(const struct agent *agent, const char *id, const char *subject)
{
    for (size_t i = 0; i < agent->standing_count; i++)
        if (same_text(agent->standing[i].id, id) && same_text(agent->standing[i].subject, subject))
            return true;
    return false;
}

const struct finding *agent_finding(const struct agent *agent, const char *id, const char *subject)
{
    for (size_t i = 0; i < agent->facts.findings_count; i++)
        if (same_text(agent->facts.findings[i].id, id) &&
            same_text(agent->facts.findings[i].subject, subject))
            return &agent->facts.findings[i];
    return NULL;
}

static struct agent_standing keep(struct arena *arena, const struct active_finding_facts *finding)
{
    return (struct agent_standing){arena_text(arena, finding->id),
                                   finding->subject ? arena_text(arena, finding->subject) : NULL};
}

/*
 * What the rules make of a turn changes with each second: a line is due when a finding stands in two
 * judgements one after the other, and when it is over in two. Its times are those of the first.
 */
static bool is_due(const struct agent *agent, const struct active_finding_facts *finding, bool told)
{
    double interval_s = (double)agent->options->interval_us / 1e6;

    if (told)
        return !isnan(finding->over_s) && finding->over_s > interval_s / 2;
    return isnan(finding->over_s) && finding->stood_s > interval_s / 2;
}

void agent_tell_findings(struct agent *agent)
{
    struct arena *arena = arena_new();
    struct agent_standing *standing = NULL;
    size_t count = 0;

    for (size_t i = 0; i < agent->facts.active_findings_count; i++) {
        struct active_finding_facts *finding = &agent->facts.active_findings[i];
        bool told = agent_is_told(agent, finding->id, finding->subject), due = is_due(agent, finding, told);
        struct agent_event_facts event = {.event = told ? AGENT_FINDING_ENDS : AGENT_FINDING_BEGINS,
                                          .finding = finding};

        if (due)
            tell(agent, &event);
        if (due && !told)
            agent_record_finding(agent, agent_finding(agent, finding->id, finding->subject));
        if (told != due)
            *ARENA_PUSH(arena, standing, count) = keep(arena, finding);
    }
    arena_free(agent->standing_arena);
    agent->standing_arena = arena;
    agent->standing = standing;
    agent->standing_count = count;
}
