/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../diagnosis/blanks_text.h"
#include "top_layout.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* The title, the verdict, what to do. */
#define STEP_ROWS    2 /* of the first step's words at most */
#define COMMAND_ROWS 3 /* of its command */
/* Title, verdict, what to do, what to fill in. */
#define HEAD_ROWS (1 + 3 + STEP_ROWS + COMMAND_ROWS + 1)

size_t top_screen_panels(void)
{
    size_t count = 0;

    while (top_panels[count])
        count++;
    return count;
}

size_t top_screen_panel(const char *name)
{
    for (size_t i = 0; top_panels[i]; i++)
        if (strcmp(top_panels[i]->name, name) == 0)
            return i;
    return SIZE_MAX;
}

/* ---- the head ---- */

static enum style verdict_style(const struct top_facts *facts)
{
    int worst = SEVERITY_INFO;

    for (size_t i = 0; i < facts->active_findings_count; i++)
        if (isnan(facts->active_findings[i].over_s) && facts->active_findings[i].severity < worst)
            worst = facts->active_findings[i].severity;
    return !facts->diagnosis ? STYLE_FAINT : worst == SEVERITY_INFO ? STYLE_GOOD : top_severity_styles[worst];
}

/* "2026-01-31T12:00:00.000Z" as the time of day. */
static const char *clock_of(const struct top_scene *scene)
{
    const char *time = scene->facts->time;

    if (!time || strlen(time) < 19)
        return "";
    return scene->facts->live ? arena_printf(scene->arena, "%.8sZ", time + 11)
                              : arena_printf(scene->arena, "%.10s %.8sZ", time, time + 11);
}

/* The names that were given: " for www.example.com, db"; `counted`: " for 2 names"; "" for none. */
static const char *names_of(const struct top_scene *scene, bool counted)
{
    const struct facts *facts = scene->facts->facts;
    const char **names = NULL;
    size_t count = 0;

    for (size_t i = 0; facts && i < facts->names_count; i++)
        if (facts->names[i].kind == NAME_GIVEN)
            *ARENA_PUSH(scene->arena, names, count) = facts->names[i].name;
    if (!count)
        return "";
    return counted ? arena_printf(scene->arena, " for %zu name%s", count, count == 1 ? "" : "s")
                   : arena_printf(scene->arena, " for %s", arena_join(scene->arena, names, count, ", "));
}

/* As much as there is room for: names are counted or left out before they are cut, and "capture of" goes
 * before. */
static void draw_title(const struct top_scene *scene, struct grid *grid)
{
    const struct top_view *view = scene->view;
    const struct facts *facts = scene->facts->facts;
    const char *host = facts && facts->host.hostname ? facts->host.hostname : "";
    const char *clock = clock_of(scene);
    const char *rights[] = {scene->facts->live
                                ? arena_printf(scene->arena, "every %s  %s", scene->facts->interval, clock)
                            : scene->facts->interval
                                ? arena_printf(scene->arena, "recorded %s  %s", clock, scene->facts->interval)
                                : arena_printf(scene->arena, "capture of %s", clock),
                            clock};
    const char *flags = arena_printf(
        scene->arena, "%s%s%s%s%s", view->paused ? "  PAUSED" : "", view->filter[0] ? "  only /" : "",
        view->filter, scene->facts->looks ? "  " : "", scene->facts->looks ? scene->facts->looks : "");
    struct top_line line = {grid, 0, 0, grid->width};
    const char *left = "", *right = "";

    for (int i = 0; i < 6; i++) {
        right = rights[i % 2];
        left = arena_printf(scene->arena, "%s%s%s", *host ? " " : "", host,
                            i < 4 ? names_of(scene, i >= 2) : "");
        if (grid_columns(grid, "k8sdns top") + grid_columns(grid, flags) + grid_columns(grid, left) + 1 +
                grid_columns(grid, right) <=
            grid->width)
            break;
    }
    if (grid->width > grid_columns(grid, right) + 12) {
        unsigned columns = grid_columns(grid, right);

        grid_put(grid, grid->width - columns, 0, columns, STYLE_PLAIN, right);
        line.room -= columns + 1;
    }
    top_line_add(&line, STYLE_STRONG, "k8sdns top");
    top_line_add(&line, STYLE_ODD, flags);
    top_line_add(&line, STYLE_PLAIN, left);
    grid_reverse(grid, 0, 0, grid->width);
}

/* The finding that the verdict is about; NULL when all is well. */
static const struct finding *leading(const struct top_facts *facts)
{
    const struct finding *first =
        facts->diagnosis && facts->diagnosis->findings_count ? &facts->diagnosis->findings[0] : NULL;

    return first && first->severity < SEVERITY_INFO ? first : NULL;
}

static bool is_ascii(const char *text)
{
    while (*text && (unsigned char)*text < 0x80)
        text++;
    return !*text;
}

/* A command in as many rows as it takes: none of it is cut off, and it is selected as one. */
static unsigned draw_command(const struct top_scene *scene, const char *command, struct grid *grid,
                             unsigned y)
{
    unsigned rows = 0;

    while (*command) {
        size_t len = strlen(command);
        unsigned columns = (unsigned)(len < grid->width ? len : grid->width);

        grid_put(grid, 0, y + rows++, columns, STYLE_PLAIN, arena_text_n(scene->arena, command, columns));
        command += columns;
    }
    return rows;
}

/* What words in capitals stand for, of all commands that are shown; NULL for none. */
static const char *filled_in(const struct top_scene *scene, const struct finding *lead)
{
    const struct diagnose_facts *diagnosis = scene->facts->diagnosis;
    unsigned found = lead->steps_count ? blanks_of(lead->steps[0].command) : 0;
    const char *text;

    for (size_t i = 0; top_scene_is_roomy(scene) && i < diagnosis->findings_count; i++)
        for (size_t k = 0; k < diagnosis->findings[i].steps_count && !diagnosis->findings[i].consequence; k++)
            found |= blanks_of(diagnosis->findings[i].steps[k].command);
    text = blanks_text(scene->arena, found);
    return text ? arena_printf(scene->arena, "(%s)", text) : NULL;
}

/* The first step in one row where that has room for it, else its command in rows of its own; what is to be
 * filled in below. */
static unsigned draw_step(const struct top_scene *scene, const struct finding *lead, struct grid *grid,
                          unsigned y)
{
    const char *blanks = filled_in(scene, lead);
    const struct step *step = lead->steps_count ? &lead->steps[0] : NULL;
    const char *whole = arena_printf(scene->arena, "do: %s", lead->remedy[0]);
    struct top_line line = {grid, 0, y, grid->width};
    unsigned rows = 1;

    if (!step || !step->command || grid_columns(grid, whole) <= grid->width || !is_ascii(step->command) ||
        strlen(step->command) > (size_t)grid->width * COMMAND_ROWS) {
        top_line_add(&line, STYLE_PLAIN, whole);
    } else {
        struct lines lines = {.arena = scene->arena, .width = grid->width};

        lines_add(&lines, STYLE_PLAIN, "do: ", "%s", step->text);
        for (rows = 0; rows < lines.count && rows < STEP_ROWS; rows++)
            grid_put(grid, 0, y + rows, grid->width, STYLE_PLAIN, lines.items[rows].text);
        rows += draw_command(scene, step->command, grid, y + rows);
    }
    if (blanks)
        grid_put(grid, 0, y + rows++, grid->width, STYLE_FAINT, blanks);
    return rows;
}

/* The verdict, and what to do about it. Return the rows taken. */
static unsigned draw_verdict(const struct top_scene *scene, struct grid *grid, unsigned y)
{
    const struct top_facts *facts = scene->facts;
    const struct finding *lead = leading(facts);
    struct lines lines = {.arena = scene->arena, .width = grid->width};
    unsigned rows = grid->height < 10 ? 1 : grid->height < 20 ? 2 : 3, y_first = y;

    if (facts->verdict)
        lines_add(&lines, verdict_style(facts), "", "%s", facts->verdict);
    else
        lines_add(&lines, STYLE_FAINT, "", "%s ...", facts->doing ? facts->doing : "looking");
    for (size_t i = 0; i < lines.count && i < rows; i++, y++)
        grid_put(grid, 0, y, grid->width, lines.items[i].style, lines.items[i].text);
    if (lead && lead->remedy_count && grid->height >= 20 && grid->width >= 60)
        y += draw_step(scene, lead, grid, y);
    return y - y_first;
}

/* ---- the foot ---- */

static void draw_prompt(const struct top_view *view, struct grid *grid, unsigned y)
{
    static const char *const questions[] = {
        [TOP_PROMPT_NONE] = "",
        [TOP_PROMPT_NAMES] = "names to ask for (none: the usual): ",
        [TOP_PROMPT_INTERVAL] = "interval (500ms, 2s): ",
        [TOP_PROMPT_FILTER] = "show rows with: ",
        [TOP_PROMPT_WRITE] = "write a capture to: ",
    };
    struct top_line line = {grid, 0, y, grid->width};
    unsigned typed = grid_columns(grid, view->typed);
    const char *tail = view->typed;

    grid_put(grid, 0, y, grid->width, STYLE_PLAIN, "");
    top_line_add(&line, STYLE_STRONG, questions[view->prompt]);
    /* Of a long text the end is seen, where one types. */
    while (typed + 1 > line.room && *tail) {
        tail++;
        typed = grid_columns(grid, tail);
    }
    top_line_add(&line, STYLE_PLAIN, tail);
    grid->cursor_x = (int)(line.x < grid->width ? line.x : grid->width - 1);
    grid->cursor_y = (int)y;
}

static void draw_foot(const struct top_scene *scene, struct grid *grid)
{
    static const char panels[] =
        "? help  q quit  Tab panel  Enter details  n names  / filter  s sort  p pause  "
        "w write  i interval  r look";
    static const char printer[] = "Esc back  q quit  up/down scroll  ? help";
    const struct top_view *view = scene->view;
    unsigned y = grid->height - 1;

    if (view->prompt != TOP_PROMPT_NONE)
        draw_prompt(view, grid, y);
    else if (view->status[0])
        grid_put(grid, 0, y, grid->width, STYLE_ODD, view->status);
    else
        grid_put(grid, 0, y, grid->width, STYLE_FAINT, view->mode == TOP_PANELS ? panels : printer);
}

/* ---- panels ---- */

/* The marked row is the one that it was, though others came and went. */
static void find_marked(const struct top_scene *scene, const struct top_place *place, size_t panel,
                        struct top_row_view *at)
{
    const struct top_panel *p = top_panels[panel];

    for (size_t i = 0; at->key[0] && i < place->count; i++)
        if (strcmp(p->key(scene, place->items, i), at->key) == 0) {
            at->row = i;
            break;
        }
    if (at->row >= place->count)
        at->row = place->count ? place->count - 1 : 0;
    if (place->count && at->row)
        snprintf(at->key, sizeof(at->key), "%s", p->key(scene, place->items, at->row));
    else
        at->key[0] = '\0';
}

static void draw_heading(const struct top_scene *scene, const struct top_place *place, size_t panel,
                         size_t rows, struct grid *grid)
{
    const struct top_panel *p = top_panels[panel];
    const struct top_row_view *at = &scene->view->at[panel];
    const struct top_box *box = &place->box;
    struct top_line line = {grid, box->x, box->y, box->width};
    bool focused = scene->view->panel == panel && !scene->view->all_rows;

    if (p->heading && !place->gap) {
        struct top_line heading = line;

        p->heading(scene, &heading);
    }
    top_line_addf(&line, STYLE_STRONG, "%zu %s", panel + 1, p->title);
    if (place->gap)
        top_line_addf(&line, STYLE_FAINT, ": %s", place->gap);
    else if (place->count > rows && rows)
        top_line_addf(&line, STYLE_FAINT, " %zu/%zu", at->first + rows, place->count);
    else if (!place->count)
        top_line_add(&line, STYLE_FAINT, ": no row has the text that is looked for");
    grid_reverse(grid, box->x, box->y, focused ? line.x - box->x : 0);
}

static void draw_panel(const struct top_scene *scene, struct top_view *view, const struct top_place *place,
                       size_t panel, struct grid *grid)
{
    const struct top_box *box = &place->box;
    struct top_row_view *at = &view->at[panel];
    size_t rows = box->height ? box->height - 1 : 0;

    view->boxes[panel] = *box;
    view->counts[panel] = place->gap ? 0 : place->count;
    find_marked(scene, place, panel, at);
    if (!box->height)
        return;
    if (rows && at->row < at->first)
        at->first = at->row;
    if (rows && at->row >= at->first + rows)
        at->first = at->row + 1 - rows;
    if (at->first + rows > place->count)
        at->first = place->count > rows ? place->count - rows : 0;
    if (view->panel == panel)
        view->printer = rows ? rows : 1;
    draw_heading(scene, place, panel, rows, grid);
    for (size_t i = 0; i < rows && !place->gap && at->first + i < place->count; i++) {
        struct top_line line = {grid, box->x, box->y + 1 + (unsigned)i, box->width};

        top_panels[panel]->row(scene, place->items, at->first + i, &line);
        if (view->panel == panel && at->first + i == at->row && !view->all_rows)
            grid_reverse(grid, box->x, line.y, box->width);
    }
}

static void draw_panels(const struct top_scene *scene, struct top_view *view, struct top_place *places,
                        size_t count, unsigned y, struct grid *grid)
{
    unsigned below = view->all_rows ? 0 : 1;
    const struct top_box area = {0, y, grid->width, grid->height > y + below ? grid->height - y - below : 0};

    top_layout(view, &area, places, count);
    for (size_t i = 0; i < count; i++)
        draw_panel(scene, view, &places[i], i, grid);
}

/* ---- pages ---- */

static void draw_page(struct top_view *view, const struct lines *lines, struct grid *grid)
{
    size_t rows = grid->height > 2 ? grid->height - 2 : 0;

    view->printer = rows ? rows : 1;
    view->scroll_max = lines->count > rows ? lines->count - rows : 0;
    if (view->scroll > view->scroll_max)
        view->scroll = view->scroll_max;
    for (size_t i = 0; i < rows && view->scroll + i < lines->count; i++)
        grid_put(grid, 0, 1 + (unsigned)i, grid->width, lines->items[view->scroll + i].style,
                 lines->items[view->scroll + i].text);
    if (view->scroll < view->scroll_max && rows)
        grid_put(grid, grid->width > 8 ? grid->width - 8 : 0, (unsigned)rows, 8, STYLE_FAINT, " more...");
}

static bool draw_details(const struct top_scene *scene, struct top_view *view, struct top_place *places,
                         struct grid *grid)
{
    const struct top_place *place = &places[view->panel];
    const struct top_panel *panel = top_panels[view->panel];
    struct lines lines = {.arena = scene->arena, .width = grid->width};

    find_marked(scene, place, view->panel, &view->at[view->panel]);
    view->counts[view->panel] = place->gap ? 0 : place->count;
    if (place->gap || !place->count || !panel->details)
        return false;
    panel->details(scene, place->items, view->at[view->panel].row, &lines);
    draw_page(view, &lines, grid);
    return true;
}

struct grid *top_screen_draw(const struct top_facts *facts, struct top_view *view, struct arena *arena)
{
    const struct top_scene scene = {arena, facts, view, view->utf8};
    struct top_place places[TOP_PANELS_MAX] = {0};
    size_t count = top_screen_panels(), rows = HEAD_ROWS;
    struct grid *grid;

    for (size_t i = 0; i < count; i++) {
        places[i].gap = top_panels[i]->gap(&scene);
        if (!places[i].gap)
            places[i].count = top_panels[i]->list(&scene, &places[i].items);
        rows += 2 + places[i].count;
    }
    grid = grid_new(arena, view->width, view->all_rows ? (unsigned)rows : view->height, view->utf8);
    if (!grid->width || !grid->height)
        return grid;
    memset(view->boxes, 0, sizeof(view->boxes));
    draw_title(&scene, grid);
    if (view->mode == TOP_HELP) {
        struct lines lines = {.arena = arena, .width = grid->width};

        top_help_lines(&lines, view->utf8);
        draw_page(view, &lines, grid);
    } else if (view->mode != TOP_DETAILS || !draw_details(&scene, view, places, grid)) {
        view->mode = TOP_PANELS;
        draw_panels(&scene, view, places, count, 1 + draw_verdict(&scene, grid, 1), grid);
    }
    if (!view->all_rows)
        draw_foot(&scene, grid);
    return grid;
}
