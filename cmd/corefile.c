/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include <errno.h>
#include <jansson.h>
#include <k8sdns/base/file.h>
#include <k8sdns/collect/collect_corefile.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/corefile/corefile_text.h>
#include <k8sdns/wire/capture/pasted_text.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <stdlib.h>
#include <string.h>

enum print {
    PRINT_REPORT,
    PRINT_COREFILE,
    PRINT_PATCH,
};
static const char *const print_words[] = {"report", "corefile", "patch", NULL};

struct corefile_config {
    const char *version, *map, *collector;
    struct address_list cluster_ip, replica;
    struct text_list enable;
    int print;
};

static const struct corefile_config defaults = {.print = PRINT_REPORT};

#define ROW(kind, member) OPTION_AT(kind, struct corefile_config, member)

static const struct option_row options[] = {
    {.name = "coredns-version",
     .value = "X.Y.Z",
     ROW(TEXT, version),
     .help = "judge it for that CoreDNS, with its known defects"},
    {.name = "cluster-ip",
     .value = "IP",
     .min = DNS_PORT,
     ROW(ADDRESSES, cluster_ip),
     .help = "the ClusterIP of kube-dns: forwarding there is a loop"},
    {.name = "replica",
     .value = "IP[:PORT]",
     .min = DNS_PORT,
     ROW(ADDRESSES, replica),
     .help = "a Pod that runs with it: forwarding there is a loop"},
    {.name = "config-map",
     .value = "NAME",
     ROW(TEXT, map),
     .help = "which ConfigMap of several (default coredns)"},
    {.name = "enable",
     .value = "PART,...",
     .words = corefile_part_names,
     ROW(WORDS, enable),
     .help = "turn on log, errors, dnstap, trace, prometheus; print how"},
    {.name = "collector",
     .value = "IP",
     ROW(TEXT, collector),
     .help = "where k8sdns dnstap and spans listen, for --enable"},
    {.name = "print",
     .value = "WHAT",
     .words = print_words,
     ROW(WORD, print),
     .help = "report (default), corefile, or patch: for kubectl patch"},
    {0},
};

/* "1.11.1" of an image's tag such as "v1.11.1-eksbuild.4"; "" for what is none; NULL where none is given. */
static const char *plain_version(struct arena *arena, const char *text)
{
    if (!text)
        return NULL;
    text += *text == 'v';
    return arena_text_n(arena, text, strspn(text, "0123456789."));
}

static int check(struct run *run, const struct corefile_config *config, struct corefile_wish *wish)
{
    struct address address;
    const char *version = plain_version(run->arena, config->version);
    int r = 0;

    for (size_t i = 0; i < config->enable.count; i++)
        for (int part = 0; part < COREFILE_PARTS; part++)
            if (strcmp(config->enable.items[i], corefile_part_names[part]) == 0)
                wish->parts[part] = true;
    wish->collector = config->collector;
    if (!config->collector && (wish->parts[COREFILE_DNSTAP] || wish->parts[COREFILE_TRACE]))
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "dnstap and trace send what they see to somebody; say where k8sdns dnstap and k8sdns spans "
            "will listen with --collector IP");
    if (config->collector)
        r = address_parse(config->collector, 0, &address, &run->err);
    if (r < 0)
        return err_prefix(&run->err, r, "--collector");
    if (config->collector && address.port)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--collector takes an address without a port");
    if (version && !*version)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "--coredns-version: '%s' is no version; it looks like 1.11.1", config->version);
    return 0;
}

/* The file that CoreDNS forwards to is seen where somebody says which one it is. */
static int read_resolv_conf(struct run *run, struct corefile_environment *environment)
{
    char *bytes = run->process_resolv_conf;
    int r = 0;

    environment->resolv_conf_len = run->process_resolv_conf_len;
    if (run->globals->resolv_conf)
        r = file_read(run->arena, run->globals->resolv_conf, RESOLV_CONF_MAX, &bytes,
                      &environment->resolv_conf_len, &run->err);
    if (r == 0)
        environment->resolv_conf = bytes;
    if (r == 0 && run->globals->resolv_conf)
        environment->resolv_conf =
            pasted_frame_read(run->arena, bytes, environment->resolv_conf_len, &environment->resolv_conf_len);
    return r;
}

/* A terminal or a file gets it byte by byte, so nothing may be in it that a terminal obeys. */
static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < ' ' && !strchr("\t\n\r", *text)) || *text == 0x7f)
            return false;
    return true;
}

static int print_raw(struct run *run, int print, const char *text, struct corefile_facts *facts)
{
    const char *key = facts->change && facts->change->into ? facts->change->into : "Corefile";
    json_t *patch;
    char *dump;

    if (print == PRINT_COREFILE && !is_plain(text))
        return err_set(&run->err, ERR_FORMAT, EBADMSG,
                       "it has control characters, which no terminal should get; use --print patch");
    if (print == PRINT_COREFILE) {
        facts->print = text;
        return 0;
    }
    patch = json_pack("{s:{s:s}}", "data", key, text);
    dump = patch ? json_dumps(patch, JSON_INDENT(2)) : NULL;
    json_decref(patch);
    if (!dump)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "it is no UTF-8, which a ConfigMap must be");
    facts->print = arena_printf(run->arena, "%s\n", dump);
    free(dump);
    return 0;
}

static int status_of(const struct corefile_facts *facts, const struct globals *globals)
{
    int worst = corefile_worst(facts);

    if (worst == SEVERITY_CRITICAL)
        return STATUS_CRITICAL;
    return worst == SEVERITY_WARNING || (worst == SEVERITY_INFO && globals->fail_on == FAIL_ON_INFO)
               ? STATUS_WARNING
               : STATUS_OK;
}

/* Who runs with it, and who writes over it. */
static int name_wish(struct run *run, struct corefile_wish *wish)
{
    const struct cluster_dns *dns = run->survey.dns;
    const char *workload = wish->node_local ? "{cset}" : "{deploy}";
    const char *selector = wish->node_local ? "{csel}" : "{sel}";

    wish->workload = cluster_words_expand(run->arena, dns, workload);
    wish->selector = cluster_words_expand(run->arena, dns, selector);
    wish->container = wish->node_local ? "" : cluster_words_expand(run->arena, dns, "{c}");
    if (!dns || wish->node_local)
        return 0;
    wish->custom = dns->custom_map;
    wish->custom_seen = dns->custom_seen;
    wish->operated = dns->distribution == DISTRIBUTION_OPENSHIFT;
    if (wish->operated && (wish->parts[COREFILE_DNSTAP] || wish->parts[COREFILE_TRACE]))
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "OpenShift's DNS operator writes this Corefile and has no dnstap and no trace; it can "
                       "turn on the log");
    wish->note = dns->distribution == DISTRIBUTION_EKS ? "lasts until the EKS add-on is updated"
                 : dns->distribution == DISTRIBUTION_RKE2
                     ? "lasts until the Helm controller installs the chart again"
                 : dns->distribution == DISTRIBUTION_HELM ? "lasts until the next helm upgrade"
                                                          : NULL;
    return 0;
}

static int turn_on(struct run *run, const struct corefile_text *text, struct corefile_wish *wish,
                   struct corefile_facts *facts)
{
    int r;

    if (text->partial)
        return err_set(&run->err, ERR_USAGE, EINVAL,
                       "%s is only a part; give the ConfigMap that holds the Corefile, too", text->source);
    if (text->corefile.fault)
        return err_set(&run->err, ERR_FORMAT, EBADMSG,
                       "CoreDNS cannot read it (line %llu: %s); fix that before turning anything on",
                       (unsigned long long)text->corefile.fault_line, text->corefile.fault);
    if (text->corefile.slips_count)
        return err_set(&run->err, ERR_FORMAT, EBADMSG, "line %llu: %s; fix that before turning anything on",
                       (unsigned long long)corefile_line_number(text->corefile.slips[0].line),
                       text->corefile.slips[0].text);
    wish->space = text->space;
    wish->map = text->map;
    wish->node_local = facts->role == COREFILE_NODE_LOCAL;
    r = name_wish(run, wish);
    if (r < 0)
        return r;
    facts->change = ARENA_NEW(run->arena, struct corefile_change_facts);
    corefile_turn_on(run->arena, text->text, text->len, &text->corefile, wish, facts->change);
    return 0;
}

static int read_texts(struct run *run, const struct corefile_config *config, struct corefile_text *text)
{
    static const char *const piped[] = {"-"};

    return run->args_count ? corefile_text_read(&run->survey, (const char *const *)run->args, run->args_count,
                                                config->map, text)
                           : corefile_text_read(&run->survey, piped, 1, config->map, text);
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct corefile_config *config = config_at;
    struct corefile_environment environment = {.version = plain_version(run->arena, config->version),
                                               .cluster_ips = config->cluster_ip.items,
                                               .cluster_ips_count = config->cluster_ip.count,
                                               .own = config->replica.items,
                                               .own_count = config->replica.count};
    struct corefile_facts *facts = data;
    struct corefile_wish wish = {0};
    struct corefile_text text;
    int r = check(run, config, &wish);

    if (r == 0)
        r = read_resolv_conf(run, &environment);
    if (r == 0)
        r = read_texts(run, config, &text);
    if (r < 0)
        return r;
    if (text.kube_dns) {
        if (config->enable.count || config->print != PRINT_REPORT)
            return err_set(&run->err, ERR_USAGE, EINVAL, "%s is of kube-dns, which has no Corefile",
                           text.source);
        kube_dns_config_judge(run->arena, text.kube_dns->keys, text.kube_dns->keys_count, text.source, facts);
        return status_of(facts, run->globals);
    }
    environment.source = text.source;
    environment.partial = text.partial;
    environment.fragment = text.fragment;
    environment.template = text.template;
    environment.misnamed = text.misnamed;
    environment.text = text.text;
    environment.len = text.len;
    corefile_judge(run->arena, &text.corefile, &environment, facts);
    if (config->enable.count)
        r = turn_on(run, &text, &wish, facts);
    if (r == 0 && config->print != PRINT_REPORT) {
        const char *whole = text.fragment ? text.files[0].text : text.text;

        r = print_raw(run, config->print, facts->change ? facts->change->corefile : whole, facts);
        return r < 0 ? r : STATUS_OK;
    }
    if (r == 0 && facts->resolv_conf_unseen)
        survey_unobserved(&run->survey, GAP_UPSTREAM_RESOLV_CONF,
                          "only CoreDNS's own counts, which is the node's with dnsPolicy Default");
    return r < 0 ? r : status_of(facts, run->globals);
}

const struct command command_corefile = {
    .name = "corefile",
    .group = GROUP_CONFIGURATION,
    .summary = "problems in a Corefile or its ConfigMap; how to turn more on",
    .arguments = "[FILE|-]...",
    .args_max = 16,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct corefile_config),
    .sandbox = SANDBOX_FILES,
    .shape = &corefile_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct corefile_facts, status),
    .local = true,
    .reads_process = true,
    .part_offset = offsetof(struct facts, corefile),
    .part_missing = "no Corefile",
    .example = "kubectl -n kube-system get cm coredns -o yaml | k8sdns corefile -",
    .run = run,
    .render = corefile_text_render,
};
