/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_COREFILE_TEXT_H
#define K8SDNS_RENDER_COREFILE_TEXT_H

#include <k8sdns/model/corefile/corefile_facts.h>
#include <k8sdns/render/page/printer.h>

/* Render a struct corefile_facts: remarks, worst first; then what was turned on, and how to use it. */
void corefile_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
