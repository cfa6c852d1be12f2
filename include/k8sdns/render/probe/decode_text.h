/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_DECODE_TEXT_H
#define K8SDNS_RENDER_DECODE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/* Print struct decode_facts in the manner of dig: comments behind ";;", records as a zone file has them. */
void decode_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
