/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../server.h"
#include <inttypes.h>

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct resolv_facts *resolv = d->facts->resolv;
    bool loses = resolv_facts_loses(resolv, resolv->resolver.kind);
    struct finding *finding;

    if (!resolv->warnings_count)
        return;
    finding = finding_new(d, rule, resolv->file);
    /* What another resolver would lose is worth a word, no alarm. */
    finding->severity = loses ? SEVERITY_WARNING : SEVERITY_INFO;
    for (size_t i = 0; i < resolv->warnings_count; i++) {
        const struct resolv_warning *warning = &resolv->warnings[i];

        if (warning->line == SHAPE_UNSET)
            finding_evidence(d, finding, "%s", warning->text);
        else
            finding_evidence(d, finding, "line %" PRIu64 ": %s", warning->line, warning->text);
    }
}

static const char *const remedies[] = {
    "mend the line named, in the Pod's dnsConfig or in the node's file that it came from; back: the "
    "line as it was",
    NULL,
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
    .title = "resolv.conf says what some resolver ignores",
    .severity = SEVERITY_WARNING,
    .needs = NEED_RESOLV,
    .healthy = "resolv.conf is taken as it was meant",
    .cause = "Each resolver has limits of its own: three nameservers, musl's 256-byte lines and 15 "
             "dots, glibc's single options line by line. What it cuts or skips it does not tell.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
