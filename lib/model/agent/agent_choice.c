/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/agent/agent_choice.h>
#include <k8sdns/model/agent/agent_counts.h>
#include <stdlib.h>
#include <string.h>

struct weighed {
    size_t index;
    unsigned group; /* the lower ones are taken first */
    uint64_t weight;
};

/* FNV-1a, and a mix at the end, since the last bytes of addresses are what differs. */
static uint64_t hash(uint64_t seed, const char *text)
{
    uint64_t h = seed ^ UINT64_C(14695981039346656037);

    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    return h;
}

static int by_weight(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;

    if (x->group != y->group)
        return x->group < y->group ? -1 : 1;
    return x->weight != y->weight ? (x->weight > y->weight ? -1 : 1) : x->index < y->index ? -1 : 1;
}

static int by_index(const void *a, const void *b)
{
    const struct weighed *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

/* What is left of the kind after its first goes last. */
static unsigned group_of(int role, size_t before, size_t replicas)
{
    size_t most = role == TARGET_REPLICA ? replicas : role == TARGET_OTHER ? AGENT_SERVERS_MAX : 1;

    return before < most ? 0 : role == TARGET_REPLICA ? 3 : 1;
}

size_t agent_choice(const char *node, size_t replicas, struct target_facts *targets, size_t count)
{
    struct weighed *weighed = calloc(count + 1, sizeof(*weighed));
    struct target_facts *chosen = calloc(count + 1, sizeof(*chosen));
    size_t seen[TARGET_OTHER + 1] = {0}, most = AGENT_SERVERS_MAX, taken = 0;
    uint64_t seed = hash(0, node);

    if (!weighed || !chosen)
        err_out_of_memory();
    for (size_t i = 0; i < count; i++)
        weighed[i] = (struct weighed){.index = i,
                                      .group = targets[i].role == TARGET_REPLICA,
                                      .weight = targets[i].role == TARGET_REPLICA ? hash(seed, targets[i].id)
                                                                                  : UINT64_MAX - i};
    /* All but replicas in their order, then replicas by their weight: so the first of each kind are found. */
    qsort(weighed, count, sizeof(*weighed), by_weight);
    for (size_t i = 0; i < count; i++) {
        int role = targets[weighed[i].index].role;

        weighed[i].group = group_of(role, seen[role]++, replicas);
    }
    qsort(weighed, count, sizeof(*weighed), by_weight);
    while (taken < count && taken < most && weighed[taken].group < 3)
        taken++;
    qsort(weighed, taken, sizeof(*weighed), by_index);
    for (size_t i = 0; i < taken; i++)
        chosen[i] = targets[weighed[i].index];
    memcpy(targets, chosen, taken * sizeof(*targets));
    free(weighed);
    free(chosen);
    return taken;
}
