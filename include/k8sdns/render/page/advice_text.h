/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_PAGE_ADVICE_TEXT_H
#define K8SDNS_RENDER_PAGE_ADVICE_TEXT_H

#include <k8sdns/render/page/printer.h>

/*
 * Advice that ends in a command: "the Corefile; kubectl ... | k8sdns diagnose --corefile -", "on the node:
 * sudo k8sdns drops". The command begins the text, or stands behind "; " or ": ", and goes to the end. NULL:
 * none.
 */
const char *advice_command(const char *text);

/* The advice as a paragraph with a note ("" for none), and its command alone on the next line, whole. */
void advice_print(struct printer *printer, const char *mark, const char *text, const char *note);

#endif
