/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NetworkPolicies: which Pods they select, and which ports and namespaces they let through. */
#include "kube_reader.h"
#include <string.h>

/* The label that each namespace has. Source: kubernetes.io/docs/reference/labels-annotations-taints. */
#define NAME_LABEL "kubernetes.io/metadata.name"

/* More rows than these are no policy that people write; then all counts as let through. */
#define OPENINGS_MAX 512

#define PORT_MAX 65535

static const struct kube_opening everything = {.udp = true, .tcp = true, .last = PORT_MAX};

/* A selector by expressions is not evaluated. */
static bool has_expressions(const json_t *selector)
{
    return json_array_size(json_object_get(selector, "matchExpressions")) > 0;
}

/* The one namespace that a peer can be in; NULL: any. Addresses (ipBlock) may be anybody's. */
static const char *space_of_peer(struct arena *arena, const json_t *peer, const char *own)
{
    const json_t *spaces = json_object_get(peer, "namespaceSelector");

    if (json_is_object(spaces))
        return kube_copy(arena, kube_text(json_object_get(spaces, "matchLabels"), NAME_LABEL));
    return json_is_object(json_object_get(peer, "podSelector")) ? own : NULL;
}

/* The ports of one row. A named port is taken for that of DNS: its number is the Pod's to say. */
static struct kube_opening opening_of(const json_t *port)
{
    const char *protocol = kube_text(port, "protocol");
    uint64_t first = kube_count(port, "port"), last = kube_count(port, "endPort");
    struct kube_opening opening = everything;

    opening.udp = kube_same(protocol, "UDP");
    opening.tcp = !protocol || kube_same(protocol, "TCP");
    if (first <= PORT_MAX) {
        opening.first = first;
        opening.last = last <= PORT_MAX ? last : first;
    }
    return opening;
}

/* "10.96.0.0/12"; false for what is none. */
static bool read_net(const char *text, struct kube_net *ret_net)
{
    char base[ADDRESS_TEXT];
    const char *slash = text ? strchr(text, '/') : NULL;
    size_t len = slash ? (size_t)(slash - text) : 0;
    uint64_t bits = 0;

    if (!slash || !len || len >= sizeof(base) || !slash[1] || strlen(slash + 1) > 3)
        return false;
    memcpy(base, text, len);
    base[len] = '\0';
    for (const char *at = slash + 1; *at; at++) {
        if (*at < '0' || *at > '9')
            return false;
        bits = bits * 10 + (uint64_t)(*at - '0');
    }
    if (!kube_read_address(base, 0, &ret_net->base) || bits > (ret_net->base.family == AF_INET ? 32 : 128))
        return false;
    ret_net->bits = (unsigned)bits;
    return true;
}

/* The addresses of a peer; NULL where it has none, or some that cannot be read. */
static const struct kube_block *block_of(struct arena *arena, const json_t *peer)
{
    const json_t *json = json_object_get(peer, "ipBlock"), *except;
    struct kube_block *block = arena_array(arena, 1, sizeof(*block));
    size_t i;

    if (!json_is_object(json) || !read_net(kube_text(json, "cidr"), &block->net))
        return NULL;
    json_array_foreach(json_object_get(json, "except"), i, except)
    {
        struct kube_net net;

        if (!read_net(json_string_value(except), &net))
            return NULL;
        *ARENA_PUSH(arena, block->excepts, block->excepts_count) = net;
    }
    return block;
}

/* The labels that a peer's Pods need; NULL: any, or not to be evaluated. */
static const char *pods_of_peer(struct arena *arena, const json_t *peer)
{
    const json_t *selector = json_object_get(peer, "podSelector");

    return has_expressions(selector) ? NULL : kube_pairs(arena, json_object_get(selector, "matchLabels"));
}

static void add(struct arena *arena, struct kube_policy *policy, struct kube_opening opening, bool egress,
                const json_t *peer)
{
    if (policy->openings_count == OPENINGS_MAX)
        return;
    if (policy->openings_count == OPENINGS_MAX - 1) {
        opening = everything;
        peer = NULL;
    }
    opening.egress = egress;
    opening.space = peer ? space_of_peer(arena, peer, policy->space) : NULL;
    opening.pods = peer ? pods_of_peer(arena, peer) : NULL;
    opening.block = peer ? block_of(arena, peer) : NULL;
    *ARENA_PUSH(arena, policy->openings, policy->openings_count) = opening;
}

/* No ports are all ports, no peers are all peers. */
static void read_rule(struct arena *arena, const json_t *rule, const char *peers_name, bool egress,
                      struct kube_policy *policy)
{
    const json_t *ports = json_object_get(rule, "ports"), *peers = json_object_get(rule, peers_name);
    size_t ports_count = json_array_size(ports), peers_count = json_array_size(peers);

    for (size_t i = 0; i < (ports_count ? ports_count : 1); i++)
        for (size_t k = 0; k < (peers_count ? peers_count : 1); k++)
            add(arena, policy, ports_count ? opening_of(json_array_get(ports, i)) : everything, egress,
                peers_count ? json_array_get(peers, k) : NULL);
}

void kube_read_policy(struct arena *arena, const json_t *object, struct kube_objects *objects)
{
    const json_t *metadata = json_object_get(object, "metadata"), *spec = json_object_get(object, "spec");
    const json_t *types = json_object_get(spec, "policyTypes"), *type, *rule;
    const json_t *selector = json_object_get(spec, "podSelector");
    const char *name = kube_text(metadata, "name"), *space = kube_text(metadata, "namespace");
    struct kube_policy *policy;
    size_t i;

    /* Other groups have a kind of this name that says other things (crd.projectcalico.org). */
    if (!name || !space || !*name || !*space || !json_is_object(selector)) {
        objects->others++;
        return;
    }
    policy = ARENA_PUSH(arena, objects->policies, objects->policies_count);
    *policy = (struct kube_policy){.name = arena_text(arena, name),
                                   .space = arena_text(arena, space),
                                   .selector = kube_pairs(arena, json_object_get(selector, "matchLabels")),
                                   .unsure = has_expressions(selector)};
    json_array_foreach(types, i, type)
    {
        policy->ingress = policy->ingress || kube_same(json_string_value(type), "Ingress");
        policy->egress = policy->egress || kube_same(json_string_value(type), "Egress");
    }
    if (!json_array_size(types)) {
        policy->ingress = true;
        policy->egress = json_array_size(json_object_get(spec, "egress")) > 0;
    }
    json_array_foreach(json_object_get(spec, "ingress"), i, rule)
        read_rule(arena, rule, "from", false, policy);
    json_array_foreach(json_object_get(spec, "egress"), i, rule) read_rule(arena, rule, "to", true, policy);
}
