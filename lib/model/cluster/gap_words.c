/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/cluster/gap_words.h>

const char *gap_words_what(struct arena *arena, const struct cluster_dns *dns, enum gap gap)
{
    return cluster_words_expand(arena, dns, gap_rows[gap].what);
}

const char *gap_words_how(struct arena *arena, const struct host_facts *host, const struct cluster_dns *dns,
                          enum gap gap)
{
    if (!cluster_dns_has_pods(dns) && cluster_words_need_pods(gap_rows[gap].how))
        return arena_printf(arena, "DNS has no Pods here (%s)", distribution_table[dns->distribution].label);
    return cluster_words_expand(arena, dns, gap_how(arena, host, gap));
}
