/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The upstreams of forward: to itself, to a dead end, in the clear, too many or too few. */
#include "corefile_grammar.h"
#include "corefile_judgement.h"
#include <k8sdns/wire/corefile/go_value.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <string.h>

/* Source: notes of 1.14.4 (PR 5646) and 1.14.5 (PR 8004). */
#define NAMES_SINCE "1.14.4"
#define HTTPS_SINCE "1.14.5"
/* CoreDNS takes no more (plugin/forward). */
#define TARGETS_MAX 15
#define GRPC_PORT   443
/* Fewer at once than this are soon exceeded; the default of kubeadm is 1000. */
#define CONCURRENT_FEW 100

static const char loops[] =
    "Each query that goes there comes back and is sent again, until it times out or CoreDNS "
    "runs out of memory; the loop plugin ends CoreDNS when it sees it.";

/* Where a target was named. */
struct forward_place {
    const struct judged_block *block;
    uint64_t line;
    const char *file; /* the resolv.conf that has it; NULL when it is the Corefile itself */
};

static bool is_among(const struct address *address, const struct address *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (address_same_host(address, &all[i]))
            return true;
    return false;
}

static bool serves_port(const struct judged_block *block, uint16_t port)
{
    for (size_t i = 0; i < block->keys_count; i++)
        if (block->keys[i].transport == COREFILE_DNS && block->keys[i].port == port)
            return true;
    return false;
}

/* Whether a query to this address of its own network namespace reaches the block. */
static bool listens(const struct judged_block *block, const struct address *address)
{
    return serves_port(block, address->port) &&
           (!block->binds_count || is_among(address, block->binds, block->binds_count));
}

static void loop_remark(struct judgement *j, const struct forward_place *place, const char *text,
                        const char *what, const char *write)
{
    if (place->file)
        judgement_remark(j, MATTER_FORWARD_LOOP, SEVERITY_CRITICAL, place->block, place->line, loops,
                         "forwards to what %s says, and that is %s, %s", place->file, text, what)
            ->write = write;
    else
        judgement_remark(j, MATTER_FORWARD_LOOP, SEVERITY_CRITICAL, place->block, place->line, loops,
                         "forwards to %s, %s", text, what)
            ->write = write;
}

static void judge_loopback(struct judgement *j, const struct forward_place *place,
                           const struct address *address, const char *text)
{
    static const char write[] = "forward . UPSTREAM_IP";
    bool served = false;

    if (listens(place->block, address)) {
        loop_remark(j, place, text, "which is CoreDNS itself: loopback in its Pod is the Pod's own", write);
        return;
    }
    for (size_t i = 0; i < j->blocks_count; i++)
        served = served || listens(&j->blocks[i], address);
    /* With bind it lives in the node's network, where something else may well listen on loopback. */
    if (!served && !place->block->binds_count)
        judgement_remark(j, MATTER_FORWARD, SEVERITY_WARNING, place->block, place->line,
                         "Loopback in CoreDNS's Pod is the Pod's own: a resolver of the node is not there.",
                         "forwards to %s, where no server block listens", text)
            ->write = write;
}

bool judged_forwards_within(const struct judgement *j, const struct corefile_directive *d)
{
    size_t own = directive_args_own(d);
    struct address address;

    for (size_t k = 1; k < own; k++) {
        bool cached = false;

        if (address_parse(d->args[k], 53, &address, NULL) < 0 || !address_is_loopback(&address))
            return false;
        for (size_t i = 0; i < j->blocks_count; i++)
            cached = cached || (listens(&j->blocks[i], &address) && judged_find(&j->blocks[i], "cache"));
        if (!cached)
            return false;
    }
    return own > 1;
}

/* Whether all addresses that are known of the cluster's DNS are of IPv4. */
static bool only_ipv4(const struct corefile_environment *e)
{
    for (size_t i = 0; i < e->cluster_ips_count; i++)
        if (e->cluster_ips[i].family != AF_INET)
            return false;
    for (size_t i = 0; i < e->own_count; i++)
        if (e->own[i].family != AF_INET)
            return false;
    return e->cluster_ips_count + e->own_count > 0;
}

/* 0.0.0.0 and ::, which the kernel takes for this machine. */
static bool is_any(const struct address *address)
{
    struct address v4, v6;

    return (address_parse("0.0.0.0", address->port, &v4, NULL) == 0 && address_same_host(address, &v4)) ||
           (address_parse("::", address->port, &v6, NULL) == 0 && address_same_host(address, &v6));
}

static void judge_address(struct judgement *j, const struct forward_place *place,
                          const struct address *address, const char *text)
{
    const struct corefile_environment *e = j->environment;
    const struct judged_block *block = place->block;
    bool bound = block->binds_count && listens(block, address);

    if (address->family == AF_INET6 && !address_is_loopback(address) && only_ipv4(e)) {
        judgement_remark(
            j, MATTER_FORWARD, SEVERITY_WARNING, block, place->line,
            "The cluster's DNS has IPv4 addresses alone; where the nodes have no IPv6, each query that goes "
            "there is lost.",
            "forwards to %s, and nothing else here has IPv6", text);
    } else if (address_is_loopback(address) || is_any(address)) {
        judge_loopback(j, place, address, text);
    } else if (bound) {
        loop_remark(j, place, text, "an address that this very server block is bound to", NULL);
    } else if (!j->node_local && serves_port(block, address->port) &&
               is_among(address, e->cluster_ips, e->cluster_ips_count)) {
        loop_remark(j, place, text, "the ClusterIP of the cluster's DNS, which leads back to CoreDNS",
                    "forward . UPSTREAM_IP");
    } else if (!j->node_local && serves_port(block, address->port) &&
               is_among(address, e->own, e->own_count)) {
        loop_remark(j, place, text, "which is a replica of CoreDNS itself", "forward . UPSTREAM_IP");
    } else if (!j->node_local && address_is_link_local(address) && strncmp(text, "169.254.20.", 11) == 0) {
        judgement_remark(
            j, MATTER_FORWARD, SEVERITY_WARNING, block, place->line,
            "node-local-dns asks CoreDNS for what it does not know, and each waits for the other.",
            "forwards to %s, the usual address of node-local-dns", text);
    }
}

static void judge_resolv_conf(struct judgement *j, const struct judged_block *block,
                              const struct corefile_directive *d, const char *file)
{
    const struct corefile_environment *e = j->environment;
    struct resolv_outline outline;
    struct forward_place place = {block, d->line, file};

    if (!e->resolv_conf) {
        j->facts->resolv_conf_unseen = true;
        return;
    }
    resolv_outline_read(j->arena, e->resolv_conf, e->resolv_conf_len, &outline);
    if (!outline.nameservers_count)
        judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line,
                         "CoreDNS finds no upstream there and does not start.",
                         "forwards to what %s says, and "
                         "that names no server",
                         file);
    for (size_t i = 0; i < outline.search_count && !j->node_local; i++)
        if (strncmp(outline.search[i], "svc.", 4) == 0) {
            judgement_remark(
                j, MATTER_FORWARD_LOOP, SEVERITY_CRITICAL, block, d->line, loops,
                "forwards to what %s says, and that is a Pod's own (search %s), which leads back to "
                "CoreDNS",
                file, outline.search[i])
                ->write = "dnsPolicy: Default (in CoreDNS's Deployment)";
            return;
        }
    for (size_t i = 0; i < outline.nameservers_count && i < RESOLV_SERVERS_MAX; i++) {
        struct address address;

        if (address_parse(outline.nameservers[i], DNS_PORT, &address, NULL) == 0)
            judge_address(j, &place, &address, outline.nameservers[i]);
    }
}

/* What forward does not speak; true when it is said. */
static bool judge_transport(struct judgement *j, const struct judged_block *block,
                            const struct corefile_directive *d, const char *text, const char *host,
                            int transport)
{
    const char *version = j->environment->version;

    if (transport == COREFILE_GRPC || transport == COREFILE_QUIC || transport == COREFILE_HTTPS3 ||
        strstr(host, "://")) {
        judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "forward does not take '%s': it speaks DNS, TLS and HTTPS alone", text)
            ->write = "forward . IP";
        return true;
    }
    if (transport == COREFILE_HTTPS && strchr(host, '/')) {
        judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "'%s' has a path; forward puts /dns-query behind it", text)
            ->write = arena_printf(j->arena, "https://%.*s", (int)strcspn(host, "/"), host);
        return true;
    }
    if (transport == COREFILE_HTTPS && version && version_compare(version, HTTPS_SINCE) < 0) {
        judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "forward speaks HTTPS since CoreDNS " HTTPS_SINCE ", and not in %s", version)
            ->write = "forward . tls://IP";
        return true;
    }
    return false;
}

/* A host name: letters, digits, hyphens, underscores and dots, with labels of up to 63 bytes. */
static bool is_host_name(const char *text)
{
    size_t label = 0;

    for (const char *at = text; *at && *at != ':'; at++) {
        if (*at == '.' ? !label
                       : !strchr("-_", *at) && !((*at | 0x20) >= 'a' && (*at | 0x20) <= 'z') &&
                             !(*at >= '0' && *at <= '9'))
            return false;
        label = *at == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return *text && *text != ':';
}

/* The address of "'192.0.2.1'," and "192.0.2.1;": quotes and marks that a Corefile does not have; NULL. */
static const char *address_within(struct arena *arena, const char *text)
{
    const char *begin = text + strspn(text, "'\"`("), *bare;
    size_t len = strlen(begin);

    while (len && strchr("'\"`),;", begin[len - 1]))
        len--;
    bare = arena_text_n(arena, begin, len);
    return go_ip_maybe_port(bare) ? bare : NULL;
}

/* A target that is neither an address nor a file. */
static void judge_name_target(struct judgement *j, const struct judged_block *block,
                              const struct corefile_directive *d, const char *text, const char *host,
                              int transport)
{
    const char *version = j->environment->version;
    bool named = is_host_name(host),
         takes = strcmp(d->name, "forward") == 0 && version && version_compare(version, NAMES_SINCE) >= 0;
    /* grpc never takes a name. */
    bool never = strcmp(d->name, "grpc") == 0;
    int severity = !named || version || never    ? SEVERITY_CRITICAL
                   : transport == COREFILE_HTTPS ? SEVERITY_INFO
                                                 : SEVERITY_WARNING;
    const char *meant;

    if (named && takes)
        return;
    meant = address_within(j->arena, text);
    judgement_remark(j, MATTER_FORWARD, severity, block, d->line,
                     named && !never ? "forward takes host names since CoreDNS " NAMES_SINCE
                                       " and looks them up when it starts; before, "
                                       "CoreDNS does not start with one."
                                     : corefile_refused,
                     "'%s' is neither an address nor a file", text)
        ->write = arena_printf(j->arena, "%s . %s", d->name, meant ? meant : "IP");
}

/* "9.9.9.9:853" of "9.9.9.9%dns.quad9.net:853", "[2620:fe::fe]:853" of "[2620:fe::fe%dns.quad9.net]:853". */
static const char *without_server_name(struct arena *arena, const char *host, const char *percent)
{
    const char *colon = strrchr(percent, ':');

    return arena_printf(arena, "%.*s%s%s", (int)(percent - host), host, *host == '[' ? "]" : "",
                        colon ? colon : "");
}

static void judge_target(struct judgement *j, const struct judged_block *block,
                         const struct corefile_directive *d, const char *text)
{
    static const uint16_t ports[] = {DNS_PORT, 853, 443, 443, 853, 443};
    struct forward_place place = {block, d->line, NULL};
    const char *host = text, *percent;
    struct address address;
    int transport;
    unsigned bits;
    bool v6;

    if (argument_is_placeholder(text))
        return;
    transport = corefile_transport_cut(&host);
    if (strcmp(d->name, "forward") == 0 && judge_transport(j, block, d, text, host, transport))
        return;
    if (transport == COREFILE_DNS && go_cidr(host, &v6, &bits)) {
        judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                         "'%s' is a network, and no address of a server", text)
            ->write = arena_printf(j->arena, "%s . %.*s", d->name, (int)strcspn(host, "/"), host);
        return;
    }
    /* A link-local address has its interface behind it. */
    if (transport == COREFILE_DNS && strchr(host, '%') && go_ip_maybe_port(host))
        return;
    if (transport == COREFILE_DNS && strchr(host, '/')) {
        judge_resolv_conf(j, block, d, text);
        return;
    }
    percent = transport == COREFILE_TLS ? strrchr(host, '%') : NULL;
    if (percent) {
        host = without_server_name(j->arena, host, percent);
        if (directive_find(d, "tls_servername"))
            judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line, corefile_refused,
                             "'%s' names a TLS server, and tls_servername names one as well", text);
    }
    if (address_parse(host, ports[transport], &address, NULL) == 0) {
        if (transport == COREFILE_DNS)
            judge_address(j, &place, &address, text);
        else if (transport == COREFILE_TLS && !percent && !directive_find(d, "tls_servername"))
            judgement_remark(j, MATTER_FORWARD, SEVERITY_INFO, block, d->line,
                             "Whoever is in the way can answer in its stead.",
                             "%s is asked over TLS without tls_servername", text)
                ->write = "tls_servername NAME";
        return;
    }
    judge_name_target(j, block, d, text, host, transport);
}

static void judge_knobs(struct judgement *j, const struct judged_block *block,
                        const struct corefile_directive *d)
{
    const struct corefile_option *fails = directive_find(d, "max_fails");
    const struct corefile_option *most = directive_find(d, "max_concurrent");
    uint64_t number;

    if (fails && fails->args_count && strcmp(fails->args[0], "0") == 0)
        judgement_remark(j, MATTER_FORWARD, SEVERITY_INFO, block, fails->line,
                         "A dead upstream is never left out: its share of the queries waits for a timeout.",
                         "max_fails 0 turns the health checks of upstreams off")
            ->write = "max_fails 2";
    if (most && most->args_count && number_parse(most->args[0], 1, UINT64_MAX, &number, NULL) == 0 &&
        number < CONCURRENT_FEW)
        judgement_remark(j, MATTER_FORWARD, SEVERITY_WARNING, block, most->line,
                         "More queries than that at once are REFUSED; a slow upstream is enough for it.",
                         "max_concurrent %s is few", most->args[0])
            ->write = "max_concurrent 1000";
}

/* grpc takes what forward does, but names and zones of TLS. */
static void judge_grpc(struct judgement *j, const struct judged_block *block,
                       const struct corefile_directive *d)
{
    for (size_t i = 1; i < d->args_count; i++) {
        const char *host = d->args[i];
        struct address address;
        int transport = corefile_transport_cut(&host);

        if (!argument_is_placeholder(host) && !strchr(host, '/') &&
            address_parse(host, GRPC_PORT, &address, NULL) < 0)
            judge_name_target(j, block, d, d->args[i], host, transport);
    }
}

void judge_forward(struct judgement *j, const struct judged_block *block)
{
    size_t own;

    for (size_t i = 0; i < block->block->directives_count; i++) {
        const struct corefile_directive *d = &block->block->directives[i];

        if (strcmp(d->name, "grpc") == 0)
            judge_grpc(j, block, d);
        if (strcmp(d->name, "forward") != 0 && strcmp(d->name, "proxy") != 0)
            continue;
        if (d->args_count < 2)
            judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line,
                             "CoreDNS does not start with it, and a running one keeps what it had.",
                             "%s needs a zone and an upstream", d->name)
                ->write = d->args_count && go_ip_maybe_port(d->args[0])
                              ? arena_printf(j->arena, "forward . %s", d->args[0])
                              : "forward . /etc/resolv.conf";
        if (d->args_count > TARGETS_MAX + 1)
            judgement_remark(j, MATTER_FORWARD, SEVERITY_CRITICAL, block, d->line,
                             "CoreDNS does not start with it, and a running one keeps what it had.",
                             "%zu upstreams are more than the %d that forward takes", d->args_count - 1,
                             TARGETS_MAX);
        own = directive_args_own(d);
        for (size_t k = 1; k < own; k++)
            judge_target(j, block, d, d->args[k]);
        judge_knobs(j, block, d);
    }
}
