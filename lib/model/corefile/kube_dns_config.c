/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kube-dns's ConfigMap: stubDomains and upstreamNameservers, judged as kube-dns takes them. */
#include "corefile_judgement.h"
#include <jansson.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <k8sdns/wire/corefile/go_value.h>
#include <string.h>

/*
 * The ConfigMap of kube-dns. Source: kubernetes/dns, pkg/dns/config/config.go (Validate) and
 * cmd/node-cache/app/configmap.go, which makes server blocks of it for node-local-dns.
 */

/* kube-dns takes no more (config.go). */
#define UPSTREAMS_MAX 3

static struct corefile_remark_facts *say(struct judgement *j, const struct corefile_file *key, int matter,
                                         int severity, const char *why, const char *text)
{
    struct corefile_remark_facts *remark =
        judgement_remark(j, matter, severity, NULL, SHAPE_UNSET, why, "%s: %s", key->name, text);

    remark->file = key->name;
    return remark;
}

static json_t *read_json(struct judgement *j, const struct corefile_file *key, bool array)
{
    json_error_t where;
    json_t *json = json_tree_read(key->text, key->len, 0, JSON_TREE_PEER, &where);
    const char *fault = !json ? arena_printf(j->arena, "it is no JSON: line %d: %s", where.line, where.text)
                        : array != json_is_array(json)
                            ? array ? "it must be a JSON array of addresses"
                                    : "it must be a JSON object of domains and arrays of addresses"
                            : NULL;

    if (fault)
        say(j, key, MATTER_SYNTAX, SEVERITY_CRITICAL, "kube-dns refuses it and keeps what it had.", fault);
    if (!fault)
        return json;
    json_decref(json);
    return NULL;
}

/* A stub domain's server may have a name for kube-dns, though not for node-local-dns. */
static void judge_server(struct judgement *j, const struct corefile_file *key, const json_t *server,
                         bool names)
{
    const char *text = json_string_value(server);
    bool named = text && *text && !strpbrk(text, ":/ _") && strspn(text, "0123456789.") != strlen(text);

    if (text && go_ip_maybe_port(text))
        return;
    if (names && named)
        say(j, key, MATTER_FORWARD, SEVERITY_WARNING,
            "kube-dns takes a host name, and has to look it up first. node-local-dns does not: it keeps its old "
            "configuration, or ends again and again.",
            arena_printf(j->arena, "'%s' is a host name, and not an IP address", text))
            ->write = "the IP address of the server, or with its port IP:PORT";
    else
        say(j, key, MATTER_FORWARD, SEVERITY_CRITICAL, "kube-dns refuses its configuration with it.",
            arena_printf(j->arena, "'%s' is not an IP address", text ? text : "(no text)"))
            ->write = "the IP address of the server, or with its port IP:PORT";
}

static void judge_upstreams(struct judgement *j, const struct corefile_file *key)
{
    json_t *all = read_json(j, key, true), *server;
    size_t i;

    json_array_foreach(all, i, server) judge_server(j, key, server, false);
    if (json_array_size(all) > UPSTREAMS_MAX)
        say(j, key, MATTER_FORWARD, SEVERITY_CRITICAL, "kube-dns refuses its configuration with it.",
            arena_printf(j->arena, "%zu servers are more than the %d that kube-dns takes",
                         json_array_size(all), UPSTREAMS_MAX));
    json_decref(all);
}

/* Small letters, digits, hyphens and dots, with no wildcard and no dot at the end. Source:
 * IsDNS1123Subdomain. */
static bool is_subdomain(const char *domain)
{
    size_t len = strlen(domain);

    return len && strspn(domain, "abcdefghijklmnopqrstuvwxyz0123456789-.") == len && !strchr(".-", *domain) &&
           !strchr(".-", domain[len - 1]) && !strstr(domain, "..");
}

static void judge_stub_domains(struct judgement *j, const struct corefile_file *key)
{
    json_t *all = read_json(j, key, false), *servers, *server;
    const char *domain;
    size_t i;

    json_object_foreach(all, domain, servers)
    {
        if (!json_is_array(servers)) {
            say(j, key, MATTER_SYNTAX, SEVERITY_CRITICAL, "kube-dns refuses it and keeps what it had.",
                arena_printf(j->arena, "'%s' must have an array of addresses", domain))
                ->write = arena_printf(j->arena, "{\"%s\": [\"%s\"]}", domain,
                                       json_is_string(servers) ? json_string_value(servers) : "IP");
            continue;
        }
        if (!is_subdomain(domain))
            say(j, key, MATTER_ZONES, SEVERITY_CRITICAL, "kube-dns refuses its configuration with it.",
                arena_printf(j->arena, "'%s' is no domain such as corp.example.com", domain));
        if (!json_array_size(servers))
            say(j, key, MATTER_FORWARD, SEVERITY_WARNING, "Names of it are not answered.",
                arena_printf(j->arena, "'%s' has no server", domain));
        json_array_foreach(servers, i, server) judge_server(j, key, server, true);
    }
    json_decref(all);
}

/* A key that kube-dns does not look for. Source: kubernetes/dns, pkg/dns/config/sync.go. */
static void judge_key(struct judgement *j, const struct corefile_file *key)
{
    static const char *const keys[] = {"federations", "stubDomains", "upstreamNameservers", NULL};
    const char *near = suggest_word(key->name, keys);

    if (near)
        say(j, key, MATTER_UNSEEN, SEVERITY_WARNING, "kube-dns passes over other keys.",
            arena_printf(j->arena, "kube-dns has no such key; did you mean %s?", near))
            ->write = near;
}

void kube_dns_config_judge(struct arena *arena, const struct corefile_file *keys, size_t count,
                           const char *source, struct corefile_facts *ret)
{
    struct judgement j = {.arena = arena, .facts = ret};

    *ret = (struct corefile_facts){.status = -1, .source = source, .role = COREFILE_KUBE_DNS};
    for (size_t i = 0; i < count; i++) {
        if (strcmp(keys[i].name, "stubDomains") == 0)
            judge_stub_domains(&j, &keys[i]);
        else if (strcmp(keys[i].name, "upstreamNameservers") == 0)
            judge_upstreams(&j, &keys[i]);
        else if (strcmp(keys[i].name, "federations") != 0)
            judge_key(&j, &keys[i]);
        for (const char *at = keys[i].text; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
            ret->lines += *at != '\0';
    }
}
