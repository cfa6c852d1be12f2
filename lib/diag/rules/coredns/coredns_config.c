/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include "../../evidence/coredns/log_start.h"
#include "../../evidence/coredns/replica_metrics.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <string.h>

/* More than these make a page that nobody reads; k8sdns corefile has them all. */
#define EVIDENCE_MAX 6

static const char *place(const struct diagnosis *d, const struct corefile_remark_facts *remark)
{
    return remark->line == SHAPE_UNSET
               ? ""
               : arena_printf(d->arena, "line %" PRIu64 "%s%s: ", remark->line, remark->file ? " of " : "",
                              remark->file ? remark->file : "");
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
        finding_evidence(d, finding, "%s has refused a new Corefile %s since it began%s", m->source,
                         times_format((char[TIMES_TEXT]){0}, m->reload_failed_total),
                         metrics_grew(m->reload_failed_new) ? ", and did so just now" : "");
        /* One that was refused long ago may have been mended since. */
        if (!metrics_grew(m->reload_failed_new))
            finding->confidence = CONFIDENCE_POSSIBLE;
    }
}

static const char config_map_cause[] =
    "A value of the ConfigMap (stubDomains, upstreamNameservers, federations) cannot be read, or names a "
    "server that has no address. It is left out, or what was there before stays in force.";

static const struct step config_map_steps[] = {
    {.text = "look at its values: each is JSON", .command = "kubectl -n {ns} get configmap kube-dns -o yaml"},
    {.text = "correct it", .command = "kubectl -n {ns} edit configmap kube-dns", .undo = "the values before"},
    {0},
};

/* What its log says at the end: it does not start, or goes on with an older Corefile. */
static void by_logged_states(const struct rule *rule, struct diagnosis *d)
{
    for (const struct log_state_facts *s = NULL; (s = log_state(d, LOG_START_FAILED, s));) {
        const struct log_start *start = log_start_of(d, s);

        if (start->matter == LOG_START_OF_COREFILE)
            (void)log_start_tell(d, rule, s, start);
    }
    for (const struct log_state_facts *s = NULL; (s = log_state(d, LOG_RELOAD_FAILED, s));) {
        const char *who = log_state_program(s);
        struct finding *finding = finding_new(d, rule, log_subject(d, s->source, who));

        finding_evidence(d, finding, "%s", s->text);
        if (log_is_of_config_map(s->source, s->text)) {
            finding->title = "the ConfigMap of kube-dns is not taken as it is";
            finding->cause = config_map_cause;
            finding_steps(d, finding, config_map_steps);
            continue;
        }
        finding->title = arena_printf(d->arena, "%s refuses its Corefile", who);
        finding_evidence(d, finding,
                         "it runs with the Corefile from before, and does not start after a restart");
        log_steps_reword(d, rule, finding, who);
    }
}

/* Files and zones that it serves names from. */
static void by_logged_files(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;

    for (size_t i = 0; logs && i < logs->events_count; i++) {
        const struct log_event_facts *event = &logs->events[i];
        bool file = event->kind == LOG_FILE_UNREADABLE,
             dnsmasq = event->plugin && strcmp(event->plugin, "dnsmasq") == 0;
        struct finding *finding;

        /* A transfer is tried again; one that keeps failing ends in an expired zone. */
        if (!file && (event->kind != LOG_TRANSFER_FAILED || event->count < LOG_FEW))
            continue;
        finding = finding_new(d, rule, log_source(event->source));
        finding->title = !file     ? "CoreDNS cannot update a zone"
                         : dnsmasq ? "dnsmasq (kube-dns) cannot read a file"
                                   : "CoreDNS cannot read a file";
        finding->confidence = CONFIDENCE_LIKELY;
        finding->cause =
            file
                ? dnsmasq
                      ? "The names in this file are not served. The path in the arguments of dnsmasq is wrong, or "
                        "the volume with the file is not mounted."
                      : "The names in this file are not served. The path in the Corefile is wrong, or the "
                        "volume with the file is not mounted."
                : "The names of this zone get old, and then fail (SERVFAIL when it has expired).";
        finding_evidence(d, finding, "%s%s", event->text, log_last(d, event));
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    if (d->facts->corefile)
        by_remarks(rule, d);
    else
        rule_unknown(d, "the Corefile; kubectl -n {ns} get cm {cm} -o yaml | {k8sdns} diagnose --corefile -");
    by_reloads(rule, d);
    by_logged_states(rule, d);
    by_logged_files(rule, d);
}

static const struct step steps[] = {
    {.text = "read each remark with its reason",
     .command = "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -"},
    {.text = "keep a copy", .command = "{keep}"},
    {.text = "edit it", .command = "{edit}", .undo = "{putback}"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile -v -",
    "kubectl -n {ns} logs -l {sel}{c} --tail=-1 | grep -i -e reload -e plugin/",
    NULL,
};

static const char *const explains[] = {
    "coredns-panic", "upstream-failing", "coredns-cpu", "coredns-errors",
    "replica-slow",  "replica-refused",  NULL,
};

const struct rule rule_coredns_config = {
    .id = "coredns-config",
    .title = "the Corefile has a problem",
    .severity = SEVERITY_WARNING,
    .healthy = "no problem found in the Corefile",
    .cause = "CoreDNS does what its Corefile says. Without cache each query goes to the upstream; "
             "without ready it gets queries before it knows the Services; with a line that it cannot "
             "read it does not start again.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
