/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "question_set.h"
#include "resolver_choice.h"
#include <k8sdns/model/facts.h>
#include <k8sdns/render/probe_text.h>
#include <k8sdns/source/prober.h>
#include <string.h>

/* So many candidates of a slow target are asked again. */
#define AGAIN_MAX 4

static const char *const socket_words[] = {"shared", "separate", NULL};

struct probe_config {
    struct target_options targets;
    struct question_options questions;
    uint64_t tries;
    bool tcp;
    int socket;
    uint64_t source_port;
    uint64_t qps;
};

/* Of our choice: the rate is what a few Pods send, far below any server's. */
static const struct probe_config defaults = {.questions = QUESTION_DEFAULTS, .tries = 1, .qps = 200};

#define ROW(member) .offset = offsetof(struct probe_config, member)

static const struct option_row options[] = {
    QUESTION_OPTION_ROWS(struct probe_config, questions),
    {.name = "tries",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 10,
     ROW(tries),
     .help = "how often a question is asked (default 1)"},
    {.name = "tcp", .kind = OPTION_FLAG, ROW(tcp), .help = "ask over TCP"},
    {.name = "socket",
     .value = "shared|separate",
     .kind = OPTION_WORD,
     .words = socket_words,
     ROW(socket),
     .help = "one source port for all types of a name (default), or one each"},
    {.name = "source-port",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 1,
     .max = 65535,
     ROW(source_port),
     .help = "the first source port; further sockets count up"},
    {.name = "qps",
     .value = "N",
     .kind = OPTION_NUMBER,
     .min = 0,
     .max = 1000000,
     ROW(qps),
     .help = "at most N questions a second after a burst of 64 (default 200; 0: no cap)"},
    {0},
};

static int matrix_status(const void *data)
{
    const struct matrix_facts *matrix = data;
    bool heard = false, failed = false;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        heard = heard || probe_is_heard(&matrix->probes[i]);
        failed = failed || !probe_status_is_good(matrix->probes[i].status);
    }
    return !heard ? STATUS_CRITICAL : failed ? STATUS_WARNING : STATUS_OK;
}

/*
 * One slow moment, of a server or of this machine, is no slow server: who stands out is asked again, and the
 * better of the two counts.
 */
static int ask_slow_again(struct run *run, const struct prober_options *asking, struct matrix_facts *matrix,
                          const struct question_set *all)
{
    struct prober_options again = *asking;
    bool asked = false;

    again.tries = 1;
    if (again.source_port)
        again.source_port =
            matrix->sent < 65535U - again.source_port ? (uint16_t)(again.source_port + matrix->sent) : 0;
    for (size_t i = 0; i < matrix->differences_count; i++) {
        const struct difference_facts *difference = &matrix->differences[i];

        for (size_t t = 0; t < matrix->targets_count; t++) {
            struct matrix_facts part = {.targets = &matrix->targets[t], .targets_count = 1};
            int r;

            if (difference->kind != DIFFERS_LATENCY || strcmp(difference->target, part.targets->id) != 0)
                continue;
            again.first_target = t;
            r = prober_run(run->arena, &again, &part, all->candidates,
                           all->candidates_count < AGAIN_MAX ? all->candidates_count : AGAIN_MAX, &run->err);
            if (r < 0)
                return r;
            for (size_t k = 0; k < part.probes_count; k++)
                if (part.probes[k].rtt_us < part.targets->again_us)
                    part.targets->again_us = part.probes[k].rtt_us;
            matrix->sent += part.sent;
            asked = true;
        }
    }
    if (asked)
        matrix_compare(run->arena, matrix);
    return 0;
}

static int run(struct run *run, const void *config_at, void *data)
{
    const struct probe_config *config = config_at;
    struct matrix_facts *matrix = data;
    struct question_set all;
    struct prober_options asking;
    int r;

    r = question_set_collect(run, &config->questions, &config->targets, &all);
    if (r < 0)
        return r;
    matrix->targets = all.targets;
    matrix->targets_count = all.targets_count;
    matrix->cluster_domain = resolver_cluster_domain(all.view);
    matrix->resolver = config->questions.no_search ? NULL : resolver_words[all.view->resolver];

    asking = (struct prober_options){
        .types = all.types,
        .types_count = all.types_count,
        .timeout_us = config->questions.timeout_us,
        .tries = (unsigned)config->tries,
        .tcp = config->tcp,
        .separate = config->socket == 1,
        .source_port = (uint16_t)config->source_port,
        .udp_size = (uint16_t)config->questions.bufsize,
        .nsid = config->questions.nsid,
        .qps = (double)config->qps,
        .port_targets = arena_array(run->arena, PROBER_PORTS, sizeof(uint16_t)),
    };
    r = prober_run(run->arena, &asking, matrix, all.candidates, all.candidates_count, &run->err);
    if (r < 0)
        return r;
    matrix_compare(run->arena, matrix);
    r = ask_slow_again(run, &asking, matrix, &all);
    if (r < 0)
        return r;
    return matrix_status(matrix);
}

const struct command command_probe = {
    .name = "probe",
    .group = "Ask the servers",
    .summary = "A and AAAA for every candidate at every server",
    .arguments = "NAME...",
    .args_min = 1,
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct probe_config),
    .targets_offset = offsetof(struct probe_config, targets),
    .takes_targets = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .shape = &matrix_facts_shape,
    .part_offset = offsetof(struct facts, matrix),
    .part_missing = "no answers of servers",
    .part_status = matrix_status,
    .example = "k8sdns probe www.aliyun.com --replica 10.244.1.21,10.244.1.22",
    .run = run,
    .render = probe_text_render,
};
