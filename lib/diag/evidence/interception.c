/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "interception.h"
#include <string.h>

/* This is a Pod, and its own namespace tracks flows, which takes rules for NAT in it. */
static bool has_own_nat(const struct facts *facts)
{
    return facts->host.in_pod && facts->conntrack && facts->conntrack->table.hooks != 0 &&
           facts->conntrack->table.entries != SHAPE_UNSET && facts->conntrack->table.entries > 0;
}

/* An address that nobody has answers. */
static bool is_intercepted_for_all(const struct interception_facts *seen)
{
    for (size_t i = 0; i < seen->probes_count; i++)
        if (seen->probes[i].documentation && hop_probe_is_intercepted(&seen->probes[i]))
            return true;
    return false;
}

static int role_of(const struct facts *facts, const char *address)
{
    for (size_t i = 0; facts->matrix && i < facts->matrix->targets_count; i++)
        if (strcmp(facts->matrix->targets[i].address, address) == 0)
            return facts->matrix->targets[i].role;
    return TARGET_OTHER;
}

bool is_intercepted(const struct facts *facts, const char *address, int role)
{
    const struct interception_facts *seen = facts->interception;

    if (!seen)
        return false;
    if (is_intercepted_for_all(seen))
        return true;
    for (size_t i = 0; i < seen->probes_count; i++) {
        const struct hop_probe_facts *probe = &seen->probes[i];

        /* Not each replica was tried: what is done to one is done to all. */
        if (!hop_probe_is_intercepted(probe) ||
            (role == TARGET_REPLICA ? role_of(facts, probe->target) != TARGET_REPLICA
                                    : strcmp(probe->target, address) != 0))
            continue;
        return role == TARGET_REPLICA || has_own_nat(facts);
    }
    return false;
}

bool any_intercepted(const struct facts *facts)
{
    const struct interception_facts *seen = facts->interception;

    if (!seen)
        return false;
    if (is_intercepted_for_all(seen))
        return true;
    for (size_t i = 0; facts->matrix && i < facts->matrix->targets_count; i++)
        if (is_intercepted(facts, facts->matrix->targets[i].address, facts->matrix->targets[i].role))
            return true;
    return false;
}
