/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PATH_TEXT_H
#define K8SDNS_RENDER_PATH_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/tracing/path_facts.h>
#include <k8sdns/render/page/printer.h>

/* The summary of struct path_facts: how questions ended, what was looked at, and what therefore is not seen.
 */
void path_text_render(const void *data, struct printer *printer, struct arena *arena);

/* The way of the packet that has just ended, a step a line. */
void path_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
