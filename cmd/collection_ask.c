/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_state.h"
#include <k8sdns/base/clock.h>
#include <k8sdns/source/watcher.h>
#include <k8sdns/wire/dns_words.h>
#include <string.h>

/* As large as answers get; what is then lost is asked again for a small one. Source: RFC 6891, 6.2.5. */
#define UDP_SIZE 4096

/* Ask; a run that could not ask anything is a gap. */
static struct matrix_facts *ask(struct collection *c, const struct probe_candidate *candidates, size_t count,
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
    *matrix = (struct matrix_facts){.targets = c->targets,
                                    .targets_count = c->targets_count,
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

/* A Service is most often asked for in the wrong namespace: its first label, in those where Services mostly
 * are. */
static void ask_near(struct collection *c)
{
    static const char *const spaces[] = {"default", "kube-system"};
    struct arena *arena = c->run->arena;
    struct probe_candidate *near = NULL;
    size_t count = 0;

    for (size_t i = 0; c->domain && i < c->facts->names_count; i++) {
        const char *name = c->facts->names[i].name;
        int label = (int)strcspn(name, ".");

        if (c->facts->names[i].kind != NAME_GIVEN || !label || !is_missing(c->facts->matrix, name))
            continue;
        for (size_t k = 0; k < sizeof(spaces) / sizeof(spaces[0]); k++)
            *ARENA_PUSH(arena, near, count) = (struct probe_candidate){
                name, arena_printf(arena, "%.*s.%s.svc.%s", label, name, spaces[k], c->domain)};
    }
    if (count)
        c->facts->near_names =
            ask(c, near, count, &(struct prober_options){.timeout_us = collection_share_us(c, SHARE_AGAIN)});
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
