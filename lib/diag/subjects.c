/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "subjects.h"
#include "evidence/server.h"
#include <string.h>

/* What a rule that needs one of these looks at is the node's kernel. */
#define NEED_KERNEL (NEED_TABLE | NEED_DNS_ENTRIES | NEED_NODE | NEED_IPVS)

static const struct replica_facts *replica_of(const struct replicas_facts *known, const char *name)
{
    for (size_t i = 0; known && i < known->replicas_count; i++) {
        const struct replica_facts *replica = &known->replicas[i];

        if (strcmp(replica->address, name) == 0 || (replica->pod && strcmp(replica->pod, name) == 0))
            return replica;
    }
    return NULL;
}

/* The server or Pod of that name; false when it is none that the facts know. */
static bool add(struct diagnosis *d, struct finding *finding, const char *name)
{
    const struct replica_facts *replica = replica_of(d->facts->replicas, name);
    const struct server *server = server_find(d, name);
    const struct target_facts *target = server ? server->target : NULL;
    const char *space = d->facts->dns ? d->facts->dns->space : NULL;
    bool is_ours = replica || (target && target->role == TARGET_CLUSTER_IP);

    if (!replica && !target)
        return false;
    *ARENA_PUSH(d->arena, finding->subjects, finding->subjects_count) = (struct finding_subject){
        .role = target_role_names[target ? target->role : TARGET_REPLICA],
        .address = target ? target->id : replica->address,
        .pod = replica ? replica->pod : NULL,
        .node = replica ? replica->node : NULL,
        .space = is_ours ? space : NULL,
    };
    return true;
}

void subjects_write(struct diagnosis *d, struct finding *finding)
{
    const struct rule *rule = rule_find(finding->id);

    for (size_t i = 0; i < finding->about_count; i++)
        add(d, finding, finding->about[i]);
    if (finding->subjects_count || (finding->subject && add(d, finding, finding->subject)))
        return;
    if (((rule->needs | rule->needs_any) & NEED_KERNEL) && d->facts->host.node)
        *ARENA_PUSH(d->arena, finding->subjects, finding->subjects_count) =
            (struct finding_subject){.role = "node", .node = d->facts->host.node};
}
