/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which plugins a build of CoreDNS has: the default one, node-cache, OpenShift; so that an unknown plugin is
 * told from one of another build.
 */
#include "corefile_judgement.h"
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

/* A CoreDNS on the node (AKS LocalDNS) listens on other addresses, and has all plugins. */
bool judged_is_node_cache(const struct judgement *j)
{
    const char *source = j->facts->source;

    if (strstr(source, "local-dns") || strstr(source, "nodelocal"))
        return true;
    for (size_t i = 0; i < j->blocks_count; i++) {
        const struct corefile_directive *bind = judged_find(&j->blocks[i], "bind");

        for (size_t k = 0; bind && k < bind->args_count; k++)
            if (is_among(bind->args[k], node_cache_addresses) ||
                strncmp(bind->args[k], "__PILLAR__", 10) == 0)
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
