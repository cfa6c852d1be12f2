/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/address.h>
#include <k8sdns/model/metrics/metrics_facts.h>
#include <string.h>

const char *const metrics_role_names[] = {"replica", "node-local", "cluster-ip", "named", NULL};

static const struct shape_field count_fields[] = {
    SHAPE_FIELD_NAME(struct metrics_count_facts, name, "label", "a type, rcode, family, code"),
    SHAPE_FIELD_COUNT(struct metrics_count_facts, total, "total", "since the process began"),
    SHAPE_FIELD_COUNT(struct metrics_count_facts, change, "change", "in the window"),
    SHAPE_FIELD_REAL(struct metrics_count_facts, per_second, "per_second", "in the window"),
    SHAPE_FIELD_REAL(struct metrics_count_facts, ratio, "ratio", "of all names, 0 to 1"),
};
const struct shape metrics_count_facts_shape =
    SHAPE(struct metrics_count_facts, count_fields, "metrics_count");

static const struct shape_field latency_fields[] = {
    SHAPE_FIELD_REAL(struct metrics_latency_facts, p50, "p50", "half take no longer, in ms"),
    SHAPE_FIELD_REAL(struct metrics_latency_facts, p90, "p90", "nine of ten"),
    SHAPE_FIELD_REAL(struct metrics_latency_facts, p99, "p99", "99 of 100"),
    SHAPE_FIELD_BOOL(struct metrics_latency_facts, over, "over",
                     "p99 is over the histogram's last bound, which it then is"),
    SHAPE_FIELD_COUNT(struct metrics_latency_facts, observations, "observations", "how many it is of"),
    SHAPE_FIELD_BOOL(struct metrics_latency_facts, window, "window",
                     "of the window; else since the process began"),
};
const struct shape metrics_latency_facts_shape =
    SHAPE(struct metrics_latency_facts, latency_fields, "metrics_latency");

static const struct shape_field zone_fields[] = {
    SHAPE_FIELD_NAME(struct metrics_zone_facts, zone, "zone", "of the server block"),
    SHAPE_FIELD_REAL(struct metrics_zone_facts, per_second, "per_second", "requests in the window"),
    SHAPE_FIELD_OBJECT(struct metrics_zone_facts, latency_ms, "latency_ms", &metrics_latency_facts_shape,
                       "how long its answers took"),
};
const struct shape metrics_zone_facts_shape = SHAPE(struct metrics_zone_facts, zone_fields, "metrics_zone");

static const struct shape_field upstream_fields[] = {
    SHAPE_FIELD_NAME(struct metrics_upstream_facts, to, "to", "address and port"),
    SHAPE_FIELD_COUNT(struct metrics_upstream_facts, answers, "answers", "since the process began"),
    SHAPE_FIELD_REAL(struct metrics_upstream_facts, per_second, "per_second", "answers in the window"),
    SHAPE_FIELD_OBJECTS(struct metrics_upstream_facts, rcodes, "rcodes", &metrics_count_facts_shape,
                        "its answers by rcode"),
    SHAPE_FIELD_REAL(struct metrics_upstream_facts, servfail_ratio, "servfail_ratio",
                     "of its answers in the window, without one of all"),
    SHAPE_FIELD_COUNT(struct metrics_upstream_facts, healthcheck_failures, "healthcheck_failures",
                      "since the process began"),
    SHAPE_FIELD_COUNT(struct metrics_upstream_facts, healthcheck_failures_new, "healthcheck_failures_new",
                      "in the window"),
    SHAPE_FIELD_OBJECT(struct metrics_upstream_facts, latency_ms, "latency_ms", &metrics_latency_facts_shape,
                       "of the answers that came; a timeout leaves no trace here"),
};
const struct shape metrics_upstream_facts_shape =
    SHAPE(struct metrics_upstream_facts, upstream_fields, "metrics_upstream");

static const struct shape_field forward_fields[] = {
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, answers, "answers", "of upstreams"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, answers_new, "answers_new", "in the window"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, servfails_new, "servfails_new", "of these"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, healthcheck_failures, "healthcheck_failures",
                      "upstreams that did not answer a check"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, healthcheck_failures_new, "healthcheck_failures_new",
                      "in the window"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, all_down, "all_down",
                      "queries when every upstream was marked down"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, all_down_new, "all_down_new", "in the window"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, rejected, "rejected",
                      "queries over max_concurrent, answered REFUSED"),
    SHAPE_FIELD_COUNT(struct metrics_forward_facts, rejected_new, "rejected_new", "in the window"),
    SHAPE_FIELD_REAL(struct metrics_forward_facts, reused_ratio, "reused_ratio",
                     "connections to upstreams that were used again"),
    SHAPE_FIELD_OBJECTS(struct metrics_forward_facts, upstreams, "upstreams", &metrics_upstream_facts_shape,
                        "one by one"),
};
const struct shape metrics_forward_facts_shape =
    SHAPE(struct metrics_forward_facts, forward_fields, "metrics_forward");

static const struct shape_field cache_fields[] = {
    SHAPE_FIELD_COUNT(struct metrics_cache_facts, entries, "entries", "there are now"),
    SHAPE_FIELD_COUNT(struct metrics_cache_facts, hits, "hits", "since the process began, as the next"),
    SHAPE_FIELD_COUNT(struct metrics_cache_facts, misses, "misses", "queries it had no answer to"),
    SHAPE_FIELD_COUNT(struct metrics_cache_facts, evictions, "evictions", "thrown out for want of room"),
    SHAPE_FIELD_REAL(struct metrics_cache_facts, evictions_per_second, "evictions_per_second",
                     "in the window"),
    SHAPE_FIELD_COUNT(struct metrics_cache_facts, stale, "stale", "answers served though they had expired"),
    SHAPE_FIELD_OBJECTS(struct metrics_cache_facts, hits_by_type, "hits_by_type", &metrics_count_facts_shape,
                        "success and denial"),
};
const struct shape metrics_cache_facts_shape =
    SHAPE(struct metrics_cache_facts, cache_fields, "metrics_cache");

static const struct shape_field api_fields[] = {
    SHAPE_FIELD_COUNT(struct metrics_api_facts, requests, "requests", "since the process began"),
    SHAPE_FIELD_COUNT(struct metrics_api_facts, errors, "errors",
                      "of these: no answer, 401, 403, 429 and 5xx"),
    SHAPE_FIELD_COUNT(struct metrics_api_facts, errors_new, "errors_new", "in the window"),
    SHAPE_FIELD_OBJECTS(struct metrics_api_facts, codes, "codes", &metrics_count_facts_shape,
                        "HTTP statuses; \"<error>\" is no answer"),
    SHAPE_FIELD_OBJECT(struct metrics_api_facts, latency_ms, "latency_ms", &metrics_latency_facts_shape,
                       "how long requests took"),
};
const struct shape metrics_api_facts_shape = SHAPE(struct metrics_api_facts, api_fields, "metrics_api");

static const struct shape_field text_fields[] = {
    SHAPE_FIELD_COUNT(struct metrics_text_facts, bytes, "bytes", "of the last scrape"),
    SHAPE_FIELD_COUNT(struct metrics_text_facts, samples, "samples", "values in it"),
    SHAPE_FIELD_COUNT(struct metrics_text_facts, malformed, "malformed", "lines that are not of the format"),
    SHAPE_FIELD_COUNT(struct metrics_text_facts, too_long, "too_long", "lines that were passed over"),
    SHAPE_FIELD_BOOL(struct metrics_text_facts, cut, "cut", "it ended within a line"),
    SHAPE_FIELD_COUNT(struct metrics_text_facts, dropped, "dropped",
                      "values of more zones, upstreams or codes than are kept apart"),
};
const struct shape metrics_text_facts_shape = SHAPE(struct metrics_text_facts, text_fields, "metrics_text");

static const struct shape_field replica_fields[] = {
    SHAPE_FIELD_NAME(struct metrics_replica_facts, source, "source", "where its numbers are from"),
    SHAPE_FIELD_CHOICE(struct metrics_replica_facts, role, "role", metrics_role_names,
                       "what it is; behind the ClusterIP is another replica each time"),
    SHAPE_FIELD_TEXT(struct metrics_replica_facts, pod, "pod", "name of its Pod"),
    SHAPE_FIELD_TEXT(struct metrics_replica_facts, node, "node", "name of its node"),
    SHAPE_FIELD_TEXT(struct metrics_replica_facts, error, "error", "why nothing is known of it"),
    SHAPE_FIELD_TEXT(struct metrics_replica_facts, version, "version", "of CoreDNS"),
    SHAPE_FIELD_TEXT(struct metrics_replica_facts, config_hash, "config_hash",
                     "of its Corefile; after the first reload alone"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, window_s, "window_s",
                     "between its two scrapes; rates are over this; null after one alone"),
    SHAPE_FIELD_BOOL(struct metrics_replica_facts, restarted, "restarted",
                     "another process between the two scrapes, so there are no rates"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, uptime_s, "uptime_s", "since the process began"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, requests_total, "requests_total",
                      "since the process began"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, qps, "qps", "requests a second in the window"),
    SHAPE_FIELD_TALLIES(struct metrics_replica_facts, rcodes, "rcodes", "answers since the process began"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, answers, "answers", "in the window, without one of all"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, servfails, "servfails", "of these"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, servfail_ratio, "servfail_ratio", "of these, 0 to 1"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, own_servfails, "own_servfails",
                      "of these: made by CoreDNS itself, not by an upstream; null before 1.8.7"),
    SHAPE_FIELD_OBJECTS(struct metrics_replica_facts, by_rcode, "by_rcode", &metrics_count_facts_shape,
                        "answers by rcode"),
    SHAPE_FIELD_OBJECTS(struct metrics_replica_facts, by_type, "by_type", &metrics_count_facts_shape,
                        "requests by type"),
    SHAPE_FIELD_OBJECTS(struct metrics_replica_facts, by_family, "by_family", &metrics_count_facts_shape,
                        "requests over IPv4 and IPv6"),
    SHAPE_FIELD_OBJECTS(struct metrics_replica_facts, by_transport, "by_transport",
                        &metrics_count_facts_shape, "requests over udp, tcp and others"),
    SHAPE_FIELD_OBJECT(struct metrics_replica_facts, latency_ms, "latency_ms", &metrics_latency_facts_shape,
                       "how long its answers took"),
    SHAPE_FIELD_OBJECTS(struct metrics_replica_facts, zones, "zones", &metrics_zone_facts_shape,
                        "by zone of its server blocks"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, cache_hit_ratio, "cache_hit_ratio",
                     "answered from the cache, of what it was asked, 0 to 1"),
    SHAPE_FIELD_OBJECT(struct metrics_replica_facts, cache, "cache", &metrics_cache_facts_shape, "its cache"),
    SHAPE_FIELD_OBJECT(struct metrics_replica_facts, forward, "forward", &metrics_forward_facts_shape,
                       "what it asks upstreams"),
    SHAPE_FIELD_OBJECT(struct metrics_replica_facts, api, "api", &metrics_api_facts_shape,
                       "what it asks the API server; counted since 1.11.0"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, panics_total, "panics_total", "since the process began"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, panics_new, "panics_new", "in the window"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, reload_failed_total, "reload_failed_total",
                      "Corefiles that were refused"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, reload_failed_new, "reload_failed_new", "in the window"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, setup_errors_total, "setup_errors_total",
                      "of node-local-dns: its address or its rules could not be put up"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, setup_errors_new, "setup_errors_new", "in the window"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, cpu_cores, "cpu_cores", "used in the window"),
    SHAPE_FIELD_REAL(struct metrics_replica_facts, cpu_limit_cores, "cpu_limit_cores", "its Pod's limit"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, cpus, "cpus", "that it runs on at once (GOMAXPROCS)"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, memory_bytes, "memory_bytes", "resident"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, open_files, "open_files", "file descriptors"),
    SHAPE_FIELD_COUNT(struct metrics_replica_facts, max_files, "max_files", "of them at most"),
    SHAPE_FIELD_TEXTS(struct metrics_replica_facts, outliers, "odd",
                      "in which it stands out from the others"),
    SHAPE_FIELD_TEXTS(struct metrics_replica_facts, missing, "missing",
                      "what a whole scrape would have, and this has not: answers, latency, panics"),
    SHAPE_FIELD_OBJECT(struct metrics_replica_facts, text, "text", &metrics_text_facts_shape,
                       "how its text was read"),
};
const struct shape metrics_replica_facts_shape =
    SHAPE(struct metrics_replica_facts, replica_fields, "metrics_replica");

const char *const metrics_measure_names[] = {
    "p50",     "p99",      "SERVFAIL", "load",           "cache hits", "CPU",
    "version", "Corefile", "panics",   "failed reloads", "API errors", NULL,
};

static const struct shape_field outlier_fields[] = {
    SHAPE_FIELD_NAME(struct metrics_outlier_facts, source, "source", "of the replica"),
    SHAPE_FIELD_CHOICE(struct metrics_outlier_facts, measure, "measure", metrics_measure_names, "in what"),
    SHAPE_FIELD_NAME(struct metrics_outlier_facts, text, "text", "in a sentence"),
};
const struct shape metrics_outlier_facts_shape =
    SHAPE(struct metrics_outlier_facts, outlier_fields, "metrics_outlier");

bool metrics_are_of(const struct metrics_replica_facts *replica, const char *address)
{
    const char *host = strstr(replica->source, "://");
    struct address source, wanted;
    char text[ADDRESS_TEXT];
    size_t len;

    host = host ? host + 3 : replica->source;
    len = strcspn(host, "/");
    if (len >= sizeof(text))
        return false;
    memcpy(text, host, len);
    text[len] = '\0';
    return address_parse(text, 0, &source, NULL) == 0 && address_parse(address, 0, &wanted, NULL) == 0 &&
           address_same_host(&source, &wanted);
}

static const struct shape_field alert_fields[] = {
    SHAPE_FIELD_NAME(struct alert_rule_facts, alert, "alert", "its name"),
    SHAPE_FIELD_NAME(struct alert_rule_facts, expr, "expr", "PromQL"),
    SHAPE_FIELD_NAME(struct alert_rule_facts, hold, "for", "how long it must hold"),
    SHAPE_FIELD_NAME(struct alert_rule_facts, severity, "severity", "warning or critical"),
    SHAPE_FIELD_NAME(struct alert_rule_facts, finding, "finding", "the finding that it stands for"),
    SHAPE_FIELD_NAME(struct alert_rule_facts, summary, "summary", "one sentence"),
};
const struct shape alert_rule_facts_shape = SHAPE(struct alert_rule_facts, alert_fields, "alert_rule");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct metrics_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_OBJECTS(struct metrics_facts, replicas, "replicas", &metrics_replica_facts_shape,
                        "each that was scraped, or should have been"),
    SHAPE_FIELD_TEXTS(struct metrics_facts, differences, "differences", "how one stands out from the others"),
    SHAPE_FIELD_OBJECTS(struct metrics_facts, outliers, "outliers", &metrics_outlier_facts_shape,
                        "the same, with what each is about"),
    SHAPE_FIELD_OBJECTS(struct metrics_facts, alert_rules, "alert_rules", &alert_rule_facts_shape,
                        "of --rules"),
    SHAPE_FIELD_BOOL(struct metrics_facts, checked, "checked", "--check: the findings are about this"),
};
const struct shape metrics_facts_shape = SHAPE(struct metrics_facts, fields, "metrics");

/* Some request went well in the window. */
static bool succeeds(const struct metrics_api_facts *api)
{
    for (size_t i = 0; i < api->codes_count; i++)
        if (api->codes[i].name[0] == '2' && api->codes[i].change && api->codes[i].change != SHAPE_UNSET)
            return true;
    return false;
}

bool metrics_api_is_unclear(const struct metrics_replica_facts *m)
{
    uint64_t failed = m->api.errors == SHAPE_UNSET ? 0 : m->api.errors;
    bool fails = m->api.errors_new && m->api.errors_new != SHAPE_UNSET;

    return failed * 2 > m->api.requests && !fails && !succeeds(&m->api) &&
           !(m->window_s >= METRICS_WINDOW_ENOUGH_S);
}
