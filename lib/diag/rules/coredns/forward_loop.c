/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../../evidence/coredns/log_evidence.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/diag/rule.h>

/* A Corefile whose upstream is CoreDNS itself. */
static void by_corefile(const struct rule *rule, struct diagnosis *d)
{
    const struct corefile_facts *corefile = d->facts->corefile;
    struct finding *finding = NULL;

    for (size_t i = 0; corefile && i < corefile->remarks_count; i++) {
        const struct corefile_remark_facts *remark = &corefile->remarks[i];

        if (remark->matter != MATTER_FORWARD_LOOP)
            continue;
        if (!finding)
            finding = finding_new(d, rule, corefile->source);
        finding_evidence(d, finding, "line %" PRIu64 " of the Corefile%s%s%s %s", remark->line,
                         remark->block ? " (" : "", remark->block ? remark->block : "",
                         remark->block ? ")" : "", remark->text);
    }
}

/* With loop CoreDNS would not be there to answer; without it only the file that it forwards to can tell. */
static bool may_hide(const struct diagnosis *d)
{
    const struct corefile_facts *corefile = d->facts->corefile;

    if (!corefile || !corefile->resolv_conf_unseen)
        return false;
    for (size_t i = 0; i < corefile->remarks_count; i++)
        if (corefile->remarks[i].matter == MATTER_LOOP)
            return true;
    return !d->heard_count;
}

/* The loop plugin's last word, or its probe, which comes back. */
static void by_logs(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;
    struct finding *finding;

    if (!logs || !(logs->loop.detected || logs->loop.repeated))
        return;
    finding = finding_new(d, rule, "CoreDNS's log");
    if (logs->loop.detected) {
        finding_evidence(d, finding, "the loop plugin found a loop and ended CoreDNS, %s",
                         times_format((char[TIMES_TEXT]){0}, logs->loop.detected));
    } else {
        /* A probe that another replica sees may have come by the upstream as it should not, or by the
         * ClusterIP. */
        finding->severity = SEVERITY_WARNING;
        finding->confidence = CONFIDENCE_LIKELY;
        finding_evidence(d, finding,
                         "%" PRIu64 " of %" PRIu64 " probes of the loop plugin came back to CoreDNS",
                         logs->loop.repeated, logs->loop.probes);
    }
    if (logs->loop.example)
        finding_evidence(d, finding, "%s", logs->loop.example);
}

static void tell_loop(struct diagnosis *d, struct finding *finding, const struct log_event_facts *event,
                      int loop)
{
    if (event->to_itself)
        finding_evidence(d, finding,
                         "%" PRIu64 " queries that CoreDNS sent to %s, its own address, timed out",
                         event->count, event->subject);
    else if (loop == LOG_LOOP_LIKELY)
        finding_evidence(d, finding,
                         "%" PRIu64 " queries that CoreDNS forwarded to %s timed out; that is the address of "
                         "CoreDNS itself (ClusterIP or replica)",
                         event->count, event->subject);
    else
        finding_evidence(d, finding,
                         "%" PRIu64 " queries that CoreDNS forwarded to %s timed out, %" PRIu64
                         " of them of the loop plugin; that address is a usual ClusterIP of CoreDNS itself",
                         event->count, event->subject, event->probes);
    finding_evidence(d, finding, "%s", event->text);
}

/* Queries that wait for the server that sent them. */
static void by_timeouts(const struct rule *rule, struct diagnosis *d)
{
    const struct logs_facts *logs = d->facts->logs;
    struct finding *finding = NULL;
    int most = LOG_LOOP_NOT;

    for (size_t i = 0; logs && i < logs->events_count; i++) {
        int loop = log_loop_of(d, &logs->events[i]);

        if (loop == LOG_LOOP_NOT)
            continue;
        if (!finding)
            finding = finding_new(d, rule, logs->events[i].subject);
        most = loop > most ? loop : most;
        tell_loop(d, finding, &logs->events[i], loop);
    }
    if (!finding)
        return;
    finding->confidence = most == LOG_LOOP_CERTAIN  ? CONFIDENCE_CERTAIN
                          : most == LOG_LOOP_LIKELY ? CONFIDENCE_LIKELY
                                                    : CONFIDENCE_POSSIBLE;
    if (most == LOG_LOOP_POSSIBLE)
        finding->severity = SEVERITY_WARNING;
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    size_t before = d->findings_count;

    by_corefile(rule, d);
    by_logs(rule, d);
    by_timeouts(rule, d);
    if (d->findings_count == before && may_hide(d))
        rule_unknown(d,
                     "the resolv.conf that CoreDNS forwards to; on the node: k8sdns corefile --resolv-conf "
                     "/etc/resolv.conf COREFILE");
}

static const struct step steps[] = {
    {.text = "see where CoreDNS forwards to", .command = "kubectl -n {ns} get configmap {cm} -o yaml"},
    {.text = "if that is /etc/resolv.conf: see the node's file",
     .command = "kubectl debug node/{node} -it --image=busybox -- cat /host/etc/resolv.conf"},
    {.text = "with 127.0.0.53 in it (systemd-resolved): set resolvConf: "
             "/run/systemd/resolve/resolv.conf in the kubelet's configuration, then restart CoreDNS",
     .command = "{restart}",
     .undo = "remove the resolvConf line"},
    {.text = "or name the upstreams (in a Corefile: forward . UPSTREAM)",
     .command = "{upstreams}",
     .undo = "the Corefile as before"},
    {0},
};

static const char *const checks[] = {
    "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile --resolv-conf "
    "/etc/resolv.conf -",
    "kubectl -n {ns} logs -l {sel}{c} --previous | grep -i loop",
    NULL,
};

static const char *const explains[] = {
    "coredns-panic",   "upstream-failing",    "coredns-cpu",
    "coredns-errors",  "replica-refused",     "replica-slow",
    "all-unreachable", "replica-unreachable", NULL,
};

const struct rule rule_forward_loop = {
    .id = "forward-loop",
    .title = "CoreDNS forwards queries to itself",
    .severity = SEVERITY_CRITICAL,
    .needs_any = NEED_COREFILE | NEED_LOGS,
    .healthy = "CoreDNS does not forward to itself",
    .cause = "A query that CoreDNS sends to its upstream comes back to CoreDNS and is sent again. The "
             "loop plugin then ends CoreDNS (CrashLoopBackOff); without that plugin CPU and memory run "
             "out, and external names fail.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
