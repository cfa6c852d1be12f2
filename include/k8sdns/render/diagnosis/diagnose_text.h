/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_DIAGNOSE_TEXT_H
#define K8SDNS_RENDER_DIAGNOSE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/diagnosis/diagnose_facts.h>
#include <k8sdns/render/page/printer.h>

/* A struct diagnose_facts as text: verdict, findings, what is well, what was not seen, what to run next. */
void diagnose_text_render(const void *data, struct printer *printer, struct arena *arena);

/* When it was seen and the verdict, for one that is made again and again. */
void diagnose_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
