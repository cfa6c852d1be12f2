/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_GAP_WORDS_H
#define K8SDNS_MODEL_GAP_WORDS_H

#include <k8sdns/model/cluster/cluster_dns.h>
#include <k8sdns/model/shape/gap.h>
#include <k8sdns/model/shape/host_facts.h>

/* What a gap is about, and how it is closed, in this cluster's names. `dns` may be NULL, and so may `host`.
 */
const char *gap_words_what(struct arena *arena, const struct cluster_dns *dns, enum gap gap);
const char *gap_words_how(struct arena *arena, const struct host_facts *host, const struct cluster_dns *dns,
                          enum gap gap);

#endif
