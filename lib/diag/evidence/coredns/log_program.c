/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which program wrote a log: CoreDNS's, node-cache's and kube-dns's lines are alike. */
#include "log_program.h"
#include "log_evidence.h"
#include <string.h>

/* A word of a line, and the program that has it; the first that fits counts. */
struct start_program {
    const char *word, *name;
};

const char log_kube_dns[] = "kube-dns", log_cache[] = "node-local-dns";

/* Source: kubernetes/dns, the files that klog names and the addresses and paths of node-cache. */
static const struct start_program programs[] = {
    {"nanny.go:", "dnsmasq of kube-dns"},
    {"dnsmasq: ", "dnsmasq of kube-dns"},
    {"dnsmasq[", "dnsmasq of kube-dns"},
    {"Error starting metrics server", "the sidecar of kube-dns"},
    {"Error getting metrics from dnsmasq", "the sidecar of kube-dns"},
    {"k8s.io/dns/", log_kube_dns},
    {"/dns/dns.go:", log_kube_dns},
    {" dns.go:", log_kube_dns},
    {" server.go:", log_kube_dns},
    {" sync_configmap.go:", log_kube_dns},
    {" sync.go:", log_kube_dns},
    {"skydns: ", log_kube_dns},
    {"169.254.", log_cache},
    {"/etc/Corefile", log_cache},
    {"__PILLAR__LOCAL", log_cache},
    {"__PILLAR__CLUSTER", log_cache},
    {"__PILLAR__UPSTREAM", log_cache},
    {"node-cache", log_cache},
    {"CacheApp", log_cache},
    {"stubDomain template", log_cache},
    {" config directory ", log_cache},
    {"Failed to write config file", log_cache},
    {"Failed to trigger CoreDNS reload", log_cache},
    {"Error parsing flags", log_cache},
};

const char *log_program(const char *source, const char *text)
{
    /* The names of its DaemonSets. */
    if (source && (strstr(source, "node-local") || strstr(source, "nodelocal")))
        return log_cache;
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (strstr(text, programs[i].word))
            return programs[i].name;
    return "CoreDNS";
}

const char *log_state_program(const struct log_state_facts *state)
{
    return state->by_cache ? log_cache : log_program(state->source, state->text);
}

bool log_is_of_kube_dns(const char *source, const char *text)
{
    return strstr(log_program(source, text), log_kube_dns) != NULL;
}

bool log_is_of_config_map(const char *source, const char *text)
{
    return log_is_of_kube_dns(source, text) || strstr(text, " sync.go:") || strstr(text, "stubDomain");
}

/* kube-dns says so twice a second from its start on: ten seconds. Source: kubernetes/dns, pkg/dns/dns.go. */
#define WAITS_KUBE_DNS 20

uint64_t log_waits_usual(const char *text)
{
    return strstr(text, "to be initialized from apiserver") ? WAITS_KUBE_DNS : LOG_FEW;
}

const char *log_subject(struct diagnosis *d, const char *source, const char *who)
{
    return source ? source
                  : arena_printf(d->arena, "%s's log", strstr(who, log_kube_dns) ? log_kube_dns : who);
}

/* The word behind `before`, up to a quote or a blank; NULL. */
static const char *word_behind(struct diagnosis *d, const char *text, const char *before)
{
    const char *at = strstr(text, before);
    size_t len;

    if (!at)
        return NULL;
    at += strlen(before);
    len = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-.:");
    return len ? arena_text_n(d->arena, at, len) : NULL;
}

/* Source: apimachinery's api/errors and the API server's authorizer. */
void log_ask_for_right(struct diagnosis *d, struct step *step, const char *text)
{
    const char *account = word_behind(d, text, "User \"system:serviceaccount:");
    const char *verb = word_behind(d, text, "\" cannot "), *what = word_behind(d, text, " resource \"");
    const char *group = word_behind(d, text, " in API group \"");

    if (!account || !verb || !what)
        return;
    step->text = arena_printf(d->arena, "see whether its service account may %s %s", verb, what);
    step->command =
        arena_printf(d->arena, "kubectl auth can-i %s %s%s%s --all-namespaces --as=system:serviceaccount:%s",
                     verb, what, group ? "." : "", group ? group : "", account);
}
