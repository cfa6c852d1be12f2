/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_AGENT_PAGE_H
#define K8SDNS_RENDER_AGENT_PAGE_H

#include <k8sdns/model/agent/agent_facts.h>
#include <k8sdns/render/agent/exposition.h>

/* A page never has more series: what 5,000 nodes cost is this times 5,000. */
#define AGENT_SERIES_MAX   280
#define AGENT_LIMITS_MAX   14
#define AGENT_FINDINGS_MAX 10

/*
 * Write all metrics of an agent. Each counter is there from the first page on, with 0, as long as its part
 * observes; what is not observed has no sample, and k8sdns_agent_part_up says so.
 */
void agent_page_write(const struct agent_page_facts *facts, struct exposition *page);

#endif
