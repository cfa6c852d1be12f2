/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnstap_evidence.h"

bool dnstap_tells(const struct dnstap_facts *facts)
{
    return facts && dnstap_scenarios_judged(&facts->scenarios);
}

const char *dnstap_example(const struct diagnosis *d, int scenario)
{
    const struct dnstap_facts *tap = d->facts->dnstap;

    for (size_t i = 0; i < tap->sessions_count; i++) {
        const struct dnstap_session_facts *s = &tap->sessions[i];

        if (s->scenario == scenario)
            return arena_printf(d->arena, ", as %s %s at %s", s->name ? s->name : "a query without a name",
                                s->type ? s->type : "", s->time);
    }
    return "";
}
