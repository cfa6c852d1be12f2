/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/collect/collect_drops.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

struct drop_trace *collect_drops_begin(struct survey *survey)
{
    static const uint16_t port = DNS_PORT;
    const struct drop_trace_options options = {.ports = &port, .ports_count = 1, .own = true};
    struct drop_trace *trace = NULL;

    if (drop_trace_new(&options, &trace, &survey->err) < 0)
        /* What to do about it is another in a Pod: to look at it on the node. */
        survey_unobserved_as(survey, GAP_DROPS, NULL,
                             arena_text_n(survey->arena, survey->err.text, strcspn(survey->err.text, ";")),
                             "on the node: sudo k8sdns drops --duration 1m");
    survey->err = (struct err){0};
    return trace;
}

struct drops_facts *collect_drops_end(struct survey *survey, struct drop_trace *trace)
{
    struct drops_facts *facts;

    if (!trace)
        return NULL;
    (void)!drop_trace_poll(trace, 0, NULL, NULL); /* it keeps an example of each kind */
    facts = ARENA_NEW(survey->arena, struct drops_facts);
    drop_trace_summary(trace, survey->arena, facts);
    drop_trace_free(trace);
    return facts;
}
