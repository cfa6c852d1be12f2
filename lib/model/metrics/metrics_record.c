/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/metrics/metrics_record.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is done with a sample. */
enum taking {
    TAKE_SCALAR,
    TAKE_REQUESTS,
    TAKE_TYPES, /* <= 1.6.9 counts types apart */
    TAKE_RESPONSES,
    TAKE_CACHE_HITS,
    TAKE_LATENCY,
    TAKE_UPSTREAM_REQUESTS,
    TAKE_UPSTREAM_RESPONSES,
    TAKE_UPSTREAM_LATENCY,
    TAKE_UPSTREAM_COUNT, /* the same histogram's _count, which since 1.8.2 has the rcode */
    TAKE_UPSTREAM_FAILURES,
    TAKE_UPSTREAM_REUSED,
    TAKE_UPSTREAM_CONNECTS,
    TAKE_API,
    TAKE_API_LATENCY,
    TAKE_VERSION,
    TAKE_CONFIG,
    TAKE_PRESENCE, /* it says that this is CoreDNS, and no more */
};

struct meaning {
    const char *name;
    enum taking taking;
    enum metrics_scalar scalar;
};

/* Sorted by name, for a binary search. */
static const struct meaning meanings[] = {
    {"coredns_build_info", TAKE_VERSION, 0},
    {"coredns_cache_entries", TAKE_SCALAR, METRICS_CACHE_ENTRIES},
    {"coredns_cache_evictions_total", TAKE_SCALAR, METRICS_CACHE_EVICTIONS},
    {"coredns_cache_hits_total", TAKE_CACHE_HITS, 0},
    {"coredns_cache_misses_total", TAKE_SCALAR, METRICS_CACHE_MISSES},
    {"coredns_cache_requests_total", TAKE_SCALAR, METRICS_CACHE_REQUESTS},
    {"coredns_cache_served_stale_total", TAKE_SCALAR, METRICS_CACHE_STALE},
    {"coredns_cache_size", TAKE_SCALAR, METRICS_CACHE_ENTRIES},
    {"coredns_dns_request_count_total", TAKE_REQUESTS, 0},
    {"coredns_dns_request_duration_seconds_bucket", TAKE_LATENCY, 0},
    {"coredns_dns_request_duration_seconds_count", TAKE_LATENCY, 0},
    {"coredns_dns_request_duration_seconds_sum", TAKE_LATENCY, 0},
    {"coredns_dns_request_type_count_total", TAKE_TYPES, 0},
    {"coredns_dns_requests_total", TAKE_REQUESTS, 0},
    {"coredns_dns_response_rcode_count_total", TAKE_RESPONSES, 0},
    {"coredns_dns_responses_total", TAKE_RESPONSES, 0},
    {"coredns_forward_conn_cache_hits_total", TAKE_UPSTREAM_REUSED, 0},
    {"coredns_forward_conn_cache_misses_total", TAKE_UPSTREAM_CONNECTS, 0},
    {"coredns_forward_healthcheck_broken_count_total", TAKE_SCALAR, METRICS_FORWARD_BROKEN},
    {"coredns_forward_healthcheck_broken_total", TAKE_SCALAR, METRICS_FORWARD_BROKEN},
    {"coredns_forward_healthcheck_failure_count_total", TAKE_UPSTREAM_FAILURES, 0},
    {"coredns_forward_healthcheck_failures_total", TAKE_UPSTREAM_FAILURES, 0},
    {"coredns_forward_max_concurrent_reject_count_total", TAKE_SCALAR, METRICS_FORWARD_REJECTS},
    {"coredns_forward_max_concurrent_rejects_total", TAKE_SCALAR, METRICS_FORWARD_REJECTS},
    {"coredns_forward_request_count_total", TAKE_UPSTREAM_REQUESTS, 0},
    {"coredns_forward_request_duration_seconds_bucket", TAKE_UPSTREAM_LATENCY, 0},
    {"coredns_forward_request_duration_seconds_count", TAKE_UPSTREAM_COUNT, 0},
    {"coredns_forward_request_duration_seconds_sum", TAKE_UPSTREAM_LATENCY, 0},
    {"coredns_forward_requests_total", TAKE_UPSTREAM_REQUESTS, 0},
    {"coredns_forward_response_rcode_count_total", TAKE_UPSTREAM_RESPONSES, 0},
    {"coredns_forward_responses_total", TAKE_UPSTREAM_RESPONSES, 0},
    {"coredns_health_request_failures_total", TAKE_SCALAR, METRICS_HEALTH_FAILURES},
    {"coredns_kubernetes_rest_client_request_duration_seconds_bucket", TAKE_API_LATENCY, 0},
    {"coredns_kubernetes_rest_client_request_duration_seconds_count", TAKE_API_LATENCY, 0},
    {"coredns_kubernetes_rest_client_request_duration_seconds_sum", TAKE_API_LATENCY, 0},
    {"coredns_kubernetes_rest_client_requests_total", TAKE_API, 0},
    {"coredns_nodecache_setup_errors_total", TAKE_SCALAR, METRICS_SETUP_ERRORS},
    {"coredns_panic_count_total", TAKE_SCALAR, METRICS_PANICS},
    {"coredns_panics_total", TAKE_SCALAR, METRICS_PANICS},
    {"coredns_plugin_enabled", TAKE_PRESENCE, 0},
    {"coredns_proxy_conn_cache_hits_total", TAKE_UPSTREAM_REUSED, 0},
    {"coredns_proxy_conn_cache_misses_total", TAKE_UPSTREAM_CONNECTS, 0},
    {"coredns_proxy_healthcheck_failures_total", TAKE_UPSTREAM_FAILURES, 0},
    {"coredns_proxy_request_duration_seconds_bucket", TAKE_UPSTREAM_LATENCY, 0},
    {"coredns_proxy_request_duration_seconds_count", TAKE_UPSTREAM_COUNT, 0},
    {"coredns_proxy_request_duration_seconds_sum", TAKE_UPSTREAM_LATENCY, 0},
    {"coredns_reload_failed_count_total", TAKE_SCALAR, METRICS_RELOAD_FAILED},
    {"coredns_reload_failed_total", TAKE_SCALAR, METRICS_RELOAD_FAILED},
    {"coredns_reload_version_info", TAKE_CONFIG, 0},
    {"go_sched_gomaxprocs_threads", TAKE_SCALAR, METRICS_CPUS},
    {"process_cpu_seconds_total", TAKE_SCALAR, METRICS_CPU_SECONDS},
    {"process_max_fds", TAKE_SCALAR, METRICS_MAX_FILES},
    {"process_open_fds", TAKE_SCALAR, METRICS_OPEN_FILES},
    {"process_resident_memory_bytes", TAKE_SCALAR, METRICS_MEMORY_BYTES},
    {"process_start_time_seconds", TAKE_SCALAR, METRICS_START_SECONDS},
};

/* As strcmp does. What was read may have any bytes in it, also those that end a text. */
static int compare(const char *read, size_t len, const char *text)
{
    size_t text_len = strlen(text);
    int order = memcmp(read, text, len < text_len ? len : text_len);

    return order ? order : (len > text_len) - (len < text_len);
}

static int compare_names(const void *key, const void *row)
{
    const struct prometheus_sample *sample = key;
    const struct meaning *meaning = row;

    return compare(sample->name, sample->name_len, meaning->name);
}

static const char *name_of(struct arena *arena, const struct prometheus_label *label)
{
    return arena_text_n(arena, label->value,
                        label->value_len > METRICS_NAME_MAX ? METRICS_NAME_MAX : label->value_len);
}

static bool is_named(const char *name, const struct prometheus_label *label)
{
    size_t len = label->value_len > METRICS_NAME_MAX ? METRICS_NAME_MAX : label->value_len;

    return compare(label->value, len, name) == 0;
}

/* What counts nothing: NaN, infinite or negative. */
static bool is_count(double value)
{
    return value >= 0 && value < (double)INFINITY;
}

static void tally(struct metrics_record *record, struct metrics_tallies *tallies,
                  const struct prometheus_sample *sample, const char *label_name)
{
    const struct prometheus_label *label = prometheus_label_find(sample, label_name);
    struct metrics_tally *item;

    if (!label || !is_count(sample->value))
        return;
    for (size_t i = 0; i < tallies->count; i++)
        if (is_named(tallies->items[i].name, label)) {
            tallies->items[i].value += sample->value;
            return;
        }
    if (tallies->count == METRICS_NAMES_MAX) {
        tallies->rest += sample->value;
        record->dropped++;
        return;
    }
    item = ARENA_PUSH(record->arena, tallies->items, tallies->count);
    *item = (struct metrics_tally){name_of(record->arena, label), sample->value};
}

static struct metrics_part *part(struct metrics_record *record, struct metrics_parts *parts,
                                 const struct prometheus_sample *sample, const char *label_name)
{
    const struct prometheus_label *label = prometheus_label_find(sample, label_name);
    struct metrics_part *item;

    if (!label)
        return NULL;
    for (size_t i = 0; i < parts->count; i++)
        if (is_named(parts->items[i].name, label))
            return &parts->items[i];
    if (parts->count == METRICS_NAMES_MAX) {
        record->dropped++;
        return NULL;
    }
    item = ARENA_PUSH(record->arena, parts->items, parts->count);
    item->name = name_of(record->arena, label);
    return item;
}

static double bound_of(const struct prometheus_label *label)
{
    char copy[32], *end;
    double bound;

    if (label->value_len == 4 && memcmp(label->value, "+Inf", 4) == 0)
        return (double)INFINITY;
    if (!label->value_len || label->value_len >= sizeof(copy))
        return (double)NAN;
    memcpy(copy, label->value, label->value_len);
    copy[label->value_len] = '\0';
    bound = strtod(copy, &end);
    return *end ? (double)NAN : bound;
}

/* Buckets mostly come in their order; each is put where it belongs all the same. */
static void add_bucket(struct metrics_record *record, struct metrics_histogram *histogram, double bound,
                       double value)
{
    size_t at = histogram->count;

    while (at && histogram->buckets[at - 1].bound_s >= bound)
        at--;
    if (at < histogram->count && histogram->buckets[at].bound_s == bound) {
        histogram->buckets[at].count += value;
        return;
    }
    if (histogram->count == METRICS_BUCKETS_MAX) {
        record->dropped++;
        return;
    }
    (void)ARENA_PUSH(record->arena, histogram->buckets, histogram->count);
    memmove(&histogram->buckets[at + 1], &histogram->buckets[at],
            (histogram->count - 1 - at) * sizeof(histogram->buckets[0]));
    histogram->buckets[at] = (struct metrics_bucket){bound, value};
}

static bool ends_with(const struct prometheus_sample *sample, const char *end)
{
    size_t len = strlen(end);

    return sample->name_len > len && memcmp(sample->name + sample->name_len - len, end, len) == 0;
}

static void add_to_histogram(struct metrics_record *record, struct metrics_histogram *histogram,
                             const struct prometheus_sample *sample)
{
    const struct prometheus_label *le;
    double bound;

    if (!is_count(sample->value))
        return;
    if (ends_with(sample, "_sum")) {
        histogram->sum_s += sample->value;
    } else if (ends_with(sample, "_count")) {
        histogram->total += sample->value;
    } else if ((le = prometheus_label_find(sample, "le"))) {
        bound = bound_of(le);
        if (!isnan(bound))
            add_bucket(record, histogram, bound, sample->value);
    }
}

static void add_scalar(struct metrics_record *record, enum metrics_scalar scalar, double value)
{
    if (!is_count(value))
        return;
    record->scalars[scalar] = isnan(record->scalars[scalar]) ? value : record->scalars[scalar] + value;
}

static void take_responses(struct metrics_record *record, const struct prometheus_sample *sample)
{
    const struct prometheus_label *plugin = prometheus_label_find(sample, "plugin");

    add_scalar(record, METRICS_RESPONSES, sample->value);
    tally(record, &record->lists[METRICS_BY_RCODE], sample, "rcode");
    record->tells_plugin = record->tells_plugin || plugin;
    if (plugin && !plugin->value_len)
        tally(record, &record->lists[METRICS_OWN_RCODES], sample, "rcode");
}

static void take_latency(struct metrics_record *record, const struct prometheus_sample *sample)
{
    struct metrics_part *zone = part(record, &record->zones, sample, "zone");

    add_to_histogram(record, &record->latency, sample);
    if (zone)
        add_to_histogram(record, &zone->latency, sample);
}

static void take_upstream(struct metrics_record *record, enum taking taking,
                          const struct prometheus_sample *sample)
{
    struct metrics_part *upstream = part(record, &record->upstreams, sample, "to");
    double value = is_count(sample->value) ? sample->value : 0;

    if (!upstream)
        return;
    if (taking == TAKE_UPSTREAM_REQUESTS)
        upstream->requests += value;
    else if (taking == TAKE_UPSTREAM_RESPONSES)
        tally(record, &upstream->rcodes, sample, "rcode");
    else if (taking == TAKE_UPSTREAM_FAILURES)
        upstream->healthcheck_failures += value;
    else if (taking == TAKE_UPSTREAM_REUSED)
        upstream->reused += value;
    else if (taking == TAKE_UPSTREAM_CONNECTS)
        upstream->connects += value;
    else
        add_to_histogram(record, &upstream->latency, sample);
    if (taking == TAKE_UPSTREAM_COUNT)
        tally(record, &upstream->timed, sample, "rcode");
}

static void take_text(struct metrics_record *record, const struct prometheus_sample *sample,
                      const char *label_name, const char **ret_text)
{
    const struct prometheus_label *label = prometheus_label_find(sample, label_name);

    if (label && label->value_len && sample->value == 1)
        *ret_text = name_of(record->arena, label);
}

static bool begins_with(const struct prometheus_sample *sample, const char *begin)
{
    size_t len = strlen(begin);

    return sample->name_len >= len && memcmp(sample->name, begin, len) == 0;
}

/* Source: kubernetes/dns, pkg/dns (skydns/metrics) and pkg/sidecar/metrics.go. */
static void take_kube_dns(struct metrics_record *record, const struct prometheus_sample *sample)
{
    const struct prometheus_label *cause = prometheus_label_find(sample, "cause");

    if (!begins_with(sample, "skydns_") && !begins_with(sample, "kubedns_"))
        return;
    record->kube_dns.seen = true;
    if (!is_count(sample->value))
        return;
    if (ends_with(sample, "_dns_request_count_total"))
        record->kube_dns.queries += sample->value;
    else if (ends_with(sample, "_dns_error_count_total") && cause &&
             compare(cause->value, cause->value_len, "nxdomain") == 0)
        record->kube_dns.nxdomains += sample->value;
    else if (ends_with(sample, "_dns_error_count_total"))
        record->kube_dns.errors += sample->value;
    else if (ends_with(sample, "_dnsmasq_hits"))
        record->kube_dns.hits += sample->value;
    else if (ends_with(sample, "_dnsmasq_misses"))
        record->kube_dns.misses += sample->value;
    else if (ends_with(sample, "_dnsmasq_errors"))
        record->kube_dns.dnsmasq_errors += sample->value;
}

const char *metrics_kube_dns_text(const struct metrics_record *record)
{
    const char *text = "it is kube-dns, not CoreDNS, so nothing of it is judged";

    if (!record->kube_dns.seen)
        return NULL;
    if (record->kube_dns.queries + record->kube_dns.nxdomains + record->kube_dns.errors > 0)
        text =
            arena_printf(record->arena, "%s; it counts %.0f queries, %.0f NXDOMAIN and %.0f other errors",
                         text, record->kube_dns.queries, record->kube_dns.nxdomains, record->kube_dns.errors);
    if (record->kube_dns.hits + record->kube_dns.misses + record->kube_dns.dnsmasq_errors > 0)
        text = arena_printf(record->arena, "%s; its dnsmasq %.0f hits, %.0f misses and %.0f errors", text,
                            record->kube_dns.hits, record->kube_dns.misses, record->kube_dns.dnsmasq_errors);
    return text;
}

struct metrics_record *metrics_record_new(struct arena *arena)
{
    struct metrics_record *record = ARENA_NEW(arena, struct metrics_record);

    record->arena = arena;
    for (size_t i = 0; i < METRICS_SCALARS; i++)
        record->scalars[i] = (double)NAN;
    return record;
}

void metrics_record_add(void *user, const struct prometheus_sample *sample)
{
    struct metrics_record *record = user;
    const struct meaning *meaning =
        bsearch(sample, meanings, sizeof(meanings) / sizeof(meanings[0]), sizeof(meanings[0]), compare_names);

    if (!meaning) {
        take_kube_dns(record, sample);
        return;
    }
    record->is_coredns = record->is_coredns || meaning->name[0] == 'c';
    switch (meaning->taking) {
    case TAKE_SCALAR:
        add_scalar(record, meaning->scalar, sample->value);
        break;
    case TAKE_REQUESTS:
        add_scalar(record, METRICS_REQUESTS, sample->value);
        tally(record, &record->lists[METRICS_BY_FAMILY], sample, "family");
        tally(record, &record->lists[METRICS_BY_TRANSPORT], sample, "proto");
        tally(record, &record->lists[METRICS_BY_TYPE], sample, "type");
        break;
    case TAKE_TYPES:
        tally(record, &record->lists[METRICS_BY_TYPE], sample, "type");
        break;
    case TAKE_RESPONSES:
        take_responses(record, sample);
        break;
    case TAKE_CACHE_HITS:
        add_scalar(record, METRICS_CACHE_HITS, sample->value);
        tally(record, &record->lists[METRICS_CACHE_HITS_BY_TYPE], sample, "type");
        break;
    case TAKE_LATENCY:
        take_latency(record, sample);
        break;
    case TAKE_UPSTREAM_REQUESTS:
    case TAKE_UPSTREAM_RESPONSES:
    case TAKE_UPSTREAM_LATENCY:
    case TAKE_UPSTREAM_COUNT:
    case TAKE_UPSTREAM_FAILURES:
    case TAKE_UPSTREAM_REUSED:
    case TAKE_UPSTREAM_CONNECTS:
        take_upstream(record, meaning->taking, sample);
        break;
    case TAKE_API:
        tally(record, &record->lists[METRICS_API_CODES], sample, "code");
        break;
    case TAKE_API_LATENCY:
        add_to_histogram(record, &record->api_latency, sample);
        break;
    case TAKE_VERSION:
        take_text(record, sample, "version", &record->version);
        break;
    case TAKE_CONFIG:
        take_text(record, sample, "value", &record->config_hash);
        break;
    case TAKE_PRESENCE:
        break;
    }
}

double metrics_tallies_sum(const struct metrics_tallies *tallies)
{
    double sum = tallies->rest;

    for (size_t i = 0; i < tallies->count; i++)
        sum += tallies->items[i].value;
    return sum;
}

double metrics_tallies_value(const struct metrics_tallies *tallies, const char *name)
{
    for (size_t i = 0; i < tallies->count; i++)
        if (strcmp(tallies->items[i].name, name) == 0)
            return tallies->items[i].value;
    return 0;
}

const struct metrics_part *metrics_parts_find(const struct metrics_parts *parts, const char *name)
{
    for (size_t i = 0; i < parts->count; i++)
        if (strcmp(parts->items[i].name, name) == 0)
            return &parts->items[i];
    return NULL;
}
