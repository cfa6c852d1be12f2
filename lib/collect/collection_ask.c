/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_state.h"
#include "discovery.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/model/near_names.h>
#include <k8sdns/source/kube_api.h>
#include <k8sdns/source/watcher.h>
#include <k8sdns/wire/dns_words.h>
#include <string.h>

/* As large as answers get; what is then lost is asked again for a small one. Source: RFC 6891, 6.2.5. */
#define UDP_SIZE 4096
/* Names that are tried for each that does not exist. */
#define NEAR_MAX 12

/* Ask `targets`; a run that could not ask anything is a gap. */
static struct matrix_facts *ask_at(struct collection *c, struct target_facts *targets, size_t targets_count,
                                   const struct probe_candidate *candidates, size_t count,
                                   const struct prober_options *special)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    struct prober_options options = *special;
    struct matrix_facts *matrix = ARENA_NEW(c->run->arena, struct matrix_facts);

    options.types = types;
    options.types_count = options.tcp ? 1 : 2;
    options.tries = 1;
    options.qps = QPS;
    options.port_targets = c->port_targets;
    *matrix = (struct matrix_facts){.targets = targets,
                                    .targets_count = targets_count,
                                    .cluster_domain = c->domain,
                                    .resolver = resolver_words[c->view->resolver]};
    if (prober_run(c->run->arena, &options, matrix, candidates, count, &c->run->err) < 0) {
        run_unobserved(c->run, options.tcp ? "answers over TCP" : "answers of the servers",
                       arena_text(c->run->arena, c->run->err.text), "see k8sdns probe");
        c->run->err = (struct err){0};
        return NULL;
    }
    return matrix;
}

static struct matrix_facts *ask(struct collection *c, const struct probe_candidate *candidates, size_t count,
                                const struct prober_options *special)
{
    return ask_at(c, c->targets, c->targets_count, candidates, count, special);
}

/* What was lost at a server that is heard otherwise, again without EDNS: it may have been too large. */
static void ask_small(struct collection *c)
{
    const struct matrix_facts *matrix = c->facts->matrix;
    struct probe_candidate *lost = NULL;
    size_t count = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        bool heard = false, known = false;

        for (size_t k = 0; k < matrix->probes_count && !heard; k++)
            heard = strcmp(matrix->probes[k].target, p->target) == 0 && probe_is_heard(&matrix->probes[k]);
        for (size_t k = 0; k < count && !known; k++)
            known = strcmp(lost[k].candidate, p->candidate) == 0;
        if (p->status == PROBE_TIMEOUT && heard && !known)
            *ARENA_PUSH(c->run->arena, lost, count) = (struct probe_candidate){p->name, p->candidate};
    }
    if (count)
        c->facts->small =
            ask(c, lost, count, &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN)});
}

static bool is_missing(const struct matrix_facts *matrix, const char *name)
{
    bool heard = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        if (strcmp(matrix->probes[i].name, name) != 0 || !probe_is_heard(&matrix->probes[i]))
            continue;
        heard = true;
        if (matrix->probes[i].status != PROBE_NXDOMAIN)
            return false;
    }
    return heard;
}

/* Services that the API tells of, where it may be asked and nobody has piped them in. */
static void learn_services(struct collection *c)
{
    struct kube_objects objects = {.names = c->services, .names_count = c->services_count};
    struct kube_api_options api;

    if (c->options->targets.no_discovery || c->options->targets.endpoints)
        return;
    discovery_api_options(c->run, &c->options->targets, collection_share_us(c, SHARE_AGAIN), &api);
    (void)kube_api_read_names(c->run->arena, &api, collection_share_us(c, SHARE_AGAIN), &objects);
    c->services = objects.names;
    c->services_count = objects.names_count;
}

/* The namespace of this Pod, by the first search domain ("prod.svc.cluster.local"); NULL. */
static const char *own_space(const struct collection *c)
{
    const char *first = c->view->search_count ? c->view->search[0] : "";
    size_t len = strcspn(first, ".");

    return strncmp(first + len, ".svc.", 5) == 0 && strcmp(first + len + 5, c->domain) == 0
               ? arena_text_n(c->run->arena, first, len)
               : NULL;
}

/* The first server that is heard; all of them know the same names. */
static struct target_facts *first_heard(const struct collection *c)
{
    for (size_t i = 0; i < c->facts->matrix->probes_count; i++)
        for (size_t k = 0; k < c->targets_count; k++)
            if (probe_is_heard(&c->facts->matrix->probes[i]) &&
                strcmp(c->targets[k].id, c->facts->matrix->probes[i].target) == 0)
                return &c->targets[k];
    return NULL;
}

/* What is like a name that does not exist is asked for before it is suggested, at one server. */
static void ask_near(struct collection *c)
{
    size_t most = QPS * (collection_share_us(c, SHARE_AGAIN) / 1000) / 1000 / 2, count = 0;
    struct probe_candidate *near = NULL;
    bool learnt = false;

    for (size_t i = 0; c->domain && i < c->facts->names_count; i++) {
        const char *name = c->facts->names[i].name, **names;
        size_t found;

        if (c->facts->names[i].kind != NAME_GIVEN || !is_missing(c->facts->matrix, name))
            continue;
        if (!learnt)
            learn_services(c);
        learnt = true;
        found = near_names(c->run->arena, name, c->domain, own_space(c), c->services, c->services_count,
                           NEAR_MAX, &names);
        for (size_t k = 0; k < found && count < most; k++)
            *ARENA_PUSH(c->run->arena, near, count) = (struct probe_candidate){name, names[k]};
    }
    if (count)
        c->facts->near_names =
            ask_at(c, first_heard(c), 1, near, count,
                   &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN)});
}

void collection_ask(struct collection *c)
{
    const struct probe_candidate own = {c->own, arena_text_n(c->run->arena, c->own, strlen(c->own) - 1)};

    collection_progress(c, "asking the servers");
    c->port_targets = arena_array(c->run->arena, PROBER_PORTS, sizeof(uint16_t));
    c->facts->matrix =
        ask(c, c->candidates, c->candidates_count,
            &(struct prober_options){
                .timeout_us = collection_share_us(c, SHARE_MATRIX), .udp_size = UDP_SIZE, .nsid = true});
    if (!c->facts->matrix)
        return;
    matrix_compare(c->run->arena, c->facts->matrix);
    ask_small(c);
    ask_near(c);
    c->facts->tcp = ask(
        c, &own, 1, &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_TCP), .tcp = true});
}

static int no_report(void *user)
{
    (void)user;
    return 0;
}

/* The same question again and again: what is lost now and then is not seen in one asking. */
void collection_sample(struct collection *c)
{
    static const uint16_t types[] = {DNS_TYPE_A, DNS_TYPE_AAAA};
    const struct probe_candidate own = {c->own, arena_text_n(c->run->arena, c->own, strlen(c->own) - 1)};
    struct watch_record *record = ARENA_NEW(c->run->arena, struct watch_record);
    const struct watcher_options options = {
        .candidates = &own,
        .candidates_count = 1,
        .types = types,
        .types_count = 2,
        .timeout_us = collection_share_us(c, SHARE_LAST),
        .qps = QPS,
        .duration_us = collection_share_us(c, SHARE_SAMPLING),
        .interval_us = collection_share_us(c, SHARE_SAMPLING),
        .report = no_report,
    };

    collection_progress(c, "asking again and again");
    if (watcher_run(c->run->arena, &options, c->targets, c->targets_count, record, &c->run->err) < 0) {
        run_unobserved(c->run, "a sampling of the servers", arena_text(c->run->arena, c->run->err.text),
                       "see k8sdns watch");
        c->run->err = (struct err){0};
        return;
    }
    c->facts->sampling = ARENA_NEW(c->run->arena, struct watch_facts);
    watch_record_facts(record, true, clock_monotonic_ns(), c->run->arena, c->facts->sampling);
}
