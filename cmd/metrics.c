/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rounds.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/collect/collect_metrics.h>
#include <k8sdns/collect/discovery.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/diag/alert_rules.h>
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/metrics/metrics_text.h>
#include <k8sdns/source/cluster/kube_api.h>
#include <string.h>

#define PEM_MAX          (1024 * 1024)
#define USUAL_WINDOW_US  1000000
#define USUAL_TIMEOUT_US 2000000

struct metrics_config {
    struct target_options targets;
    struct round_options rounds;
    uint64_t port, timeout_us;
    const char *path, *ca, *token;
    bool check, rules, node_local;
    struct text_list set;
};

static const struct metrics_config defaults = {.timeout_us = USUAL_TIMEOUT_US};

static const struct option_row options[] = {
    {.name = "interval",
     .value = "DURATION",
     .min = 100000,
     .max = UINT64_C(3600000000),
     OPTION_AT(DURATION, struct metrics_config, rounds.interval_us),
     .help = "scrape again and again, and show rates over so long (default: once, over 1s)"},
    COUNT_OPTION_ROW(struct metrics_config, rounds.count,
                     "with --interval: stop after N (default: on Ctrl-C; with --check after the first)"),
    {.name = "check",
     OPTION_AT(FLAG, struct metrics_config, check),
     .help = "judge: exit 0 fine, 1 warning, 2 critical, 3 not all could be seen"},
    {.name = "set",
     .value = "NAME=VALUE",
     OPTION_AT(WORDS, struct metrics_config, set),
     .help = "change a threshold of --check or --rules; see k8sdns-findings(7)"},
    {.name = "rules",
     OPTION_AT(FLAG, struct metrics_config, rules),
     .help = "print alert rules for Prometheus with the same lines, and do nothing else"},
    {.name = "node-local",
     OPTION_AT(FLAG, struct metrics_config, node_local),
     .help = "scrape the node-local caches (port 9253) instead of CoreDNS"},
    {.name = "port",
     .value = "N",
     .min = 1,
     .max = 65535,
     OPTION_AT(NUMBER, struct metrics_config, port),
     .help = "where they listen for this (default 9153)"},
    {.name = "path",
     .value = "PATH",
     OPTION_AT(TEXT, struct metrics_config, path),
     .help = "what is asked for there (default /metrics)"},
    {.name = "timeout",
     .value = "DURATION",
     .min = 10000,
     .max = 60000000,
     OPTION_AT(DURATION, struct metrics_config, timeout_us),
     .help = "how long each may take for an answer (default 2s)"},
    {.name = "ca",
     .value = "FILE",
     OPTION_AT(TEXT, struct metrics_config, ca),
     .help = "for https: the authority to believe (default: the service account's)"},
    {.name = "token",
     .value = "FILE",
     OPTION_AT(TEXT, struct metrics_config, token),
     .help = "for https: the token to show (default: none)"},
    {0},
};

/* Certificates and a token, when they are asked for; the account's authority when it is there. */
static int read_trust(struct run *run, const struct metrics_config *config, struct metrics_trust *ret)
{
    const char *folder =
        config->targets.service_account ? config->targets.service_account : KUBE_ACCOUNT_FOLDER;
    char *bytes;
    size_t len;
    int r;

    if (config->ca) {
        r = file_read(run->arena, config->ca, PEM_MAX, &bytes, &ret->ca_len, &run->err);
        if (r < 0)
            return r;
        ret->ca = bytes;
    } else {
        ret->ca = file_text(run->arena, arena_printf(run->arena, "%s/ca.crt", folder), PEM_MAX);
        ret->ca_len = strlen(ret->ca);
        ret->ca = ret->ca_len ? ret->ca : NULL;
    }
    if (!config->token)
        return 0;
    r = file_read(run->arena, config->token, PEM_MAX, &bytes, &len, &run->err);
    if (r < 0)
        return r;
    while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
        bytes[--len] = '\0';
    ret->bearer = bytes;
    return 0;
}

/* Those that the options and discovery name. With arguments only they are looked at. */
static int find_targets(struct run *run, const struct metrics_config *config, struct collect_metrics *look)
{
    struct kube_objects objects = {0};
    const struct discovery_asks asks = {.kernel = true, .objects = &objects};
    struct replicas_facts *replicas = ARENA_NEW(run->arena, struct replicas_facts);
    struct target_options named = config->targets;
    struct resolv_facts resolv;
    const struct resolver_view *view = NULL;
    int r = 0;

    named.no_discovery = named.no_discovery || run->args_count || named.replica.count || named.target.count;
    for (size_t i = 0; r == 0 && i < run->args_count; i++)
        r = collect_metrics_add_named(look, run->args[i]);
    if (r == 0 && !named.no_discovery)
        r = resolver_choose_if_any(&run->survey, RESOLVER_GLIBC, &resolv, &view);
    if (r == 0)
        r = discovery_run(&run->survey, &named, view ? &resolv : NULL, view, &asks, replicas);
    if (r < 0)
        return r;
    for (size_t i = 0; i < named.target.count; i++)
        collect_metrics_add_address(look, &named.target.items[i], METRICS_OF_NAMED);
    if (config->node_local)
        collect_metrics_add_node_local(look, replicas, view);
    else
        collect_metrics_add_replicas(look, replicas, kube_facts_from(run->arena, &objects, run->started_ns));
    if (!config->node_local && !run->args_count)
        collect_metrics_add_cluster_ips(look, replicas);
    discovery_unobserved(&run->survey, replicas);
    return 0;
}

/* What an excerpt of a scrape leaves out cannot be judged. */
static void tell_missing(struct run *run, const struct metrics_facts *facts)
{
    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct metrics_replica_facts *replica = &facts->replicas[i];

        if (!replica->error && replica->missing_count)
            survey_unobserved_as(
                &run->survey, GAP_METRICS_OF_ONE,
                arena_printf(run->arena, "%s of %s",
                             arena_join(run->arena, replica->missing, replica->missing_count, ", "),
                             replica->source),
                "they are not in its text, which is a part of what CoreDNS gives",
                "give all of it, without grep: curl -s http://POD:9153/metrics");
    }
}

/* Judge by the same rules as diagnose, which are left with these facts alone. */
static void check(struct run *run, const struct thresholds *thresholds, struct metrics_facts *data)
{
    struct facts *facts = ARENA_NEW(run->arena, struct facts);
    struct diagnose_facts ignored = {0};

    facts->time = "";
    facts->metrics = data;
    diagnose(run->arena, facts, thresholds, &run->findings, &run->findings_count, &ignored);
    data->checked = true;
    data->findings = run->findings;
    data->findings_count = run->findings_count;
}

/* What each look needs besides the run. */
struct looking {
    struct collect_metrics *look;
    const struct thresholds *thresholds; /* NULL: nothing is judged */
    const struct unobserved *unobserved; /* what was not before anybody was scraped */
    size_t unobserved_count;
};

static int look(struct run *run, const void *looking_at, bool first, const void *before, double seconds,
                void *data)
{
    const struct looking *looking = looking_at;
    struct metrics_facts *facts = data;
    int r = collect_metrics_scrape(looking->look);

    (void)first;
    (void)before;
    (void)seconds; /* each replica has a window of its own */
    if (r < 0)
        return r;
    collect_metrics_facts(looking->look, facts);
    run->unobserved = NULL;
    run->unobserved_count = 0;
    for (size_t i = 0; i < looking->unobserved_count; i++)
        *ARENA_PUSH(run->arena, run->unobserved, run->unobserved_count) = looking->unobserved[i];
    collect_metrics_unobserved(&run->survey, facts);
    if (looking->thresholds)
        tell_missing(run, facts);
    facts->unobserved = run->unobserved;
    facts->unobserved_count = run->unobserved_count;
    if (looking->thresholds)
        check(run, looking->thresholds, facts);
    return 0;
}

static int status_of(const struct run *run, const struct metrics_facts *facts)
{
    int worst = SEVERITY_INFO + 1;
    size_t seen = 0;

    /* One that was not whole is no more seen than one that was not scraped. */
    for (size_t i = 0; i < facts->replicas_count; i++)
        seen += !facts->replicas[i].error && !(facts->checked && facts->replicas[i].missing_count);
    for (size_t i = 0; i < run->findings_count; i++)
        worst = run->findings[i].severity < worst ? run->findings[i].severity : worst;
    if (worst == SEVERITY_CRITICAL)
        return STATUS_CRITICAL;
    if (worst == SEVERITY_WARNING || (worst == SEVERITY_INFO && run->globals->fail_on == FAIL_ON_INFO))
        return STATUS_WARNING;
    return !seen || (facts->checked && seen < facts->replicas_count) ? STATUS_UNKNOWN : STATUS_OK;
}

static int scrape(struct run *run, const struct metrics_config *config, const struct thresholds *thresholds,
                  struct metrics_facts *facts)
{
    struct collect_metrics places = {
        .survey = &run->survey, .port = config->port, .path = config->path, .timeout_us = config->timeout_us};
    struct looking looking = {.look = &places, .thresholds = config->check ? thresholds : NULL};
    struct round_options rounds = config->rounds;
    int r = read_trust(run, config, &places.trust);

    if (r == 0)
        r = find_targets(run, config, &places);
    if (r < 0)
        return r;
    if (!places.targets_count) {
        survey_unobserved_as(&run->survey, config->node_local ? GAP_NODE_LOCAL : GAP_REPLICAS, NULL,
                             "no source shows them here", discovery_remedy(&run->survey));
        facts->unobserved = run->unobserved;
        facts->unobserved_count = run->unobserved_count;
        return 0;
    }
    if (!rounds.count && (config->check || !rounds.interval_us))
        rounds.count = 1;
    if (!rounds.interval_us)
        rounds.interval_us = USUAL_WINDOW_US;
    if (!collect_metrics_changes(&places))
        rounds = (struct round_options){0};
    looking.unobserved = run->unobserved;
    looking.unobserved_count = run->unobserved_count;
    r = rounds_run(run, &rounds, look, &looking, false, facts);
    collect_metrics_fini(&places);
    return r;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct metrics_config *config = config_at;
    struct metrics_facts *facts = data;
    struct thresholds thresholds;
    int r = 0;

    thresholds_init(&thresholds);
    for (size_t i = 0; r == 0 && i < config->set.count; i++)
        r = threshold_set(&thresholds, config->set.items[i], &run->err);
    if (r < 0)
        return r;
    if (config->rules) {
        facts->alert_rules_count = alert_rules_make(run->arena, &thresholds, &facts->alert_rules);
        return STATUS_OK;
    }
    if (run->captured && (config->rounds.interval_us || run->args_count))
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "a capture does not change: --interval and arguments do not go with --from");
    if (run->captured && !run->captured->metrics)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has no metrics");
    if (!run->captured) {
        r = scrape(run, config, &thresholds, facts);
        return r < 0 ? r : status_of(run, facts);
    }
    *facts = *run->captured->metrics;
    if (config->check)
        check(run, &thresholds, facts);
    return status_of(run, facts);
}

const struct command command_metrics = {
    .name = "metrics",
    .group = GROUP_COREDNS,
    .summary = "what CoreDNS counts: rates, rcodes, latency, cache, forward, CPU",
    .arguments = "[URL|FILE...]",
    .args_max = METRICS_TARGETS_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct metrics_config),
    .targets_offset = offsetof(struct metrics_config, targets),
    .takes_targets = true,
    .tells_gaps = true,
    .from_facts = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .sandbox = SANDBOX_NETWORK,
    .shape = &metrics_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct metrics_facts, status),
    .example = "k8sdns metrics --check",
    .run = run,
    .render = metrics_text_render,
    .render_part = metrics_text_render_part,
};
