/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/diag/threshold.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct thresholds, member)

const struct threshold_row threshold_rows[] = {
    {"resolv.amplification_queries", AT(amplification_queries), 8, 2, 1000,
     "queries for one external name; 8 with three search domains and ndots:5"},
    {"path.loss_warning_ratio", AT(loss_warning_ratio), 0.01, 0.0001, 1, "lost of asked; of our choice"},
    {"path.loss_critical_ratio", AT(loss_critical_ratio), 0.05, 0.0001, 1, "lost of asked; of our choice"},
    {"coredns.servfail_warning_ratio", AT(servfail_warning_ratio), 0.01, 0.0001, 1,
     "of answers; coredns-mixin"},
    {"coredns.servfail_critical_ratio", AT(servfail_critical_ratio), 0.03, 0.0001, 1,
     "of answers; coredns-mixin"},
    {"coredns.latency_p99_s", AT(latency_p99_s), 4, 0.001, 3600, "seconds; coredns-mixin"},
    {"forward.servfail_warning_ratio", AT(forward_servfail_warning_ratio), 0.01, 0.0001, 1,
     "of an upstream's answers; coredns-mixin"},
    {"forward.servfail_critical_ratio", AT(forward_servfail_critical_ratio), 0.03, 0.0001, 1,
     "of an upstream's answers; coredns-mixin"},
    {"forward.latency_p99_s", AT(forward_latency_p99_s), 4, 0.001, 3600,
     "seconds that an upstream takes; coredns-mixin"},
    {"coredns.cpu_cores", AT(cpu_cores), 1, 0.001, 1024, "that one replica uses; ACK's best practice"},
    {"coredns.cpu_limit_ratio", AT(cpu_limit_ratio), 0.9, 0.01, 1, "used of its CPU limit; of our choice"},
    {"replica.slow_factor", AT(slow_factor), 5, 1, 1000,
     "median latency against that of its peers; of our choice"},
    {"replica.slow_more_ms", AT(slow_more_ms), 10, 0, 10000, "and at least so much more; of our choice"},
    {"lookup.slow_ms", AT(lookup_slow_ms), 100, 0.001, 3600000,
     "a lookup or an answer that is worth a remark; the default of CoreDNS's rejected slow log"},
    {"lookup.very_slow_ms", AT(lookup_very_slow_ms), 1000, 0.001, 3600000,
     "one that is worth a warning; of our choice"},
    {"conntrack.near_full_ratio", AT(near_full_ratio), 0.75, 0.01, 1,
     "entries of max; node_exporter's mixin"},
    {"conntrack.full_ratio", AT(full_ratio), 0.99, 0.01, 1, "entries of max; of our choice"},
    {"conntrack.port_use_ratio", AT(port_use_ratio), 0.8, 0.01, 1, "of the ephemeral range; of our choice"},
    {"node.limit_ratio", AT(limit_ratio), 0.9, 0.01, 1, "used of any other limit; of our choice"},
    {"node.pressure_percent", AT(pressure_percent), 60, 1, 100,
     "of ten seconds waited for a CPU; of our choice"},
    {"coredns.nodes_per_replica", AT(nodes_per_replica), 16, 1, 10000,
     "nodes for each replica; dns-horizontal-autoscaler (ACK advises 8)"},
    {"trace.fewest", AT(trace_fewest), 50, 1, 1000000, "traces that tell anything; of our choice"},
    {"trace.slow_ratio", AT(trace_slow_ratio), 0.01, 0.0001, 1, "slow ones among the traces; of our choice"},
    {"trace.share_ratio", AT(trace_share_ratio), 0.6, 0.01, 1,
     "of the slow traces' time, one plugin's own; of our choice"},
    {"change.recent_minutes", AT(recent_minutes), 60, 1, 100000, "what counts as recent; of our choice"},
    {0},
};

static void set(struct thresholds *thresholds, const struct threshold_row *row, double value)
{
    memcpy((char *)thresholds + row->offset, &value, sizeof(value));
}

void thresholds_init(struct thresholds *ret)
{
    for (const struct threshold_row *row = threshold_rows; row->name; row++)
        set(ret, row, row->usual);
}

static const char *nearest(const char *name)
{
    const char *names[sizeof(threshold_rows) / sizeof(threshold_rows[0])];
    size_t count = 0;

    for (const struct threshold_row *row = threshold_rows; row->name; row++)
        names[count++] = row->name;
    names[count] = NULL;
    return suggest_word(name, names);
}

int threshold_set(struct thresholds *thresholds, const char *text, struct err *err)
{
    const char *equals = strchr(text, '=');
    char name[64], *end;
    size_t len = equals ? (size_t)(equals - text) : strlen(text);
    const char *near;
    double value;

    if (!equals || len >= sizeof(name))
        return err_set(err, ERR_USAGE, EINVAL, "--set wants NAME=VALUE, not '%s'", text);
    memcpy(name, text, len);
    name[len] = '\0';
    for (const struct threshold_row *row = threshold_rows; row->name; row++) {
        if (strcmp(row->name, name) != 0)
            continue;
        value = strtod(equals + 1, &end);
        if (end == equals + 1 || *end || !(value >= row->min && value <= row->max))
            return err_set(err, ERR_USAGE, EINVAL, "--set %s: '%s' is no number from %g to %g", name,
                           equals + 1, row->min, row->max);
        set(thresholds, row, value);
        return 0;
    }
    near = nearest(name);
    return err_set(err, ERR_USAGE, EINVAL, "--set: there is no threshold '%s'%s%s%s", name,
                   near ? "; did you mean "
                        : "; k8sdns help diagnose lists none of that kind, see k8sdns-findings(7)",
                   near ? near : "", near ? "?" : "");
}
