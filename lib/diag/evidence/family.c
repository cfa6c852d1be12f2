/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A and AAAA of one name, side by side: what fails in one type alone. */
#include "family.h"
#include "server.h"
#include <string.h>

/* Fewer queries of a sampling say nothing of one type. */
#define SAMPLED_MIN 4
/* So many pairs of all servers that all fail alike are no chance. */
#define PAIRS_MIN 3

static bool is_type(const struct probe_facts *p, bool aaaa)
{
    return p->transport == TRANSPORT_UDP && strcmp(p->type, aaaa ? "AAAA" : "A") == 0;
}

static bool says_it_exists(const struct probe_facts *p)
{
    return p->status == PROBE_ANSWER || p->status == PROBE_NODATA || p->status == PROBE_TRUNCATED;
}

/* Not what cannot be read or came from elsewhere: these are told of by themselves. */
static bool fails(const struct probe_facts *p)
{
    return p->status == PROBE_NXDOMAIN || p->status == PROBE_TIMEOUT || probe_is_error(p);
}

static bool is_of_other_type(const struct probe_facts *q, const struct probe_facts *p)
{
    return q->transport == p->transport && strcmp(q->type, p->type) != 0 &&
           strcmp(q->target, p->target) == 0 && strcmp(q->candidate, p->candidate) == 0;
}

const struct probe_facts *probe_of_other_type(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    const struct probe_facts *first = matrix->probes, *end = first + matrix->probes_count;

    /* Types are asked side by side: mostly it is the next, or the one before. */
    if (p >= first && p < end) {
        if (p + 1 < end && is_of_other_type(p + 1, p))
            return p + 1;
        if (p > first && is_of_other_type(p - 1, p))
            return p - 1;
    }
    for (const struct probe_facts *q = first; q < end; q++)
        if (is_of_other_type(q, p))
            return q;
    return NULL;
}

const struct watch_type_facts *sampled_type(const struct server *server, const char *type)
{
    for (size_t i = 0; server->sampled && i < server->sampled->types_count; i++)
        if (strcmp(server->sampled->types[i].type, type) == 0)
            return &server->sampled->types[i];
    return NULL;
}

static uint64_t sampled_failures(const struct watch_type_facts *type)
{
    uint64_t count = type->bad > type->lost ? type->bad : type->lost;

    for (size_t i = 0; i < type->rcodes_count; i++)
        count += strcmp(type->rcodes[i].name, "NXDOMAIN") == 0 ? type->rcodes[i].count : 0;
    return count;
}

bool sampling_confirms(const struct server *server, bool aaaa)
{
    const struct watch_type_facts *mine = sampled_type(server, aaaa ? "AAAA" : "A"),
                                  *other = sampled_type(server, aaaa ? "A" : "AAAA");

    return mine && other && mine->answered + mine->lost >= SAMPLED_MIN &&
           sampled_failures(mine) * 10 >= (mine->answered + mine->lost) * 9 &&
           sampled_failures(other) * 10 <= other->answered + other->lost;
}

/* Lost in the one, and in the other the other type of its name; what was asked before and after. */
static bool has_changed_places(const struct probe_facts *before, const struct matrix_facts *again)
{
    for (size_t i = 0; i < again->probes_count; i++) {
        const struct probe_facts *q = &again->probes[i], *other;

        if (q->status != PROBE_TIMEOUT || q->transport != before->transport ||
            strcmp(q->type, before->type) == 0 || strcmp(q->target, before->target) != 0 ||
            strcmp(q->candidate, before->candidate) != 0)
            continue;
        other = probe_of_other_type(again, q);
        return other && says_it_exists(other);
    }
    return false;
}

/* The matrix asks for A first, what is asked again for AAAA. */
enum order_lost order_lost(const struct diagnosis *d, const char *target)
{
    const struct matrix_facts *matrix = d->facts->matrix, *again = d->facts->small;
    size_t first = 0, second = 0, steady = 0;
    const struct server *server;

    for (size_t i = 0; matrix && again && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i], *other;

        if (p->status != PROBE_TIMEOUT || p->transport != TRANSPORT_UDP || strcmp(p->target, target) != 0)
            continue;
        other = probe_of_other_type(matrix, p);
        if (!other || !says_it_exists(other))
            continue;
        if (!has_changed_places(p, again))
            steady++;
        else if (strcmp(p->type, "A") == 0)
            first++;
        else
            second++;
    }
    if (steady || (first && second) || !(first + second))
        return ORDER_NONE;
    /* Loss by chance changes places now and then; the sampling asks for A first. */
    server = server_find(d, target);
    if (!server || !sampling_confirms(server, second > 0))
        return ORDER_NONE;
    return first ? ORDER_FIRST : ORDER_SECOND;
}

uint64_t family_lost(const struct diagnosis *d, const struct server *server)
{
    if (order_lost(d, server->target->id) != ORDER_NONE)
        return 0;
    for (int aaaa = 0; aaaa < 2; aaaa++) {
        const struct watch_type_facts *mine = sampled_type(server, aaaa ? "AAAA" : "A"),
                                      *other = sampled_type(server, aaaa ? "A" : "AAAA");

        if (mine && other && mine->lost >= SAMPLED_MIN && !mine->answered && other->answered && !other->lost)
            return mine->lost;
    }
    return 0;
}

/* It failed again when it was asked a second time, and the other type did not. */
static bool again_confirms(const struct matrix_facts *again, const struct probe_facts *p)
{
    const struct probe_facts *other;

    for (size_t i = 0; again && i < again->probes_count; i++) {
        const struct probe_facts *q = &again->probes[i];

        if (strcmp(q->target, p->target) != 0 || strcmp(q->candidate, p->candidate) != 0 ||
            strcmp(q->type, p->type) != 0 || q->transport != p->transport)
            continue;
        other = probe_of_other_type(again, q);
        return fails(q) && other && says_it_exists(other);
    }
    return false;
}

/* A query of one type whose other type the same server answered: what exists in one exists in both. */
struct pair {
    const struct probe_facts *probe;
    size_t server; /* in diagnosis->servers */
};

struct pairs {
    struct pair *pairs;
    size_t count;
    bool all_fail; /* at no server is this type of any name answered */
};

/* Its place among the servers; behind the last one for none of them. */
static size_t server_index(const struct diagnosis *d, const char *id)
{
    const struct server *server = server_find(d, id);

    return server ? (size_t)(server - d->servers) : d->servers_count;
}

static struct pairs pairs_of(const struct diagnosis *d, bool aaaa)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct pairs all = {.all_fail = true};

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i],
                                 *other = is_type(p, aaaa) ? probe_of_other_type(matrix, p) : NULL;

        if (!other || !says_it_exists(other))
            continue;
        all.all_fail = all.all_fail && fails(p);
        *ARENA_PUSH(d->arena, all.pairs, all.count) = (struct pair){p, server_index(d, p->target)};
    }
    all.all_fail = all.all_fail && all.count >= PAIRS_MIN;
    return all;
}

/* The types of what each server lost (CONCERNS_A, CONCERNS_AAAA), in the matrix and in the sampling. */
static unsigned *types_lost(const struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    unsigned *types = arena_array(d->arena, d->servers_count + 1, sizeof(*types));

    for (size_t i = 0; i < d->servers_count; i++)
        types[i] = server_lost_types(&d->servers[i]);
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (matrix->probes[i].status == PROBE_TIMEOUT && matrix->probes[i].transport == TRANSPORT_UDP)
            types[server_index(d, matrix->probes[i].target)] |= concern_of_type(matrix->probes[i].type);
    return types;
}

struct family_tally *family_tallies(const struct diagnosis *d, bool aaaa)
{
    struct family_tally *tallies = arena_array(d->arena, d->servers_count + 1, sizeof(*tallies));
    const struct pairs all = pairs_of(d, aaaa);
    const unsigned *lost = types_lost(d), both = CONCERNS_A | CONCERNS_AAAA;

    for (size_t i = 0; i < all.count; i++) {
        const struct probe_facts *p = all.pairs[i].probe;
        size_t server = all.pairs[i].server;
        struct family_tally *tally = &tallies[server];
        bool is_own = is_cluster_query(d, p),
             sampled = server < d->servers_count && is_own && sampling_confirms(&d->servers[server], aaaa);
        unsigned names = is_own ? CONCERNS_CLUSTER : CONCERNS_EXTERNAL;

        tally->pairs++;
        if (!fails(p)) {
            tally->answered |= names;
            continue;
        }
        tally->failed++;
        /* No server says by chance that a name does not exist; where both types are lost, one lost twice may
         * be chance.
         */
        if (p->status == PROBE_TIMEOUT && order_lost(d, p->target) != ORDER_NONE)
            continue; /* its place is, and not its type */
        if (p->status != PROBE_NXDOMAIN && !sampled && !all.all_fail &&
            (((lost[server] & both) == both && p->status == PROBE_TIMEOUT) ||
             !again_confirms(d->facts->small, p)))
            continue;
        tally->confirmed++;
        tally->concerns |= names;
        if (!tally->example)
            tally->example = p;
    }
    return tallies;
}
