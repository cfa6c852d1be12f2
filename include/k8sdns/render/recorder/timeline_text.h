/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TIMELINE_TEXT_H
#define K8SDNS_RENDER_TIMELINE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/* `data` is a struct timeline_facts. */
void timeline_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
