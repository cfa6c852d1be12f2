/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipvs_look.h"
#include <errno.h>
#include <k8sdns/model/host_facts.h>
#include <k8sdns/source/ipvs_dump.h>
#include <string.h>

struct adding {
    struct arena *arena;
    struct ipvs_facts *facts;
};

static void on_connection(void *user, const struct ipvs_connection *connection)
{
    struct adding *adding = user;

    ipvs_summary_add(adding->arena, connection, adding->facts);
}

int ipvs_look(struct run *run, uint16_t port, const struct known_replicas *known, struct ipvs_facts *facts)
{
    static const char privilege[] = "run it as root on the node, or in a Pod with NET_ADMIN and hostNetwork";
    struct adding adding = {run->arena, facts};
    struct ipvs_table table;
    int r = ipvs_table_read(run->arena, port, &table, &run->err);

    if (r < 0)
        return r;
    if (!table.services_count)
        return err_set(&run->err, ERR_UNOBSERVED, ESRCH,
                       "IPVS has no virtual service on port %u in this network namespace, and %llu in all",
                       (unsigned)port, (unsigned long long)table.services_total);
    facts->replicas = known->names;
    facts->replicas_count = known->names_count;
    ipvs_summary_begin(run->arena, &table, known->replicas, known->replicas_count, facts);
    if (strcmp(table.how, "netlink") != 0)
        run_unobserved(run, "packets and timeouts of IPVS", "it takes CAP_NET_ADMIN", privilege);
    if (ipvs_connections_read(on_connection, &adding, &run->err) < 0) {
        run_unobserved(run, "the connections of IPVS", arena_text(run->arena, run->err.text), privilege);
        run->err = (struct err){0};
        facts->connections_total = facts->stale_total = SHAPE_UNSET;
    }
    ipvs_sysctls_read(run->arena, facts);
    ipvs_summary_behaviour(run->arena, run->host->kernel ? run->host->kernel : "", facts);
    return 0;
}
