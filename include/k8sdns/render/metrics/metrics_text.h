/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_METRICS_TEXT_H
#define K8SDNS_RENDER_METRICS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/metrics/metrics_facts.h>
#include <k8sdns/render/page/printer.h>

/* The replicas side by side, the odd one marked, their upstreams and zones, findings; or alert rules. */
void metrics_text_render(const void *data, struct printer *printer, struct arena *arena);

/* The replicas side by side as far as a screen goes; without a screen a line for each. */
void metrics_text_render_part(const void *data, struct printer *printer, struct arena *arena);

/* Rules for Prometheus as a rule file: YAML. */
void alert_text_render(const struct alert_rule_facts *rules, size_t count, struct printer *printer);

#endif
