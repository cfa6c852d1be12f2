/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of the node: what it has only so much of, what runs out first. */
#include "top_panel.h"
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define LABEL 34
#define GAUGE 10

static const struct node_facts *facts_of(const struct top_scene *scene)
{
    return scene->facts->facts ? scene->facts->facts->node : NULL;
}

static const char *gap(const struct top_scene *scene)
{
    if (facts_of(scene))
        return NULL;
    return scene->facts->live ? "not looked at yet" : "not in the capture";
}

static bool runs_out(const struct limit_facts *limit)
{
    return !isnan(limit->events_per_second) && limit->events_per_second > 0;
}

struct node_item {
    const struct limit_facts *limit;
};

static int by_use(const void *a, const void *b)
{
    const struct limit_facts *x = ((const struct node_item *)a)->limit,
                             *y = ((const struct node_item *)b)->limit;
    double use_x = isnan(x->ratio) ? -1 : x->ratio, use_y = isnan(y->ratio) ? -1 : y->ratio;

    if (runs_out(x) != runs_out(y))
        return runs_out(x) ? -1 : 1;
    return use_x > use_y ? -1 : use_x < use_y ? 1 : x < y ? -1 : 1;
}

static size_t list(const struct top_scene *scene, void **ret_items)
{
    const struct node_facts *node = facts_of(scene);
    struct node_item *items = NULL;
    size_t count = 0;

    for (size_t i = 0; node && i < node->limits_count; i++) {
        const struct limit_facts *limit = &node->limits[i];
        const char *const texts[] = {limit->id, limit->label};

        if (top_scene_shows(scene, texts, 2))
            *ARENA_PUSH(scene->arena, items, count) = (struct node_item){limit};
    }
    if (count)
        qsort(items, count, sizeof(*items), by_use);
    *ret_items = items;
    return count;
}

static const struct limit_facts *at(const void *items, size_t i)
{
    return ((const struct node_item *)items)[i].limit;
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct limit_facts *limit = at(items, i);
    enum style style = runs_out(limit) || limit->ratio >= 0.9 ? STYLE_BAD
                       : limit->ratio >= 0.75                 ? STYLE_ODD
                                                              : STYLE_PLAIN;
    const char *label = limit->label ? limit->label : limit->id;

    (void)scene;
    top_line_left(line, line->room > 60 ? LABEL : line->room * 2 / 5, style, label);
    if (!isnan(limit->ratio)) {
        if (line->room > 24)
            top_line_bar(line, GAUGE, style == STYLE_PLAIN ? STYLE_GOOD : style, limit->ratio);
        top_line_addf(line, style, "%3.0f %%", limit->ratio * 100);
    } else if (!isnan(limit->use)) {
        top_line_addf(line, style, "%.*f %s", limit->use < 100 && limit->use != floor(limit->use) ? 2 : 0,
                      limit->use, limit->unit ? limit->unit : "");
    } else if (limit->events != SHAPE_UNSET) {
        top_line_addf(line, style, "ran out %" PRIu64 " time%s", limit->events,
                      limit->events == 1 ? "" : "s");
    }
    if (runs_out(limit))
        top_line_addf(line, STYLE_BAD, "  runs out now, %.1f a second", limit->events_per_second);
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    (void)scene;
    return at(items, i)->id;
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct limit_facts *limit = at(items, i);

    (void)scene;
    lines_add(lines, STYLE_STRONG, "", "%s (%s)", limit->label ? limit->label : limit->id, limit->id);
    if (!isnan(limit->use))
        lines_add(lines, STYLE_PLAIN, "use: ", "%.10g %s", limit->use, limit->unit ? limit->unit : "");
    if (!isnan(limit->limit))
        lines_add(lines, STYLE_PLAIN, "limit: ", "%.10g", limit->limit);
    if (limit->events != SHAPE_UNSET)
        lines_add(lines, STYLE_PLAIN, "", "ran out %" PRIu64 " time%s since the start", limit->events,
                  limit->events == 1 ? "" : "s");
    if (!isnan(limit->events_per_second))
        lines_add(lines, STYLE_PLAIN, "", "lately %.2f times a second", limit->events_per_second);
    if (limit->affects)
        lines_add(lines, STYLE_PLAIN, "what it does: ", "%s", limit->affects);
    if (limit->detail)
        lines_add(lines, STYLE_FAINT, "", "%s", limit->detail);
}

const struct top_panel top_panel_node = {
    .name = "node",
    .title = "Limits of the node",
    .gap = gap,
    .list = list,
    .row = row,
    .key = key,
    .details = details,
    .least = 2,
};
