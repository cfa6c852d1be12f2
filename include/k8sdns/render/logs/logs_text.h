/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_LOGS_TEXT_H
#define K8SDNS_RENDER_LOGS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/* Render a struct logs_facts: the summary, and live on a screen. */
void logs_text_render(const void *data, struct printer *printer, struct arena *arena);
void logs_text_render_part(const void *data, struct printer *printer, struct arena *arena);

/* A struct log_interval_facts as one line. */
void logs_text_interval(const void *data, struct printer *printer, struct arena *arena);

/* A struct log_line_facts: the line as it is, escaped, and below it what its hex means. */
void logs_text_line(const void *data, struct printer *printer, struct arena *arena);

#endif
