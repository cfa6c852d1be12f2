/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/server.h"
#include <string.h>

static bool was_lost(const struct matrix_facts *matrix, const struct probe_facts *p)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *q = &matrix->probes[i];

        if (strcmp(q->target, p->target) == 0 && strcmp(q->candidate, p->candidate) == 0 &&
            strcmp(q->type, p->type) == 0 && q->transport == TRANSPORT_UDP)
            return q->status == PROBE_TIMEOUT;
    }
    return false;
}

/* The server lost nothing in the sampling, whose answers are small. */
static bool heard_otherwise(const struct diagnosis *d, const struct probe_facts *p)
{
    const struct server *server = server_find(d, p->target);

    return server && server->sent && !server->lost;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct matrix_facts *small = d->facts->small;
    struct finding *finding = NULL;

    for (size_t i = 0; small && i < small->probes_count; i++) {
        const struct probe_facts *p = &small->probes[i];

        /* An answer that fits without EDNS was lost for another reason. */
        if (p->status != PROBE_TRUNCATED || !was_lost(d->facts->matrix, p) || !heard_otherwise(d, p))
            continue;
        if (!finding)
            finding = finding_new(d, rule, p->candidate);
        finding_about(d, finding, p->target);
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding, "%s %s at %s: lost with a buffer of 4096 bytes, %s without",
                         p->candidate, p->type, p->target, probe_status_names[p->status]);
    }
}

static const struct step steps[] = {
    {.text = "make answers small: add bufsize 1232 to the Corefile",
     .command = "{edit}",
     .undo = "remove the line"},
    {.text = "fix the MTU: the overlay's is that of the link minus its header (50 bytes for VXLAN)",
     .command = "ip link"},
    {.text = "allow all IP fragments, not only the first"},
    {0},
};

static const char *const checks[] = {
    "k8sdns probe NAME --bufsize 4096",
    "k8sdns probe NAME --bufsize 1232",
    "k8sdns node",
    NULL,
};

static const char *const explains[] = {
    "path-lossy",
    "lookup-slow",
    NULL,
};

const struct rule rule_large_answer_lost = {
    .id = "large-answer-lost",
    .title = "large answers are lost, small ones arrive",
    .severity = SEVERITY_WARNING,
    .needs = NEED_HEARD | NEED_MATRIX,
    .healthy = "no answer was lost because of its size",
    .cause = "An answer larger than the path's MTU travels in fragments, and something drops them: a "
             "firewall, an overlay without room for its header, a security group. Lookups of names "
             "with many records fail.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .concerns = CONCERNS_UDP,
    .eval = eval,
};
