/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct finding *finding;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (name_kind_of(d->facts, p->name) != NAME_MISSING || p->status != PROBE_ANSWER)
            continue;
        finding = finding_new(d, rule, p->candidate);
        finding_evidence(
            d, finding, "%s, which cannot exist, was answered by %s with %s", p->candidate, p->target,
            p->answers_count && p->answers[0].rdata.text ? p->answers[0].rdata.text : "a record");
        return;
    }
}

static const char *const remedies[] = {
    "write the names with a final dot, which skips the search list; back: without the dot",
    "take the domain out of the Pod's search list (dnsConfig.searches, or the node's resolv.conf "
    "that the kubelet reads); back: put it in again",
    "remove the wildcard record, or switch the upstream's redirection of unknown names off",
    NULL,
};

static const char *const checks[] = {
    "k8sdns probe nothing-like-this",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    NULL,
};

const struct rule rule_search_hijack = {
    .id = "search-hijack",
    .title = "a search domain answers any name",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "no search domain answers what does not exist",
    .cause = "A wildcard record, or an upstream that answers for what does not exist, catches names "
             "under a search domain that were meant for elsewhere: applications connect to the wrong "
             "place.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
