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

        if (!upstream->count || !upstream->name)
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
                     duration_format_us(slow, sizeof(slow), number_whole(spans->slow_ms * 1000)));
    finding_evidence(d, finding, "%s has %.1f %% of their time for itself%s%s%s", most,
                     100 * share(spans, most), second ? ", next is " : "", second ? second : "",
                     second ? arena_printf(d->arena, " with %.1f %%", 100 * share(spans, second)) : "");
    if (strcmp(most, "forward") == 0)
        tell_upstreams(d, finding);
}

static const struct step steps[] = {
    {.text = "forward: measure the upstream; if it is slow, name another in the Corefile",
     .command = "k8sdns watch www.example.com. --no-search --target UPSTREAM --duration 1m",
     .undo = "the Corefile as before"},
    {.text = "kubernetes, file, hosts: CoreDNS waits for a CPU; add replicas",
     .command = "{scale}",
     .undo = "scale back to the number before"},
    {.text = "log, dnstap: the reader is slow; remove the line from the Corefile",
     .command = "{edit}",
     .undo = "add the line again"},
    {0},
};

static const char *const checks[] = {
    "k8sdns spans --listen IP:9411 --duration 5m",
    "kubectl -n {ns} get configmap {cm} -o yaml | k8sdns corefile --enable trace --collector "
    "IP -",
    NULL,
};

static const char *const explains[] = {
    "coredns-errors",
    "replica-slow",
    "lookup-slow",
    NULL,
};

const struct rule rule_coredns_slow_plugin = {
    .id = "coredns-slow-plugin",
    .title = "slow queries spend their time in one plugin",
    .severity = SEVERITY_WARNING,
    .needs = NEED_SPANS,
    .healthy = "no CoreDNS plugin delays queries",
    .cause = "A query passes CoreDNS's plugins one after another and waits for each. The traces show "
             "which one takes the time: forward waits for its upstream, others for API server data, a "
             "disk or a CPU.",
    .steps = steps,
    .checks = checks,
    .explains = explains,
    .eval = eval,
};
