/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/collect/pod_view.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/source/cluster/domain_probe.h>
#include <k8sdns/source/cluster/kubelet.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>

static const char usual_space[] = "default";

/* CoreDNS answers what a Service is called from memory. */
#define DOMAIN_TIMEOUT_US 700000

bool pod_view_is_node(const struct survey *survey)
{
    const struct host_facts *host = survey->host;

    return (host->in_pod ? host->host_network : !survey->pid) && !survey->resolv_conf && !survey->captured;
}

bool pod_view_has_cluster(const struct survey *survey)
{
    return survey->host->host_network || kubelet_is_here();
}

const struct kubelet *pod_view_kubelet(struct survey *survey)
{
    struct kubelet *seen;

    if (survey->kubelet)
        return survey->kubelet;
    seen = ARENA_NEW(survey->arena, struct kubelet);
    kubelet_observe(survey->arena, seen);
    survey->kubelet = seen;
    return seen;
}

static void know_by_kubelet(const struct kubelet *kubelet, struct name_view *as)
{
    if (!kubelet->config.domain)
        return;
    as->domain = kubelet->config.domain;
    as->source = DOMAIN_KUBELET;
    as->where = kubelet->domain_where;
}

int pod_view_take_option(struct survey *survey, struct resolv_facts *resolv)
{
    const char *named = survey->as_pod, *rest = named + strcspn(named, "."), *own = NULL;
    struct name_view as = {.source = DOMAIN_ASSUMED, .domain = CLUSTER_DOMAIN_USUAL};
    uint8_t wire[DNS_NAME_WIRE_MAX];

    if (rest == named || (*rest && (strncmp(rest, ".svc.", 5) != 0 || !rest[5])) ||
        dns_name_from_text(named, wire, NULL) < 0)
        return err_set(&survey->err, ERR_USAGE, EINVAL,
                       "--as-pod: '%s' is no namespace; write shop, or shop.svc.cluster.local", named);
    as.space = arena_text_n(survey->arena, named, (size_t)(rest - named));
    if (*rest) {
        as.domain = rest + 5;
        as.source = DOMAIN_OPTION;
    } else if (resolv->views_count && (own = resolver_cluster_domain(&resolv->views[0]))) {
        as.domain = own;
        as.source = DOMAIN_RESOLV_CONF;
    } else if (pod_view_is_node(survey) && pod_view_has_cluster(survey)) {
        know_by_kubelet(pod_view_kubelet(survey), &as);
    }
    resolv_facts_as_pod(survey->arena, resolv, &as);
    return 0;
}

/* Whether the file completes no name of the cluster, and should. */
static bool is_needed(const struct survey *survey, const struct resolv_facts *resolv)
{
    return pod_view_is_node(survey) && resolv->views_count && !resolv->as_pod &&
           !resolver_cluster_domain(&resolv->views[0]);
}

static void complete(struct survey *survey, struct resolv_facts *resolv)
{
    struct name_view as = {.space = survey->host->space ? survey->host->space : usual_space,
                           .domain = CLUSTER_DOMAIN_USUAL,
                           .source = DOMAIN_ASSUMED};

    know_by_kubelet(pod_view_kubelet(survey), &as);
    resolv_facts_as_pod(survey->arena, resolv, &as);
}

void pod_view_complete(struct survey *survey, bool has_cluster, struct resolv_facts *resolv)
{
    if (is_needed(survey, resolv) && (has_cluster || pod_view_has_cluster(survey)))
        complete(survey, resolv);
}

void pod_view_complete_with_servers(struct survey *survey, bool asks, struct resolv_facts *resolv)
{
    bool named = resolv->as_pod && pod_view_is_node(survey);
    const struct kubelet_config *config;

    if (!pod_view_has_cluster(survey) || !(named || is_needed(survey, resolv)))
        return;
    config = &pod_view_kubelet(survey)->config;
    if (!named && (config->servers_count || !asks))
        complete(survey, resolv);
    if (config->servers_count) {
        resolv_facts_ask(survey->arena, resolv, config->servers, config->servers_count);
    } else if (!named && asks) {
        resolv->names_as = ARENA_NEW(survey->arena, struct name_view);
        *resolv->names_as = (struct name_view){.source = -1};
    }
}

static bool is_assumed(const struct resolv_facts *resolv)
{
    return resolv && resolv->as_pod && resolv->names_as->source == DOMAIN_ASSUMED;
}

/* True when it is another domain than the one assumed. */
static bool learn(struct survey *survey, struct resolv_facts *resolv, const char *domain, int source,
                  const char *where)
{
    struct name_view as = *resolv->names_as;
    bool other = strcasecmp(as.domain, domain) != 0;

    as.domain = domain;
    as.source = source;
    as.where = where;
    resolv_facts_as_pod(survey->arena, resolv, &as);
    return other;
}

/* The first zone of the plugin that is no reverse zone; without any it serves those of its block. */
static const char *served_zone(struct arena *arena, const struct corefile_facts *corefile)
{
    for (size_t i = 0; i < corefile->blocks_count; i++)
        for (size_t k = 0; k < corefile->blocks[i].plugins_count; k++) {
            const char *at = corefile->blocks[i].plugins[k].arguments;

            if (strcmp(corefile->blocks[i].plugins[k].name, "kubernetes") != 0)
                continue;
            while (at && *at) {
                size_t len = strcspn(at, " \t"), whole = len;

                whole -= whole && at[whole - 1] == '.';
                if (whole && !(whole > 5 && strncasecmp(at + whole - 5, ".arpa", 5) == 0) &&
                    !memchr(at, '/', whole) && !memchr(at, '{', whole))
                    return arena_text_n(arena, at, whole);
                at += len + strspn(at + len, " \t");
            }
        }
    return NULL;
}

bool pod_view_take_corefile(struct survey *survey, struct resolv_facts *resolv,
                            const struct corefile_facts *corefile)
{
    const char *zone = corefile && is_assumed(resolv) ? served_zone(survey->arena, corefile) : NULL;

    return zone && learn(survey, resolv, zone, DOMAIN_COREFILE, corefile->source);
}

bool pod_view_ask(struct survey *survey, struct resolv_facts *resolv, const struct address *servers,
                  size_t count)
{
    const char *domain = NULL, *server = NULL;
    struct err err = {0};

    if (!is_assumed(resolv) ||
        domain_probe_run(survey->arena, servers, count, DOMAIN_TIMEOUT_US, &domain, &server, &err) < 0 ||
        !domain)
        return false;
    return learn(survey, resolv, domain, DOMAIN_DNS, server);
}
