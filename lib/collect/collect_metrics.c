/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/shell_word.h>
#include <k8sdns/collect/collect_metrics.h>
#include <k8sdns/model/cluster/cluster_words.h>
#include <k8sdns/model/probe/server_place.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct metrics_target *add(struct collect_metrics *look, const struct metrics_source *source, int role)
{
    struct metrics_target *target;

    for (size_t i = 0; i < look->targets_count; i++)
        if (strcmp(look->targets[i].source.name, source->name) == 0)
            return &look->targets[i];
    if (look->targets_count == METRICS_TARGETS_MAX) {
        survey_unobserved_as(look->survey, GAP_METRICS_OF_ONE,
                             arena_printf(look->survey->arena, "metrics of %s", source->name),
                             "256 replicas are scraped at the most", "name it with --replica");
        return NULL;
    }
    target = ARENA_PUSH(look->survey->arena, look->targets, look->targets_count);
    *target = (struct metrics_target){.source = *source, .role = role, .cpu_limit_cores = (double)NAN};
    return target;
}

static struct metrics_target *add_at(struct collect_metrics *look, const struct address *where, uint64_t port,
                                     int role)
{
    struct address at = *where;
    struct metrics_source source;

    at.port = (uint16_t)port;
    metrics_source_at(look->survey->arena, &at, look->path, &source);
    return add(look, &source, role);
}

void collect_metrics_add_address(struct collect_metrics *look, const struct address *where, int role)
{
    (void)add_at(look, where, look->port ? look->port : METRICS_PORT, role);
}

/* "100m" or "2". Source: Kubernetes, Resource units. */
static double read_cores(const char *text)
{
    char *end;
    double value = text ? strtod(text, &end) : 0;

    if (!text || end == text || !(value > 0))
        return (double)NAN;
    return strcmp(end, "m") == 0 ? value / 1000 : *end ? (double)NAN : value;
}

void collect_metrics_add_replicas(struct collect_metrics *look, const struct replicas_facts *replicas,
                                  const struct kube_facts *kube)
{
    for (size_t i = 0; i < replicas->replicas_count; i++) {
        const struct replica_facts *replica = &replicas->replicas[i];
        struct metrics_target *target;

        if (replica->terminating)
            continue;
        target = add_at(look, &replica->where, look->port ? look->port : METRICS_PORT, METRICS_OF_REPLICA);
        if (!target)
            continue;
        target->pod = replica->pod;
        target->node = replica->node;
        for (size_t k = 0; kube && replica->pod && k < kube->pods_count; k++)
            if (strcmp(kube->pods[k].name, replica->pod) == 0)
                target->cpu_limit_cores = read_cores(kube->pods[k].cpu_limit);
    }
}

void collect_metrics_add_node_local(struct collect_metrics *look, const struct replicas_facts *replicas,
                                    const struct resolver_view *view)
{
    uint64_t port = look->port ? look->port : METRICS_PORT_NODE_LOCAL;

    for (size_t i = 0; view && i < view->nameservers_count; i++)
        if (server_place(&view->servers[i]) == PLACE_NODE_CACHE)
            (void)add_at(look, &view->servers[i], port, METRICS_OF_NODE_LOCAL);
    for (size_t i = 0; i < replicas->node_local_count; i++) {
        struct metrics_target *target =
            add_at(look, &replicas->node_local[i].where, port, METRICS_OF_NODE_LOCAL);

        if (!target)
            continue;
        target->pod = replicas->node_local[i].pod;
        target->node = replicas->node_local[i].node;
    }
}

void collect_metrics_add_cluster_ips(struct collect_metrics *look, const struct replicas_facts *replicas)
{
    for (size_t i = 0; !look->targets_count && i < replicas->cluster_ips_count; i++)
        collect_metrics_add_address(look, &replicas->cluster_where[i], METRICS_OF_CLUSTER_IP);
}

int collect_metrics_add_named(struct collect_metrics *look, const char *text)
{
    struct metrics_source source;
    int r = metrics_source_parse(look->survey->arena, text, &source, &look->survey->err);

    if (r == 0)
        (void)add(look, &source, METRICS_OF_NAMED);
    return r;
}

bool collect_metrics_changes(const struct collect_metrics *look)
{
    for (size_t i = 0; i < look->targets_count; i++)
        if (!look->targets[i].source.file)
            return true;
    return false;
}

/* A token is for nobody to read on the way; and standard input has one end. */
static int check(const struct collect_metrics *look)
{
    struct err *err = &look->survey->err;

    for (size_t i = 0; i < look->targets_count; i++) {
        const struct metrics_source *source = &look->targets[i].source;

        if (look->trust.bearer && !source->file && !source->tls)
            return err_set(err, ERR_USAGE, EINVAL, "--token goes with https alone, and %s is not",
                           source->name);
        if (source->file && strcmp(source->file, "-") == 0 && collect_metrics_changes(look))
            return err_set(
                err, ERR_USAGE, EINVAL,
                "standard input is read once; what is scraped over the network has a survey of its own");
    }
    return 0;
}

/* Into the newer of the two memories, which is free. */
static int scrape(struct collect_metrics *look)
{
    size_t count = look->targets_count, asked_count = 0, *asked;
    struct arena *memory = look->memory[1];
    struct metrics_source *sources;
    struct metrics_record **records;
    int r;

    arena_reset(memory);
    look->now = arena_array(memory, count, sizeof(struct metrics_record *));
    asked = arena_array(memory, count, sizeof(*asked));
    sources = arena_array(memory, count, sizeof(*sources));
    records = arena_array(memory, count, sizeof(struct metrics_record *));
    for (size_t i = 0; i < count; i++) {
        bool given_up = look->given_up_stays && look->before && look->before[i]->error;

        if (given_up) {
            look->now[i] = metrics_record_new(memory);
            look->now[i]->error = arena_text(memory, look->before[i]->error);
            continue;
        }
        sources[asked_count] = look->targets[i].source;
        asked[asked_count++] = i;
    }
    r = metrics_scrape(memory, sources, asked_count, &look->trust, look->timeout_us, records,
                       &look->survey->err);
    for (size_t i = 0; i < asked_count; i++)
        look->now[asked[i]] = records[i];
    return r;
}

int collect_metrics_scrape(struct collect_metrics *look)
{
    struct arena *memory = look->memory[0];
    int r = check(look);

    if (r < 0)
        return r;
    look->memory[0] = look->memory[1];
    look->memory[1] = memory ? memory : arena_new();
    look->before = look->now;
    return scrape(look);
}

int collect_metrics_scrape_later(struct collect_metrics *look)
{
    return scrape(look);
}

void collect_metrics_facts(const struct collect_metrics *look, struct metrics_facts *facts)
{
    struct arena *arena = look->survey->arena;

    facts->status = -1;
    for (size_t i = 0; i < look->targets_count; i++) {
        const struct metrics_target *target = &look->targets[i];
        const struct metrics_record *now = look->now[i], *before = look->before ? look->before[i] : NULL;
        struct metrics_replica_facts *replica = ARENA_PUSH(arena, facts->replicas, facts->replicas_count);

        if (before && before->error)
            before = NULL;
        replica->source = target->source.name;
        replica->role = target->role;
        metrics_read_replica(arena, before, now, replica);
        replica->pod = target->pod;
        replica->node = target->node;
        replica->cpu_limit_cores = target->cpu_limit_cores;
        replica->error = now->error ? arena_text(arena, now->error) : NULL;
    }
    metrics_compare(arena, facts);
}

/* How they may be had nevertheless. */
static const char *metrics_remedy(const struct survey *survey, const struct metrics_replica_facts *replica)
{
    const char *text = arena_printf(
        survey->arena,
        "see that the Corefile has the prometheus plugin and that no NetworkPolicy closes the port; or read "
        "http://127.0.0.1:9153/metrics beside: kubectl -n {ns} port-forward %s 9153",
        shell_word(survey->arena, text_or(replica->pod, "POD")));

    return cluster_words_expand(survey->arena, survey->dns, text);
}

void collect_metrics_unobserved(struct survey *survey, const struct metrics_facts *facts)
{
    for (size_t i = 0; i < facts->replicas_count; i++) {
        const struct metrics_replica_facts *replica = &facts->replicas[i];

        if (replica->error)
            survey_unobserved_as(survey, GAP_METRICS_OF_ONE,
                                 arena_printf(survey->arena, "metrics of %s", replica->source),
                                 replica->error, metrics_remedy(survey, replica));
    }
}

void collect_metrics_fini(struct collect_metrics *look)
{
    arena_free(look->memory[0]);
    arena_free(look->memory[1]);
}
