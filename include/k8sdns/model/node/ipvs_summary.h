/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_IPVS_SUMMARY_H
#define K8SDNS_MODEL_IPVS_SUMMARY_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/node/ipvs_facts.h>

/* What IPVS holds, as it was read. */
struct ipvs_listed {
    struct ipvs_service service;
    struct ipvs_destination *destinations;
    size_t destinations_count;
};

struct ipvs_table {
    int how;                      /* enum table_interface */
    struct ipvs_listed *services; /* on the port asked for, or by mark with a destination on it */
    size_t services_count;
    uint64_t services_total;
    struct ipvs_timeouts timeouts;
};

/* Make facts of a table. `replicas` are those that live; with none, nobody said. Pure, as the next two. */
void ipvs_summary_begin(struct arena *arena, const struct ipvs_table *table, const struct address *replicas,
                        size_t replicas_count, struct ipvs_facts *facts);

/* Sort a connection in: those of other services are left out, those to a backend that is gone are noted. */
void ipvs_summary_add(struct arena *arena, const struct ipvs_connection *connection,
                      struct ipvs_facts *facts);

/*
 * Say what the kernel of that release ("6.1.0-18-amd64") does with the settings in `facts`, where it is
 * known. Source: Linux Documentation/networking/ipvs-sysctl.rst; commits 04231e52d355 and f0a5e4d7a594 of
 * Linux 5.9.
 */
void ipvs_summary_behaviour(struct arena *arena, const char *release, struct ipvs_facts *facts);

#endif
