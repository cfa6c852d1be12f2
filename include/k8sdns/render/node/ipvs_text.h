/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_IPVS_TEXT_H
#define K8SDNS_RENDER_IPVS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/ipvs_facts.h>
#include <k8sdns/render/page/printer.h>

/* A struct ipvs_facts as text. */
void ipvs_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
