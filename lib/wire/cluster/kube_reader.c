/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube_reader.h"
#include <string.h>

static const char *const dns_services[] = {"kube-dns", "coredns", "kube-dns-upstream", "dns-default", NULL};
/* kubespray's is nodelocaldns, with the label node-local-dns or its own name. */
static const char *const node_local_services[] = {"node-local-dns", "nodelocaldns", NULL};

const char *kube_text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

const char *kube_copy(struct arena *arena, const char *text)
{
    return text && *text ? arena_text(arena, text) : NULL;
}

static bool is_one_of(const char *text, const char *const *words)
{
    for (; text && *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

bool kube_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

enum kube_belonging kube_belonging(const char *service, const json_t *labels)
{
    const char *app = kube_text(labels, "k8s-app"), *chart = kube_text(labels, "app.kubernetes.io/name");
    size_t len = app ? strlen(app) : 0;
    bool operated = kube_text(labels, "dns.operator.openshift.io/owning-dns") ||
                    kube_text(labels, "dns.operator.openshift.io/daemonset-dns");

    /* The chart's autoscaler has the labels of what it scales, but for this one. */
    if (len > 11 && strcmp(app + len - 11, "-autoscaler") == 0)
        return KUBE_TO_OTHERS;
    if (is_one_of(service, node_local_services) || is_one_of(app, node_local_services))
        return KUBE_TO_NODE_LOCAL;
    if (is_one_of(service, dns_services) || is_one_of(app, dns_services) ||
        (chart && strcmp(chart, "coredns") == 0) || operated)
        return KUBE_TO_DNS;
    return KUBE_TO_OTHERS;
}

bool kube_is_elsewhere(const struct kube_objects *objects, const char *space)
{
    bool found = false;

    for (size_t i = 0; !objects->wanted.every && i < objects->services_count; i++) {
        if (!objects->services[i].wanted)
            continue;
        found = true;
        if (!space || !objects->services[i].space || strcmp(objects->services[i].space, space) == 0)
            return false;
    }
    return found;
}

bool kube_backs_nothing(const struct kube_objects *objects, const char *space)
{
    bool seen = false;

    for (size_t i = 0; i < objects->services_count && !seen; i++)
        seen = !objects->services[i].node_local && kube_same(objects->services[i].space, space);
    if (!seen || kube_is_elsewhere(objects, space))
        return false;
    seen = false;
    for (size_t i = 0; i < objects->backings_count; i++) {
        if (!kube_same(objects->backings[i].space, space))
            continue;
        if (objects->backings[i].ready)
            return false;
        seen = true;
    }
    return seen;
}

bool kube_is_coredns(const json_t *container)
{
    const char *image = kube_text(container, "image"), *base = image ? strrchr(image, '/') : NULL;
    size_t len;

    base = base ? base + 1 : image;
    len = base ? strcspn(base, ":@") : 0;
    /* "coredns", "hardened-coredns", "mirrored-coredns-coredns": what goes on behind it is another program.
     */
    return len >= 7 && memcmp(base + len - 7, "coredns", 7) == 0;
}

uint64_t kube_count(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) && json_integer_value(value) >= 0 ? (uint64_t)json_integer_value(value)
                                                                    : UINT64_MAX;
}

const char *kube_pairs(struct arena *arena, const json_t *map)
{
    const char *key, *pairs = NULL;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)map, key, value)
    {
        const char *text = json_string_value(value);

        if (text)
            pairs = pairs ? arena_printf(arena, "%s,%s=%s", pairs, key, text)
                          : arena_printf(arena, "%s=%s", key, text);
    }
    return pairs;
}

bool kube_selects(const char *selector, const json_t *labels)
{
    while (*selector) {
        size_t len = strcspn(selector, ","), key = strcspn(selector, "=");
        const json_t *value = key < len ? json_object_getn(labels, selector, key) : NULL;
        const char *text = json_string_value(value);

        if (!text || strlen(text) != len - key - 1 || memcmp(text, selector + key + 1, len - key - 1) != 0)
            return false;
        selector += len + (selector[len] == ',');
    }
    return true;
}
