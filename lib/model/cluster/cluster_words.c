/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/braces.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <string.h>

static const char *software(const struct cluster_dns *dns)
{
    static const char *const names[] = {
        [SOFTWARE_COREDNS] = "CoreDNS", [SOFTWARE_KUBE_DNS] = "kube-dns", [SOFTWARE_CLOUD] = "Cloud DNS"};

    return dns->software >= 0 ? names[dns->software] : names[SOFTWARE_COREDNS];
}

const char *cluster_word(struct arena *arena, const struct cluster_dns *known, const char *word, size_t len)
{
    static const struct cluster_dns none;
    static const struct node_cache_dns no_cache;
    const struct cluster_dns *dns = known ? known : &none;
    const struct node_cache_dns *cache = dns->node_cache ? dns->node_cache : &no_cache;
    const struct distribution_names *usual = &distribution_table[DISTRIBUTION_UNKNOWN];
    const char *container = dns->many_containers && dns->container
                                ? arena_printf(arena, " -c %s", shell_word(arena, dns->container))
                                : "";
    const struct {
        const char *word, *value;
    } rows[] = {
        {"ns", shell_word(arena, text_or(dns->space, usual->space))},
        {"svc", shell_word(arena, text_or(dns->service, usual->service))},
        {"deploy", shell_word(arena, text_or(dns->workload, usual->workload))},
        {"cm", shell_word(arena, text_or(dns->config_map, usual->config_map))},
        {"custom", shell_word(arena, text_or(dns->custom_map, "coredns-custom"))},
        {"sel", shell_word(arena, text_or(dns->selector, usual->selector))},
        {"c", container},
        {"account", shell_word(arena, text_or(dns->account, usual->account))},
        {"autoscaler", shell_word(arena, text_or(dns->autoscaler_map, "dns-autoscaler"))},
        {"dns", software(dns)},
        {"cns", shell_word(arena, text_or(cache->space, "kube-system"))},
        {"csel", shell_word(arena, text_or(cache->selector, "k8s-app=node-local-dns"))},
        {"cset", shell_word(arena, text_or(cache->workload, "daemonset/node-local-dns"))},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strlen(rows[i].word) == len && memcmp(rows[i].word, word, len) == 0)
            return rows[i].value;
    return NULL;
}

struct words {
    struct arena *arena;
    const struct cluster_dns *dns;
};

static const char *value_of(void *user, const char *word, size_t len)
{
    const struct words *words = user;

    return cluster_word(words->arena, words->dns, word, len);
}

const char *cluster_words_expand(struct arena *arena, const struct cluster_dns *dns, const char *text)
{
    return braces_expand(arena, text, value_of, &(struct words){arena, dns});
}

bool cluster_words_need_cache(const char *text)
{
    return text && strstr(text, "{csel}");
}

bool cluster_words_need_pods(const char *text)
{
    static const char *const words[] = {"{deploy}", "{cm}",      "{sel}",    "{c}",
                                        "{pod}",    "{account}", "{custom}", "{svc}"};

    for (size_t i = 0; text && i < sizeof(words) / sizeof(words[0]); i++)
        if (strstr(text, words[i]))
            return true;
    return false;
}
