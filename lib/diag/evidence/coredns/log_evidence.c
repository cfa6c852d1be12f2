/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log_evidence.h"
#include "../server.h"
#include <string.h>

uint64_t log_events(const struct diagnosis *d, int kind)
{
    return d->facts->logs ? logs_facts_events(d->facts->logs, kind) : 0;
}

const struct log_event_facts *log_event(const struct diagnosis *d, int kind)
{
    const struct logs_facts *logs = d->facts->logs;
    const struct log_event_facts *most = NULL;

    for (size_t i = 0; logs && i < logs->events_count; i++)
        if (logs->events[i].kind == kind && (!most || logs->events[i].count > most->count))
            most = &logs->events[i];
    return most;
}

bool log_has_all_answers(const struct diagnosis *d)
{
    return d->facts->logs && logs_facts_rcode(d->facts->logs, "NOERROR") > 0;
}

const char *log_last(struct diagnosis *d, const struct log_event_facts *event)
{
    return event->last_time ? arena_printf(d->arena, ", last at %s", event->last_time) : "";
}

const struct log_state_facts *log_state(const struct diagnosis *d, int kind,
                                        const struct log_state_facts *after)
{
    const struct logs_facts *logs = d->facts->logs;

    for (size_t i = after ? (size_t)(after - logs->states) + 1 : 0; logs && i < logs->states_count; i++)
        if (logs->states[i].kind == kind)
            return &logs->states[i];
    return NULL;
}

const char *log_source(const char *name)
{
    return name ? name : "CoreDNS's log";
}

/* ---- loops ---- */

/* ADDRESS:53 or [ADDRESS]:53, without the port; empty for another port. */
static const char *dns_host(struct arena *arena, const char *subject)
{
    size_t len = strlen(subject);

    if (len < 4 || strcmp(subject + len - 3, ":53") != 0)
        return "";
    len -= 3;
    return *subject == '[' && subject[len - 1] == ']' ? arena_text_n(arena, subject + 1, len - 2)
                                                      : arena_text_n(arena, subject, len);
}

static bool knows_cluster_ip(const struct diagnosis *d)
{
    for (size_t i = 0; i < d->servers_count; i++)
        if (d->servers[i].target->role == TARGET_CLUSTER_IP)
            return true;
    return d->facts->replicas && d->facts->replicas->cluster_ips_count > 0;
}

static bool is_cluster_dns(const struct diagnosis *d, const char *address)
{
    const struct replicas_facts *replicas = d->facts->replicas;

    for (size_t i = 0; i < d->servers_count; i++) {
        const struct target_facts *target = d->servers[i].target;

        if ((target->role == TARGET_CLUSTER_IP || target->role == TARGET_REPLICA) && target->address &&
            strcmp(target->address, address) == 0)
            return true;
    }
    for (size_t i = 0; replicas && i < replicas->cluster_ips_count; i++)
        if (strcmp(replicas->cluster_ips[i], address) == 0)
            return true;
    return false;
}

/* Source: the defaults of kubeadm, EKS (both), k3s, MicroK8s, OpenShift, AKS and kubespray. */
static bool is_usual_cluster_ip(const char *address)
{
    static const char *const usual[] = {"10.96.0.10",    "10.100.0.10", "172.20.0.10", "10.43.0.10",
                                        "10.152.183.10", "172.30.0.10", "10.0.0.10",   "10.233.0.3"};

    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (strcmp(usual[i], address) == 0)
            return true;
    return false;
}

int log_loop_of(const struct diagnosis *d, const struct log_event_facts *event)
{
    const char *address;

    if (event->kind != LOG_UPSTREAM_TIMEOUT || !event->subject)
        return LOG_LOOP_NOT;
    address = dns_host(d->arena, event->subject);
    /* At another port there may be another server; on the loopback of a node, too. */
    if (event->to_itself && *address)
        return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 ? LOG_LOOP_LIKELY
                                                                               : LOG_LOOP_CERTAIN;
    /* CoreDNS answers the cluster's names itself; who forwards them is a cache in front of it. */
    if ((event->cluster_names && event->cluster_names != SHAPE_UNSET) || event->by_cache)
        return LOG_LOOP_NOT;
    if (is_cluster_dns(d, address))
        return LOG_LOOP_LIKELY;
    if (event->probes && event->probes != SHAPE_UNSET && !knows_cluster_ip(d) && is_usual_cluster_ip(address))
        return LOG_LOOP_POSSIBLE;
    return LOG_LOOP_NOT;
}

bool log_is_of_cache_to_coredns(const struct diagnosis *d, const struct log_event_facts *event)
{
    return event->subject && event->cluster_names != SHAPE_UNSET && event->cluster_names * 2 > event->count &&
           (event->by_cache || is_cluster_dns(d, dns_host(d->arena, event->subject)));
}

/* ---- failures ---- */

const struct log_failure log_failures[] = {
    {LOG_UPSTREAM_TLS,
     1,
     "TLS to an upstream fails",
     "CoreDNS does not trust the certificate of its upstream, or the upstream does not speak TLS at that port. "
     "Every query to it fails.",
     NULL,
     {{.text =
           "in forward, set tls_servername to the name in the upstream's certificate, and tls to its CA file",
       .command = "{edit}",
       .undo = "the line as it was"}}},
    {LOG_UPSTREAM_OVERSIZE,
     1,
     "an upstream sends answers that are too large",
     "The upstream answers over UDP with more bytes than the query allowed, and CoreDNS cannot read the answer.",
     NULL,
     {{.text = "add bufsize 1232 to the server block, or force_tcp to forward",
       .command = "{edit}",
       .undo = "the line as it was"}}},
    {LOG_UPSTREAM_ADDRESS,
     1,
     "the address of an upstream cannot be used",
     "The address of the upstream in the Corefile, or in the node's resolv.conf, can never work from the Pod: an "
     "IPv6 address where the Pod has none, a link-local one with a zone (%eth0), a name that does not resolve, or an "
     "address without a port.",
     NULL,
     {{.text = "fix the address in forward", .command = "{edit}", .undo = "the line as it was"},
      {.text = "or give the kubelet a resolv.conf without it (resolvConf), then restart CoreDNS",
       .command = "{restart}"}}},
    {LOG_NO_PLUGIN,
     1,
     "no plugin of CoreDNS answers these names",
     "The server block of the name has no plugin that answers: forward is missing, or is for another zone.",
     NULL,
     {{.text = "add forward . /etc/resolv.conf to that server block",
       .command = "{edit}",
       .undo = "the line as it was"}}},
    {LOG_LOCAL_LIMIT,
     1,
     "CoreDNS runs out of ports, files or memory",
     "The Pod or the node of CoreDNS has no source port, file descriptor or memory left for another query.",
     NULL,
     {{.text = "see which limit it is, on the node of the replica", .command = "k8sdns node"},
      {.text = "raise it, or set max_concurrent in forward",
       .command = "{edit}",
       .undo = "the line as it was"}}},
    {LOG_LOCAL_FILTERED,
     1,
     "the node does not let CoreDNS send",
     "The kernel refuses to send (EPERM): a firewall rule or a NetworkPolicy for egress, or a full conntrack table.",
     NULL,
     {{.text = "see whether the table is full, on the node of the replica", .command = "k8sdns conntrack"},
      {.text = "see which rule drops, while it fails", .command = "k8sdns drops --duration 1m"}}},
    {LOG_UPSTREAM_CLOSED,
     LOG_FEW,
     "an upstream closes its connections",
     "The upstream ended the connection before it answered: it restarts, it closes idle connections, or it does not "
     "serve TCP.",
     NULL,
     {{.text = "query it over TCP",
       .command = "k8sdns probe www.example.com --no-search --tcp --target UPSTREAM"},
      {.text = "in forward, set expire below the idle timeout of the upstream",
       .command = "{edit}",
       .undo = "the line as it was"}}},
    {LOG_UPSTREAM_MALFORMED,
     LOG_FEW,
     "an upstream sends answers that cannot be read",
     "The answer of the upstream is not a valid DNS message (cut off or corrupt).",
     NULL,
     {{.text = "query it directly",
       .command = "k8sdns probe www.example.com --no-search --target UPSTREAM"}}},
    {LOG_ERRORS_OTHER,
     LOG_FEW,
     "queries fail in CoreDNS",
     "A plugin of CoreDNS returned an error instead of an answer.",
     NULL,
     {{.text = "read the log", .command = "kubectl -n {ns} logs -l {sel}{c} --prefix --tail=200"}}},
    {LOG_DNSMASQ_UPSTREAM,
     1,
     "kube-dns knows no upstream",
     "dnsmasq takes its upstreams from the resolv.conf of its Pod, kube-dns from there or from upstreamNameservers of "
     "its ConfigMap. It has none, so that external names are answered with REFUSED; cluster names still work.",
     "a time that it had none",
     {{.text = "see which nameservers the Pod has: dnsPolicy Default gives it those of the node",
       .command = "kubectl -n {ns} exec deployment/kube-dns -c dnsmasq -- cat /etc/resolv.conf"},
      {.text = "name upstreams that work in upstreamNameservers of the ConfigMap",
       .command = "kubectl -n {ns} edit configmap kube-dns",
       .undo = "the values before"}}},
    {LOG_DNSMASQ_RECURSION,
     1,
     "an upstream of dnsmasq (kube-dns) does not resolve names for others",
     "The upstream answers without the flag RA (recursion available): it serves zones of its own, or its access list "
     "does not have the Pods. External names fail there. dnsmasq says so once for each upstream.",
     "an upstream",
     {{.text = "ask it directly; its address stands in the line",
       .command = "k8sdns probe www.example.com --no-search --target UPSTREAM"},
      {.text = "allow recursion for the Pods there, or name another in upstreamNameservers of the ConfigMap",
       .command = "kubectl -n {ns} edit configmap kube-dns",
       .undo = "the values before"}}},
    {LOG_DNSMASQ_REBIND,
     1,
     "dnsmasq (kube-dns) takes private addresses out of answers",
     "With stop-dns-rebind dnsmasq empties each answer of an upstream that has a private address. Names of your own "
     "networks then have no address.",
     "an answer that was emptied",
     {{.text = "see the arguments of dnsmasq", .command = "kubectl -n {ns} describe deployment kube-dns"},
      {.text = "add --rebind-domain-ok=/DOMAIN/ for the domain of these names, or remove --stop-dns-rebind",
       .command = "kubectl -n {ns} edit deployment kube-dns",
       .undo = "the arguments as they were"}}},
    {0},
};
