/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TOP_LAYOUT_H
#define K8SDNS_RENDER_TOP_LAYOUT_H

#include "top_panel.h"

/* What a panel has to show, and where it was put. */
struct top_place {
    const char *gap; /* NULL when there are rows */
    void *items;
    size_t count;
    struct top_box box; /* with its title; height 0: not shown */
};

/*
 * Give panels their boxes inside of `area`. What matters most gets rows first; a panel with a gap takes one
 * line; on a small screen only the first panels, or the one that keys go to, are shown.
 */
void top_layout(const struct top_view *view, const struct top_box *area, struct top_place *places,
                size_t count);

#endif
