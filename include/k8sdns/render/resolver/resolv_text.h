/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_RESOLV_TEXT_H
#define K8SDNS_RENDER_RESOLV_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/*
 * Print struct resolv_facts: what was looked at, the three views side by side, the warnings by line, those
 * that lose something first.
 */
void resolv_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
