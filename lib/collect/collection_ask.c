/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The asking part of a collection: everything once, and what was lost again in other ways. */
#include <arpa/inet.h>
#include <ctype.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/collect/discovery.h>
#include <k8sdns/model/probe/name_suggestions.h>
#include <k8sdns/model/probe/name_view.h>
#include <k8sdns/source/cluster/domain_probe.h>
#include <k8sdns/source/cluster/kube_api.h>
#include <k8sdns/source/probe/hop_probe.h>
#include <k8sdns/source/probe/prober.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdlib.h>
#include <string.h>

/* As large as answers get; what is then lost is asked again for a small one. Source: RFC 6891, 6.2.5. */
#define UDP_SIZE 4096
/* Names that are tried for each that does not exist. */
#define NEAR_MAX 12

struct probe_candidate collection_own_candidate(const struct collection *c)
{
    const char *served = matrix_found(c->facts->name_suggestions, c->own);

    return (struct probe_candidate){
        c->own, served ? served : arena_text_n(c->survey->arena, c->own, strlen(c->own) - 1)};
}

struct matrix_facts *collection_ask_at(struct collection *c, struct target_facts *targets,
                                       size_t targets_count, const struct probe_candidate *candidates,
                                       size_t count, const struct prober_options *special)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    struct prober_options options = *special;
    struct matrix_facts *matrix = ARENA_NEW(c->survey->arena, struct matrix_facts);

    if (!options.types) {
        options.types = types;
        options.types_count = options.tcp ? 1 : 2;
    }
    options.tries = 1;
    options.qps = QPS;
    options.port_targets = c->port_targets;
    *matrix = (struct matrix_facts){.targets = targets,
                                    .targets_count = targets_count,
                                    .cluster_domain = c->domain,
                                    .resolver = resolver_names[c->view->resolver]};
    if (prober_run(c->survey->arena, &options, matrix, candidates, count, &c->survey->err) < 0) {
        survey_unobserved_as(c->survey, options.tcp ? GAP_TCP : GAP_ANSWERS, NULL,
                             arena_text(c->survey->arena, c->survey->err.text), "see k8sdns probe");
        c->survey->err = (struct err){0};
        return NULL;
    }
    return matrix;
}

static struct matrix_facts *ask(struct collection *c, const struct probe_candidate *candidates, size_t count,
                                const struct prober_options *special)
{
    return collection_ask_at(c, c->targets, c->targets_count, candidates, count, special);
}

/* It failed, and the other type of the same name was answered by the same server: by chance, or always. */
static bool fails_in_one_type(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    if (p->status == PROBE_ANSWER || p->status == PROBE_NODATA)
        return false;
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if ((q->status == PROBE_ANSWER || q->status == PROBE_NODATA) && strcmp(q->target, p->target) == 0 &&
            strcmp(q->candidate, p->candidate) == 0 && q->transport == p->transport)
            return true;
    }
    return false;
}

/* Some server says to whatever it is asked that it cannot read it, or does not know such queries. */
static bool any_rejects_form(const struct matrix_facts *matrix)
{
    for (size_t t = 0; t < matrix->targets_count; t++) {
        size_t heard = 0, form = 0;

        for (size_t i = 0; i < matrix->probes_count; i++) {
            const struct probe_facts *p = &matrix->probes[i];

            if (strcmp(p->target, matrix->targets[t].id) != 0)
                continue;
            heard += probe_is_heard(p);
            form += p->status == PROBE_FORMERR || p->status == PROBE_NOTIMP;
        }
        if (form && form == heard)
            return true;
    }
    return false;
}

/*
 * What was lost at a server that is heard otherwise, again without EDNS, since it may have been too large;
 * and what failed in one type alone; and one name where a server may not know EDNS. AAAA goes first this
 * time: what is lost by its place in the order and not by its type is then another.
 */
static void ask_small(struct collection *c)
{
    static const uint16_t types[] = {DNS_TYPE_AAAA, DNS_TYPE_A};
    const struct matrix_facts *matrix = c->facts->matrix;
    struct probe_candidate *lost = NULL;
    size_t count = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        bool known = false;

        for (size_t k = 0; k < count && !known; k++)
            known = strcmp(lost[k].candidate, p->candidate) == 0;
        if (!known && ((p->status == PROBE_TIMEOUT && matrix_is_heard(matrix, p->target)) ||
                       fails_in_one_type(matrix, p)))
            *ARENA_PUSH(c->survey->arena, lost, count) =
                (struct probe_candidate){.name = p->name, .candidate = p->candidate};
    }
    if (!count && any_rejects_form(matrix))
        *ARENA_PUSH(c->survey->arena, lost, count) = collection_own_candidate(c);
    if (count)
        c->facts->small =
            ask(c, lost, count,
                &(struct prober_options){
                    .types = types, .types_count = 2, .timeout_us = collection_share_us(c, SHARE_AGAIN)});
}

/* Some server has it. */
static bool is_known(const struct matrix_facts *matrix, const char *name)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->name, name) == 0 &&
            (p->status == PROBE_ANSWER || p->status == PROBE_NODATA || p->status == PROBE_TRUNCATED))
            return true;
    }
    return false;
}

/* No server knows it, as far as they answer. */
static bool is_missing(const struct matrix_facts *matrix, const char *name)
{
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (strcmp(matrix->probes[i].name, name) == 0 && matrix->probes[i].status == PROBE_NXDOMAIN)
            return !is_known(matrix, name);
    return false;
}

/* Services that the API tells of, where it may be asked and nobody has piped them in. */
static void learn_services(struct collection *c)
{
    struct kube_objects objects = {.names = c->services, .names_count = c->services_count};
    struct kube_api_options api;

    if (c->options->targets.no_discovery || c->options->targets.endpoints)
        return;
    discovery_api_options(c->survey, &c->options->targets, collection_share_us(c, SHARE_AGAIN), &api);
    (void)kube_api_read_names(c->survey->arena, &api, collection_share_us(c, SHARE_AGAIN), &objects);
    c->services = objects.names;
    c->services_count = objects.names_count;
}

/*
 * Services of this Pod's namespace that its environment names, where nothing else does (enableServiceLinks):
 * "ORDER_DB_SERVICE_HOST" is of Service order-db. Source: Kubernetes, Service, Environment variables.
 */
static void learn_from_environment(struct collection *c, const char *space)
{
    static const char mark[] = "_SERVICE_HOST";
    extern char **environ;

    for (char **at = environ; !c->survey->pid && space && *at; at++) {
        size_t len = strcspn(*at, "="), tail = sizeof(mark) - 1;
        char *name;

        if (len <= tail || strncmp(*at + len - tail, mark, tail) != 0 || strncmp(*at, "KUBERNETES_", 11) == 0)
            continue;
        name = (char *)arena_text_n(c->survey->arena, *at, len - tail);
        for (char *letter = name; *letter; letter++)
            *letter = *letter == '_' ? '-' : (char)tolower((unsigned char)*letter);
        *ARENA_PUSH(c->survey->arena, c->services, c->services_count) = (struct kube_name){name, space};
    }
}

/* The namespace of this Pod, by the first search domain ("prod.svc.cluster.local"); NULL. */
static const char *own_space(const struct collection *c)
{
    const char *first = c->view->search_count ? c->view->search[0] : "";
    size_t len = strcspn(first, ".");

    return strncmp(first + len, ".svc.", 5) == 0 && strcmp(first + len + 5, c->domain) == 0
               ? arena_text_n(c->survey->arena, first, len)
               : NULL;
}

/* The first server that is heard, since all of them know the same names; all of them when none is. */
static size_t who_knows(const struct collection *c, struct target_facts **ret)
{
    const struct matrix_facts *matrix = c->facts->matrix;

    for (size_t i = 0; i < matrix->probes_count; i++)
        if (probe_is_heard(&matrix->probes[i])) {
            *ret = target_find(c->targets, c->targets_count, matrix->probes[i].target);
            return 1;
        }
    *ret = c->targets;
    return c->targets_count;
}

/*
 * The Service that every cluster has, under the domain that the cluster's DNS calls Services by, and under
 * the usual one. Where resolv.conf names another, and the upstream is silent, this alone is answered.
 */
static void add_other_domains(struct collection *c, struct probe_candidate **near, size_t *count)
{
    const char *domains[] = {NULL, CLUSTER_DOMAIN_USUAL}, *server;
    struct address *servers = NULL;
    size_t servers_count = 0;
    struct err err = {0};

    for (size_t i = 0; i < c->targets_count; i++)
        *ARENA_PUSH(c->survey->arena, servers, servers_count) = c->targets[i].where;
    if (domain_probe_run(c->survey->arena, servers, servers_count, collection_share_us(c, SHARE_AGAIN),
                         &domains[0], &server, &err) < 0)
        domains[0] = NULL;
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++)
        if (domains[i] && !dns_name_equal(domains[i], c->domain) &&
            (!i || !domains[0] || !dns_name_equal(domains[i], domains[0])))
            *ARENA_PUSH(c->survey->arena, *near, *count) = (struct probe_candidate){
                c->own, arena_printf(c->survey->arena, "kubernetes.default.svc.%s", domains[i])};
}

/* What is like a name that does not exist is asked for before it is suggested, at one server. */
static void ask_near(struct collection *c)
{
    size_t most = QPS * (collection_share_us(c, SHARE_AGAIN) / 1000) / 1000 / 2, count = 0;
    struct probe_candidate *near = NULL;
    struct target_facts *targets;
    size_t targets_count;
    bool learnt = false;

    /* Whatever they say of it: what is not CoreDNS's zone is the upstream's, which may fail. */
    if (c->domain && !is_known(c->facts->matrix, c->own))
        add_other_domains(c, &near, &count);
    for (size_t i = 0; c->domain && i < c->facts->names_count; i++) {
        const char *name = c->facts->names[i].name, **names;
        size_t found;

        if (c->facts->names[i].kind != NAME_GIVEN || !is_missing(c->facts->matrix, name))
            continue;
        if (!learnt)
            learn_services(c);
        if (!learnt && !c->services_count)
            learn_from_environment(c, own_space(c));
        learnt = true;
        found = name_suggestions(c->survey->arena, name, c->domain, own_space(c), c->services,
                                 c->services_count, c->services_count ? NEAR_MAX : most, &names);
        for (size_t k = 0; k < found && count < most; k++)
            *ARENA_PUSH(c->survey->arena, near, count) = (struct probe_candidate){name, names[k]};
    }
    if (!count)
        return;
    targets_count = who_knows(c, &targets);
    c->facts->name_suggestions =
        collection_ask_at(c, targets, targets_count, near, count,
                          &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN)});
}

/*
 * The Service "kubernetes" has the first address of the service range, which every container is told;
 * kube-dns has the tenth by the habit of installers, or the third. Where the address that resolv.conf names
 * is silent these are asked: an answer tells that only the address is wrong. Sources: kubeadm, kubespray.
 */
static void ask_service_guess(struct collection *c, const struct probe_candidate *own)
{
    static const uint32_t offsets[] = {9, 2};
    const char *host = c->survey->pid ? NULL : getenv("KUBERNETES_SERVICE_HOST");
    struct target_facts *targets = NULL;
    size_t count = 0, silent = 0;
    struct address first;

    if (c->options->targets.no_discovery || !host || address_parse(host, DNS_PORT, &first, NULL) < 0)
        return;
    /* In a cluster of both families the other one's address answers, and says nothing of this one. */
    for (size_t i = 0; i < c->targets_count; i++)
        silent += c->targets[i].found_by == ORIGIN_RESOLV_CONF &&
                  !matrix_is_heard(c->facts->matrix, c->targets[i].id) &&
                  c->targets[i].where.family == first.family;
    if (!silent)
        return;
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        struct address where = first;
        struct target_facts *target;
        char text[ADDRESS_TEXT];
        bool known = false;

        where.port = DNS_PORT;
        if (where.family == AF_INET)
            where.v4.s_addr = htonl(ntohl(first.v4.s_addr) + offsets[i]);
        else
            where.v6.s6_addr[15] = (uint8_t)(first.v6.s6_addr[15] + offsets[i]);
        for (size_t k = 0; k < c->targets_count; k++)
            known = known || address_equal(&c->targets[k].where, &where);
        if (known)
            continue;
        target = ARENA_PUSH(c->survey->arena, targets, count);
        *target = (struct target_facts){.where = where,
                                        .port = DNS_PORT,
                                        .role = TARGET_OTHER,
                                        .found_by = ORIGIN_RANGE,
                                        .again_us = SHAPE_UNSET};
        target->id = target->address =
            arena_text(c->survey->arena, address_format(&where, text, sizeof(text)));
    }
    if (count)
        c->facts->service_guess =
            collection_ask_at(c, targets, count, own, 1,
                              &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN)});
}

static void ask_tcp(struct collection *c)
{
    const struct probe_candidate own = collection_own_candidate(c);
    struct prober_options options = {.timeout_us = collection_share_us(c, SHARE_TCP), .tcp = true};
    struct matrix_facts *tcp = c->facts->tcp = ask(c, &own, 1, &options), *again;
    size_t lost = 0;

    for (size_t i = 0; tcp && i < tcp->probes_count; i++)
        lost += tcp->probes[i].status == PROBE_TIMEOUT &&
                matrix_is_heard(c->facts->matrix, tcp->probes[i].target);
    if (!lost)
        return;
    /* A handshake takes a busy machine longer than this: once more, before TCP is said to be lost. */
    options.timeout_us = collection_share_us(c, SHARE_AGAIN);
    again = ask(c, &own, 1, &options);
    for (size_t i = 0; again && i < again->probes_count && i < tcp->probes_count; i++)
        if (tcp->probes[i].status == PROBE_TIMEOUT)
            tcp->probes[i] = again->probes[i];
}

void collection_ask(struct collection *c)
{
    collection_progress(c, "asking the servers");
    c->port_targets = arena_array(c->survey->arena, PROBER_PORTS, sizeof(uint16_t));
    c->facts->matrix = ask(c, c->candidates, c->candidates_count,
                           &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_MATRIX),
                                                    .udp_size = UDP_SIZE,
                                                    .nsid = true,
                                                    .rest = &c->rest});
    if (!c->facts->matrix)
        return;
    matrix_compare(c->survey->arena, c->facts->matrix);
    ask_small(c);
    ask_near(c);
    ask_tcp(c);
}

void collection_hear_rest(struct collection *c)
{
    if (prober_rest(c->rest))
        matrix_compare(c->survey->arena, c->facts->matrix);
    c->rest = NULL;
}

/* So many addresses are tried. */
#define STRANGERS_MAX 4

void collection_ask_strangers(struct collection *c)
{
    const struct probe_candidate own = collection_own_candidate(c);
    struct dns_sockets_facts *sockets = c->facts->sockets;
    struct target_facts *targets = NULL;
    struct matrix_facts *matrix;
    size_t count = 0;

    for (size_t i = 0; i < sockets->sockets_count && count < STRANGERS_MAX; i++) {
        struct target_facts *target;
        bool twice = sockets->sockets[i].known;
        struct address where;
        struct err err;

        for (size_t k = 0; k < count; k++)
            twice = twice || strcmp(targets[k].address, sockets->sockets[i].address) == 0;
        if (twice || address_parse(sockets->sockets[i].address, DNS_PORT, &where, &err) < 0)
            continue;
        target = ARENA_PUSH(c->survey->arena, targets, count);
        *target = (struct target_facts){.id = sockets->sockets[i].address,
                                        .address = sockets->sockets[i].address,
                                        .where = where,
                                        .port = DNS_PORT,
                                        .role = TARGET_OTHER,
                                        .found_by = ORIGIN_SOCKET,
                                        .again_us = SHAPE_UNSET};
    }
    matrix =
        count ? collection_ask_at(c, targets, count, &own, 1,
                                  &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN)})
              : NULL;
    for (size_t i = 0; matrix && i < matrix->probes_count; i++)
        for (size_t k = 0; k < sockets->sockets_count; k++)
            if (strcmp(sockets->sockets[k].address, matrix->probes[i].target) == 0 &&
                sockets->sockets[k].answers != 1)
                sockets->sockets[k].answers = probe_is_heard(&matrix->probes[i]);
}

/* What is sent no further than the first router, and answered all the same, was redirected. */
static void look_for_interception(struct collection *c)
{
    struct address elsewhere[HOP_TARGETS_MAX];
    size_t count = 0, replicas = 0;

    for (size_t i = 0; i < c->targets_count && count < HOP_TARGETS_MAX; i++) {
        const struct target_facts *target = &c->targets[i];

        if (target->interface || address_is_loopback(&target->where) || target->port != DNS_PORT ||
            (target->role == TARGET_REPLICA ? replicas > 0 : count > replicas))
            continue;
        elsewhere[count++] = target->where;
        replicas += target->role == TARGET_REPLICA;
    }
    if (!count)
        return;
    c->facts->interception = ARENA_NEW(c->survey->arena, struct interception_facts);
    hop_probe_run(c->survey->arena, collection_own_candidate(c).candidate, elsewhere, count,
                  collection_share_us(c, SHARE_HOP), c->facts->interception);
}

void collection_ask_aside(struct collection *c)
{
    const struct probe_candidate own = collection_own_candidate(c);

    if (c->facts->matrix)
        ask_service_guess(c, &own);
    look_for_interception(c);
}
