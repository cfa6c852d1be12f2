/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/collect/collect_ipvs.h>
#include <k8sdns/model/shape/host_facts.h>
#include <k8sdns/source/node/ipvs_dump.h>
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

int collect_ipvs(struct survey *survey, uint16_t port, const struct known_replicas *known,
                 struct ipvs_facts *facts)
{
    static const char privilege[] = "run it as root on the node, or in a Pod with NET_ADMIN and hostNetwork";
    struct adding adding = {survey->arena, facts};
    struct ipvs_table table;
    int r = ipvs_table_read(survey->arena, port, &table, &survey->err);

    if (r < 0)
        return r;
    if (!table.services_count)
        return err_set(&survey->err, ERR_UNOBSERVED, ESRCH,
                       "IPVS has no virtual service on port %u in this network namespace, and %llu in all",
                       (unsigned)port, (unsigned long long)table.services_total);
    facts->replicas = known->names;
    facts->replicas_count = known->names_count;
    ipvs_summary_begin(survey->arena, &table, known->replicas, known->replicas_count, facts);
    if (table.how != TABLE_BY_NETLINK)
        survey_unobserved_as(survey, GAP_IPVS_TIMEOUTS, NULL, "it takes CAP_NET_ADMIN", privilege);
    if (ipvs_connections_read(on_connection, &adding, &survey->err) < 0) {
        survey_unobserved_as(survey, GAP_IPVS_CONNECTIONS, NULL, arena_text(survey->arena, survey->err.text),
                             privilege);
        survey->err = (struct err){0};
        facts->connections_total = facts->stale_total = SHAPE_UNSET;
    }
    ipvs_sysctls_read(survey->arena, facts);
    ipvs_summary_behaviour(survey->arena, survey->host->kernel ? survey->host->kernel : "", facts);
    return 0;
}
