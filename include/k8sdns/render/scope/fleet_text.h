/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_FLEET_TEXT_H
#define K8SDNS_RENDER_FLEET_TEXT_H

#include <k8sdns/model/scope/scope_facts.h>
#include <k8sdns/render/page/printer.h>

/*
 * What Prometheus told, below scope's two answers: where it fails, when, what else was counted. Condensed,
 * only the places that fail and at most three of them.
 */
void fleet_text_render(const struct fleet_facts *fleet, bool condensed, struct printer *printer,
                       struct arena *arena);

#endif
