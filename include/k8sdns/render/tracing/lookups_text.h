/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_LOOKUPS_TEXT_H
#define K8SDNS_RENDER_LOOKUPS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/tracing/traced_lookups_facts.h>
#include <k8sdns/render/page/printer.h>

/* The summary of struct traced_lookups_facts: latency, processes, names, what is in flight, and how it was
 * seen. */
void lookups_text_render(const void *data, struct printer *printer, struct arena *arena);

/* One line for each lookup. */
void lookups_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
