/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_NAME_VIEW_TEXT_H
#define K8SDNS_RENDER_NAME_VIEW_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe/name_view.h>
#include <k8sdns/render/page/printer.h>

/* One paragraph behind a label: as whom names are completed. Nothing where that is as resolv.conf says. */
void name_view_print(const struct name_view *view, const char *label, struct printer *printer,
                     struct arena *arena);

#endif
