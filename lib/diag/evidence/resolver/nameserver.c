/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nameserver.h"
#include "../answer/refusal.h"
#include "../server.h"
#include <string.h>

size_t nameserver_place(const struct diagnosis *d, const struct server *server)
{
    const struct resolver_view *view = resolver_followed(d->facts);

    for (size_t i = 0; view && i < view->nameservers_count; i++)
        if (strcmp(view->nameservers[i], server->target->address) == 0)
            return i + 1;
    return 0;
}

bool nameserver_has_other(const struct diagnosis *d, const struct server *server)
{
    if (!nameserver_place(d, server) || server->place == PLACE_SELF || server->place == PLACE_STUB ||
        server->target->role == TARGET_NODE_LOCAL || server->target->role == TARGET_REPLICA ||
        (server->target->role == TARGET_CLUSTER_IP && d->replicas_heard))
        return false;
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *other = &d->servers[i];

        /* What is silent has another one as soon as that says anything. */
        if (other != server && !other->silent && other->asked && nameserver_place(d, other) &&
            ((server->silent && !server->unreachable[UNREACHABLE_PORT]) ||
             refusals_of(d, other).kind == REFUSAL_NONE))
            return true;
    }
    return false;
}

bool nameserver_other_knows_cluster(const struct diagnosis *d, const struct server *server)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        const struct server *other = server_find(d, p->target);

        if (other && other != server && p->status == PROBE_ANSWER && is_cluster_query(d, p) &&
            nameserver_place(d, other))
            return true;
    }
    return false;
}
