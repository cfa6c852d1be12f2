/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_STATUS_LINE_H
#define K8SDNS_RENDER_STATUS_LINE_H

#include <k8sdns/render/page/printer.h>

/*
 * The first line of every command that judges: the status (enum health) in one word, a colon and the answer.
 * It is painted where it fits one line; a longer one is a paragraph.
 */
void status_line(struct printer *printer, int health, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The colour of a status. */
enum style status_style(int health);

#endif
