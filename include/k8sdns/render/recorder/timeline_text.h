/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TIMELINE_TEXT_H
#define K8SDNS_RENDER_TIMELINE_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/recorder/timeline_facts.h>
#include <k8sdns/render/page/printer.h>

/* `data` is a struct timeline_facts. */
void timeline_text_render(const void *data, struct printer *printer, struct arena *arena);

/* What an episode is, in one line: "10.244.1.22: timeout, 30 of 60 queries". */
const char *timeline_episode_text(const struct timeline_episode *episode, struct arena *arena);

#endif
