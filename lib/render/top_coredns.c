/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of CoreDNS: its replicas as Kubernetes describes them. */
#include "top_panel.h"
#include <inttypes.h>
#include <string.h>

#define POD 36

static const struct replicas_facts *facts_of(const struct top_scene *scene)
{
    return scene->facts->facts ? scene->facts->facts->replicas : NULL;
}

static const char *gap(const struct top_scene *scene)
{
    const struct replicas_facts *facts = facts_of(scene);

    if (facts && facts->replicas_count)
        return NULL;
    if (!facts && scene->facts->live && scene->facts->doing)
        return scene->facts->doing;
    return "no replica is known; name them with --replica, or pipe kubectl's JSON to --endpoints -";
}

struct item {
    const struct replica_facts *replica;
};

static size_t list(const struct top_scene *scene, void **ret_items)
{
    const struct replicas_facts *facts = facts_of(scene);
    struct item *items = NULL;
    size_t count = 0;

    for (size_t i = 0; facts && i < facts->replicas_count; i++) {
        const struct replica_facts *r = &facts->replicas[i];
        const char *const texts[] = {r->address, r->pod, r->node, r->version};

        if (top_scene_shows(scene, texts, 4))
            *ARENA_PUSH(scene->arena, items, count) = (struct item){r};
    }
    *ret_items = items;
    return count;
}

static const struct replica_facts *at(const void *items, size_t i)
{
    return ((const struct item *)items)[i].replica;
}

static const struct kube_pod_facts *pod_of(const struct top_scene *scene, const struct replica_facts *replica)
{
    const struct kube_facts *kube = scene->facts->facts ? scene->facts->facts->kube : NULL;

    for (size_t i = 0; kube && replica->pod && i < kube->pods_count; i++)
        if (kube->pods[i].name && strcmp(kube->pods[i].name, replica->pod) == 0)
            return &kube->pods[i];
    return NULL;
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct replica_facts *r = at(items, i);
    const struct kube_pod_facts *pod = pod_of(scene, r);

    const char *address = r->port == 53 || r->port == SHAPE_UNSET
                              ? r->address
                              : arena_printf(scene->arena, "%s:%" PRIu64, r->address, r->port);

    top_line_left(line, 15, r->ready == 0 ? PAINT_BAD : PAINT_PLAIN, address);
    if (r->pod)
        top_line_left(line, line->room > 100 ? POD : 24, PAINT_PLAIN, r->pod);
    if (r->terminating || r->ready >= 0)
        top_line_left(line, 11, r->ready == 1 && !r->terminating ? PAINT_PLAIN : PAINT_BAD,
                      r->terminating ? "terminating"
                      : r->ready     ? "ready"
                                     : "not ready");
    if (r->version)
        top_line_left(line, 7, PAINT_PLAIN, r->version);
    if (pod && pod->restarts)
        top_line_addf(line, PAINT_ODD, "%" PRIu64 " restarts ", pod->restarts);
    if (r->node && line->room > 8)
        top_line_addf(line, PAINT_PLAIN, "on %s ", r->node);
    if (!r->pod && r->found_by_count)
        top_line_addf(line, PAINT_FAINT, "found by %s",
                      arena_join(scene->arena, r->found_by, r->found_by_count, ", "));
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    (void)scene;
    return at(items, i)->address;
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct replica_facts *r = at(items, i);
    const struct kube_pod_facts *pod = pod_of(scene, r);

    lines_add(lines, PAINT_STRONG, "", "replica %s, port %" PRIu64, r->address, r->port);
    lines_add(lines, PAINT_PLAIN, "", "Pod %s on node %s, version %s", r->pod ? r->pod : "?",
              r->node ? r->node : "?", r->version ? r->version : "?");
    lines_add(lines, PAINT_PLAIN, "", "found by %s",
              arena_join(scene->arena, r->found_by, r->found_by_count, ", "));
    if (r->identity)
        lines_add(lines, PAINT_PLAIN, "", "calls itself %s", r->identity);
    if (pod) {
        lines_add(lines, PAINT_PLAIN, "", "started %s, %" PRIu64 " restarts",
                  pod->started ? pod->started : "?", pod->restarts);
        if (pod->last_end)
            lines_add(lines, PAINT_ODD, "", "its container ended last as %s at %s", pod->last_end,
                      pod->last_end_time ? pod->last_end_time : "?");
        lines_add(lines, PAINT_PLAIN, "", "CPU limit %s", pod->cpu_limit ? pod->cpu_limit : "none");
    }
}

const struct top_panel top_panel_coredns = {
    .name = "coredns",
    .title = "CoreDNS",
    .gap = gap,
    .list = list,
    .row = row,
    .key = key,
    .details = details,
    .least = 2,
};
