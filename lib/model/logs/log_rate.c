/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/clock.h>
#include <k8sdns/model/logs/log_rate.h>
#include <math.h>
#include <string.h>

#define NS UINT64_C(1000000000)

static void widen(struct log_rate *r)
{
    struct log_rate_interval old[LOG_RATE_INTERVALS];
    uint64_t base = r->base / 2;

    memcpy(old, r->intervals, sizeof(old));
    memset(r->intervals, 0, sizeof(r->intervals));
    for (size_t i = 0; i < r->used; i++) {
        struct log_rate_interval *into = &r->intervals[(r->base + i) / 2 - base];

        into->queries += old[i].queries;
        into->failed += old[i].failed;
    }
    r->used = r->used ? (size_t)((r->base + r->used - 1) / 2 - base) + 1 : 0;
    r->base = base;
    r->width_s *= 2;
}

/* Make room in front for an earlier time. */
static void shift(struct log_rate *r, size_t by)
{
    memmove(r->intervals + by, r->intervals, r->used * sizeof(r->intervals[0]));
    memset(r->intervals, 0, by * sizeof(r->intervals[0]));
    r->base -= by;
    r->used += by;
}

static void find(struct log_rate *r, uint64_t second)
{
    if (!r->width_s) {
        r->width_s = 1;
        r->base = second;
    }
    for (;; widen(r)) {
        uint64_t at = second / r->width_s;

        if (at >= r->base && at - r->base < LOG_RATE_INTERVALS)
            break;
        if (at < r->base && r->base - at + r->used <= LOG_RATE_INTERVALS) {
            shift(r, (size_t)(r->base - at));
            break;
        }
    }
    r->last = (size_t)(second / r->width_s - r->base);
    if (r->last >= r->used)
        r->used = r->last + 1;
    r->from_ns = second / r->width_s * r->width_s * NS;
    r->to_ns = r->from_ns + r->width_s * NS;
}

void log_rate_add(struct log_rate *r, uint64_t time_ns, bool failed)
{
    if (time_ns < r->from_ns || time_ns >= r->to_ns)
        find(r, time_ns / NS);
    r->intervals[r->last].queries++;
    r->intervals[r->last].failed += failed;
}

void log_rate_facts(const struct log_rate *r, struct arena *arena, struct logs_facts *facts)
{
    char time[CLOCK_TEXT];

    facts->rate_interval_s = r->width_s ? r->width_s : SHAPE_UNSET;
    facts->peak_qps = (double)NAN;
    for (size_t i = 0; i < r->used; i++) {
        double qps = (double)r->intervals[i].queries / (double)r->width_s;

        *ARENA_PUSH(arena, facts->rate, facts->rate_count) = (struct log_rate_facts){
            arena_text(arena, clock_format((r->base + i) * r->width_s * NS, time, sizeof(time))),
            r->intervals[i].queries, r->intervals[i].failed};
        if (!(facts->peak_qps >= qps))
            facts->peak_qps = qps;
    }
}
