/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every check of a Corefile takes; corefile_judge.c stands above them all. */
#include "corefile_judgement.h"
#include <k8sdns/wire/dns/dns_name.h>
#include <stdarg.h>
#include <string.h>

const char corefile_refused[] = "CoreDNS does not start with it; a running one keeps its old configuration.";

/* The imported file that a line is of; NULL for the Corefile itself. */
static const char *file_of(const struct judgement *j, uint64_t line)
{
    size_t file = line == SHAPE_UNSET ? 0 : corefile_line_file(line);

    return file && file <= j->corefile->files_count ? j->corefile->files[file - 1].name : NULL;
}

const char *judgement_line(const struct judgement *j, uint64_t line)
{
    const char *file = file_of(j, line);

    return arena_printf(j->arena, "line %llu%s%s", (unsigned long long)corefile_line_number(line),
                        file ? " of " : "", file ? file : "");
}

struct corefile_remark_facts *judgement_remark(struct judgement *j, int matter, int severity,
                                               const struct judged_block *block, uint64_t line,
                                               const char *why, const char *fmt, ...)
{
    static struct corefile_remark_facts dropped;
    struct corefile_facts *facts = j->facts;
    struct corefile_remark_facts *remark = &dropped;
    va_list args;

    if (facts->remarks_count >= COREFILE_REMARKS_MAX) {
        facts->remarks_dropped++;
        return remark;
    }
    remark = ARENA_PUSH(j->arena, facts->remarks, facts->remarks_count);
    *remark = (struct corefile_remark_facts){.matter = matter,
                                             .severity = severity,
                                             .line = line == SHAPE_UNSET ? line : corefile_line_number(line),
                                             .file = file_of(j, line),
                                             .block = block ? block->label : NULL,
                                             .why = why};
    va_start(args, fmt);
    remark->text = arena_vprintf(j->arena, fmt, args);
    va_end(args);
    return remark;
}

const struct corefile_directive *judged_find(const struct judged_block *block, const char *plugin)
{
    for (size_t i = 0; i < block->block->directives_count; i++)
        if (strcmp(block->block->directives[i].name, plugin) == 0)
            return &block->block->directives[i];
    return NULL;
}

const struct corefile_directive *judged_anywhere(const struct judgement *j, const char *plugin)
{
    for (size_t i = 0; i < j->blocks_count; i++) {
        const struct corefile_directive *found = judged_find(&j->blocks[i], plugin);

        if (found)
            return found;
    }
    return NULL;
}

const struct corefile_option *directive_find(const struct corefile_directive *directive, const char *option)
{
    for (size_t i = 0; directive && i < directive->options_count; i++)
        if (strcmp(directive->options[i].name, option) == 0)
            return &directive->options[i];
    return NULL;
}

bool zone_is_under(const char *zone, const char *under)
{
    return dns_name_is_within(zone, strlen(zone), under);
}

/*
 * CoreDNS's own plugins in the order that a query meets them, which the build fixes. Source: plugin.cfg of
 * CoreDNS 1.14.7; before 1.14 acl stood before any, and before 1.14.7 cache before rewrite.
 */
const char *const plugin_order[] = {
    "root",     "metadata",  "geoip",       "cancel", "proxyproto", "quic",         "grpc_server", "https",
    "https3",   "timeouts",  "multisocket", "reload", "nsid",       "bufsize",      "bind",        "debug",
    "trace",    "ready",     "health",      "pprof",  "shed",       "prometheus",   "errors",      "log",
    "dnstap",   "local",     "dns64",       "any",    "chaos",      "loadbalance",  "tsig",        "rewrite",
    "autopath", "acl",       "cache",       "header", "dnssec",     "tls",          "minimal",     "template",
    "transfer", "hosts",     "route53",     "azure",  "clouddns",   "k8s_external", "kubernetes",  "file",
    "auto",     "secondary", "etcd",        "loop",   "forward",    "grpc",         "erratic",     "whoami",
    "on",       "sign",      "view",        "nomad",  NULL,
};

/* Those that may end a query, in the same order. */
static const char *const answering[] = {
    "template", "hosts",     "route53", "azure",   "clouddns", "k8s_external", "kubernetes", "file",
    "auto",     "secondary", "etcd",    "forward", "grpc",     "erratic",      "whoami",     NULL,
};

int plugin_index(const char *const *words, const char *name)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], name) == 0)
            return i;
    return -1;
}

int plugin_place(const char *name)
{
    return plugin_index(plugin_order, name);
}

bool plugin_answers(const char *name)
{
    return plugin_index(answering, name) >= 0;
}
