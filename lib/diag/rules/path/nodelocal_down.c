/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/log_program.h"
#include "../../evidence/coredns/replica_metrics.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/shell_word.h>
#include <string.h>

/* Servers asked that are elsewhere than on this node. */
static size_t others_asked(const struct diagnosis *d)
{
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        count += d->servers[i].place == PLACE_NETWORK || d->servers[i].place == PLACE_CLOUD;
    return count;
}

/* In iptables mode the cache has the ClusterIP as well: queries to it end on this node, whatever CoreDNS
 * does. */
static void tell_cluster_ip(struct diagnosis *d, struct finding *finding)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];

        if (server->target->role != TARGET_CLUSTER_IP || !server->silent)
            continue;
        finding_about(d, finding, server->target->id);
        finding_evidence(
            d, finding,
            "the ClusterIP %s is silent too: where node-local-dns has set up its rules for it, queries to "
            "it go to the cache, or past NAT",
            server->target->id);
    }
}

/* It does not answer. Where nobody else does either, only its own refusal tells that it is the cache. */
static void by_silence(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        bool refuses = server->unreachable[UNREACHABLE_PORT] > 0, alone = !others_asked(d);
        struct finding *finding;

        if (server->target->role != TARGET_NODE_LOCAL || !server->silent ||
            (!d->heard_count && !refuses && !alone))
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        if (!d->heard_count && !refuses)
            finding->confidence = CONFIDENCE_LIKELY;
        if (d->heard_count)
            finding_evidence(d, finding, "%" PRIu64 " queries to %s got no answer; %zu other servers answer",
                             server->asked + server->sent, server->target->id, d->heard_count);
        else
            finding_evidence(d, finding, "%" PRIu64 " queries to %s got no answer",
                             server->asked + server->sent, server->target->id);
        if (refuses)
            finding_evidence(d, finding, "%s: nothing listens there; lookups fail at once",
                             server->unreachable_detail);
        if (alone)
            finding_evidence(d, finding,
                             "it is the only server that this Pod asks; CoreDNS behind it was not asked");
        tell_cluster_ip(d, finding);
    }
}

/* The ClusterIP itself, where the cache of this node owns it: its interface has the address. */
static void by_owned_cluster_ip(const struct rule *rule, struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        const char *interface = server->target->interface;
        struct finding *finding;

        /* IPVS holds all ClusterIPs on an interface of its own. */
        if (server->target->role != TARGET_CLUSTER_IP || !server->silent || !interface ||
            strncmp(interface, "kube-ipvs", 9) == 0)
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding_about(d, finding, server->target->id);
        finding_evidence(
            d, finding,
            "%s is an address of interface %s on this node, so queries to it stay here; nothing answers",
            server->target->id, interface);
    }
}

/* Seconds after which it has looked again: it does so each minute. Source: node-cache's -syncinterval. */
#define SETUP_LOOKS_S 65

/* A cache on each node is known of, and the ClusterIP is an address of this node where nothing listens. */
static void by_refusing_cluster_ip(const struct rule *rule, struct diagnosis *d)
{
    const struct cluster_dns *dns = d->facts->dns;

    for (size_t i = 0; dns && dns->node_cache && i < d->servers_count; i++) {
        const struct server *server = &d->servers[i];
        struct finding *finding;

        if (server->target->role != TARGET_CLUSTER_IP || !server->silent || server->target->interface ||
            !d->replicas_heard || d->replicas_heard != d->replicas_count || !server_refuses_itself(d, server))
            continue;
        finding = finding_new(d, rule, server->target->id);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_about(d, finding, server->target->id);
        finding_evidence(
            d, finding,
            "%s, the ClusterIP itself: the cache of this node has it as its own address, and nothing "
            "listens there",
            server->unreachable_detail);
        finding_evidence(d, finding, "all %zu replicas answer when they are asked directly",
                         d->replicas_count);
    }
}

/* It counts what it could not put up: its address, or the rules that lead to it. */
static void by_setup(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        bool grew = metrics_grew(m->setup_errors_new);

        /* A window in which it has looked and found all there ends it. */
        if (!metrics_grew(m->setup_errors_total) || (!grew && m->window_s > SETUP_LOOKS_S))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "the node-local DNS cache cannot set itself up";
        finding->severity = SEVERITY_WARNING;
        if (grew) {
            finding->confidence = CONFIDENCE_CERTAIN;
            finding_evidence(d, finding, "%s could not put up its address or its rules %s %s", m->source,
                             times_format((char[TIMES_TEXT]){0}, m->setup_errors_new),
                             metrics_window(d->arena, m));
            continue;
        }
        finding->confidence = CONFIDENCE_POSSIBLE;
        finding_evidence(
            d, finding,
            "%s could not put up its address or its rules %" PRIu64
            " times since it began; whether it still cannot shows k8sdns metrics --interval 90s %s",
            m->source, m->setup_errors_total, shell_word(d->arena, m->source));
    }
}

/* It looks each minute whether all is there: silent for longer than this, it is. Source: node-cache's
 * -syncinterval. */
#define SETUP_QUIET_S 180

/* The same by its log. */
static void by_logged_setup(const struct rule *rule, struct diagnosis *d)
{
    for (const struct log_state_facts *s = NULL; (s = log_state(d, LOG_SETUP_FAILED, s));) {
        struct finding *finding = finding_new(d, rule, log_subject(d, s->source, "node-local-dns"));

        finding->title = "the node-local DNS cache cannot set itself up";
        finding->severity = s->quiet_s > SETUP_QUIET_S ? SEVERITY_INFO : SEVERITY_WARNING;
        finding->confidence = s->count < LOG_FEW ? CONFIDENCE_POSSIBLE : CONFIDENCE_CERTAIN;
        finding->cause =
            "Its address or its firewall rules are not there, so that queries of this node's Pods to the "
            "cache fail, or pass through conntrack.";
        finding_evidence(d, finding, "its log says so %s: %s", times_format((char[TIMES_TEXT]){0}, s->count),
                         s->text);
        if (s->quiet_s > SETUP_QUIET_S)
            finding_evidence(d, finding, "not in the last %.0f s of its log", s->quiet_s);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    size_t before = d->findings_count;

    if (d->facts->matrix) {
        by_silence(rule, d);
        by_owned_cluster_ip(rule, d);
        if (d->findings_count == before)
            by_refusing_cluster_ip(rule, d);
    } else {
        rule_unknown(d, "answers of the servers; name one with --cluster-ip or --replica");
    }
    by_setup(rule, d);
    by_logged_setup(rule, d);
}

static const struct step steps[] = {
    {.text = "see its Pod on this node", .command = "kubectl -n {cns} get pods -l {csel} -o wide"},
    {.text = "read its log", .command = "kubectl -n {cns} logs -l {csel} --tail=50 --prefix"},
    {.text = "restart the one on this node", .command = "kubectl -n {cns} delete pod NODE-LOCAL-DNS-POD"},
    {.text = "workaround: set the kubelet's clusterDNS to the ClusterIP and restart the Pods",
     .undo = "the value before"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {cns} logs -l {csel} --tail=50",
    NULL,
};

static const char *const explains[] = {
    "clusterip-lossy",
    "clusterip-unreachable",
    "all-unreachable",
    "path-lossy",
    "tcp-blocked",
    "lookup-slow",
    NULL,
};

const struct rule rule_nodelocal_down = {
    .id = "nodelocal-down",
    .title = "the node-local DNS cache does not answer",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_MATRIX | NEED_METRICS | NEED_LOGS,
    .cause = "The Pod asks the DNS cache on its own node (node-local-dns), which is down: every lookup of "
             "the Pods on this node fails. {dns} and other nodes are not affected.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
