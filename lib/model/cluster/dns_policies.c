/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NetworkPolicies that let no DNS through: what a policy selects it shuts, and the openings of all policies
 * that select it add up. Where one may open the port, by a selector that cannot be evaluated here, nothing is
 * said. Source: kubernetes.io/docs/concepts/services-networking/network-policies.
 */
#include <k8sdns/model/cluster/replica_facts.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <string.h>

static const struct shape_field fields[] = {
    SHAPE_FIELD_NAME(struct dns_policy_facts, name, "name", "of the NetworkPolicy"),
    SHAPE_FIELD_NAME(struct dns_policy_facts, namespace, "namespace", "of the NetworkPolicy"),
    SHAPE_FIELD_BOOL(struct dns_policy_facts, egress, "egress",
                     "it shuts what Pods here send; else what the Pods of DNS are sent"),
    SHAPE_FIELD_BOOL(struct dns_policy_facts, udp, "udp", "no policy lets DNS over UDP through"),
    SHAPE_FIELD_BOOL(struct dns_policy_facts, tcp, "tcp", "no policy lets DNS over TCP through"),
};
const struct shape dns_policy_facts_shape = SHAPE(struct dns_policy_facts, fields, "dns_policy");

/* Pods of DNS, as far as policies look at them. */
struct judged {
    const struct kube_objects *objects;
    const char *space;  /* that DNS is in */
    const char *client; /* that queries come from; NULL: not known */
};

/* Whether "a=b,c=d" has each pair of a selector. */
static bool has_pairs(const char *selector, const char *labels)
{
    while (selector && *selector) {
        size_t len = strcspn(selector, ",");
        const char *at = labels;
        bool found = false;

        while (at && *at && !found) {
            size_t own = strcspn(at, ",");

            found = own == len && memcmp(at, selector, len) == 0;
            at += own + (at[own] == ',');
        }
        if (!found)
            return false;
        selector += len + (selector[len] == ',');
    }
    return true;
}

/* In how many of the Pods of DNS the selector fits; `ret_all` has all of them. */
static size_t count_fitting(const struct judged *j, const struct kube_policy *policy, size_t *ret_all)
{
    size_t fitting = 0;

    *ret_all = 0;
    for (size_t i = 0; i < j->objects->pods_count; i++) {
        const struct kube_pod *pod = &j->objects->pods[i];

        if (pod->node_local || (pod->space && strcmp(pod->space, j->space) != 0))
            continue;
        ++*ret_all;
        fitting += has_pairs(policy->selector, pod->labels);
    }
    return fitting;
}

/* Whether it shuts this direction of all Pods of that end. */
static bool shuts(const struct judged *j, const struct kube_policy *policy, bool egress)
{
    size_t all;

    if (policy->unsure || !(egress ? policy->egress : policy->ingress) ||
        strcmp(policy->space, egress ? j->client : j->space) != 0)
        return false;
    /* The labels of the Pod that asks are not known. */
    if (!policy->selector)
        return true;
    return !egress && count_fitting(j, policy, &all) == all && all;
}

/* Whether it may select one of them. */
static bool may_select(const struct judged *j, const struct kube_policy *policy, bool egress)
{
    size_t all;

    if (strcmp(policy->space, egress ? j->client : j->space) != 0)
        return false;
    return egress || !policy->selector || count_fitting(j, policy, &all) || !all;
}

static bool has_port(const struct judged *j, const struct kube_opening *opening)
{
    bool any = opening->first <= DNS_PORT && opening->last >= DNS_PORT;

    /* Policies see the port of the Pod, where the Service leads to; some data planes that of the Service. */
    for (size_t i = 0; i < j->objects->endpoints_count && !any; i++)
        any = opening->first <= j->objects->endpoints[i].where.port &&
              opening->last >= j->objects->endpoints[i].where.port;
    for (size_t i = 0; i < j->objects->pods_count && !any; i++)
        any = opening->first <= j->objects->pods[i].port && opening->last >= j->objects->pods[i].port;
    return any;
}

static bool net_has(const struct kube_net *net, const struct address *where)
{
    const uint8_t *a = where->family == AF_INET ? (const uint8_t *)&where->v4 : where->v6.s6_addr;
    const uint8_t *b = where->family == AF_INET ? (const uint8_t *)&net->base.v4 : net->base.v6.s6_addr;
    unsigned whole = net->bits / 8, rest = net->bits % 8;

    if (net->base.family != where->family || memcmp(a, b, whole) != 0)
        return false;
    return !rest || (a[whole] ^ b[whole]) >> (8 - rest) == 0;
}

static bool block_has(const struct kube_block *block, const struct address *where)
{
    for (size_t i = 0; i < block->excepts_count; i++)
        if (net_has(&block->excepts[i], where))
            return false;
    return net_has(&block->net, where);
}

/* With a cache on the nodes queries end there, at the ClusterIP or an address of its own. */
static bool has_node_local(const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->pods_count; i++)
        if (objects->pods[i].node_local)
            return true;
    for (size_t i = 0; i < objects->services_count; i++)
        if (objects->services[i].node_local)
            return true;
    return false;
}

/*
 * Whether a Pod of DNS may be among the peers of an egress rule. Policies act after the ClusterIP has become
 * the Pod's address: a block that has the ClusterIP alone lets nothing through.
 */
static bool may_lead_to_dns(const struct judged *j, const struct kube_opening *opening)
{
    bool any = false;

    if ((!opening->block && !opening->pods) || has_node_local(j->objects) ||
        (opening->block && address_is_link_local(&opening->block->net.base)))
        return true;
    for (size_t i = 0; i < j->objects->pods_count; i++) {
        const struct kube_pod *pod = &j->objects->pods[i];

        if (pod->space && strcmp(pod->space, j->space) != 0)
            continue;
        if (!opening->block) {
            any = any || pod->labels;
            if (pod->labels && has_pairs(opening->pods, pod->labels))
                return true;
            continue;
        }
        for (size_t k = 0; k < pod->addresses_count; k++) {
            any = true;
            if (block_has(opening->block, &pod->addresses[k]))
                return true;
        }
    }
    return !any;
}

static bool lets_through(const struct judged *j, const struct kube_policy *policy, bool egress, bool tcp)
{
    const char *peer = egress ? j->space : j->client;

    for (size_t i = 0; i < policy->openings_count; i++) {
        const struct kube_opening *opening = &policy->openings[i];

        if (opening->egress == egress && (tcp ? opening->tcp : opening->udp) && has_port(j, opening) &&
            (!opening->space || !peer || strcmp(opening->space, peer) == 0) &&
            (!egress || may_lead_to_dns(j, opening)))
            return true;
    }
    return false;
}

static bool is_open(const struct judged *j, bool egress, bool tcp)
{
    for (size_t i = 0; i < j->objects->policies_count; i++) {
        const struct kube_policy *policy = &j->objects->policies[i];

        if (may_select(j, policy, egress) && lets_through(j, policy, egress, tcp))
            return true;
    }
    return false;
}

static void judge(struct arena *arena, const struct judged *j, bool egress, struct replicas_facts *facts)
{
    bool udp = !is_open(j, egress, false), tcp = !is_open(j, egress, true);

    for (size_t i = 0; (udp || tcp) && i < j->objects->policies_count; i++) {
        const struct kube_policy *policy = &j->objects->policies[i];

        if (shuts(j, policy, egress))
            *ARENA_PUSH(arena, facts->policies, facts->policies_count) =
                (struct dns_policy_facts){policy->name, policy->space, egress, udp, tcp};
    }
}

void dns_policies_take(struct arena *arena, const struct kube_objects *objects, const char *client,
                       struct replicas_facts *facts)
{
    struct judged j = {.objects = objects, .client = client};

    for (size_t i = 0; i < objects->pods_count && !j.space; i++)
        j.space = objects->pods[i].node_local ? NULL : objects->pods[i].space;
    for (size_t i = 0; i < objects->services_count && !j.space; i++)
        j.space = objects->services[i].node_local ? NULL : objects->services[i].space;
    facts->policies = NULL;
    facts->policies_count = 0;
    if (j.space)
        judge(arena, &j, false, facts);
    if (j.space && client)
        judge(arena, &j, true, facts);
}
