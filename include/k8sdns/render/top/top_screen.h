/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TOP_SCREEN_H
#define K8SDNS_RENDER_TOP_SCREEN_H

#include <k8sdns/model/top/top_facts.h>
#include <k8sdns/render/page/grid.h>
#include <k8sdns/render/top/top_view.h>

/*
 * The screen of `facts` as `view` wants it. Pure, but for what the drawing tells the view: which rows there
 * are, and where. Any size will do.
 */
struct grid *top_screen_draw(const struct top_facts *facts, struct top_view *view, struct arena *arena);

/* How many panels there are. */
size_t top_screen_panels(void);

/* The number of a panel by its name; SIZE_MAX for none. */
size_t top_screen_panel(const char *name);

/* What stands in the normal screen when top has gone: the verdict, the findings and the servers. */
void top_text_render(const void *data, struct printer *printer, struct arena *arena);

/* A screen as text, for batches. */
void top_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
