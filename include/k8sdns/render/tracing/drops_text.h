/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_DROPS_TEXT_H
#define K8SDNS_RENDER_DROPS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/tracing/drops_facts.h>
#include <k8sdns/render/page/printer.h>

/* The summary: what was dropped, by reason and place, by name and client; what could not be watched. */
void drops_text_render(const void *data, struct printer *printer, struct arena *arena);

/* One event (struct drop_facts), a line. */
void drops_text_render_event(const void *data, struct printer *printer, struct arena *arena);

#endif
