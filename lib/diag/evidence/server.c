/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"
#include "answer/asked_probes.h"
#include "interception.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/statistics/median.h>
#include <math.h>
#include <string.h>

/* Kernels send one ICMP error a second to a peer, so the rest of them is silence. */
static void add_unreachable(struct server *server, int kind, const char *detail, uint64_t count)
{
    server->unreachable[kind] += count;
    if (!server->unreachable_detail)
        server->unreachable_detail = detail;
    if (!unreachable_is_filtered(kind))
        return;
    server->filtered += count;
    if (!server->filtered_detail)
        server->filtered_detail = detail;
}

static void add_outlier(uint64_t *count, const char **detail, const char *text, uint64_t more)
{
    *count += more;
    if (!*detail)
        *detail = text;
}

static void add_probe(struct server *server, const struct probe_facts *p)
{
    /* Over TCP there is only what was truncated, asked again: without that answer the first is of no use. */
    if (p->transport != TRANSPORT_UDP) {
        server->failed += !probe_status_is_good(p->status);
        return;
    }
    server->asked++;
    server->heard += probe_is_heard(p);
    server->refused += p->status == PROBE_REFUSED;
    server->failed += !probe_status_is_good(p->status);
    if (p->own_kernel && p->unreachable >= 0) {
        server->own_errors++;
        server->own_sends += !p->reported_by;
        if (server->own_kind < 0) {
            server->own_kind = p->unreachable;
            server->own_detail = p->detail;
        }
    }
    if (p->status == PROBE_MALFORMED)
        add_outlier(&server->malformed, &server->malformed_detail, p->detail, 1);
    if (p->status == PROBE_MISMATCH)
        add_outlier(&server->mismatched, &server->mismatch_detail, p->detail, 1);
    if ((p->status == PROBE_UNREACHABLE || p->status == PROBE_ERROR) && p->unreachable >= 0)
        add_unreachable(server, p->unreachable, p->detail ? p->detail : unreachable_phrase(p->unreachable),
                        1);
}

/* What the sampling's failures say of errors of this kind. */
static const char *unreachable_detail_of(const struct watch_target_facts *w, int kind)
{
    const struct watch_failure_facts *const ends[] = {w->first_failure, w->last_failure};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (ends[i] && ends[i]->unreachable == kind && ends[i]->detail)
            return ends[i]->detail;
    return unreachable_phrase(kind);
}

/* Words of the sampling for a failure of this kind. */
static const char *detail_of(const struct watch_target_facts *w, int status)
{
    const struct watch_failure_facts *first = w->first_failure, *last = w->last_failure;

    if (first && first->status == status && first->detail)
        return first->detail;
    return last && last->status == status ? last->detail : NULL;
}

/*
 * Whether it answers, but after the timeout: most of what was not answered in time came later, and what is
 * out at the end of the sampling had no time for that.
 */
static bool is_late(const struct watch_target_facts *w)
{
    return w->late > 1 && w->late >= w->lost / 2;
}

/*
 * The same by its first answers, which are waited for to the end of the run: all came, and as large a share
 * of them after the timeout as was lost of the sampling.
 */
static bool was_late(const struct diagnosis *d, const struct server *server,
                     const struct watch_target_facts *w)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    uint64_t sent = w->answered + w->lost, late = 0;

    for (size_t i = 0; i < matrix->probes_count; i++)
        late += strcmp(matrix->probes[i].target, server->target->id) == 0 &&
                probe_is_heard(&matrix->probes[i]) && matrix->probes[i].late;
    return late && server->heard == server->asked && late * 2 * sent >= w->lost * server->asked;
}

static void add_sample(const struct diagnosis *d, struct server *server, const struct watch_target_facts *w)
{
    server->sampled = w;
    server->sent = w->answered + w->lost;
    server->late = is_late(w) || was_late(d, server, w);
    server->answered = w->answered + (server->late ? w->lost : 0);
    server->lost = server->late ? 0 : w->lost;
    server->bad = w->bad - (server->late ? w->lost : 0);
    server->loss_ratio = server->sent ? (double)server->lost / (double)server->sent : (double)NAN;
    server->p50_us = w->p50_us;
    for (size_t i = 0; i < w->outcomes_count; i++) {
        const char *word = w->outcomes[i].name;
        uint64_t count = w->outcomes[i].count;

        if (!count)
            continue;
        if (strcmp(word, probe_status_names[PROBE_MALFORMED]) == 0)
            add_outlier(&server->malformed, &server->malformed_detail, detail_of(w, PROBE_MALFORMED), count);
        else if (strcmp(word, probe_status_names[PROBE_MISMATCH]) == 0)
            add_outlier(&server->mismatched, &server->mismatch_detail, detail_of(w, PROBE_MISMATCH), count);
    }
    for (size_t i = 0; i < w->unreachables_count; i++)
        for (int kind = 0; kind < UNREACHABLE_KINDS; kind++)
            if (strcmp(w->unreachables[i].name, unreachable_names[kind]) == 0 && w->unreachables[i].count)
                add_unreachable(server, kind, unreachable_detail_of(w, kind), w->unreachables[i].count);
}

/* Of an address in text, since a capture has no other. A loopback address that somebody named is a server to
 * try. */
static enum server_place place_of(const struct target_facts *target)
{
    enum server_place place;
    struct address address;
    struct err err = {0};

    if (address_parse(target->address, DNS_PORT, &address, &err) < 0)
        return PLACE_NETWORK;
    place = server_place(&address);
    return (place == PLACE_SELF || place == PLACE_STUB) && target->found_by != ORIGIN_RESOLV_CONF
               ? PLACE_NETWORK
               : place;
}

/*
 * A flow outlives the replica that it leads to. An address that flows alone show, and that is silent, is a
 * replica that is gone and none that fails, unless the ClusterIP loses queries: then these still lead there.
 */
static void leave_gone(struct diagnosis *d)
{
    bool passes = false, loses = false;
    size_t kept = 0;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (server->target->role != TARGET_CLUSTER_IP)
            continue;
        passes = passes || !server->silent;
        loses = loses || server->silent || server->lost || server->asked > server->heard;
    }
    for (size_t i = 0; i < d->servers_count; i++)
        if (!passes || loses || !d->servers[i].silent || d->servers[i].target->found_by != ORIGIN_CONNTRACK)
            d->servers[kept++] = d->servers[i];
    d->servers_count = kept;
}

/* What was asked of a replica and answered by a proxy tells nothing of the replica. */
static void leave_redirected(struct diagnosis *d)
{
    size_t kept = 0, others = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        others += d->servers[i].target->role != TARGET_REPLICA;
    for (size_t i = 0; others && i < d->servers_count; i++)
        if (d->servers[i].target->role != TARGET_REPLICA ||
            !is_intercepted(d->facts, d->servers[i].target->address, TARGET_REPLICA))
            d->servers[kept++] = d->servers[i];
    d->servers_count = others ? kept : d->servers_count;
}

/* Half of its first answers for cluster names take so long or more; SHAPE_UNSET without any. */
static uint64_t first_p50_us(const struct diagnosis *d, const char *id)
{
    const struct asked_probes *asked = probes_at(d, id);
    double *values = NULL;
    size_t count = 0;

    for (size_t i = 0; i < asked->count; i++)
        if (asked->items[i].probe->rtt_us != SHAPE_UNSET && is_cluster_query(d, asked->items[i].probe))
            *ARENA_PUSH(d->arena, values, count) = (double)asked->items[i].probe->rtt_us;
    return count ? (uint64_t)median(values, count) : SHAPE_UNSET;
}

/* It is silent for the names of resolv.conf's domain, and answers for those of another. */
static bool knows_other_domain(const struct facts *facts, const char *id)
{
    return facts->name_suggestions && matrix_is_heard(facts->name_suggestions, id);
}

void servers_read(struct diagnosis *d)
{
    const struct facts *facts = d->facts;

    asked_probes_read(d);
    for (size_t i = 0; facts->matrix && i < facts->matrix->targets_count; i++) {
        const struct target_facts *target = &facts->matrix->targets[i];
        struct server *server = ARENA_PUSH(d->arena, d->servers, d->servers_count);
        const struct watch_target_facts *sampled;
        const struct asked_probes *asked;

        *server = (struct server){.target = target,
                                  .place = place_of(target),
                                  .own_kind = -1,
                                  .loss_ratio = (double)NAN,
                                  .p50_us = SHAPE_UNSET};
        asked = probes_at(d, target->id);
        for (size_t k = 0; k < asked->count; k++)
            add_probe(server, asked->items[k].probe);
        sampled = watch_target_find(facts->sampling, target->id);
        if (sampled)
            add_sample(d, server, sampled);
        /* Where no answer of the sampling came in time the first ones tell, which are waited for longer. */
        if (server->late && server->p50_us == SHAPE_UNSET)
            server->p50_us = first_p50_us(d, target->id);
        server->silent = server->asked > 0 && !server->heard && !server->answered &&
                         !knows_other_domain(facts, target->id);
    }
    leave_gone(d);
    leave_redirected(d);
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        d->heard_count += !server->silent && server->asked > 0;
        d->replicas_count += server->target->role == TARGET_REPLICA;
        d->replicas_heard += server->target->role == TARGET_REPLICA && !server->silent;
    }
}

const char *server_text(struct arena *arena, const struct server *server)
{
    static const char *const words[] = {"ClusterIP", "replica", "node-local cache", "nameserver", "server"};

    return arena_printf(arena, "%s %s", words[server->target->role], server->target->id);
}

void server_join(struct diagnosis *d, struct finding *finding, const struct server *server)
{
    finding->subject = finding->subject
                           ? arena_printf(d->arena, "%s, %s", finding->subject, server->target->id)
                           : server_text(d->arena, server);
    finding_about(d, finding, server->target->id);
}

struct finding *server_finding(struct diagnosis *d, const struct rule *rule, struct finding *finding,
                               const struct server *server)
{
    if (!finding)
        finding = finding_new(d, rule, NULL);
    server_join(d, finding, server);
    return finding;
}

bool server_passes_on(const struct server *server)
{
    return server->target->role == TARGET_CLUSTER_IP || server->target->role == TARGET_NODE_LOCAL;
}

/* A replica behind it has this. */
static bool has_replica(const struct diagnosis *d, const struct server *server,
                        bool (*has_it)(const struct server *server))
{
    for (size_t i = 0; server_passes_on(server) && i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA && has_it(&d->servers[i]))
            return true;
    return false;
}

bool server_is_at_fault(const struct diagnosis *d, const struct server *server,
                        bool (*has_it)(const struct server *server))
{
    return has_it(server) && !has_replica(d, server, has_it);
}

static bool loses(const struct server *server)
{
    return server->silent || server->lost > 0;
}

static bool fails(const struct server *server)
{
    return server->bad > 0;
}

bool server_fails_by_chance(const struct diagnosis *d, const struct server *server, int status)
{
    bool (*has_it)(const struct server *) = status == PROBE_TIMEOUT ? loses : fails;

    return has_it(server) || has_replica(d, server, has_it);
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

unsigned concern_of_type(const char *type)
{
    return strcmp(type, "A") == 0 ? CONCERNS_A : strcmp(type, "AAAA") == 0 ? CONCERNS_AAAA : 0;
}

unsigned concern_of_failure(const struct probe_facts *failed)
{
    return failed->status == PROBE_TIMEOUT ? CONCERNS_SILENCE
           : failed->status == PROBE_REFUSED || failed->status == PROBE_FORMERR ||
                   failed->status == PROBE_NOTIMP
               ? CONCERNS_REFUSAL
           : failed->status == PROBE_SERVFAIL ? CONCERNS_SERVFAIL
                                              : 0;
}

unsigned server_lost_types(const struct server *server)
{
    const struct watch_target_facts *w = server->sampled;
    unsigned types = 0;

    for (size_t i = 0; w && i < w->types_count; i++)
        if (w->types[i].lost)
            types |= concern_of_type(w->types[i].type);
    return types;
}

const struct resolver_view *resolver_followed(const struct facts *facts)
{
    const char *word = facts->matrix ? facts->matrix->resolver : NULL;

    if (!facts->resolv)
        return NULL;
    word = word ? word : resolver_names[resolver_of_kind(facts->resolv->resolver.kind)];
    for (size_t i = 0; i < facts->resolv->views_count; i++)
        if (strcmp(resolver_names[facts->resolv->views[i].resolver], word) == 0)
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
                        resolver_names[view->resolver]);
}

bool server_answers_tcp(const struct diagnosis *d, const char *id)
{
    const struct matrix_facts *tcp = d->facts->tcp;

    for (size_t i = 0; tcp && i < tcp->probes_count; i++)
        if ((!id || strcmp(tcp->probes[i].target, id) == 0) && probe_is_heard(&tcp->probes[i]))
            return true;
    return false;
}

void server_tell_tcp(struct diagnosis *d, struct finding *finding, const struct server *server)
{
    if (server->silent && server_answers_tcp(d, server->target->id))
        finding_evidence(d, finding, "%s answers over TCP: it is up, and UDP alone fails",
                         server->target->id);
}

const struct server *server_find(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (strcmp(d->servers[i].target->id, id) == 0)
            return &d->servers[i];
    return NULL;
}

bool is_silent_server(const struct diagnosis *d, const char *id)
{
    const struct server *server = server_find(d, id);

    return server && server->silent;
}

int name_kind_of(const struct facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->names_count; i++)
        if (strcmp(facts->names[i].name, name) == 0)
            return facts->names[i].kind;
    return NAME_GIVEN;
}

bool is_cluster_query(const struct diagnosis *d, const struct probe_facts *probe)
{
    if (served_own_name(d->facts))
        return false;
    return matrix_is_own(d->facts->matrix, probe->candidate) ||
           name_kind_of(d->facts, probe->name) == NAME_OWN;
}

const char *served_own_name(const struct facts *facts)
{
    const char *own = own_name(facts);

    return own ? matrix_found(facts->name_suggestions, own) : NULL;
}

const char *own_name(const struct facts *facts)
{
    for (size_t i = 0; i < facts->names_count; i++)
        if (facts->names[i].kind == NAME_OWN)
            return facts->names[i].name;
    return NULL;
}

bool server_is_refused_at_socket(const struct diagnosis *d, const struct server *server)
{
    const struct dns_sockets_facts *sockets = d->facts->sockets;
    const struct replicas_facts *known = d->facts->replicas;

    /* The first ClusterIP alone was tried. */
    return sockets && sockets->cluster_ip_refused && known && known->cluster_ip && server->silent &&
           server->target->role == TARGET_CLUSTER_IP && strcmp(known->cluster_ip, server->target->id) == 0;
}

bool server_refuses_itself(const struct diagnosis *d, const struct server *server)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, server->target->id) == 0 && p->unreachable == UNREACHABLE_PORT &&
            p->reported_by && strcmp(p->reported_by, server->target->address) == 0)
            return true;
    }
    return false;
}

const char *server_rejected_by(const struct diagnosis *d, const struct server *server)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const char *by = server->sampled ? server->sampled->rejected_by : NULL;

    /* A ClusterIP is nobody's: what comes back for it has whatever address NAT gives it. */
    if (server->target->role == TARGET_CLUSTER_IP || server->place != PLACE_NETWORK ||
        server_refuses_itself(d, server))
        return NULL;
    for (size_t i = 0; matrix && i < matrix->probes_count && !by; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, server->target->id) == 0 && p->unreachable == UNREACHABLE_PORT &&
            !p->own_kernel)
            by = p->reported_by;
    }
    return by && strcmp(by, server->target->address) != 0 ? by : NULL;
}

const char *server_outsider(struct arena *arena, const struct server *server)
{
    const char *cloud = server_place_cloud(&server->target->where);

    return cloud                                       ? arena_printf(arena, "the resolver of %s", cloud)
           : address_is_public(&server->target->where) ? "a public address"
                                                       : NULL;
}
