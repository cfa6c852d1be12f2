/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What shows only over all blocks: the same zone twice, no block for the root or the cluster, ports
 * that clash.
 */
#include "corefile_judgement.h"
#include <string.h>

/* Keys are compared with keys up to so many pairs; no Corefile of a cluster has as many. */
#define PAIRS_MAX 4000000

static bool share_an_address(const struct judged_block *a, const struct judged_block *b)
{
    if (!a->binds_count || !b->binds_count)
        return true;
    for (size_t i = 0; i < a->binds_count; i++)
        for (size_t k = 0; k < b->binds_count; k++)
            if (address_same_host(&a->binds[i], &b->binds[k]))
                return true;
    return false;
}

static void compare_keys(struct judgement *j, const struct judged_block *earlier,
                         const struct judged_block *later, size_t *pairs)
{
    for (size_t i = 0; i < later->keys_count; i++)
        for (size_t k = 0; k < (earlier == later ? i : earlier->keys_count) && (*pairs)++ < PAIRS_MAX; k++) {
            const struct corefile_key *a = &earlier->keys[k], *b = &later->keys[i];

            if (a->port != b->port || a->transport != b->transport || strcmp(a->zone, b->zone) != 0)
                continue;
            judgement_remark(
                j, MATTER_DUPLICATE_ZONE, SEVERITY_CRITICAL, later, later->block->line,
                "CoreDNS does not start with it (\"it is already defined\"), and a running one keeps "
                "what it had.",
                "%s port %u is served by the server block in %s already", b->zone, b->port,
                judgement_line(j, earlier->block->line));
            return;
        }
}

static void judge_duplicates(struct judgement *j)
{
    size_t pairs = 0;

    for (size_t later = 0; later < j->blocks_count; later++)
        for (size_t earlier = 0; earlier <= later && pairs < PAIRS_MAX; earlier++) {
            const struct judged_block *a = &j->blocks[earlier], *b = &j->blocks[later];

            /* With view several may serve one zone, each for its own clients. */
            if (share_an_address(a, b) && !judged_find(a, "view") && !judged_find(b, "view"))
                compare_keys(j, a, b, &pairs);
        }
}

/* Of the plugins that one server block has for all. */
static void judge_process(struct judgement *j, int matter, int severity, const char *plugin, const char *why,
                          const char *write)
{
    bool unseen = j->corefile->imports_count > 0;

    for (size_t i = 0; i < j->blocks_count; i++)
        unseen = unseen || j->blocks[i].block->imports_count;
    if (!judged_anywhere(j, plugin))
        judgement_remark(j, matter, unseen ? SEVERITY_INFO : severity, NULL, SHAPE_UNSET, why,
                         "no %s plugin%s", plugin, unseen ? " in what could be read" : "")
            ->write = write;
}

static void judge_zones(struct judgement *j)
{
    /* Without it some server serves a few zones on purpose, and others all else. */
    bool root = false, cluster = j->node_local || judged_anywhere(j, "kubernetes");

    /* What stands outside of any server block may be meant for this one. */
    for (size_t i = 0; i < j->blocks_count; i++)
        root = root || j->blocks[i].root || j->blocks[i].outside;
    if (!root && !j->corefile->imports_count && !j->corefile->variables_count)
        judgement_remark(j, MATTER_ZONES, cluster ? SEVERITY_WARNING : SEVERITY_INFO, NULL, SHAPE_UNSET,
                         "Names of other zones, all external names among them, are REFUSED.",
                         "no server block serves the root zone")
            ->write = "a server block .:53 with errors, cache 30, forward . /etc/resolv.conf, loop";
    if (!cluster)
        judgement_remark(j, MATTER_ZONES, SEVERITY_INFO, NULL, SHAPE_UNSET,
                         "It knows no cluster name; others must answer for these.", "no kubernetes plugin")
            ->write = "kubernetes cluster.local in-addr.arpa ip6.arpa";
}

void judge_whole(struct judgement *j)
{
    const struct corefile_directive *health = judged_anywhere(j, "health");
    const char *version = j->environment->version;
    /* On a node, and not node-cache: a service of the node (AKS LocalDNS), which no kubelet probes. */
    bool service = j->node_local && !judged_is_node_cache(j);
    /* Without it there is no API server to hear from, and maybe no Pod at all. */
    bool cluster = judged_anywhere(j, "kubernetes") != NULL;

    judge_duplicates(j);
    if (j->environment->partial)
        return;
    judge_zones(j);
    judge_process(
        j, MATTER_HEALTH, service || !(cluster || j->node_local) ? SEVERITY_INFO : SEVERITY_WARNING, "health",
        cluster || j->node_local
            ? "The kubelet's liveness probe asks for it (:8080/health), and ends CoreDNS again and again."
            : "Where it runs in a Pod whose liveness probe asks for it (:8080/health), as the usual Deployment has it, "
              "the kubelet ends it again and again.",
        "health, with lameduck 5s on a line of its own in its braces");
    judge_process(j, MATTER_RELOAD, SEVERITY_INFO, "reload", "A change of the ConfigMap takes a restart.",
                  "reload");
    judge_process(j, MATTER_PROMETHEUS, SEVERITY_INFO, "prometheus",
                  "There are no metrics: neither rates nor latencies nor panics can be told.",
                  "prometheus :9153");
    if (health && !directive_find(health, "lameduck") && !j->node_local)
        judgement_remark(j, MATTER_HEALTH, SEVERITY_INFO, NULL, health->line,
                         "A replica that ends stops answering at once, while queries are still sent to it.",
                         "health without lameduck")
            ->write = "health, with lameduck 5s on a line of its own in its braces";
    if (j->node_local)
        return;
    /* It came with 1.5.0. */
    if (!version || version_compare(version, "1.5.0") >= 0)
        judge_process(
            j, MATTER_READY, cluster ? SEVERITY_WARNING : SEVERITY_INFO, "ready",
            cluster
                ? "Kubernetes sends queries to a CoreDNS that has not yet heard from the API server: its answers "
                  "are NXDOMAIN or SERVFAIL for Services that exist."
                : "Where it runs in a Pod whose readiness probe asks for it (:8181/ready), as the usual Deployment has "
                  "it, the Pod never becomes ready.",
            "ready");
    if (cluster)
        judge_process(j, MATTER_LOADBALANCE, SEVERITY_INFO, "loadbalance",
                      "Clients that take the first address of a headless Service all take the same.",
                      "loadbalance");
}

/*
 * The part that users may edit (coredns-custom of AKS and k3s), seen without the Corefile that imports it:
 * what both of these have already, and what they never read.
 */

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len > tail && strcmp(text + len - tail, end) == 0;
}

/* What stands in the server block of the Corefile, where the part is imported. */
static void judge_inside_too(struct judgement *j, const struct judged_block *block)
{
    static const char *const stock[] = {"cache", "errors", "kubernetes", "loop", "prometheus", "ready"};
    const struct corefile_directive *d;

    for (size_t i = 0; i < sizeof(stock) / sizeof(stock[0]); i++) {
        d = judged_find(block, stock[i]);
        if (d)
            judgement_remark(j, MATTER_REPEATED_PLUGIN, SEVERITY_WARNING, block, d->line,
                             "The Corefile that imports it is not seen. With both CoreDNS does not start.",
                             "%s usually stands in the Corefile that imports this, and CoreDNS takes it once",
                             d->name);
    }
    d = judged_find(block, "forward");
    if (d && d->args_count > 1 && strcmp(d->args[0], ".") == 0)
        judgement_remark(
            j, MATTER_FORWARD, SEVERITY_WARNING, block, d->line,
            "Forwards are tried in the order of the file, and the Corefile that imports this usually has one for "
            "all names before it. CoreDNS before 1.9.4 does not start with both.",
            "forward . usually stands in the Corefile that imports this, and takes every query first")
            ->write = "ZONE:53 { ... } in a key that ends in .server, with forward . IP in it";
}

/* A server block of its own for what the Corefile has one for. */
static void judge_beside(struct judgement *j, const struct judged_block *block)
{
    for (size_t i = 0; i < block->keys_count; i++) {
        const struct corefile_key *key = &block->keys[i];

        if (key->port != 53 || key->transport != COREFILE_DNS || block->binds_count ||
            judged_find(block, "view"))
            continue;
        if (strcmp(key->zone, ".") == 0)
            judgement_remark(
                j, MATTER_DUPLICATE_ZONE, SEVERITY_WARNING, block, block->block->line,
                "The Corefile that imports it is not seen. With both CoreDNS does not start (\"it "
                "is already defined\").",
                "the Corefile that imports this usually serves the root zone at port 53 already")
                ->write = "ZONE:53 {";
        else if (zone_is_under("svc.cluster.local.", key->zone) && !judged_find(block, "kubernetes"))
            judgement_remark(
                j, MATTER_ZONES, SEVERITY_WARNING, block, block->block->line,
                "A query goes to the server block with the longest zone that has its name. Where the cluster's "
                "domain is cluster.local, its Services are not found any more.",
                "zone %s takes the names of cluster.local away from kubernetes", key->zone);
    }
}

/* The line that a key's text begins in; what describe printed has empty ones before it. */
static uint64_t first_line(const struct corefile_file *file)
{
    const char *text = file->text + strspn(file->text, " \t\r\n");
    uint64_t line = 1;

    for (const char *at = file->text; at < text; at++)
        line += *at == '\n';
    return line;
}

/* A key of coredns-custom that no import names. */
static void judge_key(struct judgement *j, size_t file)
{
    const char *name = j->corefile->files[file].name;

    if (ends_with(name, ".server") || ends_with(name, ".override") || strchr(name, '.'))
        return;
    judgement_remark(
        j, MATTER_UNSEEN, SEVERITY_WARNING, NULL,
        ((uint64_t)(file + 1) << 32) + first_line(&j->corefile->files[file]),
        "The Corefiles of AKS and k3s import the keys that end in .server (whole server blocks) and "
        "in .override (plugins for the block of the root zone).",
        "no Corefile imports a key called '%s'", name)
        ->write = arena_printf(j->arena, "%s.%s: |", name,
                               strchr(j->corefile->files[file].text, ':') ? "server" : "override");
}

/* AKS and k3s have theirs in kube-system alone. */
static void judge_namespace(struct judgement *j)
{
    const char *source = j->facts->source;
    size_t len = strlen("ConfigMap ");

    if (strncmp(source, "ConfigMap ", len) == 0 && ends_with(source, "/coredns-custom") &&
        strncmp(source + len, "kube-system/", strlen("kube-system/")) != 0)
        judgement_remark(
            j, MATTER_UNSEEN, SEVERITY_WARNING, NULL, SHAPE_UNSET,
            "CoreDNS's Pods mount ConfigMaps of their own namespace, which is kube-system on AKS and "
            "k3s.",
            "coredns-custom is in namespace %.*s", (int)strcspn(source + len, "/"), source + len)
            ->write = "namespace: kube-system";
}

void judge_part(struct judgement *j)
{
    for (size_t i = 0; i < j->blocks_count; i++) {
        if (j->blocks[i].outside)
            continue;
        if (corefile_line_file(j->blocks[i].block->line))
            judge_beside(j, &j->blocks[i]);
        else
            judge_inside_too(j, &j->blocks[i]);
    }
    for (size_t i = 0; i < j->corefile->files_count; i++)
        judge_key(j, i);
    judge_namespace(j);
}

/* The same keys beside a Corefile that imports by these names; others hold what plugins read (NodeHosts). */
void judge_keys_beside(struct judgement *j)
{
    const struct corefile_environment *e = j->environment;

    if (!e->text || !(memmem(e->text, e->len, "*.server", 8) || memmem(e->text, e->len, "*.override", 10)))
        return;
    for (size_t i = 0; i < j->corefile->files_count; i++)
        if (strchr(j->corefile->files[i].text, '{'))
            judge_key(j, i);
}
