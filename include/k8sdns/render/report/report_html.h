/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_REPORT_HTML_H
#define K8SDNS_RENDER_REPORT_HTML_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/report/report_facts.h>

/*
 * The report as one HTML file: readable without a script, loading nothing, with a policy that allows its own
 * style and script alone. Whatever the facts hold, it is well-formed and stays under 300 kB.
 */
void report_html_write(const struct report_facts *report, struct text *out, struct arena *arena);

#endif
