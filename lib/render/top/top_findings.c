/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of findings: what is wrong, newest first, and for how long. */
#include "top_panel.h"
#include <math.h>
#include <string.h>

static const char *gap(const struct top_scene *scene)
{
    const struct top_facts *facts = scene->facts;

    if (facts->standing_count)
        return NULL;
    return facts->diagnosis ? "nothing was found" : "nothing is known yet";
}

struct item {
    const struct standing_facts *finding;
};

static size_t list(const struct top_scene *scene, void **ret_items)
{
    struct item *items = NULL;
    size_t count = 0;

    for (size_t i = 0; i < scene->facts->standing_count; i++) {
        const struct standing_facts *f = &scene->facts->standing[i];
        const char *const texts[] = {f->id, f->title, f->subject, severity_words[f->severity]};

        if (top_scene_shows(scene, texts, 4))
            *ARENA_PUSH(scene->arena, items, count) = (struct item){f};
    }
    *ret_items = items;
    return count;
}

static const struct standing_facts *at(const void *items, size_t i)
{
    return ((const struct item *)items)[i].finding;
}

static const char *when(const struct top_scene *scene, const struct standing_facts *f)
{
    if (!isnan(f->over_s))
        return arena_printf(scene->arena, "over %s", top_span(scene->arena, f->over_s));
    return scene->facts->live ? top_span(scene->arena, f->stood_s) : "";
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct standing_facts *f = at(items, i);
    bool over = !isnan(f->over_s);
    enum paint paint = over ? PAINT_FAINT : top_severity_paints[f->severity];
    const char *stood = when(scene, f);
    unsigned columns = grid_columns(line->grid, stood);

    if (columns && line->room > columns + 20) {
        grid_put(line->grid, line->x + line->room - columns, line->y, columns, PAINT_FAINT, stood);
        line->room -= columns + 1;
    }
    top_line_left(line, 8, paint, over ? "over" : severity_words[f->severity]);
    top_line_addf(line, paint, "%s%s%s%s", f->consequence ? "hence " : "", f->title, f->subject ? ", " : "",
                  f->subject ? f->subject : "");
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    const struct standing_facts *f = at(items, i);

    return arena_printf(scene->arena, "%s|%s", f->id, f->subject ? f->subject : "");
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct standing_facts *f = at(items, i);

    lines_add(lines, top_severity_paints[f->severity], "", "%s: %s%s%s", severity_words[f->severity],
              f->title, f->subject ? ", " : "", f->subject ? f->subject : "");
    if (f->since && scene->facts->live)
        lines_add(lines, PAINT_FAINT, "", "since %s, for %s%s%s", f->since,
                  top_span(scene->arena, f->stood_s), isnan(f->over_s) ? "" : "; over for ",
                  isnan(f->over_s) ? "" : top_span(scene->arena, f->over_s));
    lines_add(lines, PAINT_PLAIN, "", " ");
    for (size_t k = 0; k < f->evidence_count; k++)
        lines_add(lines, PAINT_PLAIN, "  - ", "%s", f->evidence[k]);
    if (f->consequence)
        lines_add(lines, PAINT_PLAIN, "  ", "a consequence of %s", f->consequence);
    if (f->cause)
        lines_add(lines, PAINT_PLAIN, "why: ", "%s", f->cause);
    for (size_t k = 0; k < f->remedy_count; k++)
        lines_add(lines, PAINT_PLAIN, k ? "     " : "do:  ", "%zu. %s", k + 1, f->remedy[k]);
    lines_add(lines, PAINT_FAINT, "more: ", "k8sdns explain %s", f->id);
}

const struct top_panel top_panel_findings = {
    .name = "findings",
    .title = "Findings",
    .gap = gap,
    .list = list,
    .row = row,
    .key = key,
    .details = details,
    .least = 3,
};
