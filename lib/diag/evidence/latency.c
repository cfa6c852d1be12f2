/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long answers take, and what is slow. */
#include "latency.h"
#include "answer/asked_probes.h"
#include "server.h"
#include <k8sdns/model/statistics/median.h>
#include <string.h>

uint64_t matrix_latency_us(const struct diagnosis *d, const char *id, const char *type, unsigned names)
{
    const struct asked_probes *asked = probes_at(d, id);
    double *values = NULL;
    size_t count = 0;

    for (size_t i = 0; i < asked->count; i++) {
        const struct probe_facts *p = asked->items[i].probe;
        unsigned kind;

        if (p->transport != TRANSPORT_UDP || !probe_status_is_good(p->status) || p->rtt_us == SHAPE_UNSET ||
            (type && strcmp(p->type, type) != 0))
            continue;
        kind = is_cluster_query(d, p) ? CONCERNS_CLUSTER : CONCERNS_EXTERNAL;
        /* A name of one label is refused by many an upstream at once, and tells little of it. */
        if (!(kind & names) || (kind == CONCERNS_EXTERNAL && name_kind_of(d->facts, p->name) == NAME_MISSING))
            continue;
        *ARENA_PUSH(d->arena, values, count) = (double)p->rtt_us;
    }
    return count ? (uint64_t)median(values, count) : SHAPE_UNSET;
}

int latency_severity(const struct diagnosis *d, uint64_t us)
{
    if (us == SHAPE_UNSET || (double)us < d->thresholds->lookup_slow_ms * 1000)
        return -1;
    return (double)us < d->thresholds->lookup_very_slow_ms * 1000 ? SEVERITY_INFO : SEVERITY_WARNING;
}

bool latency_stands_out(const struct diagnosis *d, uint64_t us, uint64_t peers_us)
{
    return us != SHAPE_UNSET && peers_us != SHAPE_UNSET &&
           (double)us >= (double)peers_us * d->thresholds->slow_factor &&
           (double)us >= (double)peers_us + d->thresholds->slow_more_ms * 1000;
}
