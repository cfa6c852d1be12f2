/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of CoreDNS: its replicas as Kubernetes describes them, and what they count themselves. */
#include "top_panel.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ADDRESS 15
#define STATE   9
#define POD     28

static const struct replicas_facts *facts_of(const struct top_scene *scene)
{
    return scene->facts->facts ? scene->facts->facts->replicas : NULL;
}

static const struct metrics_facts *metrics_of(const struct top_scene *scene)
{
    const struct metrics_facts *metrics = scene->facts->facts ? scene->facts->facts->metrics : NULL;

    return metrics && metrics->replicas_count ? metrics : NULL;
}

static const char *gap(const struct top_scene *scene)
{
    const struct replicas_facts *facts = facts_of(scene);

    if ((facts && facts->replicas_count) || metrics_of(scene))
        return NULL;
    if (!facts && scene->facts->live && scene->facts->doing)
        return scene->facts->doing;
    return "no replica is known; name them with --replica, or pipe kubectl's JSON to --endpoints -";
}

/* A replica, its numbers, or both. */
struct coredns_item {
    const struct replica_facts *replica;
    const struct metrics_replica_facts *metrics;
};

/* The numbers are of this replica: by its Pod, else by its address. */
static bool is_of(const struct metrics_replica_facts *metrics, const struct replica_facts *replica)
{
    if (metrics->pod && replica->pod)
        return strcmp(metrics->pod, replica->pod) == 0;
    return metrics_are_of(metrics, replica->address);
}

static const struct metrics_replica_facts *numbers_of(const struct metrics_facts *metrics,
                                                      const struct replica_facts *replica)
{
    for (size_t i = 0; metrics && i < metrics->replicas_count; i++)
        if (is_of(&metrics->replicas[i], replica))
            return &metrics->replicas[i];
    return NULL;
}

static bool is_listed(const struct replicas_facts *facts, const struct metrics_replica_facts *metrics)
{
    for (size_t i = 0; facts && i < facts->replicas_count; i++)
        if (is_of(metrics, &facts->replicas[i]))
            return true;
    return false;
}

static size_t list(const struct top_scene *scene, void **ret_items)
{
    const struct replicas_facts *facts = facts_of(scene);
    const struct metrics_facts *metrics = metrics_of(scene);
    struct coredns_item *items = NULL;
    size_t count = 0;

    for (size_t i = 0; facts && i < facts->replicas_count; i++) {
        const struct replica_facts *r = &facts->replicas[i];
        const char *const texts[] = {r->address, r->pod, r->node, r->version};

        if (top_scene_shows(scene, texts, 4))
            *ARENA_PUSH(scene->arena, items, count) = (struct coredns_item){r, numbers_of(metrics, r)};
    }
    for (size_t i = 0; metrics && i < metrics->replicas_count; i++) {
        const struct metrics_replica_facts *m = &metrics->replicas[i];
        const char *const texts[] = {m->source, m->pod, m->node};

        if (!is_listed(facts, m) && top_scene_shows(scene, texts, 3))
            *ARENA_PUSH(scene->arena, items, count) = (struct coredns_item){NULL, m};
    }
    *ret_items = items;
    return count;
}

static const struct coredns_item *at(const void *items, size_t i)
{
    return &((const struct coredns_item *)items)[i];
}

static const struct kube_pod_facts *pod_of(const struct top_scene *scene, const struct replica_facts *replica)
{
    const struct kube_facts *kube = scene->facts->facts ? scene->facts->facts->kube : NULL;

    for (size_t i = 0; kube && replica->pod && i < kube->pods_count; i++)
        if (kube->pods[i].name && strcmp(kube->pods[i].name, replica->pod) == 0)
            return &kube->pods[i];
    return NULL;
}

static void heading(const struct top_scene *scene, struct top_line *line)
{
    if (!metrics_of(scene))
        return;
    top_line_left(line, ADDRESS, STYLE_FAINT, "");
    top_line_right(line, 6, STYLE_FAINT, "QPS");
    top_line_right(line, 5, STYLE_FAINT, "FAIL");
    top_line_right(line, 4, STYLE_FAINT, "HIT");
    top_line_right(line, 5, STYLE_FAINT, "CPU");
    top_line_right(line, 6, STYLE_FAINT, "P99 ms");
}

/* A number in a column, "-" when it is not known. */
static void put_number(struct top_line *line, unsigned width, enum style style, double value, int digits,
                       const char *unit)
{
    char text[32];

    if (isnan(value))
        snprintf(text, sizeof(text), "-");
    else
        snprintf(text, sizeof(text), "%.*f%s", digits, value, unit);
    top_line_right(line, width, style, text);
}

static void put_metrics(const struct metrics_replica_facts *m, struct top_line *line)
{
    if (m->error) {
        top_line_addf(line, STYLE_FAINT, "no metrics: %s; ", m->error);
        return;
    }
    put_number(line, 6, STYLE_PLAIN, m->qps, m->qps < 9.95 ? 1 : 0, "");
    put_number(line, 5, m->servfail_ratio > 0.01 ? STYLE_BAD : STYLE_PLAIN, m->servfail_ratio * 100, 1, "%");
    put_number(line, 4, STYLE_PLAIN, m->cache_hit_ratio * 100, 0, "%");
    put_number(line, 5, m->cpu_cores > 1 ? STYLE_ODD : STYLE_PLAIN, m->cpu_cores, 2, "");
    put_number(line, 6, STYLE_PLAIN, m->latency_ms.p99, m->latency_ms.p99 < 99.95 ? 1 : 0, "");
}

static void put_replica(const struct top_scene *scene, const struct replica_facts *r, struct top_line *line)
{
    const struct kube_pod_facts *pod = pod_of(scene, r);

    if (r->terminating || r->ready >= 0)
        top_line_left(line, STATE, r->ready == 1 && !r->terminating ? STYLE_PLAIN : STYLE_BAD,
                      r->terminating ? "going"
                      : r->ready     ? "ready"
                                     : "not ready");
    if (r->pod)
        top_line_left(line, line->room > POD + 20 ? POD : 20, STYLE_PLAIN, r->pod);
    if (pod && pod->restarts)
        top_line_addf(line, STYLE_ODD, "%" PRIu64 " restarts ", pod->restarts);
    if (r->version)
        top_line_addf(line, STYLE_PLAIN, "%s ", r->version);
    if (r->node)
        top_line_addf(line, STYLE_PLAIN, "on %s ", r->node);
    if (!r->pod && r->found_by_count)
        top_line_addf(line, STYLE_FAINT, "found by %s",
                      arena_join(scene->arena, r->found_by, r->found_by_count, ", "));
}

static const char *name_of(const struct top_scene *scene, const struct coredns_item *item)
{
    const struct replica_facts *r = item->replica;

    if (!r)
        return item->metrics->source ? item->metrics->source : "?";
    return r->port == DNS_PORT || r->port == SHAPE_UNSET
               ? r->address
               : arena_printf(scene->arena, "%s:%" PRIu64, r->address, r->port);
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct coredns_item *item = at(items, i);
    bool bad = item->replica && item->replica->ready == 0;

    top_line_left(line, ADDRESS, bad ? STYLE_BAD : STYLE_PLAIN, name_of(scene, item));
    if (item->metrics)
        put_metrics(item->metrics, line);
    if (item->replica)
        put_replica(scene, item->replica, line);
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    return name_of(scene, at(items, i));
}

static void put_counts(const char *what, const struct metrics_count_facts *counts, size_t count,
                       struct lines *lines)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(counts[i].per_second))
            lines_add(lines, STYLE_PLAIN, "  ", "%s %s: %" PRIu64 " in all", what, counts[i].name,
                      counts[i].total);
        else
            lines_add(lines, STYLE_PLAIN, "  ", "%s %s: %.1f a second, %" PRIu64 " in all", what,
                      counts[i].name, counts[i].per_second, counts[i].total);
}

static void metrics_details(const struct metrics_replica_facts *m, struct lines *lines)
{
    lines_add(lines, STYLE_STRONG, "", "what it counts (%s)", m->source ? m->source : "?");
    if (m->error) {
        lines_add(lines, STYLE_ODD, "  ", "%s", m->error);
        return;
    }
    if (!isnan(m->qps))
        lines_add(lines, STYLE_PLAIN, "  ", "%.1f queries a second", m->qps);
    if (!isnan(m->latency_ms.p50))
        lines_add(lines, STYLE_PLAIN, "  ", "half are answered within %.1f ms, 99 of 100 within %.1f ms",
                  m->latency_ms.p50, m->latency_ms.p99);
    put_counts("answers with", m->by_rcode, m->by_rcode_count, lines);
    if (!isnan(m->cache_hit_ratio))
        lines_add(lines, STYLE_PLAIN, "  ", "%.1f %% from the cache", m->cache_hit_ratio * 100);
    if (!isnan(m->cpu_cores))
        lines_add(lines, STYLE_PLAIN, "  ", "%.2f of a core", m->cpu_cores);
    if (m->panics_total && m->panics_total != SHAPE_UNSET)
        lines_add(lines, STYLE_BAD, "  ", "%" PRIu64 " panics", m->panics_total);
    lines_add(lines, STYLE_FAINT, "more: ", "k8sdns metrics");
}

static void replica_details(const struct top_scene *scene, const struct replica_facts *r, struct lines *lines)
{
    const struct kube_pod_facts *pod = pod_of(scene, r);

    lines_add(lines, STYLE_STRONG, "", "replica %s, port %" PRIu64, r->address, r->port);
    lines_add(lines, STYLE_PLAIN, "", "Pod %s on node %s, version %s", r->pod ? r->pod : "?",
              r->node ? r->node : "?", r->version ? r->version : "?");
    lines_add(lines, STYLE_PLAIN, "", "found by %s",
              arena_join(scene->arena, r->found_by, r->found_by_count, ", "));
    if (r->identity)
        lines_add(lines, STYLE_PLAIN, "", "calls itself %s", r->identity);
    if (!pod)
        return;
    lines_add(lines, STYLE_PLAIN, "", "started %s, %" PRIu64 " restarts", pod->started ? pod->started : "?",
              pod->restarts);
    if (pod->last_end)
        lines_add(lines, STYLE_ODD, "", "its container ended last as %s at %s", pod->last_end,
                  pod->last_end_time ? pod->last_end_time : "?");
    lines_add(lines, STYLE_PLAIN, "", "CPU limit %s", pod->cpu_limit ? pod->cpu_limit : "none");
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct coredns_item *item = at(items, i);

    if (item->replica)
        replica_details(scene, item->replica, lines);
    if (item->metrics)
        metrics_details(item->metrics, lines);
}

const struct top_panel top_panel_coredns = {
    .name = "coredns",
    .title = "CoreDNS",
    .gap = gap,
    .list = list,
    .heading = heading,
    .row = row,
    .key = key,
    .details = details,
    .least = 2,
};
