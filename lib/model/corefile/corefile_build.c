/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which plugins a build of CoreDNS has: the default one, node-cache, OpenShift; so that an unknown plugin is
 * told from one of another build.
 */
#include "corefile_judgement.h"
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

/*
 * The plugins that node-cache, the program of node-local-dns, is built with. Source: kubernetes/dns,
 * cmd/node-cache/main.go, January 2026; older versions have some less.
 */
static const char *const node_cache[] = {
    "bind",     "bufsize",     "cache", "debug",  "dns64",      "errors", "forward", "health",
    "hosts",    "loadbalance", "log",   "loop",   "on",         "pprof",  "reload",  "rewrite",
    "template", "timeouts",    "trace", "whoami", "prometheus", NULL,
};

/* Where node-cache listens, by its manifest and by kubespray's. */
static const char *const node_cache_addresses[] = {"169.254.20.10", "169.254.25.10", NULL};

static bool is_among(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static bool is_placeholder(const char *text)
{
    return strstr(text, "__PILLAR__") != NULL;
}

/* node-cache, and the script that sets it up, put something in the place of such words alone. */
static bool has_placeholder(const struct corefile_block *block)
{
    for (size_t i = 0; i < block->keys_count; i++)
        if (is_placeholder(block->keys[i]))
            return true;
    for (size_t i = 0; i < block->directives_count; i++) {
        const struct corefile_directive *d = &block->directives[i];

        for (size_t k = 0; k < d->args_count; k++)
            if (is_placeholder(d->args[k]))
                return true;
    }
    return false;
}

/* A CoreDNS on the node (AKS LocalDNS) listens on other addresses, and has all plugins. */
bool judged_is_node_cache(const struct judgement *j)
{
    const char *source = j->facts->source;

    if (strstr(source, "local-dns") || strstr(source, "nodelocal"))
        return true;
    for (size_t i = 0; i < j->blocks_count; i++) {
        const struct corefile_directive *bind = judged_find(&j->blocks[i], "bind");

        for (size_t k = 0; bind && k < bind->args_count; k++)
            if (is_among(bind->args[k], node_cache_addresses))
                return true;
        if (has_placeholder(j->blocks[i].block))
            return true;
    }
    return false;
}

/* The ClusterIP that it forwards to; with none known, a single address for the domain that clusters have. */
static bool asks_cluster(const struct judgement *j, const struct judged_block *block,
                         const struct corefile_directive *forward)
{
    struct address address;
    bool local = false;

    for (size_t i = 0; i < block->keys_count; i++)
        local = local || zone_is_under(block->keys[i].zone, "cluster.local.");
    if (forward->args_count != 2 || address_parse(forward->args[1], DNS_PORT, &address, NULL) < 0)
        return false;
    for (size_t i = 0; i < j->environment->cluster_ips_count; i++)
        if (address_same_host(&address, &j->environment->cluster_ips[i]))
            return true;
    return local && !j->environment->cluster_ips_count;
}

bool judged_is_cache_for(const struct judgement *j)
{
    if (judged_anywhere(j, "kubernetes"))
        return false;
    for (size_t i = 0; i < j->blocks_count; i++) {
        const struct judged_block *block = &j->blocks[i];
        const struct corefile_directive *forward = judged_find(block, "forward");
        bool loopback = false;

        for (size_t k = 0; k < block->binds_count; k++)
            loopback = loopback || address_is_loopback(&block->binds[k]);
        if (block->binds_count && !loopback && forward && directive_find(forward, "force_tcp") &&
            asks_cluster(j, block, forward))
            return true;
    }
    return false;
}

void judge_build(struct judgement *j, const struct judged_block *block)
{
    if (!j->node_local || !judged_is_node_cache(j))
        return;
    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];

        if (plugin_place(d->name) >= 0 && !is_among(d->name, node_cache))
            judgement_remark(
                j, MATTER_UNKNOWN_PLUGIN, SEVERITY_CRITICAL, block, d->line,
                "node-cache is built with a few plugins of CoreDNS; it does not start with another "
                "(\"missing a plugin?\").",
                "node-local-dns has no plugin %s", d->name);
    }
}

/* OpenShift's operator writes the Corefile, without loop on purpose, and changes it back. */
bool judged_is_openshift(const struct judgement *j)
{
    if (strstr(j->facts->source, "dns-default") || strstr(j->facts->source, "openshift-dns"))
        return true;
    for (size_t i = 0; i < j->blocks_count; i++)
        if (j->blocks[i].keys_count && j->blocks[i].keys[0].port == 5353 &&
            judged_find(&j->blocks[i], "chaos"))
            return true;
    return false;
}
