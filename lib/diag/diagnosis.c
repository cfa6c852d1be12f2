/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dnstap_evidence.h"
#include "replica_metrics.h"
#include "server.h"
#include "verdict.h"
#include <k8sdns/diag/diagnose.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What a missing part is called, and what would bring it; by the bits of enum rule_need. */
static const struct {
    const char *what, *how;
} needs[RULE_NEEDS] = {
    {"resolv.conf", "run it in the Pod, or name the file with --resolv-conf"},
    {"answers of the servers", "name one with --cluster-ip or --replica"},
    {"a sampling of the servers", "give it time with --budget 5s"},
    {"the CoreDNS replicas", "name them with --replica, or pipe kubectl's JSON to --endpoints -"},
    {"the node's connection tracking", "run it as root on the node, or with --netns /proc/1/ns/net"},
    {"entries of the connection tracking", "run it with CAP_NET_ADMIN on the node"},
    {"limits of the node", "run it where /proc is mounted"},
    {"IPVS", "run it as root on the node"},
    {"Kubernetes' view of CoreDNS",
     "kubectl get deployments,pods,configmaps,events,nodes -A -o json | k8sdns diagnose --endpoints -"},
    {"answers over TCP", "give it time with --budget 5s"},
    {"a list of the replicas that live", "name them with --replica, or pipe kubectl's JSON to --endpoints -"},
    {"an answer of any server", "k8sdns probe shows each question"},
    [12] = {"metrics of the replicas",
            "give the address of one to --metrics, or kubectl -n kube-system port-forward POD 9153 and "
            "--metrics http://127.0.0.1:9153/metrics"},
    [13] = {"CoreDNS's log",
            "kubectl -n kube-system logs -l k8s-app=kube-dns --prefix --timestamps --tail=-1 | "
            "k8sdns diagnose --logs -"},
    [14] = {"what CoreDNS tells by dnstap",
            "k8sdns corefile --enable dnstap shows how to turn it on; then k8sdns diagnose --dnstap FILE"},
    [15] = {"traces of CoreDNS",
            "collect them with k8sdns spans --read or --listen, and name the file with --spans"},
    [16] = {"the Corefile", "kubectl -n kube-system get cm coredns -o yaml | k8sdns diagnose --corefile -"},
    [17] = {"what the kernel drops", "run it as root on the node: it takes CAP_BPF and CAP_PERFMON"},
};

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; rules[i]; i++)
        if (strcmp(rules[i]->id, id) == 0)
            return rules[i];
    return NULL;
}

struct finding *finding_new(struct diagnosis *d, const struct rule *rule, const char *subject)
{
    struct finding *finding = ARENA_PUSH(d->arena, d->findings, d->findings_count);

    *finding = (struct finding){.id = rule->id,
                                .severity = rule->severity,
                                .title = rule->title,
                                .subject = subject,
                                .cause = rule->cause,
                                .state = FINDING_FIRES,
                                .confidence = CONFIDENCE_CERTAIN};
    for (size_t i = 0; rule->remedies[i]; i++)
        *ARENA_PUSH(d->arena, finding->remedy, finding->remedy_count) = rule->remedies[i];
    return finding;
}

void finding_evidence(struct diagnosis *d, struct finding *finding, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    *ARENA_PUSH(d->arena, finding->evidence, finding->evidence_count) = arena_vprintf(d->arena, fmt, args);
    va_end(args);
}

void finding_about(struct diagnosis *d, struct finding *finding, const char *server)
{
    *ARENA_PUSH(d->arena, finding->about, finding->about_count) = server;
}

void finding_about_pod(struct diagnosis *d, struct finding *finding, const char *pod)
{
    const struct replicas_facts *known = d->facts->replicas;

    for (size_t i = 0; known && i < known->replicas_count; i++)
        if (known->replicas[i].pod && strcmp(known->replicas[i].pod, pod) == 0)
            finding_about(d, finding, known->replicas[i].address);
}

void rule_unknown(struct diagnosis *d, const char *why)
{
    d->unknown_why = why;
}

static unsigned present(const struct diagnosis *d)
{
    const struct facts *f = d->facts;
    const struct conntrack_facts *table =
        f->conntrack && f->conntrack->table.hooks != 0 ? f->conntrack : NULL;
    unsigned bits = 0;

    bits |= f->resolv ? NEED_RESOLV : 0;
    bits |= f->matrix && f->matrix->probes_count ? NEED_MATRIX : 0;
    bits |= f->sampling ? NEED_SAMPLING : 0;
    bits |= d->replicas_count ? NEED_REPLICAS : 0;
    bits |= table ? NEED_TABLE : 0;
    bits |= table && table->dns ? NEED_DNS_ENTRIES : 0;
    bits |= table && table->replicas_count ? NEED_KNOWN : 0;
    bits |= f->node ? NEED_NODE : 0;
    /* A kernel without IPVS answers: the rule is quiet there. */
    bits |= f->ipvs || f->ipvs_absent ? NEED_IPVS : 0;
    bits |= f->kube ? NEED_KUBE : 0;
    bits |= f->tcp ? NEED_TCP : 0;
    bits |= d->heard_count ? NEED_HEARD : 0;
    bits |= f->logs ? NEED_LOGS : 0;
    bits |= dnstap_tells(f->dnstap) ? NEED_DNSTAP : 0;
    bits |= f->corefile ? NEED_COREFILE : 0;
    bits |= f->drops ? NEED_DROPS : 0;
    bits |= f->spans ? NEED_SPANS : 0;
    bits |= metrics_first(f) ? NEED_METRICS : 0;
    return bits;
}

static void run_rule(struct diagnosis *d, const struct rule *rule)
{
    struct check_facts *check = ARENA_PUSH(d->arena, d->checks, d->checks_count);
    unsigned missing = rule->needs & ~d->present;
    size_t before = d->findings_count;

    *check = (struct check_facts){.id = rule->id, .state = FINDING_UNKNOWN};
    if (!(rule->needs_any & d->present))
        missing |= rule->needs_any;
    for (unsigned i = 0; i < RULE_NEEDS; i++)
        if (missing & 1U << i) {
            check->detail = arena_printf(d->arena, "%s; %s", needs[i].what, needs[i].how);
            return;
        }
    d->unknown_why = NULL;
    rule->eval(rule, d);
    check = &d->checks[d->checks_count - 1];
    if (d->findings_count > before) {
        check->state = FINDING_FIRES;
    } else if (d->unknown_why) {
        check->detail = d->unknown_why;
    } else {
        check->state = FINDING_QUIET;
        check->detail = rule->healthy;
    }
}

static bool explains(const struct rule *rule, const char *id)
{
    for (size_t i = 0; rule->explains && rule->explains[i]; i++)
        if (strcmp(rule->explains[i], id) == 0)
            return true;
    return false;
}

static const struct server *server_at(const struct diagnosis *d, const char *id)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (strcmp(d->servers[i].target->id, id) == 0)
            return &d->servers[i];
    return NULL;
}

static bool is_about(const struct finding *finding, const char *id)
{
    for (size_t i = 0; i < finding->about_count; i++)
        if (strcmp(finding->about[i], id) == 0)
            return true;
    return false;
}

/* How many of the replicas a finding is about. */
static size_t replicas_about(const struct diagnosis *d, const struct finding *finding)
{
    size_t count = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        count += d->servers[i].target->role == TARGET_REPLICA && is_about(finding, d->servers[i].target->id);
    return count;
}

/*
 * The cause is about every replica that the effect is about: what is wrong with one of them does not explain
 * what is wrong with another. What a ClusterIP or a cache passes on may come from any of them, but all of it
 * only from all.
 */
static bool covers(const struct diagnosis *d, const struct finding *cause, const struct finding *effect)
{
    size_t some = replicas_about(d, cause);

    for (size_t i = 0; some && i < effect->about_count; i++) {
        const struct server *server = server_at(d, effect->about[i]);
        bool free = server && server->target->role != TARGET_REPLICA && !server->silent;

        if (!free && some < d->replicas_count && !is_about(cause, effect->about[i]))
            return false;
    }
    return true;
}

/*
 * A mere remark explains nothing; neither does what is only possible, and about no server in particular, what
 * is worse than itself.
 */
static bool is_strong_enough(const struct finding *cause, const struct finding *effect)
{
    return cause->severity != SEVERITY_INFO && (cause->confidence != CONFIDENCE_POSSIBLE ||
                                                cause->about_count || cause->severity <= effect->severity);
}

/*
 * Give each finding the one that explains it: the first by the order of the rules, which go from causes to
 * symptoms.
 */
static void relate(struct diagnosis *d)
{
    for (size_t i = 0; i < d->findings_count; i++) {
        struct finding *effect = &d->findings[i];

        for (size_t k = 0; k < d->findings_count && !effect->consequence; k++) {
            const struct finding *cause = &d->findings[k];

            if (k != i && explains(rule_find(cause->id), effect->id) && is_strong_enough(cause, effect) &&
                covers(d, cause, effect) &&
                (!cause->consequence || strcmp(cause->consequence, effect->id) != 0))
                effect->consequence = cause->id;
        }
    }
}

/* The id that leads to a finding in the end. */
static const char *leader(const struct diagnosis *d, const struct finding *finding)
{
    for (size_t steps = 0; finding->consequence && steps < d->findings_count; steps++)
        for (size_t i = 0; i < d->findings_count; i++)
            if (strcmp(d->findings[i].id, finding->consequence) == 0) {
                finding = &d->findings[i];
                break;
            }
    return finding->id;
}

/* How bad a leading finding is with all that follows from it. */
static int weight(const struct diagnosis *d, const char *id)
{
    int worst = SEVERITY_INFO;

    for (size_t i = 0; i < d->findings_count; i++)
        if (d->findings[i].severity < worst && strcmp(leader(d, &d->findings[i]), id) == 0)
            worst = d->findings[i].severity;
    return worst;
}

struct ranked {
    struct finding finding;
    const char *leader;
    int weight;
    size_t leader_at, at;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight - y->weight;
    if (x->leader_at != y->leader_at)
        return x->leader_at < y->leader_at ? -1 : 1;
    if (!x->finding.consequence != !y->finding.consequence)
        return x->finding.consequence ? 1 : -1;
    if (x->finding.severity != y->finding.severity)
        return x->finding.severity - y->finding.severity;
    return x->at < y->at ? -1 : x->at > y->at;
}

static void rank(struct diagnosis *d)
{
    struct ranked *all = arena_array(d->arena, d->findings_count + 1, sizeof(*all));

    for (size_t i = 0; i < d->findings_count; i++) {
        all[i] = (struct ranked){.finding = d->findings[i], .leader = leader(d, &d->findings[i]), .at = i};
        all[i].weight = weight(d, all[i].leader);
        while (strcmp(d->findings[all[i].leader_at].id, all[i].leader) != 0)
            all[i].leader_at++;
    }
    qsort(all, d->findings_count, sizeof(*all), by_rank);
    for (size_t i = 0; i < d->findings_count; i++)
        d->findings[i] = all[i].finding;
}

void diagnose(struct arena *arena, const struct facts *facts, const struct thresholds *thresholds,
              struct finding **ret_findings, size_t *ret_count, struct diagnose_facts *ret)
{
    struct diagnosis d = {.arena = arena, .facts = facts, .thresholds = thresholds};

    servers_read(&d);
    d.present = present(&d);
    for (size_t i = 0; rules[i]; i++)
        run_rule(&d, rules[i]);
    relate(&d);
    rank(&d);
    *ret_findings = d.findings;
    *ret_count = d.findings_count;
    verdict_write(&d, ret);
}
