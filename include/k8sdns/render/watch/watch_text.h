/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_WATCH_TEXT_H
#define K8SDNS_RENDER_WATCH_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/watch/watch_facts.h>
#include <k8sdns/render/page/printer.h>

/* The summary of a watch: a row for each target, the histograms, what failed, and how often. */
void watch_text_render(const void *data, struct printer *printer, struct arena *arena);

/* Live: a row for each target as far as the screen goes; without a screen one line, of the interval. */
void watch_text_render_part(const void *data, struct printer *printer, struct arena *arena);

#endif
