/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_REPORT_FORMS_H
#define K8SDNS_RENDER_REPORT_FORMS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/report/report_facts.h>

/*
 * The report as Markdown. Names stand as code, all other text has a backslash before what would be markup, so
 * that neither a link, an image, a mention nor HTML comes of it.
 */
void report_markdown_write(const struct report_facts *report, struct text *out, struct arena *arena);

#endif
