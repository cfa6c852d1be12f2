/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_SPANS_TEXT_H
#define K8SDNS_RENDER_SPANS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/spans/span_facts.h>
#include <k8sdns/render/page/printer.h>

/* Render a struct spans_facts: where the time went, by plugin, code, name and upstream; the slowest as trees.
 */
void spans_text_render(const void *data, struct printer *printer, struct arena *arena);
/* A line for each slow, failed or panicked query; on a screen where the time goes so far. */
void spans_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
