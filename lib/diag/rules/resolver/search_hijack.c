/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <string.h>

/* How many of a kind of evidence are shown. */
#define SHOWN 4

#define SEE_ANSWER "see what it answers"
#define FINAL_DOT  "write the names with a final dot, which skips the search list"

static const char *address_of(const struct probe_facts *p)
{
    for (size_t i = 0; i < p->answers_count; i++)
        if (p->answers[i].rdata.text && strcmp(p->answers[i].rdata.name, p->type) == 0)
            return p->answers[i].rdata.text;
    return "a record";
}

static bool is_shared(const struct probe_facts *a, const struct probe_facts *b)
{
    for (size_t i = 0; i < a->answers_count; i++)
        for (size_t k = 0; k < b->answers_count; k++)
            if (a->answers[i].rdata.text && b->answers[k].rdata.text &&
                strcmp(a->answers[i].rdata.text, b->answers[k].rdata.text) == 0)
                return true;
    return false;
}

static bool is_said(const struct matrix_facts *matrix, const struct probe_facts *p, int status)
{
    for (const struct probe_facts *q = matrix->probes; q < p; q++)
        if (q->status == status && strcasecmp(q->candidate, p->candidate) == 0)
            return true;
    return false;
}

/* A random name under each search domain. */
static struct finding *by_random_name(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct finding *finding = NULL;
    size_t shown = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (name_kind_of(d->facts, p->name) != NAME_MISSING || p->status != PROBE_ANSWER)
            continue;
        if (!finding)
            finding = finding_new(d, rule, p->candidate);
        if (shown < SHOWN && !is_said(matrix, p, PROBE_ANSWER)) {
            finding_evidence(d, finding, "%s, which cannot exist, was answered by %s with %s", p->candidate,
                             p->target, address_of(p));
            shown++;
        }
    }
    return finding;
}

static size_t dots(const char *name)
{
    size_t count = 0;

    for (; *name; name++)
        count += *name == '.' && name[1];
    return count;
}

/*
 * "db.dev" may well be the Service db of namespace dev, though the same name exists elsewhere; a name of
 * three labels is no such thing.
 */
static bool may_be_meant(const struct diagnosis *d, const struct probe_facts *p)
{
    return matrix_is_own(d->facts->matrix, p->candidate) && dots(p->name) < 2;
}

/* The same query for the name as it stands. */
static const struct probe_facts *as_it_stands(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    size_t len = strlen(p->name);

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (q->transport == p->transport && strcmp(q->target, p->target) == 0 &&
            strcmp(q->type, p->type) == 0 && strcmp(q->name, p->name) == 0 &&
            strncmp(q->candidate, p->name, len) == 0 && strlen(q->candidate) == len)
            return q;
    }
    return NULL;
}

/* An earlier candidate is found, so that the resolver never comes to this one. */
static bool is_behind_another(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (const struct probe_facts *q = matrix->probes; q < p; q++)
        if (q->status == PROBE_ANSWER && q->transport == p->transport && strcmp(q->target, p->target) == 0 &&
            strcmp(q->type, p->type) == 0 && strcmp(q->name, p->name) == 0)
            return true;
    return false;
}

/* One name alone: no wildcard is known of. */
static struct finding *found_twice(const struct rule *rule, struct diagnosis *d, const struct probe_facts *p)
{
    struct finding *finding = finding_new(d, rule, p->candidate);

    finding->title = "the search list finds the name under a search domain first";
    finding->cause =
        "The name exists as it stands, and with another address under a search domain, which is tried before it. "
        "Programs connect to the one under the search domain.";
    finding_step(d, finding, FINAL_DOT, NULL, "without the dot");
    finding_step(
        d, finding,
        "or remove the domain from the Pod's search list (dnsConfig.searches, or the node's resolv.conf)",
        NULL, "add it again");
    return finding;
}

/* A name that exists as it stands, and that the search list leads elsewhere before it is asked for so. */
static struct finding *by_comparison(const struct rule *rule, struct diagnosis *d, struct finding *finding)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    size_t shown = 0;

    for (size_t i = 0; i < matrix->probes_count && shown < SHOWN; i++) {
        const struct probe_facts *p = &matrix->probes[i], *meant;

        if (p->status != PROBE_ANSWER || p->transport != TRANSPORT_UDP || may_be_meant(d, p) ||
            is_said(matrix, p, PROBE_ANSWER))
            continue;
        meant = as_it_stands(matrix, p);
        if (!meant || meant <= p || meant->status != PROBE_ANSWER || is_shared(p, meant) ||
            is_behind_another(matrix, p))
            continue;
        if (!finding)
            finding = found_twice(rule, d, p);
        shown++;
        finding_evidence(d, finding, "%s is %s, and %s, which is tried before it, is %s at %s", p->name,
                         address_of(meant), p->candidate, address_of(p), p->target);
    }
    return finding;
}

/* What the resolver put behind the name; "" for the name as it stands. */
static const char *added(const struct probe_facts *p)
{
    size_t len = strlen(p->name);

    return strncmp(p->candidate, p->name, len) == 0 && p->candidate[len] == '.' ? p->candidate + len + 1 : "";
}

/* The one search domain under which the made-up name was answered; NULL: several, or none. */
static const char *domain_of(const struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const char *domain = NULL;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (name_kind_of(d->facts, p->name) != NAME_MISSING || p->status != PROBE_ANSWER || !*added(p))
            continue;
        if (domain && strcmp(domain, added(p)) != 0)
            return NULL;
        domain = added(p);
    }
    return domain;
}

/* Who answers made-up names decides what helps: a search domain, the cluster's own zone, or whoever is
 * upstream. */
static void tell_place(struct diagnosis *d, struct finding *finding)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    bool bare = false, searched = false, own = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (name_kind_of(d->facts, p->name) != NAME_MISSING || p->status != PROBE_ANSWER)
            continue;
        bare = bare || !*added(p);
        searched = searched || *added(p);
        own = own || (*added(p) && matrix_is_own(matrix, p->candidate));
    }
    if (bare && !searched) {
        finding->title = "names that do not exist are answered: NXDOMAIN is replaced";
        finding->cause =
            "A resolver upstream (an Internet provider's, a filter's, a captive portal's) answers with an "
            "address of its own where a name does not exist. A name that is mistyped, or is no longer "
            "there, leads programs to the wrong place.";
        finding_step(d, finding, SEE_ANSWER, "k8sdns probe nothing-like-this.", NULL);
        finding_step(d, finding, "see where {dns} forwards to",
                     "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -A5 forward", NULL);
        finding_step(d, finding, "turn off that resolver's redirection, or forward to another one", NULL,
                     "the forward line as before");
    } else if (own) {
        finding_step(d, finding, SEE_ANSWER, "k8sdns probe nothing-like-this", NULL);
        finding_step(
            d, finding,
            "see what answers for the cluster's own domain: a template, rewrite, hosts or file line of the "
            "Corefile, or a resolver that is not {dns}",
            "kubectl -n {ns} get configmap {cm} -o yaml", NULL);
        finding_step(d, finding, FINAL_DOT, NULL, "without the dot");
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    struct finding *finding = by_random_name(rule, d);

    if (finding)
        tell_place(d, finding);
    finding = by_comparison(rule, d, finding);
    if (finding)
        finding->domain = domain_of(d);
}

static const struct step steps[] = {
    {.text = SEE_ANSWER, .command = "k8sdns probe nothing-like-this"},
    {.text = FINAL_DOT, .undo = "without the dot"},
    {.text = "remove the domain from the Pod's search list (dnsConfig.searches, or the node's "
             "resolv.conf)",
     .undo = "add it again"},
    {.text = "remove the wildcard record, or turn off the upstream's NXDOMAIN redirection"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe nothing-like-this",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    "lookup-slow",
    NULL,
};

const struct rule rule_search_hijack = {
    .id = "search-hijack",
    .title = "a search domain answers any name",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "no search domain answers names that do not exist",
    .cause = "A wildcard record, or an upstream that answers for names that do not exist, catches "
             "names under a search domain: applications connect to the wrong place.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
