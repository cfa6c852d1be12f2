/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_DIAG_FLOWS_H
#define K8SDNS_DIAG_FLOWS_H

#include <k8sdns/diag/rule.h>

/* The flows of others that were followed while we asked; NULL where they were not. */
const struct conntrack_follow_facts *flows_followed(const struct diagnosis *diagnosis);

/* Say how many flows of others this server (its address) did not answer, where there are such. */
void flows_tell_unanswered(struct diagnosis *diagnosis, struct finding *finding, const char *address);

/* Say how many flows of others were odd in this way (enum flow_event, from FLOW_STALE on), and show the
 * first, where there are such; `what` goes on "3 new DNS flows of other clients ". */
void flows_tell_odd(struct diagnosis *diagnosis, struct finding *finding, int event, const char *what);

/* The host of "10.244.0.10:40000" or "[fd00::10]:40000". */
const char *flows_host(struct arena *arena, const char *address_and_port);

#endif
