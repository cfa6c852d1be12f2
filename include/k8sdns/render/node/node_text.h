/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_NODE_TEXT_H
#define K8SDNS_RENDER_NODE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/node_facts.h>
#include <k8sdns/render/page/printer.h>

/* A row for each limit, and what those that are near or overrun do to DNS. */
void node_text_render(const void *data, struct printer *printer, struct arena *arena);

/* The same, as far as a screen goes; without a screen a line that names those with new events. */
void node_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
