/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What matters about single plugins beyond their grammar: order, zones, options that hurt in a cluster. */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/base/suggest.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>

/* What the tables of options are of; a later version may have more. */
#define NEWEST "1.14.7"

/* Plugins that are built in by others, or were. Source: coredns.io/explugins, and their own pages. */
static const char *const elsewhere[] = {
    "ads",       "alias",       "alternate",  "amazondns", "blocklist",
    "demo",      "dnsredir",    "docker",     "dump",      "ebpf",
    "ens",       "example",     "fanout",     "filter",    "finalize",
    "git",       "gslb",        "gravwell",   "idetcd",    "ipecho",
    "ipin",      "ipset",       "istio",      "k8s_cname", "k8s_crd",
    "k8s_event", "k8s_gateway", "kubernetai", "labpanic",  "lighthouse",
    "mdns",      "meship",      "meshname",   "mongodb",   "multicluster",
    "mysql",     "nats",        "netbox",     "nftables",  "ocp_dnsnameresolver",
    "pdsql",     "powerdns",    "ratelimit",  "records",   "recursor",
    "redis",     "redisc",      "rqlite",     "rrl",       "split",
    "sql",       "unbound",     "warnlist",   "wgsd",      NULL};

/* What today's CoreDNS has no more, and since when. Source: its release notes, corefile-migration. */
static const struct {
    const char *plugin, *option, *since, *instead;
} removed[] = {
    {"proxy", NULL, "1.5.0", "forward . /etc/resolv.conf"},
    {"federation", NULL, "1.7.0", NULL},
    {"kubernetes", "resyncperiod", "1.6.0", NULL},
    {"kubernetes", "upstream", "1.7.0", NULL},
    {"kubernetes", "transfer", "1.8.0", "transfer { to ADDRESS }"},
};

bool corefile_plugin_is_known(const char *name)
{
    return plugin_place(name) >= 0 || strcmp(name, "proxy") == 0 || strcmp(name, "federation") == 0;
}

/* True when the name, or the option, is one that went; then it is said. */
static bool judge_removed(struct judgement *j, const struct judged_block *block, const char *plugin,
                          const char *option, uint64_t line)
{
    const char *version = j->environment->version;

    for (size_t i = 0; i < sizeof(removed) / sizeof(removed[0]); i++) {
        if (strcmp(removed[i].plugin, plugin) != 0 || !removed[i].option != !option ||
            (option && strcmp(removed[i].option, option) != 0))
            continue;
        if (!version || version_compare(version, removed[i].since) >= 0)
            judgement_remark(
                j, MATTER_REMOVED, version ? SEVERITY_CRITICAL : SEVERITY_WARNING, block, line,
                "A version that has it no more does not start, and a running one keeps what it had.",
                "%s%s%s went with CoreDNS %s", option ? option : plugin, option ? " of " : "",
                option ? plugin : "", removed[i].since)
                ->write = removed[i].instead;
        return true;
    }
    return false;
}

/* OpenShift's image has a plugin of OpenShift's. */
static bool is_of_build(const struct judgement *j, const char *plugin)
{
    return strcmp(plugin, "ocp_dnsnameresolver") == 0 && judged_is_openshift(j);
}

/* "example.com:53", "dns://example.com", ".": no plugin is called so. */
static bool is_server_key(const char *text)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;

    return strcmp(text, ".") == 0 || strstr(text, "://") ||
           (colon && colon > text && number_parse(colon + 1, 1, 65535, &port, NULL) == 0);
}

/* What stands for a plugin and belongs elsewhere: another server block, an entry of hosts. True when it was
 * said. */
static bool judge_inside(struct judgement *j, const struct judged_block *block,
                         const struct corefile_directive *directive)
{
    const char *name = directive->name;

    if (!directive->braces && directive->args_count && go_ip(name)) {
        judgement_remark(j, MATTER_SYNTAX, SEVERITY_CRITICAL, block, directive->line, corefile_refused,
                         "an entry of hosts outside of the braces of hosts")
            ->write = "hosts, with the entry and fallthrough on lines of their own in its braces";
        return true;
    }
    if (!is_server_key(name) && !(directive->braces && strchr(name, '.') && name[strlen(name) - 1] != '.'))
        return false;
    judgement_remark(
        j, MATTER_SYNTAX, SEVERITY_CRITICAL, block, directive->line,
        "CoreDNS does not start with it (\"Unknown directive\"), and a running one keeps what it had: "
        "server blocks stand one behind the other, each with braces of its own.",
        "a server block inside another: '%s' is no plugin", name);
    return true;
}

static void judge_name(struct judgement *j, const struct judged_block *block,
                       const struct corefile_directive *directive)
{
    const char *near;
    bool external;

    if (plugin_place(directive->name) >= 0 || argument_is_placeholder(directive->name) ||
        judge_removed(j, block, directive->name, NULL, directive->line) || judge_inside(j, block, directive))
        return;
    external = plugin_index(elsewhere, directive->name) >= 0;
    if (!external && judge_stray(j, block, directive))
        return;
    near = external ? NULL : suggest_word(directive->name, plugin_order);
    if (near)
        judgement_remark(j, MATTER_UNKNOWN_PLUGIN, SEVERITY_CRITICAL, block, directive->line,
                         corefile_refused, "there is no plugin '%s'; did you mean %s?", directive->name, near)
            ->write = near;
    else
        judgement_remark(j, MATTER_UNKNOWN_PLUGIN,
                         is_of_build(j, directive->name) ? SEVERITY_INFO : SEVERITY_WARNING, block,
                         directive->line, "Only an image that was built with it starts with it.",
                         external ? "'%s' is a plugin of others, which CoreDNS's own image does not have"
                                  : "'%s' is no plugin of CoreDNS's own",
                         directive->name);
}

static void judge_options(struct judgement *j, const struct judged_block *block,
                          const struct corefile_directive *directive)
{
    const struct plugin_grammar *grammar = grammar_find(directive->name);
    const char *names[GRAMMAR_OPTIONS_MAX + 1] = {NULL};
    size_t own = directive_options_own(directive);
    bool newest = !j->environment->version || version_compare(j->environment->version, NEWEST) <= 0;

    for (size_t i = 0; grammar && grammar->options && grammar->options[i].name && i < GRAMMAR_OPTIONS_MAX;
         i++)
        names[i] = grammar->options[i].name;
    judge_unclosed(j, block, directive);
    for (size_t i = 0; names[0] && i < own; i++) {
        const struct corefile_option *option = &directive->options[i];
        const char *near;

        if (grammar_option(grammar, option->name) || argument_is_placeholder(option->name) ||
            judge_removed(j, block, directive->name, option->name, option->line))
            continue;
        near = suggest_word(option->name, names);
        judgement_remark(j, MATTER_UNKNOWN_OPTION, near || newest ? SEVERITY_CRITICAL : SEVERITY_WARNING,
                         block, option->line, corefile_refused, "%s has no option '%s'%s%s%s",
                         directive->name, option->name, near ? "; did you mean " : "", near ? near : "",
                         near ? "?" : "")
            ->write = near;
    }
}

static void judge_repeated(struct judgement *j, const struct judged_block *block, size_t at)
{
    const struct corefile_directive *directive = &block->block->directives[at];
    const struct plugin_grammar *grammar = grammar_find(directive->name);
    const char *version = j->environment->version;
    int again = grammar ? grammar->again : AGAIN_TAKEN;

    /* Since 1.9.4 forward may stand more than once (its release notes). */
    if (strcmp(directive->name, "forward") == 0 && version && version_compare(version, "1.9.4") < 0)
        again = AGAIN_REFUSED;
    for (size_t i = 0; i < at && again != AGAIN_TAKEN; i++) {
        const struct corefile_directive *earlier = &block->block->directives[i];

        if (strcmp(earlier->name, directive->name) != 0)
            continue;
        if (again == AGAIN_REFUSED)
            judgement_remark(j, MATTER_REPEATED_PLUGIN, SEVERITY_CRITICAL, block, directive->line,
                             corefile_refused,
                             "%s stands in this server block already, in %s; CoreDNS takes it once",
                             directive->name, judgement_line(j, earlier->line));
        else
            judgement_remark(j, MATTER_REPEATED_PLUGIN, SEVERITY_INFO, block, directive->line,
                             "CoreDNS reads the first line of this plugin alone.",
                             "%s stands in this server block already, in %s; this one does nothing",
                             directive->name, judgement_line(j, earlier->line));
        return;
    }
}

void judge_plugins(struct judgement *j, const struct judged_block *block)
{
    for (size_t i = 0; i < block->block->directives_count; i++) {
        judge_name(j, block, &block->block->directives[i]);
        judge_options(j, block, &block->block->directives[i]);
        judge_repeated(j, block, i);
    }
    judge_arguments(j, block);
}

/* Whether anything would answer after this plugin. */
static const char *answers_after(const struct judged_block *block, const char *plugin)
{
    const char *first = NULL;

    for (size_t i = 0; i < block->block->directives_count; i++) {
        const char *name = block->block->directives[i].name;

        if (plugin_answers(name) && plugin_place(name) > plugin_place(plugin) &&
            (!first || plugin_place(name) < plugin_place(first)))
            first = name;
    }
    return first;
}

/* Whether the zones among the words, or those of the block where there are none, have the root. */
static bool covers_root(const struct judged_block *block, const char *const *zones, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(zones[i], ".") == 0)
            return true;
    return !count && block->root;
}

/* hosts and template end what they do not know, unless they are told to pass it on. */
static void judge_fallthrough(struct judgement *j, const struct judged_block *block,
                              const struct corefile_directive *d)
{
    bool ends = strcmp(d->name, "hosts") == 0 || strcmp(d->name, "template") == 0;
    const char *next =
        ends && j->facts->remarks_count < COREFILE_REMARKS_MAX ? answers_after(block, d->name) : NULL;

    /* What the Corefile that imports this has behind it. */
    if (ends && !next && j->environment->partial && !corefile_line_file(block->block->line))
        next = "kubernetes";
    if (!next || directive_find(d, "fallthrough"))
        return;
    if (strcmp(d->name, "hosts") == 0 &&
        covers_root(block, (const char *const *)(d->args_count ? d->args + 1 : d->args),
                    d->args_count ? d->args_count - 1 : 0))
        judgement_remark(
            j, MATTER_FALLTHROUGH, SEVERITY_CRITICAL, block, d->line,
            "hosts comes before them whatever its place in the file, and answers each name that it "
            "does not know with SERVFAIL.",
            "hosts has no fallthrough, so %s is never asked", next)
            ->write = "fallthrough";
    if (strcmp(d->name, "template") == 0 && d->args_count >= 2 && strcmp(d->args[1], "ANY") == 0 &&
        covers_root(block, (const char *const *)d->args + 2, d->args_count - 2) &&
        !directive_find(d, "match"))
        judgement_remark(j, MATTER_FALLTHROUGH, SEVERITY_CRITICAL, block, d->line,
                         "template comes before them whatever its place in the file.",
                         "template answers every name, so %s is never asked", next);
}

void judge_order(struct judgement *j, const struct judged_block *block)
{
    const struct corefile_directive *latest = NULL;
    bool said = false;

    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];

        judge_fallthrough(j, block, d);
        if (!plugin_answers(d->name) && strcmp(d->name, "rewrite") != 0)
            continue;
        if (latest && !said && plugin_place(d->name) < plugin_place(latest->name)) {
            judgement_remark(
                j, MATTER_ORDER, SEVERITY_INFO, block, d->line,
                "A query meets the plugins in the order that CoreDNS was built with (plugin.cfg), and "
                "never in that of the file.",
                "%s stands behind %s, and comes before it all the same", d->name, latest->name);
            said = true;
        }
        if (!latest || plugin_place(d->name) > plugin_place(latest->name))
            latest = d;
    }
}
