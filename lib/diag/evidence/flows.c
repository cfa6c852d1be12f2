/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "flows.h"
#include <inttypes.h>
#include <string.h>

const struct conntrack_follow_facts *flows_followed(const struct diagnosis *d)
{
    return d->facts->conntrack && d->facts->conntrack->table.hooks != 0 ? d->facts->conntrack->flows : NULL;
}

void flows_tell_unanswered(struct diagnosis *d, struct finding *finding, const char *address)
{
    const struct conntrack_follow_facts *flows = flows_followed(d);

    for (size_t i = 0; flows && i < flows->by_backend_count; i++) {
        const struct conntrack_flow_peer_facts *peer = &flows->by_backend[i];

        if (peer->unanswered && strcmp(peer->address, address) == 0)
            finding_evidence(d, finding,
                             "%" PRIu64 " of %" PRIu64
                             " DNS flows of other clients to %s got no reply within %g s",
                             peer->unanswered, peer->answered + peer->unanswered, address, flows->wait_s);
    }
}

static uint64_t count_of(const struct conntrack_follow_facts *flows, int event)
{
    return event == FLOW_STALE       ? flows->stale
           : event == FLOW_REWRITTEN ? flows->rewritten
           : event == FLOW_REUSED    ? flows->reused
                                     : flows->clash;
}

void flows_tell_odd(struct diagnosis *d, struct finding *finding, int event, const char *what)
{
    const struct conntrack_follow_facts *flows = flows_followed(d);
    uint64_t count = flows ? count_of(flows, event) : 0;
    const struct conntrack_flow_facts *first = NULL;

    if (!count)
        return;
    for (size_t i = 0; i < flows->odd_flows_count && !first; i++)
        if (flows->odd_flows[i].event == event)
            first = &flows->odd_flows[i];
    finding_evidence(d, finding, "while it was watched, %" PRIu64 " new DNS %s of other clients %s%s", count,
                     count == 1 ? "flow" : "flows", what,
                     first ? arena_printf(d->arena, ": %s%s%s%s to %s, answered by %s to %s",
                                          first->flow.orig_src, first->pod ? " (Pod " : "",
                                          first->pod ? first->pod : "", first->pod ? ")" : "",
                                          first->flow.orig_dst, first->flow.reply_src, first->flow.reply_dst)
                           : "");
}

const char *flows_host(struct arena *arena, const char *text)
{
    const char *end = strrchr(text, ':');

    if (*text == '[')
        return arena_text_n(arena, text + 1, strcspn(text + 1, "]"));
    return end ? arena_text_n(arena, text, (size_t)(end - text)) : text;
}
