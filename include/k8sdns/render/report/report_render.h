/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_REPORT_RENDER_H
#define K8SDNS_RENDER_REPORT_RENDER_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/report/report_facts.h>
#include <k8sdns/render/page/printer.h>

/* A struct report_facts in its format. */
void report_render(const void *data, struct printer *printer, struct arena *arena);

#endif
