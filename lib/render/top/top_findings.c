/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of findings: what is wrong, the worst first and causes above consequences, and for how long. */
#include "../diagnosis/blanks_text.h"
#include "top_panel.h"
#include <k8sdns/model/diagnosis/finding_headline.h>
#include <math.h>
#include <string.h>

static const char *gap(const struct top_scene *scene)
{
    const struct top_facts *facts = scene->facts;

    if (facts->active_findings_count)
        return NULL;
    return facts->diagnosis ? "nothing was found" : "nothing is known yet";
}

#define ROOMY_WIDTH  150
#define ROOMY_HEIGHT 40
#define BEHIND_MAX   4 /* findings that are told in so many rows each, of evidence and of what to do */

bool top_scene_is_roomy(const struct top_scene *scene)
{
    return scene->view->width >= ROOMY_WIDTH && scene->view->height >= ROOMY_HEIGHT;
}

struct findings_item {
    const struct active_finding_facts *finding;
    const char *text; /* one row of what is behind it; NULL: the finding itself */
};

static void add_behind(const struct top_scene *scene, const struct active_finding_facts *f,
                       struct findings_item **items, size_t *count)
{
    for (size_t i = 0; i < f->evidence_count && i < BEHIND_MAX; i++)
        *ARENA_PUSH(scene->arena, *items, *count) =
            (struct findings_item){f, arena_printf(scene->arena, "- %s", f->evidence[i])};
    for (size_t i = 0; i < f->remedy_count && i < BEHIND_MAX; i++)
        *ARENA_PUSH(scene->arena, *items, *count) =
            (struct findings_item){f, arena_printf(scene->arena, "%zu. %s", i + 1, f->remedy[i])};
}

static size_t list(const struct top_scene *scene, void **ret_items)
{
    bool is_roomy = top_scene_is_roomy(scene);
    struct findings_item *items = NULL;
    size_t count = 0, told = 0;

    for (size_t i = 0; i < scene->facts->active_findings_count; i++) {
        const struct active_finding_facts *f = &scene->facts->active_findings[i];
        const char *const texts[] = {f->id, f->title, f->subject, severity_names[f->severity]};

        if (!top_scene_shows(scene, texts, 4))
            continue;
        *ARENA_PUSH(scene->arena, items, count) = (struct findings_item){f, NULL};
        if (is_roomy && !f->consequence && isnan(f->over_s) && told++ < BEHIND_MAX)
            add_behind(scene, f, &items, &count);
    }
    *ret_items = items;
    return count;
}

static const struct active_finding_facts *at(const void *items, size_t i)
{
    return ((const struct findings_item *)items)[i].finding;
}

#define CONSEQUENCE "consequence: "

static const char *when(const struct top_scene *scene, const struct active_finding_facts *f)
{
    if (!isnan(f->over_s))
        return arena_printf(scene->arena, "over %s", top_span(scene->arena, f->over_s));
    return scene->facts->live ? top_span(scene->arena, f->stood_s) : "";
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct active_finding_facts *f = at(items, i);
    const char *behind = ((const struct findings_item *)items)[i].text;
    bool over = !isnan(f->over_s);
    enum style style = over ? STYLE_FAINT : top_severity_styles[f->severity];
    const char *stood = behind ? "" : when(scene, f), *text;
    unsigned columns = grid_columns(line->grid, stood);

    if (columns && line->room > columns + 20) {
        grid_put(line->grid, line->x + line->room - columns, line->y, columns, STYLE_FAINT, stood);
        line->room -= columns + 1;
    }
    if (behind) {
        top_line_left(line, 8, STYLE_PLAIN, "");
        top_line_addf(line, STYLE_PLAIN, "%s", behind);
        return;
    }
    top_line_left(line, 8, style, over ? "over" : severity_names[f->severity]);
    text = finding_headline(scene->arena, f->title, f->subject);
    /* The word is short where the name would be cut off for it. */
    if (f->consequence)
        top_line_add(line, style,
                     line->room >= grid_columns(line->grid, text) + strlen(CONSEQUENCE) ? CONSEQUENCE
                                                                                        : "-> ");
    top_line_add(line, style, text);
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    const struct active_finding_facts *f = at(items, i);

    const char *behind = ((const struct findings_item *)items)[i].text;

    return arena_printf(scene->arena, "%s|%s|%s", f->id, f->subject ? f->subject : "", behind ? behind : "");
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct active_finding_facts *f = at(items, i);
    const char *blanks;
    unsigned found = 0;

    lines_add(lines, top_severity_styles[f->severity], "", "%s: %s", severity_names[f->severity],
              finding_headline(scene->arena, f->title, f->subject));
    if (f->since && scene->facts->live)
        lines_add(lines, STYLE_FAINT, "", "since %s, for %s%s%s", f->since,
                  top_span(scene->arena, f->stood_s), isnan(f->over_s) ? "" : "; over for ",
                  isnan(f->over_s) ? "" : top_span(scene->arena, f->over_s));
    lines_add(lines, STYLE_PLAIN, "", " ");
    for (size_t k = 0; k < f->evidence_count; k++)
        lines_add(lines, STYLE_PLAIN, "  - ", "%s", f->evidence[k]);
    if (f->consequence)
        lines_add(lines, STYLE_PLAIN, "  ", "a consequence of %s", f->consequence);
    if (f->cause)
        lines_add(lines, STYLE_PLAIN, "why: ", "%s", f->cause);
    for (size_t k = 0; k < f->remedy_count; k++) {
        lines_add(lines, STYLE_PLAIN, k ? "     " : "do:  ", "%zu. %s", k + 1, f->remedy[k]);
        found |= blanks_of(f->remedy[k]);
    }
    blanks = blanks_text(scene->arena, found);
    if (blanks)
        lines_add(lines, STYLE_PLAIN, "fill in: ", "%s", blanks);
    lines_add(lines, STYLE_FAINT, "more: ", "k8sdns explain %s", f->id);
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
