/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>
#include <string.h>

static const char *bare(struct arena *arena, const char *name)
{
    size_t len = strlen(name);

    return len > 1 && name[len - 1] == '.' ? arena_text_n(arena, name, len - 1) : name;
}

static bool answered_by_search(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->name, p->name) == 0 && q->status == PROBE_ANSWER &&
            is_under(q->candidate, matrix->cluster_domain))
            return true;
    }
    return false;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    uint64_t asked = 0, failed = 0, own = 0;
    const struct probe_facts *example = NULL;
    struct finding *finding;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        int kind = name_kind_of(d->facts, p->name);

        if (is_under(p->candidate, matrix->cluster_domain)) {
            own += probe_status_is_good(p->status);
            continue;
        }
        /* The others under the search list may be anybody's, and so is a name that the search list answers.
         */
        if ((kind != NAME_EXTERNAL && kind != NAME_GIVEN) ||
            strcmp(p->candidate, bare(d->arena, p->name)) != 0 || !strchr(p->candidate, '.'))
            continue;
        if (is_silent_server(d, p->target) || answered_by_search(matrix, p))
            continue;
        asked++;
        if (p->status == PROBE_SERVFAIL || p->status == PROBE_TIMEOUT) {
            failed++;
            example = p;
        }
    }
    if (!asked) {
        rule_unknown(d, "no external name was asked for");
        return;
    }
    if (!own || failed * 2 <= asked)
        return;
    finding = finding_new(d, rule, example->candidate);
    finding->confidence = CONFIDENCE_LIKELY;
    finding_evidence(d, finding,
                     "%" PRIu64 " of %" PRIu64 " questions for external names failed (%s: %s), while %" PRIu64
                     " for names of the cluster were answered",
                     failed, asked, example->candidate, probe_status_words[example->status], own);
}

static const char *const remedies[] = {
    "ask the upstream itself from the replica's node: k8sdns probe www.example.com --no-search "
    "--target UPSTREAM",
    "see whom CoreDNS asks: the forward line of kubectl -n kube-system get configmap coredns -o "
    "yaml; /etc/resolv.conf there is the node's",
    "name servers that work: forward . ADDRESS1 ADDRESS2 in the Corefile; back: kubectl apply with "
    "the old ConfigMap",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system logs -l k8s-app=kube-dns | grep -e SERVFAIL -e timeout",
    NULL,
};

static const char *const explains[] = {
    "coredns-errors",
    "replica-slow",
    NULL,
};

const struct rule rule_upstream_failing = {
    .id = "upstream-failing",
    .title = "names of the world fail while those of the cluster resolve",
    .severity = SEVERITY_CRITICAL,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "external names resolve",
    .cause = "CoreDNS forwards what is not of the cluster, and its upstream does not answer, or "
             "answers with an error: the node's resolv.conf names a dead server, egress is closed, "
             "or the upstream limits the rate.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
