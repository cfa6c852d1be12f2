/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../application.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

/* What a nameserver said to a query; NULL when it was not asked that. */
static const struct probe_facts *probe_of(const struct diagnosis *d, const char *target,
                                          const struct probe_facts *like)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, target) == 0 && p->transport == TRANSPORT_UDP &&
            strcmp(p->type, like->type) == 0 && strcmp(p->candidate, like->candidate) == 0)
            return p;
    }
    return NULL;
}

/* A name that `knows` answers and `lacks` says does not exist; NULL for none. */
static const struct probe_facts *name_lacking(const struct diagnosis *d, const char *knows, const char *lacks,
                                              uint64_t *ret_count)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const struct probe_facts *first = NULL;

    *ret_count = 0;
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i], *other;

        if (strcmp(p->target, knows) != 0 || p->transport != TRANSPORT_UDP || p->status != PROBE_ANSWER ||
            name_kind_of(d->facts, p->name) == NAME_MISSING)
            continue;
        other = probe_of(d, lacks, p);
        if (!other || other->status != PROBE_NXDOMAIN)
            continue;
        (*ret_count)++;
        first = first ? first : p;
    }
    return first;
}

static const struct server *nameserver_at(const struct diagnosis *d, const struct resolver_view *view,
                                          size_t i)
{
    for (size_t k = 0; k < d->servers_count; k++)
        if (strcmp(d->servers[k].target->address, view->nameservers[i]) == 0)
            return &d->servers[k];
    return NULL;
}

static void compare(const struct rule *rule, struct diagnosis *d, const struct resolver_view *view,
                    const struct server *first, const struct server *later)
{
    const char *a = first->target->id, *b = later->target->id;
    uint64_t lacking, only;
    const struct probe_facts *lacked = name_lacking(d, a, b, &lacking),
                             *unasked = name_lacking(d, b, a, &only);
    /* Whether any answer may come from any of them. */
    bool any = view->resolver == RESOLVER_MUSL || resolver_view_has(view, "rotate");
    struct finding *finding;

    if (!lacked && !unasked)
        return;
    finding = finding_new(d, rule, arena_printf(d->arena, "%s and %s", a, b));
    finding_about(d, finding, b);
    /* Where the first does not know the cluster, its names are never found. */
    finding->severity = any || (unasked && name_kind_of(d->facts, unasked->name) != NAME_EXTERNAL)
                            ? SEVERITY_CRITICAL
                            : SEVERITY_WARNING;
    if (lacked)
        finding_evidence(d, finding,
                         "%s answers for %s, %s says that it does not exist (%" PRIu64 " queries)", a,
                         lacked->candidate, b, lacking);
    if (unasked)
        finding_evidence(d, finding,
                         "%s answers for %s, %s says that it does not exist (%" PRIu64 " queries)", b,
                         unasked->candidate, a, only);
    if (unasked)
        application_tell_first(d, finding, first->target, PROBE_NXDOMAIN);
    if (view->resolver == RESOLVER_MUSL)
        finding_evidence(d, finding, "musl asks both at once and takes the first answer, NXDOMAIN included");
    else if (any)
        finding_evidence(d, finding,
                         "with the option rotate each of them is asked in turn, and NXDOMAIN counts");
    else if (!lacked)
        finding_evidence(d, finding,
                         "%s asks %s only when %s does not answer: names of %s alone are never found",
                         resolver_names[view->resolver], b, a, b);
    else
        finding_evidence(
            d, finding,
            "%s asks %s only when %s does not answer: then names of %s alone are not found, and names of "
            "%s alone never are",
            resolver_names[view->resolver], b, a, a, b);
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct resolver_view *view = resolver_followed(d->facts);
    const struct server *first;

    if (!view || view->nameservers_count < 2)
        return;
    first = nameserver_at(d, view, 0);
    for (size_t i = 1; first && i < view->nameservers_count; i++) {
        const struct server *later = nameserver_at(d, view, i);

        if (later && later != first)
            compare(rule, d, view, first, later);
    }
}

static const struct step steps[] = {
    {.text = "name only the cluster DNS in resolv.conf (dnsPolicy ClusterFirst, no nameservers in "
             "dnsConfig)",
     .undo = "the Pod template as before"},
    {.text = "let {dns} forward the other server's zones: a server block for each of them in the "
             "Corefile",
     .command = "{upstreams}",
     .undo = "the Corefile as before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe NAME",
    "k8sdns lookup --as all NAME",
    NULL,
};

static const char *const explains[] = {
    "name-not-found",
    "resolver-differs",
    "replica-inconsistent",
    NULL,
};

const struct rule rule_nameservers_differ = {
    .id = "nameservers-differ",
    .title = "the nameservers of resolv.conf do not know the same names",
    .severity = SEVERITY_WARNING,
    .needs = NEED_MATRIX | NEED_RESOLV,
    .healthy = "the nameservers of resolv.conf do not contradict each other",
    .cause = "No resolver merges what its nameservers know: an NXDOMAIN of any of them is final. musl "
             "takes the first answer; glibc and Go use the next server only when one does not answer.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
