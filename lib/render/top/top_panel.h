/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TOP_PANEL_H
#define K8SDNS_RENDER_TOP_PANEL_H

#include "../page/lines.h"
#include <k8sdns/render/top/top_screen.h>

/*
 * A panel of the screen is one file that ends in a `const struct top_panel`, and one word in
 * lib/render/meson.build; its place there is its number on the screen, and how soon it gets room. A panel
 * that has facts of its own to wait for says in gap() what is missing, and takes one line until they come.
 */
struct top_scene {
    struct arena *arena;
    const struct top_facts *facts;
    const struct top_view *view;
    bool utf8;
};

/* A row of a panel, written from left to right. */
struct top_line {
    struct grid *grid;
    unsigned x, y, room;
};

void top_line_add(struct top_line *line, enum style style, const char *text);
void top_line_addf(struct top_line *line, enum style style, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A column of `width`, and a space behind it. */
void top_line_left(struct top_line *line, unsigned width, enum style style, const char *text);
void top_line_right(struct top_line *line, unsigned width, enum style style, const char *text);
/* A bar of `width` columns, filled to `ratio`. */
void top_line_bar(struct top_line *line, unsigned width, enum style style, double ratio);

struct top_panel {
    const char *name;  /* one word */
    const char *title; /* what stands above it */
    /* Why there is nothing to see, in a line; NULL when there is. */
    const char *(*gap)(const struct top_scene *scene);
    /* What its rows are of, after the filter and in order. Return how many. */
    size_t (*list)(const struct top_scene *scene, void **ret_items);
    void (*heading)(const struct top_scene *scene, struct top_line *line); /* NULL: none */
    void (*row)(const struct top_scene *scene, const void *items, size_t i, struct top_line *line);
    /* What a row is known by while others come and go. */
    const char *(*key)(const struct top_scene *scene, const void *items, size_t i);
    /* All about one row; NULL: there is no more. */
    void (*details)(const struct top_scene *scene, const void *items, size_t i, struct lines *lines);
    size_t least; /* rows that it should have when room is short */
};

/* In the order of lib/render/meson.build; ends with NULL. */
extern const struct top_panel *const top_panels[];

/* There is room for what is behind each finding, below it. */
bool top_scene_is_roomy(const struct top_scene *scene);

/* The filter of the view lets one of the texts pass (NULL ones are skipped); the last is NULL. */
bool top_scene_shows(const struct top_scene *scene, const char *const *texts, size_t count);

/* "0.4", "12.3", "123", "5000": milliseconds in five columns; "-" when unset. */
#define TOP_MS 24
const char *top_ms(char *buf, uint64_t us);

/* "12 s", "3 m", "2 h 05 m": how long something has stood. */
const char *top_span(struct arena *arena, double seconds);

extern const enum style top_severity_styles[];

/* All keys and marks, for the help. */
void top_help_lines(struct lines *lines, bool utf8);

/* The mark of a strip chart for one tick. */
void top_strip_mark(struct grid *grid, unsigned x, unsigned y, const struct history_tick_facts *tick);

#endif
