/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_GRID_H
#define K8SDNS_RENDER_GRID_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>
#include <stdint.h>

/*
 * A screen as cells of one column each, without a terminal: what a panel draws, a test compares and a
 * terminal shows. Untrusted text is escaped on its way in, so no cell holds anything but a printable
 * character.
 */
struct grid_cell {
    uint32_t glyph; /* Unicode; ' ' when empty */
    uint8_t style;  /* enum style */
    bool reverse;   /* the selected row, a title */
};

struct grid {
    unsigned width, height;
    bool utf8; /* else every glyph is ASCII */
    struct grid_cell *cells;
    int cursor_x, cursor_y; /* where typed text goes; -1: nowhere */
};

struct grid *grid_new(struct arena *arena, unsigned width, unsigned height, bool utf8);

/*
 * Write text into the `room` columns from x on; what does not fit is cut, and the last column says so. What
 * lies outside of the grid is dropped. Return the columns written.
 */
unsigned grid_put(struct grid *grid, unsigned x, unsigned y, unsigned room, enum style style,
                  const char *text);

/* One glyph of our own; `ascii` stands for it where there is no UTF-8. */
void grid_glyph(struct grid *grid, unsigned x, unsigned y, enum style style, uint32_t glyph, char ascii);

/* Reverse the columns from x on. */
void grid_reverse(struct grid *grid, unsigned x, unsigned y, unsigned width);

/* The columns that text takes in a grid. */
unsigned grid_columns(const struct grid *grid, const char *text);

/* The rows as lines of text, without the empty ones at the end. */
void grid_print(const struct grid *grid, struct printer *printer, struct arena *arena);

/* One row as text: UTF-8, without the blanks at its end. */
const char *grid_row_text(const struct grid *grid, unsigned y, struct arena *arena);

#endif
