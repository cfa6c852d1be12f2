/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/diag/rule.h>
#include <math.h>
#include <string.h>

/* A few slow queries are a cold cache, or chance; of our choice. */
#define SLOW_FEWEST 5
/* Upstreams that are named. */
#define UPSTREAMS_SHOWN 3

/* Whose time it is: connect is what forward calls its own exchange with an upstream. */
static const char *owner(const char *plugin)
{
    return strcmp(plugin, "connect") == 0 ? "forward" : plugin;
}

/* The share of the slow traces' time that is the plugin's own. */
static double share(const struct spans_facts *spans, const char *plugin)
{
    double sum = 0;

    for (size_t i = 0; i < spans->plugins_count; i++)
        if (strcmp(owner(spans->plugins[i].name), plugin) == 0 && !isnan(spans->plugins[i].slow_ratio))
            sum += spans->plugins[i].slow_ratio;
    return sum;
}

static void tell_upstreams(struct diagnosis *d, struct finding *finding)
{
    const struct spans_facts *spans = d->facts->spans;

    for (size_t i = 0; i < spans->upstreams_count && i < UPSTREAMS_SHOWN; i++) {
        const struct span_group_facts *upstream = &spans->upstreams[i];
        char mean[DURATION_TEXT], max[DURATION_TEXT];

        if (!upstream->count)
            continue;
        finding_evidence(d, finding, "upstream %s: %" PRIu64 " exchanges, %s on average, %s at most",
                         upstream->name, upstream->count,
                         duration_format_us(mean, sizeof(mean), upstream->total_us / upstream->count),
                         duration_format_us(max, sizeof(max), upstream->max_us));
    }
}

static void eval(const struct rule *rule, struct diagnosis *d)
{
    const struct spans_facts *spans = d->facts->spans;
    const char *most = NULL, *second = NULL;
    struct finding *finding;
    char slow[DURATION_TEXT];

    if ((double)spans->traces < d->thresholds->trace_fewest) {
        rule_unknown(d, arena_printf(d->arena,
                                     "%" PRIu64 " traces are too few to tell; collect more with k8sdns spans",
                                     spans->traces));
        return;
    }
    if (spans->slow < SLOW_FEWEST ||
        (double)spans->slow < d->thresholds->trace_slow_ratio * (double)spans->traces)
        return;
    for (size_t i = 0; i < spans->plugins_count; i++) {
        const char *plugin = owner(spans->plugins[i].name);

        if (most && strcmp(plugin, most) == 0)
            continue;
        if (!most || share(spans, plugin) > share(spans, most)) {
            second = most;
            most = plugin;
        } else if (!second || share(spans, plugin) > share(spans, second)) {
            second = plugin;
        }
    }
    if (!most || share(spans, most) < d->thresholds->trace_share_ratio)
        return;
    finding = finding_new(d, rule, most);
    finding_evidence(d, finding, "%" PRIu64 " of %" PRIu64 " traced queries (%.1f %%) took %s or more",
                     spans->slow, spans->traces, 100.0 * (double)spans->slow / (double)spans->traces,
                     duration_format_us(slow, sizeof(slow), (uint64_t)(spans->slow_ms * 1000)));
    finding_evidence(d, finding, "%s has %.1f %% of their time for itself%s%s%s", most,
                     100 * share(spans, most), second ? ", next is " : "", second ? second : "",
                     second ? arena_printf(d->arena, " with %.1f %%", 100 * share(spans, second)) : "");
    if (strcmp(most, "forward") == 0)
        tell_upstreams(d, finding);
}

static const char *const remedies[] = {
    "forward: the upstream is slow or loses queries; ask it directly (k8sdns watch NAME. --target UPSTREAM), name "
    "another in the Corefile, and let cache keep answers; back: the Corefile as it was",
    "kubernetes, file, hosts: CoreDNS waits for a CPU; raise its limit, or add replicas: kubectl -n kube-system scale "
    "deployment coredns --replicas=N; back: the number that it had",
    "log, dnstap: the reader at the other end is slow; take the line out of the Corefile; back: put it in again",
    NULL,
};

static const char *const checks[] = {
    "k8sdns spans --listen IP:9411 --duration 5m",
    "kubectl -n kube-system get cm coredns -o yaml | k8sdns corefile --enable trace --collector IP -",
    NULL,
};

static const char *const explains[] = {
    "coredns-errors",
    "replica-slow",
    NULL,
};

const struct rule rule_coredns_slow_plugin = {
    .id = "coredns-slow-plugin",
    .title = "slow queries spend their time in one plugin",
    .severity = SEVERITY_WARNING,
    .needs = NEED_SPANS,
    .healthy = "no plugin of CoreDNS holds queries up",
    .cause =
        "A query goes through CoreDNS's plugins one after another, and waits for each. The traces show which one "
        "keeps the slow ones: forward for its upstream, others for the API server's data, a disk or a CPU.",
    .remedies = remedies,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
