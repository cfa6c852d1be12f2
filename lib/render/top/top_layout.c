/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "top_layout.h"

/* Below these a plain list: findings and servers, and others when they are asked for. */
#define PLAIN_WIDTH  60
#define PLAIN_HEIGHT 16
/* From here on two columns; the findings and the servers have the wider one, and what else has room there. */
#define TWO_COLUMNS 150
#define LEFT_PANELS 2

/* Rows of a box with its title. */
static unsigned wanted(const struct top_place *place)
{
    return place->gap ? 1 : 1 + (unsigned)(place->count ? place->count : 1);
}

static unsigned least(const struct top_place *place, size_t panel)
{
    unsigned rows = wanted(place), least_rows = 1 + (unsigned)top_panels[panel]->least;

    return rows < least_rows ? rows : least_rows;
}

/* Stack the panels of a column: each its least, then what is left to those that matter most. */
static void stack(const struct top_box *area, struct top_place *places, const size_t *panels, size_t count)
{
    unsigned used = 0, y = area->y;

    for (size_t i = 0; i < count; i++) {
        places[panels[i]].box =
            (struct top_box){area->x, 0, area->width, least(&places[panels[i]], panels[i])};
        used += places[panels[i]].box.height;
    }
    /* Too much: the last give up their rows, then go. */
    for (size_t i = count; i-- > 0 && used > area->height;) {
        unsigned *height = &places[panels[i]].box.height, over = used - area->height;
        unsigned may = i == 0 ? *height - 1 : *height > 2 ? *height - 2 : 0;

        *height -= over < may ? over : may;
        used -= over < may ? over : may;
    }
    for (size_t i = count; i-- > 1 && used > area->height;) {
        used -= places[panels[i]].box.height;
        places[panels[i]].box.height = 0;
    }
    if (count && used > area->height) {
        places[panels[0]].box.height = area->height;
        used = area->height;
    }
    for (size_t i = 0; i < count && used < area->height; i++) {
        struct top_place *place = &places[panels[i]];
        unsigned more =
            place->box.height && wanted(place) > place->box.height ? wanted(place) - place->box.height : 0;

        more = more < area->height - used ? more : area->height - used;
        place->box.height += more;
        used += more;
    }
    for (size_t i = 0; i < count; i++) {
        places[panels[i]].box.y = y;
        y += places[panels[i]].box.height;
    }
}

static unsigned rows_of(const struct top_place *places, size_t first, size_t end)
{
    unsigned rows = 0;

    for (size_t i = first; i < end; i++)
        rows += wanted(&places[i]);
    return rows;
}

/* How many of the last panels go below the first ones: as many as make the longer column shorter. */
static size_t last_on_the_left(const struct top_place *places, size_t count)
{
    unsigned left = rows_of(places, 0, LEFT_PANELS), right = rows_of(places, LEFT_PANELS, count);
    size_t moved = 0;

    while (moved + 1 < count - LEFT_PANELS) {
        unsigned rows = wanted(&places[count - 1 - moved]);

        if (left + rows >= right)
            break;
        left += rows;
        right -= rows;
        moved++;
    }
    return moved;
}

static void two_columns(const struct top_box *area, struct top_place *places, size_t count)
{
    unsigned wide = area->width * 3 / 5;
    const struct top_box left = {area->x, area->y, wide - 2, area->height};
    const struct top_box right = {area->x + wide, area->y, area->width - wide, area->height};
    size_t moved = last_on_the_left(places, count), panels[TOP_PANELS_MAX], on_left = 0;

    for (size_t i = 0; i < count; i++)
        if (i < LEFT_PANELS || i >= count - moved)
            panels[on_left++] = i;
    stack(&left, places, panels, on_left);
    for (size_t i = 0; i < count - on_left; i++)
        panels[i] = LEFT_PANELS + i;
    stack(&right, places, panels, count - on_left);
}

void top_layout(const struct top_view *view, const struct top_box *area, struct top_place *places,
                size_t count)
{
    bool plain = !view->all_rows && (view->width < PLAIN_WIDTH || view->height < PLAIN_HEIGHT);
    size_t panels[TOP_PANELS_MAX], shown = 0;

    for (size_t i = 0; i < count; i++)
        places[i].box.height = 0;
    if (view->alone || (plain && view->panel >= LEFT_PANELS)) {
        places[view->panel].box = *area;
        return;
    }
    if (!plain && area->width >= TWO_COLUMNS && count > LEFT_PANELS) {
        two_columns(area, places, count);
        return;
    }
    for (size_t i = 0; i < (plain ? LEFT_PANELS : count); i++)
        panels[shown++] = i;
    stack(area, places, panels, shown);
}
