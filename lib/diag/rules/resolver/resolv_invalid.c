/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../application.h"
#include "../../evidence/server.h"
#include <inttypes.h>
#include <string.h>

static int kind_of(int resolver)
{
    return resolver == RESOLVER_MUSL ? KIND_MUSL : resolver == RESOLVER_GO ? KIND_GO : KIND_GLIBC;
}

static const char external[] = "www.example.com";

/* An external name exists as it is, and under no search domain. */
static int found_as_is(void *user, size_t server, const char *name, uint16_t type, int transport)
{
    (void)user, (void)server, (void)type, (void)transport;
    return strcasecmp(name, external) == 0 ? PROBE_ANSWER : PROBE_NXDOMAIN;
}

/* What "search ." does to each program is found by its rules. */
static void tell_root(struct diagnosis *d, struct finding *finding)
{
    static const struct lookup_stage stage = {found_as_is, NULL};
    const struct resolv_facts *resolv = d->facts->resolv;
    const char *text;
    bool root = false;

    for (size_t i = 0; i < resolv->search_count; i++)
        root = root || !*resolv->search[i] || strcmp(resolv->search[i], ".") == 0;
    text = root ? application_staged(d, external, &stage) : NULL;
    if (text)
        finding_evidence(d, finding, "with \".\" in the search list, an external name: %s", text);
}

/* What is lost changes which names are asked for: it is not of a nameserver line. */
static bool loses_names(const struct resolv_facts *resolv)
{
    for (size_t i = 0; i < resolv->warnings_count; i++)
        if (resolv->warnings[i].loses && !resolv->warnings[i].of_nameserver)
            return true;
    return false;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct resolv_facts *resolv = d->facts->resolv;
    const struct resolver_view *view = resolver_followed(d->facts);
    bool loses = view && resolv_facts_loses(resolv, kind_of(view->resolver)), any = false;
    struct finding *finding;

    for (size_t i = 0; i < resolv->warnings_count; i++)
        any = any || resolv->warnings[i].loses;
    if (!any && !loses) /* notes alone: nothing is dropped */
        return;
    finding = finding_new(d, rule, resolv->file);
    /* What another resolver would lose is worth a word, no alarm. */
    finding->severity = !loses                                                ? SEVERITY_INFO
                        : resolv_facts_fatal(resolv, kind_of(view->resolver)) ? SEVERITY_CRITICAL
                                                                              : SEVERITY_WARNING;
    if (finding->severity == SEVERITY_CRITICAL)
        finding->title = "resolv.conf makes every lookup fail";
    for (size_t i = 0; i < resolv->warnings_count; i++) {
        const struct resolv_warning *warning = &resolv->warnings[i];

        if (warning->line == SHAPE_UNSET)
            finding_evidence(d, finding, "%s", warning->text);
        else
            finding_evidence(d, finding, "line %" PRIu64 ": %s", warning->line, warning->text);
    }
    tell_root(d, finding);
    finding->harmless = !loses_names(resolv);
}

static const struct step steps[] = {
    {.text = "see each line and who ignores it", .command = "k8sdns resolv"},
    {.text = "fix that line in the Pod's dnsConfig, or in the node's file that it comes from",
     .undo = "the line as before"},
    {0},
};

static const char *const checks[] = {
    "k8sdns resolv",
    NULL,
};

static const char *const explains[] = {
    "resolver-differs",
    "name-not-found",
    NULL,
};

const struct rule rule_resolv_invalid = {
    .id = "resolv-invalid",
    .title = "part of resolv.conf is ignored by some resolvers",
    .severity = SEVERITY_WARNING,
    .is_of_pod = true,
    .needs = NEED_RESOLV,
    .healthy = "resolv.conf is valid for glibc, musl and Go",
    .cause = "Each resolver has its own limits: three nameservers, musl's 256-byte lines and 15 dots, "
             "glibc's way to read options. What a resolver cannot use it skips silently.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
