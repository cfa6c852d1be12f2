/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PROBE_TEXT_H
#define K8SDNS_RENDER_PROBE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/*
 * Print struct matrix_facts: a summary line, one table with the odd ones marked, the records, and a
 * sentence for each difference and each thing seen besides.
 */
void probe_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
