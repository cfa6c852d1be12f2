/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A name exists, and no program gets an address of it that leads anywhere. */
#include "../../evidence/answer/alias.h"
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <k8sdns/base/shell_word.h>
#include <string.h>

/* What came of all queries for one name. */
struct address_outcome {
    uint64_t empty, nowhere;           /* NOERROR without an address; with none that leads anywhere */
    const struct probe_facts *example; /* of what leads nowhere, or else of what is empty */
    bool is_other;                     /* an address that is one, or what does not tell */
};

/* 0.0.0.0 and ::, no host's (RFC 1122, 3.2.1.3; RFC 4291, 2.5.2): DNS filters give them for what they block.
 */
static bool is_nowhere(const char *address)
{
    return strcmp(address, "0.0.0.0") == 0 || strcmp(address, "::") == 0;
}

/* Loopback: whoever connects there reaches itself. Some filters give that, and names for development mean it.
 */
static bool is_self(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

/* "localhost" and what is below it are the machine itself (RFC 6761, 6.3). */
static bool is_localhost(const char *candidate)
{
    static const char word[] = "localhost";
    size_t len = strlen(candidate), own = sizeof(word) - 1;

    return len >= own && strcasecmp(candidate + len - own, word) == 0 &&
           (len == own || candidate[len - own - 1] == '.');
}

/* The address that leads nowhere; NULL where one leads anywhere, or there is none. */
static const char *nowhere_of(const struct probe_facts *p)
{
    const char *address = NULL;

    for (size_t i = 0; i < p->answers_count; i++) {
        const struct rr_facts *rr = &p->answers[i];

        if (strcmp(rr->type_name, "CNAME") == 0)
            continue;
        if (!rr->rdata.text || (!is_nowhere(rr->rdata.text) && !is_self(rr->rdata.text)))
            return NULL;
        address = rr->rdata.text;
    }
    return is_localhost(p->candidate) ? NULL : address;
}

/* Another server has told what this one did not: two faults do not hide each other. */
static bool is_told_elsewhere(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if ((q->status == PROBE_NODATA || q->status == PROBE_NXDOMAIN || q->status == PROBE_ANSWER) &&
            strcmp(q->type, p->type) == 0 && strcmp(q->candidate, p->candidate) == 0)
            return true;
    }
    return false;
}

/* Some server says of the same full name that it does not exist: they disagree, or its types do. */
static bool is_denied(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (matrix->probes[i].status == PROBE_NXDOMAIN &&
            strcmp(matrix->probes[i].candidate, p->candidate) == 0)
            return true;
    return false;
}

static void add(struct address_outcome *outcome, const struct matrix_facts *matrix,
                const struct probe_facts *p)
{
    if (p->status == PROBE_NODATA) {
        outcome->empty++;
        outcome->is_other = outcome->is_other || is_denied(matrix, p);
        outcome->example = outcome->example ? outcome->example : p;
    } else if (p->status == PROBE_ANSWER && nowhere_of(p)) {
        if (!outcome->nowhere++)
            outcome->example = p;
    } else if (p->status == PROBE_ANSWER || p->status == PROBE_TRUNCATED) {
        outcome->is_other = true;
    } else if (p->status != PROBE_NXDOMAIN) {
        outcome->is_other = outcome->is_other || !is_told_elsewhere(matrix, p);
    }
}

static void tell_nowhere(struct diagnosis *d, struct finding *finding, const struct address_outcome *outcome,
                         int kind)
{
    const struct probe_facts *p = outcome->example;

    finding->title = "the name has no address but one that leads nowhere";
    if (is_self(nowhere_of(p))) {
        finding->title = "the name has a loopback address, which is this Pod itself";
        finding->confidence = CONFIDENCE_LIKELY;
        if (kind == NAME_GIVEN) /* it may be meant so */
            finding->severity = SEVERITY_INFO;
    }
    finding->cause =
        "The answer is 0.0.0.0 or ::, the address of no host, or a loopback address. DNS filters and ad "
        "blockers (Pi-hole, AdGuard Home, protective resolvers) answer so for what they block. Programs find "
        "the name and then fail to connect, or connect to themselves.";
    finding_evidence(d, finding, "%s has %s at %s: %s", p->candidate, nowhere_of(p), p->target,
                     is_self(nowhere_of(p)) ? "that is this Pod itself" : "no host has that address");
    finding_step(d, finding, "find which resolver answers so: ask those that {dns} forwards to",
                 "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -A5 forward", NULL);
    finding_step(d, finding, "allow the name in that filter, or forward it to another resolver", NULL,
                 "block it again");
}

#define OF_CLUSTER                                                                                                 \
    "for a cluster name: see its Service; an ExternalName needs a target that has an address, a headless Service " \
    "Pods that are ready"
#define OF_OTHERS "for an external name: see where {dns} forwards it to, and what the DNS of its owner says"

static void tell_empty(struct diagnosis *d, struct finding *finding, const struct address_outcome *outcome,
                       const struct asked_name *name)
{
    finding_evidence(d, finding, "%" PRIu64 " answers for %s: it exists, without an A or AAAA record",
                     outcome->empty, name->name);
    alias_tell(d, finding, name->name, PROBE_NODATA, "gives no address");
    if (name->kind == NAME_OWN) {
        finding->cause =
            "Every cluster has this name, with an address. Whoever answers NODATA for it does not serve "
            "the cluster's Services: another plugin of the Corefile takes the zone, or it is not the "
            "cluster's DNS that answers.";
        finding_step(
            d, finding,
            "see what answers for the cluster domain: the kubernetes plugin, or a file, hosts or template line",
            "kubectl -n {ns} get configmap {cm} -o yaml", NULL);
        return;
    }
    finding_step(
        d, finding, "see which records it has",
        arena_printf(d->arena, "k8sdns probe %s --type CNAME,A,AAAA,SRV", shell_word(d->arena, name->name)),
        NULL);
    if (matrix_is_own(d->facts->matrix, outcome->example->candidate))
        finding_step(d, finding, OF_CLUSTER, "kubectl get services,endpointslices --all-namespaces", NULL);
    else
        finding_step(d, finding, OF_OTHERS,
                     "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -A5 forward", NULL);
}

/* Whether no address of a name leads anywhere, by all that was asked for it. */
static bool lacks_address(const struct diagnosis *d, const struct asked_name *name,
                          struct address_outcome *ret_outcome)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    struct address_outcome outcome = {0};

    for (size_t i = 0; i < matrix->probes_count; i++)
        if (strcmp(matrix->probes[i].name, name->name) == 0)
            add(&outcome, matrix, &matrix->probes[i]);
    *ret_outcome = outcome;
    return outcome.example && !outcome.is_other;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    bool is_zone = false; /* it is all of the cluster's zone, and no matter of one name of it */
    struct address_outcome outcome;

    for (size_t n = 0; n < d->facts->names_count; n++)
        is_zone = is_zone ||
                  (d->facts->names[n].kind == NAME_OWN && lacks_address(d, &d->facts->names[n], &outcome));
    for (size_t n = 0; n < d->facts->names_count; n++) {
        const struct asked_name *name = &d->facts->names[n];
        struct finding *finding;

        if (name->kind == NAME_MISSING || name->kind == NAME_UNCACHED || !lacks_address(d, name, &outcome) ||
            (is_zone && name->kind != NAME_OWN &&
             matrix_is_own(d->facts->matrix, outcome.example->candidate)))
            continue;
        finding = finding_new(d, rule, name->name);
        if (name->kind == NAME_OWN) /* every cluster has it, with an address */
            finding->severity = SEVERITY_CRITICAL;
        if (outcome.nowhere)
            tell_nowhere(d, finding, &outcome, name->kind);
        else
            tell_empty(d, finding, &outcome, name);
    }
}

static const struct step steps[] = {
    {.text = "see which records it has", .command = "k8sdns probe NAME --type CNAME,A,AAAA,SRV"},
    {.text = OF_CLUSTER, .command = "kubectl get services,endpointslices --all-namespaces"},
    {.text = OF_OTHERS, .command = "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -A5 forward"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe NAME --type CNAME,A,AAAA",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    NULL,
};

const struct rule rule_name_no_address = {
    .id = "name-no-address",
    .title = "the name exists, and has no address",
    .severity = SEVERITY_WARNING,
    .is_of_pod = true,
    .needs = NEED_HEARD | NEED_MATRIX,
    .opening = "DNS works; ",
    .healthy = "the names asked for have an address",
    .cause =
        "Every server answers that the name exists and has no A and no AAAA record (NODATA). Programs get "
        "\"No address associated with hostname\" or \"no such host\". Usual causes: an alias or ExternalName "
        "whose target has no address, a headless Service without ready Pods, a name that has other records alone.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
