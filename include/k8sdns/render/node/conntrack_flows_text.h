/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_CONNTRACK_FLOWS_TEXT_H
#define K8SDNS_RENDER_CONNTRACK_FLOWS_TEXT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/conntrack_facts.h>
#include <k8sdns/render/page/printer.h>

/* A line for a struct conntrack_flow_facts. */
void conntrack_flows_text_render_event(const void *data, struct printer *printer, struct arena *arena);

/* What conntrack --follow ends with: facts->flows is there. */
void conntrack_flows_text_render(const struct conntrack_facts *facts, struct printer *printer,
                                 struct arena *arena);

/* The same as part of a page about the table: `most` of the flows without a reply are listed. */
void conntrack_flows_text_add(const struct conntrack_follow_facts *flows, size_t most,
                              struct printer *printer, struct arena *arena);

/* The members of an entry that few have: zone, mark, labels, NAT, helper, id, start. "" for none. */
const char *conntrack_details_text(struct arena *arena, const struct conntrack_tuple_facts *entry);

#endif
