/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of cells: text in styles, cut at its end. */
#include "top_panel.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const enum style top_severity_styles[] = {
    [SEVERITY_CRITICAL] = STYLE_BAD, [SEVERITY_WARNING] = STYLE_ODD, [SEVERITY_INFO] = STYLE_PLAIN};

static void advance(struct top_line *line, unsigned columns)
{
    columns = columns < line->room ? columns : line->room;
    line->x += columns;
    line->room -= columns;
}

void top_line_add(struct top_line *line, enum style style, const char *text)
{
    if (line->room)
        advance(line, grid_put(line->grid, line->x, line->y, line->room, style, text));
}

void top_line_addf(struct top_line *line, enum style style, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    top_line_add(line, style, text);
}

void top_line_left(struct top_line *line, unsigned width, enum style style, const char *text)
{
    unsigned room = width < line->room ? width : line->room;

    if (room)
        grid_put(line->grid, line->x, line->y, room, style, text);
    advance(line, width + 1);
}

void top_line_right(struct top_line *line, unsigned width, enum style style, const char *text)
{
    unsigned columns = grid_columns(line->grid, text), room = width < line->room ? width : line->room;
    unsigned skip = columns < room ? room - columns : 0;

    if (room)
        grid_put(line->grid, line->x + skip, line->y, room - skip, style, text);
    advance(line, width + 1);
}

void top_line_bar(struct top_line *line, unsigned width, enum style style, double ratio)
{
    unsigned room = width < line->room ? width : line->room;
    unsigned full = ratio > 0 ? (unsigned)(ratio * width + 0.5) : 0;

    /* Something is never shown as nothing. */
    if (ratio > 0 && !full)
        full = 1;
    for (unsigned i = 0; i < room; i++)
        grid_glyph(line->grid, line->x + i, line->y, i < full ? style : STYLE_FAINT, i < full ? 0x2588 : 0xb7,
                   i < full ? '#' : '.');
    advance(line, width + 1);
}

const char *top_ms(char *buf, uint64_t us)
{
    double ms = (double)us / 1000;

    if (us == SHAPE_UNSET)
        return "-";
    snprintf(buf, TOP_MS, "%.*f", ms < 99.95 ? 1 : 0, ms);
    return buf;
}

const char *top_span(struct arena *arena, double seconds)
{
    uint64_t s = (uint64_t)seconds;

    if (s < 60)
        return arena_printf(arena, "%" PRIu64 " s", s);
    /* What is longer need not be told by the second: each change costs bytes on a slow line. */
    if (s < 3600)
        return arena_printf(arena, "%" PRIu64 " m", s / 60);
    if (s < 86400)
        return arena_printf(arena, "%" PRIu64 " h %02" PRIu64 " m", s / 3600, s / 60 % 60);
    return arena_printf(arena, "%" PRIu64 " d %02" PRIu64 " h", s / 86400, s / 3600 % 24);
}

bool top_scene_shows(const struct top_scene *scene, const char *const *texts, size_t count)
{
    if (!scene->view->filter[0])
        return true;
    for (size_t i = 0; i < count; i++)
        if (texts[i] && strcasestr(texts[i], scene->view->filter))
            return true;
    return false;
}

/* Each level is about three times the one below it, so that what is well stays flat. */
static unsigned level(uint64_t us)
{
    static const uint64_t below_us[] = {1000, 3000, 10000, 30000, 100000, 300000, 1000000};
    unsigned i = 0;

    while (i < sizeof(below_us) / sizeof(below_us[0]) && us >= below_us[i])
        i++;
    return i;
}

void top_strip_mark(struct grid *grid, unsigned x, unsigned y, const struct history_tick_facts *tick)
{
    static const char ascii[] = "_.-:=+*#";
    unsigned high;

    if (tick->status < 0)
        return;
    if (tick->status >= 0 && !probe_status_is_good(tick->status)) {
        bool lost = tick->status == PROBE_TIMEOUT || tick->status == PROBE_UNREACHABLE ||
                    tick->status == PROBE_MISMATCH || tick->status == PROBE_ERROR;

        grid_glyph(grid, x, y, lost ? STYLE_BAD : STYLE_ODD, lost ? '!' : 'E', lost ? '!' : 'E');
        return;
    }
    high = tick->us == SHAPE_UNSET ? 0 : level(tick->us);
    grid_glyph(grid, x, y, high < 4 ? STYLE_PLAIN : STYLE_ODD, 0x2581 + high, ascii[high]);
}
