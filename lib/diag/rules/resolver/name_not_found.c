/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>
#include <string.h>

/* Others that do resolve, each once, the likeliest first. */
#define NEAR_SHOWN 5

static void add_near(struct diagnosis *d, struct finding *finding, const char *name)
{
    const struct matrix_facts *near = d->facts->near_names;

    for (size_t i = 0, shown = 0; near && i < near->probes_count && shown < NEAR_SHOWN; i++) {
        const struct probe_facts *p = &near->probes[i];
        bool said = false;

        for (size_t k = 0; k < i && !said; k++)
            said = near->probes[k].status == PROBE_ANSWER &&
                   strcmp(near->probes[k].candidate, p->candidate) == 0;
        if (p->status != PROBE_ANSWER || said || strcmp(p->name, name) != 0)
            continue;
        shown++;
        finding_evidence(d, finding, "%s does exist", p->candidate);
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t n = 0; n < d->facts->names_count; n++) {
        const struct asked_name *name = &d->facts->names[n];
        uint64_t missing = 0, others = 0;
        struct finding *finding;

        for (size_t i = 0; i < matrix->probes_count && name->kind != NAME_MISSING; i++) {
            const struct probe_facts *p = &matrix->probes[i];

            /* What a server kept to itself may have been the answer; one that is silent in all keeps nothing.
             */
            if (strcmp(p->name, name->name) != 0 || (!probe_is_heard(p) && is_silent_server(d, p->target)))
                continue;
            missing += p->status == PROBE_NXDOMAIN;
            others += p->status != PROBE_NXDOMAIN;
        }
        if (!missing || others)
            continue;
        finding = finding_new(d, rule, name->name);
        finding_evidence(
            d, finding, "%" PRIu64 " answers for %s under every search domain and as it stands: all NXDOMAIN",
            missing, name->name);
        add_near(d, finding, name->name);
        /* A name of the usual set is for the servers, not for its own sake. */
        if (name->kind != NAME_GIVEN)
            finding->severity = name->kind == NAME_OWN ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    }
}

static const char *const remedies[] = {
    "see what there is: kubectl get services --all-namespaces | grep NAME",
    "from another namespace name it in full: SERVICE.NAMESPACE",
    NULL,
};

static const char *const checks[] = {
    "k8sdns expand NAME",
    "kubectl get services --all-namespaces",
    NULL,
};

const struct rule rule_name_not_found = {
    .id = "name-not-found",
    .title = "the name does not exist anywhere it is looked for",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .opening = "DNS works, the name is wrong",
    .healthy = "the names asked for exist",
    .cause = "Every candidate of the search list, and the name as it stands, is NXDOMAIN at every "
             "server: DNS works, the name is wrong. A typo, the wrong namespace, or a Service that "
             "is gone.",
    .remedies = remedies,
    .checks = checks,
    .eval = eval,
};
