/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drops_look.h"
#include <string.h>

#define DNS_PORT 53

struct drop_trace *drops_look_begin(struct run *run)
{
    static const uint16_t port = DNS_PORT;
    const struct drop_trace_options options = {.ports = &port, .ports_count = 1, .own = true};
    struct drop_trace *trace = NULL;

    if (drop_trace_new(&options, &trace, &run->err) < 0)
        /* What to do about it is another in a Pod: to run it on the node. */
        run_unobserved(run, "what the kernel drops",
                       arena_text_n(run->arena, run->err.text, strcspn(run->err.text, ";")),
                       "on the node: sudo k8sdns drops --duration 1m");
    run->err = (struct err){0};
    return trace;
}

struct drops_facts *drops_look_end(struct run *run, struct drop_trace *trace)
{
    struct drops_facts *facts;

    if (!trace)
        return NULL;
    (void)!drop_trace_poll(trace, 0, NULL, NULL); /* it keeps an example of each kind */
    facts = ARENA_NEW(run->arena, struct drops_facts);
    drop_trace_summary(trace, run->arena, facts);
    drop_trace_free(trace);
    return facts;
}
