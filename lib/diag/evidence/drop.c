/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "drop.h"
#include "server.h"
#include <inttypes.h>
#include <string.h>

/* Kinds told of; the others are counted in `k8sdns drops`. */
#define TOLD 3

static const char *place_text(struct arena *arena, const struct drop_kind_facts *kind)
{
    const char *hook = kind->hook >= 0 ? arena_printf(arena, ", hook %s", drop_hook_names[kind->hook]) : "";
    const char *table = kind->table ? arena_printf(arena, ", table %s", kind->table) : "";
    const char *chain = kind->chain ? arena_printf(arena, ", chain %s", kind->chain) : "";

    return arena_printf(arena, "%s in %s%s%s%s", kind->reason ? kind->reason : "dropped",
                        kind->function ? kind->function : "the kernel", hook, table, chain);
}

static const char *example_text(struct arena *arena, const struct drop_facts *e)
{
    const char *whose = e->pod     ? arena_printf(arena, " in pod %s", e->pod)
                        : e->netns ? arena_printf(arena, " in network namespace %s", e->netns)
                                   : "";

    return arena_printf(
        arena, "; such as %s%s%s from %s to %s port %" PRIu64 "%s%s", e->answer == 1 ? "the answer " : "",
        e->type ? arena_printf(arena, "%s ", e->type) : "", e->name ? e->name : "one", e->ends.src,
        e->ends.dst, e->ends.dst_port, whose, e->process ? arena_printf(arena, " of %s", e->process) : "");
}

static unsigned concern_of_transport(const char *transport)
{
    return strcmp(transport, "tcp") == 0 ? CONCERNS_TCP : CONCERNS_UDP;
}

/* One place may drop both: all packets that were looked at count, not the first alone. 0: not known. */
static unsigned transport_of(const struct drop_kind_facts *kind)
{
    unsigned concerns = 0;

    for (size_t i = 0; i < kind->transports_count; i++)
        concerns |= concern_of_transport(kind->transports[i]);
    if (!concerns && kind->example && kind->example->transport) /* a capture of an earlier version */
        concerns = concern_of_transport(kind->example->transport);
    return concerns;
}

static const struct server *server_at(const struct diagnosis *d, const char *address)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (strcmp(d->servers[i].target->address, address) == 0)
            return &d->servers[i];
    return NULL;
}

static bool has_server(const struct diagnosis *d, const struct drop_ends_facts *ends)
{
    return ends && ((ends->src && server_at(d, ends->src)) || (ends->dst && server_at(d, ends->dst)));
}

/* Between this place and one of the servers asked: what else the node drops is no evidence here. */
static bool is_of_servers(const struct diagnosis *d, const struct drop_kind_facts *kind)
{
    const struct drop_facts *example = kind->example;

    for (size_t i = 0; i < kind->servers_count; i++)
        if (server_at(d, kind->servers[i]))
            return true;
    return !example || has_server(d, &example->ends) || has_server(d, example->before_nat) ||
           has_server(d, example->after_nat);
}

struct finding *drop_finding(struct diagnosis *d, const struct rule *rule, struct finding *finding,
                             unsigned causes)
{
    const struct drops_facts *drops = d->facts->drops;
    size_t told = 0;
    unsigned concerns = 0;
    bool is_known = true;

    for (size_t i = 0; drops && i < drops->kinds_count && told < TOLD; i++) {
        const struct drop_kind_facts *kind = &drops->kinds[i];

        if (!(DROP_CAUSE(kind->cause) & causes) || !is_of_servers(d, kind))
            continue;
        if (!finding) {
            finding = finding_new(d, rule, NULL);
            finding->confidence = kind->sure == 1 ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
        }
        finding_evidence(d, finding,
                         "the kernel dropped %" PRIu64 " DNS packet%s to or from these servers: %s%s",
                         kind->count, kind->count == 1 ? "" : "s", place_text(d->arena, kind),
                         kind->example ? example_text(d->arena, kind->example) : "");
        concerns |= transport_of(kind);
        is_known = is_known && transport_of(kind);
        told++;
    }
    if (told && is_known)
        finding_concerns(finding, concerns);
    else if (told)
        finding->concerns &= ~(unsigned)(CONCERNS_UDP | CONCERNS_TCP);
    return finding;
}

static void add_about(struct diagnosis *d, struct finding *finding, const char *address)
{
    const struct server *server = server_at(d, address);

    if (server && !finding_is_about(finding, server->target->id))
        server_join(d, finding, server);
}

void drop_about(struct diagnosis *d, struct finding *finding, unsigned causes)
{
    const struct drops_facts *drops = d->facts->drops;
    bool is_whole = drops && !drops->lost && !drops->unshown;

    for (size_t i = 0; is_whole && i < drops->kinds_count; i++)
        is_whole = !(DROP_CAUSE(drops->kinds[i].cause) & causes) || drops->kinds[i].has_more_servers == 0;
    for (size_t i = 0; is_whole && i < drops->kinds_count; i++) {
        const struct drop_kind_facts *kind = &drops->kinds[i];

        for (size_t k = 0; DROP_CAUSE(kind->cause) & causes && k < kind->servers_count; k++)
            add_about(d, finding, kind->servers[k]);
    }
}
