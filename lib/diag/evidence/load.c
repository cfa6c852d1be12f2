/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "load.h"
#include "limit.h"
#include <k8sdns/model/statistics/median.h>
#include <math.h>

static double latency_ms(const struct diagnosis *d)
{
    double *all = arena_array(d->arena, d->servers_count + 1, sizeof(*all));
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].p50_us != SHAPE_UNSET)
            all[count++] = (double)d->servers[i].p50_us / 1000;
    return median(all, count);
}

static double queries_per_second(const struct metrics_facts *metrics)
{
    double sum = (double)NAN;

    for (size_t i = 0; metrics && i < metrics->replicas_count; i++)
        if (!isnan(metrics->replicas[i].qps))
            sum = (isnan(sum) ? 0 : sum) + metrics->replicas[i].qps;
    return sum;
}

struct report_load *load_seen(const struct diagnosis *d)
{
    struct report_load *load = ARENA_NEW(d->arena, struct report_load);
    const struct limit_facts *pressure = d->facts->node ? limit_at(d->facts, "cpu-pressure") : NULL;

    *load = (struct report_load){
        .latency_ms = latency_ms(d),
        .conntrack_fill_ratio = d->present & NEED_TABLE ? d->facts->conntrack->table.fill_ratio : (double)NAN,
        .cpu_pressure_percent = pressure ? pressure->use : (double)NAN,
        .queries_per_second = queries_per_second(d->facts->metrics),
    };
    return load;
}
