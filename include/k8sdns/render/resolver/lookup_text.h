/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_LOOKUP_TEXT_H
#define K8SDNS_RENDER_LOOKUP_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/*
 * Print struct lookups_facts: for each lookup its result, a waterfall of its queries on a time axis, the
 * wasted ones marked, and what would have cut it short.
 */
void lookup_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
