/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_REPLICAS_TEXT_H
#define K8SDNS_RENDER_REPLICAS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/render/page/printer.h>

/* The ClusterIP, a row for each replica, what the ways disagree on, and how each way went. */
void replicas_text_render(const void *data, struct printer *printer, struct arena *arena);

#endif
