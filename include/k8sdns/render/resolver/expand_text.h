/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_EXPAND_TEXT_H
#define K8SDNS_RENDER_EXPAND_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/*
 * Print struct expand_facts: for each name and resolver the questions, numbered, and one sentence on what
 * they cost.
 */
void expand_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
