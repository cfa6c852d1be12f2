/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_CONNTRACK_TEXT_H
#define K8SDNS_RENDER_CONNTRACK_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/render/page/printer.h>

/* Fill, counters, DNS entries by backend and client, collisions, stale entries. */
void conntrack_text_render(const void *data, struct printer *printer, struct arena *arena);

/* The same as far as a screen goes; without a screen one line. */
void conntrack_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
