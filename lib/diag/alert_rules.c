/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/diag/alert_rules.h>
#include <stddef.h>
#include <string.h>

/* A rate over this, since a scrape or two may be missing. */
#define OVER "[5m]"

#define SHARE(old, now, by, more)                                                                           \
    "sum by (" by ") (rate(" now "{" more "rcode=\"SERVFAIL\"}" OVER ") or rate(" old                       \
    "{rcode=\"SERVFAIL\"}" OVER "))\n/\nsum by (" by ") (rate(" now "{" more "}" OVER ") or rate(" old OVER \
    "))\n> "

#define SERVFAIL_SHARE \
    SHARE("coredns_dns_response_rcode_count_total", "coredns_dns_responses_total", "instance", "")

/* Of upstreams, by the answers whose time was taken: counted apart up to 1.10.1 alone. */
#define UPSTREAM_SHARE                                                                                      \
    SHARE("coredns_forward_request_duration_seconds_count", "coredns_proxy_request_duration_seconds_count", \
          "instance, to", "proxy_name=\"forward\",")

#define EITHER(function, now, old, window) function "(" now window ") or " function "(" old window ")"

static const struct alert {
    const char *alert;
    const char *before; /* what stands before the number */
    size_t threshold;   /* of the number; NONE for 0 */
    const char *after;  /* and behind it */
    const char *hold, *severity, *finding, *summary;
} alerts[] = {
#define NONE         SIZE_MAX
#define LINE(member) offsetof(struct thresholds, member)
    {"CoreDNSErrorsHigh", SERVFAIL_SHARE, LINE(servfail_warning_ratio), "", "10m", "warning",
     "coredns-errors",
     "CoreDNS {{ $labels.instance }} answers {{ $value | humanizePercentage }} with SERVFAIL."},
    {"CoreDNSErrorsCritical", SERVFAIL_SHARE, LINE(servfail_critical_ratio), "", "10m", "critical",
     "coredns-errors",
     "CoreDNS {{ $labels.instance }} answers {{ $value | humanizePercentage }} with SERVFAIL."},
    {"CoreDNSLatencyHigh",
     "histogram_quantile(0.99, sum by (instance, le) "
     "(rate(coredns_dns_request_duration_seconds_bucket" OVER ")))\n> ",
     LINE(latency_p99_s), "", "10m", "critical", "coredns-errors",
     "One of 100 answers of CoreDNS {{ $labels.instance }} takes {{ $value | humanizeDuration }} or more."},
    {"CoreDNSForwardErrorsHigh", UPSTREAM_SHARE, LINE(forward_servfail_warning_ratio), "", "10m", "warning",
     "upstream-failing",
     "Upstream {{ $labels.to }} answers {{ $labels.instance }} {{ $value | humanizePercentage }} with SERVFAIL."},
    {"CoreDNSForwardErrorsCritical", UPSTREAM_SHARE, LINE(forward_servfail_critical_ratio), "", "10m",
     "critical", "upstream-failing",
     "Upstream {{ $labels.to }} answers {{ $labels.instance }} {{ $value | humanizePercentage }} with SERVFAIL."},
    {"CoreDNSForwardLatencyHigh",
     "histogram_quantile(0.99, sum by (instance, to, le) "
     "(rate(coredns_proxy_request_duration_seconds_bucket{proxy_name=\"forward\"}" OVER
     ") or rate(coredns_forward_request_duration_seconds_bucket" OVER ")))\n> ",
     LINE(forward_latency_p99_s), "", "10m", "critical", "upstream-failing",
     "One of 100 answers of upstream {{ $labels.to }} takes {{ $value | humanizeDuration }} or more."},
    {"CoreDNSForwardHealthcheckFailing",
     "sum by (instance, to) (rate(coredns_proxy_healthcheck_failures_total{proxy_name=\"forward\"}" OVER
     ") or rate(coredns_forward_healthcheck_failures_total" OVER
     ") or rate(coredns_forward_healthcheck_failure_count_total" OVER "))\n> ",
     NONE, "", "10m", "warning", "upstream-failing",
     "Upstream {{ $labels.to }} of CoreDNS {{ $labels.instance }} does not answer health checks."},
    {"CoreDNSForwardAllDown", "rate(coredns_forward_healthcheck_broken_total" OVER ")\n> ", NONE, "", "10m",
     "critical", "upstream-failing", "All upstreams of CoreDNS {{ $labels.instance }} are down."},
    {"CoreDNSForwardRejects",
     "(" EITHER("rate", "coredns_forward_max_concurrent_rejects_total",
                "coredns_forward_max_concurrent_reject_count_total", OVER) ")\n> ",
     NONE, "", "10m", "warning", "server-rate-limited",
     "CoreDNS {{ $labels.instance }} refuses queries over max_concurrent."},
    {"CoreDNSCPUHigh", "rate(process_cpu_seconds_total" OVER ")\n> ", LINE(cpu_cores),
     "\nand on (instance) coredns_build_info", "10m", "warning", "coredns-cpu",
     "CoreDNS {{ $labels.instance }} uses {{ $value | humanize }} cores."},
    {"CoreDNSPanics",
     "(" EITHER("increase", "coredns_panics_total", "coredns_panic_count_total", "[10m]") ")\n> ", NONE, "",
     "0m", "warning", "coredns-panic", "CoreDNS {{ $labels.instance }} panics."},
    {"CoreDNSReloadFailed",
     "(" EITHER("increase", "coredns_reload_failed_total", "coredns_reload_failed_count_total",
                "[10m]") ")\n> ",
     NONE, "", "0m", "warning", "coredns-config",
     "CoreDNS {{ $labels.instance }} refuses its new Corefile and runs with the old one."},
    {"CoreDNSAPIServerErrors",
     "sum by (instance) (rate(coredns_kubernetes_rest_client_requests_total{code=~\"<error>|401|403|429|5..\"}" OVER
     "))\n> ",
     NONE, "", "10m", "warning", "apiserver-disconnected",
     "Requests of CoreDNS {{ $labels.instance }} to the API server fail."},
    {"NodeLocalDNSSetupErrors", "sum by (instance) (increase(coredns_nodecache_setup_errors_total[10m]))\n> ",
     NONE, "", "0m", "warning", "nodelocal-down",
     "node-local-dns {{ $labels.instance }} cannot put up its address or its rules."},
};

size_t alert_rules_make(struct arena *arena, const struct thresholds *thresholds,
                        struct alert_rule_facts **ret)
{
    size_t count = sizeof(alerts) / sizeof(alerts[0]);
    struct alert_rule_facts *rules = arena_array(arena, count, sizeof(*rules));

    for (size_t i = 0; i < count; i++) {
        const struct alert *a = &alerts[i];
        double line = 0;

        if (a->threshold != NONE)
            memcpy(&line, (const char *)thresholds + a->threshold, sizeof(line));
        rules[i] = (struct alert_rule_facts){.alert = a->alert,
                                             .expr = arena_printf(arena, "%s%g%s", a->before, line, a->after),
                                             .hold = a->hold,
                                             .severity = a->severity,
                                             .finding = a->finding,
                                             .summary = a->summary};
    }
    *ret = rules;
    return count;
}
