/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order of CoreDNS's plugins, and which of them may end a query. */
#include "corefile_judgement.h"
#include <string.h>

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
