/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "dns_policy.h"
#include <string.h>

/* The length of a domain without its final dot. */
static size_t domain_len(const char *domain)
{
    size_t len = strlen(domain);

    return len > 1 && domain[len - 1] == '.' ? len - 1 : len;
}

static bool same_domain(const char *a, const char *b)
{
    size_t len = domain_len(a);

    return len == domain_len(b) && strncasecmp(a, b, len) == 0;
}

/* The cluster domain when the list begins as the kubelet writes it, NS.svc.DOMAIN svc.DOMAIN DOMAIN. */
static const char *cluster_domain(const struct resolv_facts *facts)
{
    const char *svc, *domain;

    if (facts->search_count < 3)
        return NULL;
    svc = strchr(facts->search[0], '.');
    if (!svc || strncasecmp(svc, ".svc.", 5) != 0 || svc == facts->search[0])
        return NULL;
    domain = svc + 5;
    if (!same_domain(facts->search[1], svc + 1) || !same_domain(facts->search[2], domain))
        return NULL;
    return facts->search[2];
}

static bool has_service_domain(const struct resolv_facts *facts)
{
    for (size_t i = 0; i < facts->search_count; i++)
        if (strncasecmp(facts->search[i], "svc.", 4) == 0 || strcasestr(facts->search[i], ".svc."))
            return true;
    return false;
}

static const char *option(const struct resolv_facts *facts, const char *name)
{
    for (size_t i = 0; i < facts->options_count; i++)
        if (strcmp(facts->options[i].name, name) == 0)
            return facts->options[i].text;
    return NULL;
}

void dns_policy_infer(struct arena *arena, struct resolv_facts *facts)
{
    const char *domain = cluster_domain(facts), *ndots = option(facts, "ndots");

    if (!facts->nameservers_count && !facts->search_count && !facts->options_count) {
        facts->dns_policy = NULL;
        facts->dns_policy_reason = "the file says nothing";
        return;
    }
    if (domain) {
        const char *namespace = arena_text_n(arena, facts->search[0], strcspn(facts->search[0], "."));
        /* A dnsConfig changes the number, and cannot take the option away. */
        const char *why = !ndots || !*ndots
                              ? ", though the kubelet always writes 5: the line that sets it is damaged, or "
                                "something else wrote the file"
                          : strcmp(ndots, "5") == 0 ? ""
                                                    : ", which the Pod's dnsConfig must have changed from 5";

        facts->dns_policy = "ClusterFirst";
        facts->dns_policy_reason = arena_printf(
            arena,
            "the search list begins with the namespace %.63s and the cluster domain %.255s, and ndots is %.20s%s "
            "(a Pod with hostNetwork and ClusterFirstWithHostNet has the same file)",
            namespace, domain,
            !ndots   ? "not set"
            : *ndots ? ndots
                     : "set without a number",
            why);
        return;
    }
    if (has_service_domain(facts)) {
        facts->dns_policy = "None";
        facts->dns_policy_reason =
            "the search list has a service domain but not in the kubelet's order, so the Pod's dnsConfig wrote it";
        return;
    }
    if (ndots && strcmp(ndots, "5") == 0) {
        facts->dns_policy = "None";
        facts->dns_policy_reason =
            "ndots:5 without a service domain to search, so the Pod's dnsConfig wrote it rather than a node";
        return;
    }
    facts->dns_policy = "Default";
    facts->dns_policy_reason =
        "no search domain is a service domain: this is a node's file, which a Pod gets by dnsPolicy Default or by "
        "hostNetwork without ClusterFirstWithHostNet (a dnsConfig with policy None can look the same)";
}
