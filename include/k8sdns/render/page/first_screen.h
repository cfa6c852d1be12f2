/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_FIRST_SCREEN_H
#define K8SDNS_RENDER_FIRST_SCREEN_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/* What fits the smallest usual terminal, 80x24. */
#define FIRST_SCREEN_LINES 24

/*
 * What `render` prints, where it fits the first screen or all is wanted (-v); else what it prints with
 * `condensed`, which must be no longer than that: it says that -v shows the rest.
 */
void first_screen(struct printer *printer,
                  void (*render)(const void *data, bool condensed, struct printer *printer,
                                 struct arena *arena),
                  const void *data, struct arena *arena);

#endif
