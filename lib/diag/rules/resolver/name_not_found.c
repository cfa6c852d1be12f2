/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/answer/alias.h"
#include "../../evidence/pods.h"
#include "../../evidence/server.h"
#include <ctype.h>
#include <inttypes.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/shell_word.h>
#include <string.h>

/* Others that do resolve, each once, the likeliest first. */
#define NEAR_SHOWN 5

static void add_near(struct diagnosis *d, struct finding *finding, const char *name)
{
    const struct matrix_facts *near = d->facts->name_suggestions;

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

static bool is_made_up(int kind)
{
    return kind == NAME_MISSING || kind == NAME_UNCACHED;
}

/* Some server answers this very query with NXDOMAIN, and none knows the candidate. */
static bool is_denied(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    bool denied = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->candidate, p->candidate) != 0)
            continue;
        if (q->status == PROBE_ANSWER || q->status == PROBE_NODATA || q->status == PROBE_TRUNCATED)
            return false;
        denied = denied || (q->status == PROBE_NXDOMAIN && strcmp(q->type, p->type) == 0);
    }
    return denied;
}

/* The same for its other type: NXDOMAIN is said of a name, whatever the type. */
static bool is_denied_in_other(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    struct probe_facts other = *p;

    other.type = strcmp(p->type, "A") == 0 ? "AAAA" : "A";
    return is_denied(matrix, &other);
}

/* Who says so: what is wrong with one server does not explain what another one says as well. */
static void seen_at_deniers(struct diagnosis *d, struct finding *finding, const char *name)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t i = 0; i < d->servers_count; i++) {
        const char *id = d->servers[i].target->id;

        for (size_t k = 0; k < matrix->probes_count; k++) {
            const struct probe_facts *p = &matrix->probes[k];

            if (p->status == PROBE_NXDOMAIN && strcmp(p->target, id) == 0 && strcmp(p->name, name) == 0) {
                finding_seen_at(d, finding, id);
                break;
            }
        }
    }
}

/* On a node, whose nameservers need not know the cluster's names. */
static bool is_nodes_own(const struct diagnosis *d)
{
    const struct resolv_facts *resolv = d->facts->resolv;

    return !d->facts->host.in_pod && resolv && resolv->dns_policy &&
           strcmp(resolv->dns_policy, "Default") == 0;
}

/* A character that no name of a host has, for which glibc and others send no query; '\0' for none. */
static char character_of_no_host(const char *name)
{
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr("-_.", *name) && (unsigned char)*name < 0x80)
            return *name;
    return '\0';
}

/* A name that was given, and for which the resolver sends nothing. */
static void eval_never_asked(const struct rule *rule, struct diagnosis *d, const struct asked_name *name)
{
    char character = character_of_no_host(name->name);
    const char *at = strchr(name->name, '@');
    struct finding *finding;
    struct address server;

    if (name->kind != NAME_GIVEN || !character)
        return;
    finding = finding_new(d, rule, name->name);
    finding_evidence(d, finding,
                     "no query was sent for %s: '%c' is in no host name, and the resolver refuses it",
                     name->name, character);
    if (at && at > name->name && address_parse(at + 1, 53, &server, NULL) == 0)
        finding_evidence(d, finding, "the server to ask goes before the name: k8sdns probe %s %s",
                         shell_word(d->arena, at),
                         shell_word(d->arena, arena_text_n(d->arena, name->name, (size_t)(at - name->name))));
}

/*
 * Outside the cluster's domain, a name of the cluster's form, which nobody else has: service.namespace of a
 * namespace that every cluster has or that this Pod is in, or what ends in ".svc".
 */
static bool is_service_form(const struct diagnosis *d, const struct asked_name *name,
                            const struct probe_facts *p)
{
    static const char *const spaces[] = {"svc", "default", "kube-system", "kube-public"};
    const struct resolver_view *view = resolver_followed(d->facts);
    const char *last = strrchr(name->name, '.');
    const char *own = view && view->search_count ? view->search[0] : "";
    size_t own_len = strcspn(own, ".");

    if (name->kind != NAME_GIVEN || !last || !last[1] || matrix_is_own(d->facts->matrix, p->candidate))
        return false;
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
        if (strcmp(last + 1, spaces[i]) == 0)
            return true;
    return strncmp(own + own_len, ".svc.", 5) == 0 && strlen(last + 1) == own_len &&
           strncmp(last + 1, own, own_len) == 0;
}

/* The external name of the usual set: no Service is missing, and no name was mistyped. */
static void tell_external(struct diagnosis *d, struct finding *finding)
{
    finding->cause =
        "The upstream of {dns} answers that this external name does not exist. Without access to the Internet that "
        "is as it should be; otherwise the upstream does not resolve names of the Internet.";
    finding_step(d, finding, "see where {dns} forwards to",
                 "kubectl -n {ns} get configmap {cm} -o yaml | grep -n -A5 forward", NULL);
    finding_step(d, finding, "without the Internet: test an external name that is known there",
                 "k8sdns diagnose --external EXTERNAL-NAME", NULL);
}

/* Whether it is an alias of what does not exist outside of the cluster: no Service is missing then. */
static bool tell_alias(struct diagnosis *d, struct finding *finding, const char *name)
{
    const struct matrix_facts *matrix = d->facts->matrix;
    const struct probe_facts *p = alias_find(matrix, name, PROBE_NXDOMAIN);
    const char *target = p ? alias_target(d->arena, p) : NULL;

    alias_tell(d, finding, name, PROBE_NXDOMAIN, "does not exist");
    if (!p || matrix_is_own(matrix, target))
        return false;
    finding->title = "the name is an alias of a name that does not exist";
    finding->cause =
        "The alias (CNAME) exists, and its target is NXDOMAIN. DNS works; the target was removed, or is "
        "mistyped in the record of the alias.";
    finding_step(d, finding, "see what the servers say of the target alone",
                 arena_printf(d->arena, "k8sdns probe %s",
                              shell_word(d->arena, arena_printf(d->arena, "%s.", target))),
                 NULL);
    if (matrix_is_own(matrix, p->candidate)) {
        finding_step(d, finding, "see the Service whose EXTERNAL-IP is the target",
                     "kubectl get services --all-namespaces", NULL);
        finding_step(d, finding, "correct its externalName", NULL, "the name before");
    } else {
        finding_step(d, finding, "correct the alias, or its target, in the zone of that name: its owner can",
                     NULL, NULL);
    }
    return true;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *matrix = d->facts->matrix;

    for (size_t n = 0; n < d->facts->names_count; n++) {
        const struct asked_name *name = &d->facts->names[n];
        uint64_t missing = 0, others = 0, asked = 0, unknown = 0;
        struct finding *finding;
        bool is_alias;

        for (size_t i = 0; i < matrix->probes_count && !is_made_up(name->kind); i++) {
            const struct probe_facts *p = &matrix->probes[i];

            /* What was lost may have been the answer, unless another server denies it. */
            if (strcmp(p->name, name->name) != 0)
                continue;
            asked++;
            missing += p->status == PROBE_NXDOMAIN;
            if (p->status == PROBE_NXDOMAIN || is_denied(matrix, p))
                continue;
            if (!probe_status_is_good(p->status) &&
                (is_service_form(d, name, p) ||
                 (p->status == PROBE_TIMEOUT && is_denied_in_other(matrix, p))))
                unknown++; /* an upstream's or a type's failure, which is told elsewhere */
            else
                others++;
        }
        if (!asked)
            eval_never_asked(rule, d, name);
        /* A name that every cluster has is not mistyped: the domain is. */
        if (!missing || others || (name->kind == NAME_OWN && matrix->cluster_domain))
            continue;
        finding = finding_new(d, rule, name->name);
        if (unknown) {
            finding->confidence = CONFIDENCE_LIKELY;
            finding_evidence(d, finding,
                             "%" PRIu64 " answers for %s, all NXDOMAIN; %" PRIu64
                             " queries for it got no answer that tells",
                             missing, name->name, unknown);
        } else {
            finding_evidence(d, finding,
                             "%" PRIu64
                             " answers for %s under every search domain and as it stands: all NXDOMAIN",
                             missing, name->name);
        }
        is_alias = tell_alias(d, finding, name->name);
        seen_at_deniers(d, finding, name->name);
        add_near(d, finding, name->name);
        if (name->kind == NAME_EXTERNAL && !is_alias)
            tell_external(d, finding);
        /* A name of the usual set is for the servers, not for its own sake. */
        if (name->kind != NAME_GIVEN)
            finding->severity =
                name->kind == NAME_OWN && !is_nodes_own(d) ? SEVERITY_CRITICAL : SEVERITY_WARNING;
    }
}

static const struct step steps[] = {
    {.text = "see which Services exist", .command = "kubectl get services --all-namespaces"},
    {.text = "from another namespace use the full form: SERVICE.NAMESPACE"},
    {0},
};

static const char *const checks[] = {
    "k8sdns expand NAME",
    "kubectl get services --all-namespaces",
    NULL,
};

const struct rule rule_name_not_found = {
    .id = "name-not-found",
    .title = "the name does not exist",
    .severity = SEVERITY_WARNING,
    .is_of_pod = true,
    .needs = NEED_HEARD | NEED_MATRIX,
    .opening = "DNS works; ",
    .healthy = "the names asked for exist",
    .cause = "Every candidate of the search list, and the name as it stands, is NXDOMAIN at every "
             "server. DNS works; the name is mistyped, in another namespace, or its Service is gone.",
    .steps = steps,
    .checks = checks,
    .eval = eval,
};
