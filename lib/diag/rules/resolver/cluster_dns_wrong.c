/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

static bool is_listed(const char *const *texts, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

/* Whether the server finds the name of the cluster that always is. */
static bool knows_cluster(const struct diagnosis *d, const struct matrix_facts *matrix, const char *id)
{
    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, id) == 0 && name_kind_of(d->facts, p->name) == NAME_OWN &&
            p->status == PROBE_ANSWER)
            return true;
    }
    return false;
}

/* Then each of them is the cluster DNS, whatever else is known of addresses. */
static bool all_know_cluster(const struct diagnosis *d, const struct resolver_view *view)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].place == PLACE_NETWORK && view &&
            is_listed(view->nameservers, view->nameservers_count, d->servers[i].target->address) &&
            !knows_cluster(d, d->facts->matrix, d->servers[i].target->id))
            return false;
    return true;
}

/* What this ClusterIP loses now and then its replicas know. */
static bool is_heard_and_known_behind(const struct diagnosis *d, const char *id)
{
    const struct server *server = server_find(d, id);

    if (!server || server->silent || server->target->role != TARGET_CLUSTER_IP)
        return false;
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_REPLICA &&
            knows_cluster(d, d->facts->matrix, d->servers[i].target->id))
            return true;
    return false;
}

/* The address of the cluster DNS that answers: of the Service, or the usual one of the service range; NULL.
 */
static const char *right_address(const struct diagnosis *d, bool *ret_guessed)
{
    const struct replicas_facts *known = d->facts->replicas;
    const struct matrix_facts *guessed = d->facts->service_guess;

    *ret_guessed = false;
    for (size_t i = 0; known && i < known->service_ips_count; i++)
        if (knows_cluster(d, d->facts->matrix, known->service_ips[i]) ||
            is_heard_and_known_behind(d, known->service_ips[i]))
            return known->service_ips[i];
    *ret_guessed = true;
    for (size_t i = 0; guessed && i < guessed->targets_count; i++)
        if (knows_cluster(d, guessed, guessed->targets[i].id))
            return guessed->targets[i].id;
    return NULL;
}

/* Where every cluster's DNS would answer it says that there is no such name. */
static bool denies_cluster(const struct diagnosis *d, const char *id)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    bool denied = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, id) != 0 || name_kind_of(d->facts, p->name) != NAME_OWN || !probe_is_heard(p))
            continue;
        if (p->status != PROBE_NXDOMAIN && p->status != PROBE_REFUSED)
            return false;
        denied = true;
    }
    return denied;
}

/*
 * The only nameservers are somebody else's, by their addresses, though the search list is the cluster's.
 * Where others know the cluster they differ, which is told of by itself.
 */
static bool judge_outsiders(const struct rule *rule, struct diagnosis *d, const struct resolver_view *view,
                            const char *right)
{
    const struct replicas_facts *known = d->facts->replicas;
    struct finding *finding = NULL;

    if (!view || !d->facts->matrix->cluster_domain)
        return false;
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (is_listed(view->nameservers, view->nameservers_count, server->target->address) &&
            (!server_outsider(d->arena, server) ||
             (!server->silent && !denies_cluster(d, server->target->id)) ||
             (known && is_listed(known->service_ips, known->service_ips_count, server->target->id))))
            return false;
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (server->silent || !is_listed(view->nameservers, view->nameservers_count, server->target->address))
            continue;
        finding = server_finding(d, rule, finding, server);
        finding_evidence(d, finding,
                         "resolv.conf names %s, %s: it answers, and does not know this cluster's names",
                         server->target->id, server_outsider(d->arena, server));
    }
    if (!finding)
        return false;
    finding->confidence = right ? CONFIDENCE_CERTAIN : CONFIDENCE_LIKELY;
    if (right)
        finding_evidence(d, finding, "the cluster's names are answered at %s", right);
    return true;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct replicas_facts *known = d->facts->replicas;
    const struct resolver_view *view = resolver_followed(d->facts);
    bool guessed;
    const char *right = right_address(d, &guessed);

    if (judge_outsiders(rule, d, view, right))
        return;
    if (all_know_cluster(d, view))
        return;
    if (!right) {
        if (!known || !known->service_ips_count)
            rule_unknown(d, "the ClusterIP of the cluster's DNS Service; name it with --cluster-ip, or pipe "
                            "kubectl's JSON to --endpoints -");
        return;
    }
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        const char *id = server->target->id;
        struct finding *finding;

        if (server->place != PLACE_NETWORK || !view ||
            !is_listed(view->nameservers, view->nameservers_count, server->target->address) ||
            (known && is_listed(known->service_ips, known->service_ips_count, id)) ||
            strcmp(id, right) == 0 || knows_cluster(d, d->facts->matrix, id) ||
            (!server->silent && strcmp(view->nameservers[0], server->target->address) != 0))
            continue;
        finding = finding_new(d, rule, id);
        finding_about(d, finding, id);
        finding->confidence = guessed ? CONFIDENCE_LIKELY : CONFIDENCE_CERTAIN;
        finding_evidence(d, finding, "resolv.conf names %s: %s", id,
                         !server->silent              ? "it answers, and does not know this cluster's names"
                         : server->unreachable_detail ? server->unreachable_detail
                                                      : "no answer");
        finding_evidence(d, finding,
                         guessed
                             ? "%s, the usual address of the cluster DNS in this service range, answers for "
                               "the cluster's names"
                             : "the cluster's DNS Service has the ClusterIP %s, which answers from here",
                         right);
        return;
    }
}

static const struct step steps[] = {
    {.text = "see the ClusterIP of the DNS Service", .command = "kubectl -n {ns} get service {svc} -o wide"},
    {.text = "see the kubelet's clusterDNS on this node",
     .command = "kubectl get --raw /api/v1/nodes/{node}/proxy/configz"},
    {.text = "set clusterDNS in the kubelet's configuration of this node (or node group) to that "
             "ClusterIP, restart the kubelet, and recreate the Pods of the node",
     .undo = "the value before"},
    {.text = "if only this Pod has the address, its dnsConfig names it: correct it there"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get service {svc} -o wide",
    "k8sdns resolv",
    NULL,
};

static const char *const explains[] = {
    "clusterip-unreachable", "nameserver-unreachable",
    "clusterip-lossy",       "all-unreachable",
    "replica-refused",       "path-lossy",
    "name-not-found",        "tcp-blocked",
    "path-filtered",         "family-failing",
    "sending-fails",         NULL,
};

const struct rule rule_cluster_dns_wrong = {
    .id = "cluster-dns-wrong",
    .title = "resolv.conf names an address that is not the cluster DNS",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_MATRIX | NEED_RESOLV,
    .healthy = "resolv.conf names the ClusterIP of the cluster's DNS Service",
    .cause = "The kubelet writes its clusterDNS into each Pod's resolv.conf. Where that is not the "
             "ClusterIP of the DNS Service (a typo, another service range, a recreated Service), all "
             "Pods of the node query an address that nobody serves. {dns} and the node's Service "
             "rules are fine.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
