/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../replica_metrics.h"
#include <inttypes.h>

/* More than these make a page that nobody reads; k8sdns corefile has them all. */
#define EVIDENCE_MAX 6

static const char *place(const struct diagnosis *d, const struct corefile_remark_facts *remark)
{
    return remark->line == SHAPE_UNSET ? "" : arena_printf(d->arena, "line %" PRIu64 ": ", remark->line);
}

/* What the Corefile says. */
static void by_remarks(const struct rule *rule, struct diagnosis *d)
{
    const struct corefile_facts *corefile = d->facts->corefile;
    struct finding *finding = NULL;
    size_t said = 0;

    for (size_t i = 0; i < corefile->remarks_count; i++) {
        const struct corefile_remark_facts *remark = &corefile->remarks[i];

        /* A loop has a finding of its own. */
        if (remark->severity == SEVERITY_INFO || remark->matter == MATTER_FORWARD_LOOP)
            continue;
        if (!finding) {
            finding = finding_new(d, rule, corefile->source);
            finding->severity = remark->severity;
        }
        if (said++ < EVIDENCE_MAX)
            finding_evidence(d, finding, "%s%s%s%s", place(d, remark), remark->text,
                             remark->write ? "; write: " : "", remark->write ? remark->write : "");
    }
    if (said > EVIDENCE_MAX)
        finding_evidence(d, finding, "and %zu things more; see k8sdns corefile", said - EVIDENCE_MAX);
}

/* Corefiles that replicas refused: they go on with the one before, until they start anew and cannot. */
static void by_reloads(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = NULL;

    for (const struct metrics_replica_facts *m = metrics_first(d->facts); m; m = metrics_next(d->facts, m)) {
        if (!metrics_grew(m->reload_failed_total))
            continue;
        finding = metrics_finding(d, rule, finding, m);
        finding->title = "CoreDNS refuses its Corefile";
        finding_evidence(d, finding, "%s has refused a new Corefile %" PRIu64 " times since it began%s",
                         m->source, m->reload_failed_total,
                         metrics_grew(m->reload_failed_new) ? ", and did so just now" : "");
        /* One that was refused long ago may have been mended since. */
        if (!metrics_grew(m->reload_failed_new))
            finding->confidence = CONFIDENCE_POSSIBLE;
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->corefile)
        by_remarks(rule, d);
    else
        rule_unknown(
            d, "the Corefile; kubectl -n kube-system get cm coredns -o yaml | k8sdns diagnose --corefile -");
    by_reloads(rule, d);
}

static const char *const remedies[] = {
    "read each remark with its reason: kubectl -n kube-system get cm coredns -o yaml | k8sdns corefile -",
    "keep what is there, then edit: kubectl -n kube-system get cm coredns -o yaml > before.yaml; kubectl -n "
    "kube-system edit cm coredns; back: k8sdns corefile before.yaml --print patch > off.json; kubectl -n kube-system "
    "patch cm coredns --type merge --patch-file off.json",
    NULL,
};

static const char *const checks[] = {
    "kubectl -n kube-system get cm coredns -o yaml | k8sdns corefile -v -",
    "kubectl -n kube-system logs -l k8s-app=kube-dns | grep -i -e reload -e 'plugin/'",
    NULL,
};

static const char *const explains[] = {
    "coredns-panic", "upstream-failing", "coredns-cpu", "coredns-errors",
    "replica-slow",  "replica-refused",  NULL,
};

const struct rule rule_coredns_config = {
    .id = "coredns-config",
    .title = "the Corefile lacks or misuses something that matters",
    .severity = SEVERITY_WARNING,
    .healthy = "nothing in the Corefile hurts",
    .cause =
        "CoreDNS does what its Corefile says: without cache each query goes to the upstream, without ready it "
        "answers before it knows the Services, with debug one panic ends it, and with a line that it cannot read "
        "it does not start again.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
