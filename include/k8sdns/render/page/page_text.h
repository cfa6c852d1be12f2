/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PAGE_TEXT_H
#define K8SDNS_RENDER_PAGE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/* Print struct page_facts as it is: the program's own words, which need no escaping. */
void page_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
