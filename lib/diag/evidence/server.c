/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <string.h>

/*
 * An ICMP error, by its words; kernels send one a second, so the rest is silence. "port unreachable" comes
 * from the host itself, where nothing listens; "host" and "network" from a router that cannot get there.
 */
static void add_icmp(struct server *server, const char *detail, uint64_t count)
{
    if (strstr(detail, "prohibited"))
        server->filtered += count;
    else if (strstr(detail, "port unreachable"))
        server->icmp += count;
    if (!server->icmp_detail)
        server->icmp_detail = detail;
}

static void add_odd(uint64_t *count, const char **detail, const char *text, uint64_t more)
{
    *count += more;
    if (!*detail)
        *detail = text;
}

static void add_probe(struct server *server, const struct probe_facts *p)
{
    const char *detail = p->detail ? p->detail : "";

    if (p->transport != TRANSPORT_UDP)
        return;
    server->asked++;
    server->heard += probe_is_heard(p);
    server->refused += p->status == PROBE_REFUSED;
    server->failed += !probe_status_is_good(p->status);
    if (p->status == PROBE_MALFORMED)
        add_odd(&server->malformed, &server->malformed_detail, p->detail, 1);
    if (p->status == PROBE_MISMATCH)
        add_odd(&server->mismatched, &server->mismatch_detail, p->detail, 1);
    if (p->status == PROBE_UNREACHABLE)
        add_icmp(server, detail, 1);
    else if (p->status == PROBE_ERROR && strstr(detail, "EPERM"))
        server->filtered++;
}

/* Words of the sampling for a failure of this kind. */
static const char *detail_of(const struct watch_target_facts *w, int status)
{
    const struct watch_failure_facts *first = w->first_failure, *last = w->last_failure;

    if (first && first->status == status && first->detail)
        return first->detail;
    return last && last->status == status ? last->detail : NULL;
}

static void add_sample(struct server *server, const struct watch_target_facts *w)
{
    server->sampled = w;
    server->sent = w->answered + w->lost;
    server->answered = w->answered;
    server->lost = w->lost;
    server->loss_ratio = server->sent ? (double)w->lost / (double)server->sent : (double)NAN;
    server->p50_us = w->p50_us;
    for (size_t i = 0; i < w->outcomes_count; i++) {
        const char *word = w->outcomes[i].name, *icmp = detail_of(w, PROBE_UNREACHABLE);
        uint64_t count = w->outcomes[i].count;

        if (!count)
            continue;
        if (strcmp(word, probe_status_words[PROBE_UNREACHABLE]) == 0)
            add_icmp(server, icmp ? icmp : "an ICMP error", count);
        else if (strcmp(word, probe_status_words[PROBE_MALFORMED]) == 0)
            add_odd(&server->malformed, &server->malformed_detail, detail_of(w, PROBE_MALFORMED), count);
        else if (strcmp(word, probe_status_words[PROBE_MISMATCH]) == 0)
            add_odd(&server->mismatched, &server->mismatch_detail, detail_of(w, PROBE_MISMATCH), count);
    }
}

void servers_read(struct diagnosis *d)
{
    const struct facts *facts = d->facts;

    for (size_t i = 0; facts->matrix && i < facts->matrix->targets_count; i++) {
        const struct target_facts *target = &facts->matrix->targets[i];
        struct server *server = ARENA_PUSH(d->arena, d->servers, d->servers_count);

        *server = (struct server){.target = target, .loss_ratio = (double)NAN, .p50_us = SHAPE_UNSET};
        for (size_t k = 0; k < facts->matrix->probes_count; k++)
            if (strcmp(facts->matrix->probes[k].target, target->id) == 0)
                add_probe(server, &facts->matrix->probes[k]);
        for (size_t k = 0; facts->sampling && k < facts->sampling->targets_count; k++)
            if (strcmp(facts->sampling->targets[k].id, target->id) == 0)
                add_sample(server, &facts->sampling->targets[k]);
        server->silent = server->asked > 0 && !server->heard && !server->answered;
        d->heard_count += !server->silent && server->asked > 0;
        d->replicas_count += target->role == TARGET_REPLICA;
        d->replicas_heard += target->role == TARGET_REPLICA && !server->silent;
    }
}

const char *server_text(struct arena *arena, const struct server *server)
{
    static const char *const words[] = {"ClusterIP", "replica", "node-local cache", "nameserver", "server"};

    return arena_printf(arena, "%s %s", words[server->target->role], server->target->id);
}

struct finding *server_finding(struct diagnosis *d, const struct rule *rule, struct finding *finding,
                               const struct server *server)
{
    if (finding)
        finding->subject = arena_printf(d->arena, "%s, %s", finding->subject, server->target->id);
    else
        finding = finding_new(d, rule, server_text(d->arena, server));
    finding_about(d, finding, server->target->id);
    return finding;
}

bool server_is_at_fault(const struct diagnosis *d, const struct server *server,
                        bool (*has_it)(const struct server *server))
{
    bool passes_on = server->target->role == TARGET_CLUSTER_IP || server->target->role == TARGET_NODE_LOCAL;

    if (!has_it(server))
        return false;
    for (size_t i = 0; passes_on && i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && has_it(&d->servers[i]))
            return false;
    return true;
}

const char *servers_text(struct diagnosis *d, bool (*is_one)(const struct server *server))
{
    const char **ids = NULL;
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        if (is_one(&d->servers[i]))
            *ARENA_PUSH(d->arena, ids, count) = d->servers[i].target->id;
    return arena_join(d->arena, ids, count, ", ");
}

bool loss_differs(uint64_t lost, uint64_t of, uint64_t peers_lost, uint64_t peers_of)
{
    double p, q, pooled, error;

    if (lost < 3 || !of || !peers_of)
        return false;
    p = (double)lost / (double)of;
    q = (double)peers_lost / (double)peers_of;
    pooled = (double)(lost + peers_lost) / (double)(of + peers_of);
    error = sqrt(pooled * (1 - pooled) * (1 / (double)of + 1 / (double)peers_of));
    return error > 0 ? (p - q) / error > 3 : p > q;
}

const struct resolver_view *resolver_followed(const struct facts *facts)
{
    const char *word = facts->matrix ? facts->matrix->resolver : NULL;

    if (!facts->resolv)
        return NULL;
    word = word ? word : resolver_words[resolver_of_kind(facts->resolv->resolver.kind)];
    for (size_t i = 0; i < facts->resolv->views_count; i++)
        if (strcmp(resolver_words[facts->resolv->views[i].resolver], word) == 0)
            return &facts->resolv->views[i];
    return NULL;
}

const char *lookup_cost(struct arena *arena, const struct facts *facts)
{
    const struct resolver_view *view = resolver_followed(facts);
    uint64_t wait_ms;
    char text[DURATION_TEXT];

    if (!view || !view->attempts)
        return "a timeout of its resolver";
    /* musl divides its time by its attempts. Source: musl src/network/res_msend.c. */
    wait_ms = view->resolver == RESOLVER_MUSL ? view->timeout_ms / view->attempts : view->timeout_ms;
    return arena_printf(arena, "%s (%s)", duration_format_us(text, sizeof(text), wait_ms * 1000),
                        resolver_words[view->resolver]);
}

bool is_silent_server(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (strcmp(d->servers[i].target->id, id) == 0)
            return d->servers[i].silent;
    return false;
}

bool is_under(const char *text, const char *domain)
{
    size_t n = strlen(text), d = domain ? strlen(domain) : 0;

    return d && n > d && text[n - d - 1] == '.' && strcasecmp(text + n - d, domain) == 0;
}

int name_kind_of(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->names_count; i++)
        if (strcmp(facts->names[i].name, name) == 0)
            return facts->names[i].kind;
    return NAME_GIVEN;
}
