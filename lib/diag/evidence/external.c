/* SPDX-License-Identifier: GPL-2.0-or-later */
/* External names, which take an upstream, beside cluster names, which do not. */
#include "external.h"
#include "answer/asked_probes.h"
#include "server.h"
#include <string.h>

/* A server that loses small answers from its own memory as well: a loss there tells nothing of the upstream.
 */
static bool loses_anyway(const struct diagnosis *d, const struct probe_facts *external)
{
    const struct server *server = server_find(d, external->target);
    unsigned types = server ? server_lost_types(server) : 0;

    return server && server->lost > 0 && (!types || types & concern_of_type(external->type));
}

/* Nor does the error of a server that answers the same type of the cluster's own names with the same. */
static bool fails_anyway(const struct diagnosis *d, const struct probe_facts *external)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (p->status == external->status && is_cluster_query(d, p) &&
            strcmp(p->target, external->target) == 0 && strcmp(p->type, external->type) == 0)
            return true;
    }
    return false;
}

static void tally_external(struct external_tally *tally, const struct probe_facts *p)
{
    tally->asked++;
    if (!probe_is_error(p) && p->status != PROBE_TIMEOUT)
        return;
    tally->failed++;
    tally->example = p;
    tally->types |= concern_of_type(p->type);
    tally->failures |= concern_of_failure(p);
}

static bool answered_by_search(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->name, p->name) == 0 && q->status == PROBE_ANSWER && matrix_is_own(matrix, q->candidate))
            return true;
    }
    return false;
}

/* A query that takes an upstream, at a server that is heard. */
static bool is_external_query(const struct diagnosis *d, const struct probe_facts *p)
{
    int kind = name_kind_of(d->facts, p->name);

    /* The others under the search list may be anybody's, and so is a name that the search list answers. */
    return (kind == NAME_EXTERNAL || kind == NAME_GIVEN || kind == NAME_UNCACHED) &&
           p->transport == TRANSPORT_UDP && strchr(p->candidate, '.') &&
           strcmp(p->candidate, name_without_dot(d->arena, p->name)) == 0 && !is_cluster_query(d, p) &&
           !is_silent_server(d, p->target) && !answered_by_search(d->facts->matrix, p);
}

/* It fails as cluster names do at that server. */
static bool tells_nothing(const struct diagnosis *d, const struct probe_facts *p)
{
    return (p->status == PROBE_TIMEOUT && loses_anyway(d, p)) || (probe_is_error(p) && fails_anyway(d, p));
}

void external_tally_server(const struct diagnosis *d, const char *id, struct external_tally ret_tally[2],
                           bool *ret_failing)
{
    const struct asked_probes *asked = probes_at(d, id);

    for (size_t i = 0; i < asked->count; i++) {
        const struct probe_facts *p = asked->items[i].probe;

        if (!is_external_query(d, p))
            continue;
        if (tells_nothing(d, p))
            *ret_failing = true;
        else
            tally_external(&ret_tally[name_kind_of(d->facts, p->name) == NAME_UNCACHED], p);
    }
}

/* Fewer queries that all fail at one server may be chance. */
#define SERVER_FAILS 2

bool external_fails_all(const struct diagnosis *d, const char *id, struct external_tally ret_tally[2])
{
    bool ignored;
    uint64_t asked, failed;

    ret_tally[0] = ret_tally[1] = (struct external_tally){0};
    external_tally_server(d, id, ret_tally, &ignored);
    asked = ret_tally[0].asked + ret_tally[1].asked;
    failed = ret_tally[0].failed + ret_tally[1].failed;
    return failed == asked && failed >= SERVER_FAILS;
}

uint64_t cluster_answers(const struct diagnosis *d, const char *id)
{
    /* Under another domain than resolv.conf's the cluster's name is among those that were tried. */
    const struct matrix_facts *others = served_own_name(d->facts) ? d->facts->name_suggestions : NULL;
    const struct asked_probes *asked = probes_at(d, id);
    uint64_t count = 0;

    for (size_t i = 0; others && i < others->probes_count; i++)
        count += (!id || strcmp(others->probes[i].target, id) == 0) &&
                 probe_status_is_good(others->probes[i].status);
    for (size_t i = 0; !others && i < asked->count; i++)
        count +=
            is_cluster_query(d, asked->items[i].probe) && probe_status_is_good(asked->items[i].probe->status);
    return count;
}
