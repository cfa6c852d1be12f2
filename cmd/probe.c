/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"
#include "dig_words.h"
#include "question_set.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/collect/resolver_choice.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/render/probe/probe_text.h>
#include <k8sdns/source/probe/encrypted_probe.h>
#include <k8sdns/source/probe/prober.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <string.h>
#include <unistd.h>

/* So many candidates of a slow target are asked again. */
#define AGAIN_MAX 4
/* How often who is slow is asked again, and how long before the second time. */
#define AGAIN_ROUNDS   3
#define AGAIN_PAUSE_US 100000

static const char *const socket_names[] = {"shared", "separate", NULL};
static const char *const class_names[] = {"IN", "CH", "HS", NULL};
static const uint16_t class_numbers[] = {1, 3, 4}; /* RFC 1035 section 3.2.4 */

struct probe_config {
    struct target_options targets;
    struct question_options questions;
    uint64_t tries;
    bool tcp;
    int socket;
    uint64_t source_port;
    uint64_t qps;
    const char *reverse;
    uint64_t port;
    bool brief;
    int class;
    bool tls, https, tls_insecure;
    const char *tls_name, *tls_ca, *https_path;
};

/* Of our choice: the rate is what a few Pods send, far below any server's. */
static const struct probe_config defaults = {
    .questions = QUESTION_DEFAULTS, .tries = 1, .qps = 200, .https_path = "/dns-query"};

#define ROW(kind, member) OPTION_AT(kind, struct probe_config, member)

static const struct option_row options[] = {
    QUESTION_OPTION_ROWS(struct probe_config, questions),
    {.name = "tries",
     .value = "N",
     .min = 1,
     .max = 10,
     ROW(NUMBER, tries),
     .help = "how often a query is asked (default 1)"},
    {.name = "tcp", ROW(FLAG, tcp), .help = "ask over TCP"},
    {.name = "socket",
     .value = "shared|separate",
     .words = socket_names,
     ROW(WORD, socket),
     .help = "one source port for all types of a name (default), or one each"},
    {.name = "source-port",
     .value = "N",
     .min = 1,
     .max = 65535,
     ROW(NUMBER, source_port),
     .help = "the first source port; further sockets count up"},
    {.name = "qps",
     .value = "N",
     .min = 0,
     .max = 1000000,
     ROW(NUMBER, qps),
     .help = "at most N queries a second after a burst of 64 (default 200; 0: no cap)"},
    {.name = "reverse",
     .letter = 'x',
     .value = "ADDRESS",
     ROW(TEXT, reverse),
     .help = "ask for the name of ADDRESS (PTR)"},
    {.name = "port",
     .letter = 'p',
     .value = "N",
     .min = 1,
     .max = 65535,
     ROW(NUMBER, port),
     .help = "the port of servers that are given as @SERVER (default 53)"},
    {.name = "dns-port",
     .value = "N",
     .min = 1,
     .max = 65535,
     ROW(NUMBER, port),
     .help = "the same as --port"},
    {.name = "class",
     .value = "IN|CH|HS",
     .words = class_names,
     ROW(WORD, class),
     .help = "class of the query (default IN)"},
    {.name = "tls", ROW(FLAG, tls), .help = "ask over TLS (DoT), port 853; no search list"},
    {.name = "https", ROW(FLAG, https), .help = "ask over HTTPS (DoH, POST), port 443; no search list"},
    {.name = "https-path",
     .value = "PATH",
     ROW(TEXT, https_path),
     .help = "of the server's URL (default /dns-query)"},
    {.name = "tls-name",
     .value = "NAME",
     ROW(TEXT, tls_name),
     .help = "what the certificate must be for (default: the address)"},
    {.name = "tls-ca",
     .value = "FILE",
     ROW(TEXT, tls_ca),
     .help = "authorities that are believed (default: the system's)"},
    {.name = "tls-insecure", ROW(FLAG, tls_insecure), .help = "do not check the certificate"},
    {.name = "short", ROW(FLAG, brief), .help = "only the records, or the error in a word, a line each"},
    {0},
};

static bool is_asked_for(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->args_count; i++)
        if (dns_name_equal(name, run->args[i]))
            return true;
    return run->args_count == 0;
}

/* Of the names that a capture has answers for, those that are asked for here: all of them when none is. */
static int keep_names(struct run *run, struct matrix_facts *matrix)
{
    struct probe_facts *probes = NULL;
    size_t count = 0;

    if (!run->args_count)
        return 0;
    for (size_t i = 0; i < matrix->probes_count; i++)
        if (is_asked_for(run, matrix->probes[i].name))
            *ARENA_PUSH(run->arena, probes, count) = matrix->probes[i];
    if (!count)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT,
                       "the capture has no answers for %s; it has some for %s", run->args[0],
                       matrix->probes_count ? matrix->probes[0].name : "no name");
    matrix->probes = probes;
    matrix->probes_count = count;
    matrix->differences = NULL;
    matrix->differences_count = 0;
    matrix_compare(run->arena, matrix);
    return 0;
}

/* The part of a capture, some of whose names need not exist. */
static int show_captured(struct run *run, bool brief, struct matrix_facts *matrix)
{
    const struct facts *facts = run->captured;
    const char **names = NULL;
    size_t count = 0;
    int r;

    if (!facts->matrix)
        return err_set(&run->err, ERR_UNOBSERVED, ENOENT, "the capture has no answers of servers");
    for (size_t i = 0; i < facts->names_count; i++)
        if (facts->names[i].kind == NAME_MISSING || facts->names[i].kind == NAME_UNCACHED)
            *ARENA_PUSH(run->arena, names, count) = facts->names[i].name;
    *matrix = *facts->matrix;
    matrix->brief = brief;
    matrix->absent_names = names;
    matrix->absent_names_count = count;
    r = keep_names(run, matrix);
    return r < 0 ? r : matrix_health(matrix);
}

/* Who stands out as slow is asked once more. Return how many did, or a negative errno. */
static int ask_slow_once(struct run *run, const struct prober_options *asking, struct matrix_facts *matrix,
                         const struct question_set *all)
{
    struct prober_options again = *asking;
    int asked = 0;

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
            asked++;
        }
    }
    if (asked)
        matrix_compare(run->arena, matrix);
    return asked;
}

/*
 * One slow moment, of a server or of this machine, is no slow server: who stands out is asked again, and
 * after a pause as long as a busy machine may keep a program from its CPU. The fastest answer counts.
 */
static int ask_slow_again(struct run *run, const struct prober_options *asking, struct matrix_facts *matrix,
                          const struct question_set *all)
{
    int asked = ask_slow_once(run, asking, matrix, all);

    for (int pause = 1; asked > 0 && pause < AGAIN_ROUNDS; pause++) {
        usleep(AGAIN_PAUSE_US);
        asked = ask_slow_once(run, asking, matrix, all);
    }
    return asked < 0 ? asked : 0;
}

/* Authorities are some hundred kilobytes. */
#define CA_MAX (16 * 1024 * 1024)

/* The port of servers that are given as @SERVER. */
static uint64_t port_of(const struct probe_config *config)
{
    return config->port ? config->port : DNS_PORT;
}

/*
 * Servers that speak TLS or HTTPS are upstreams, which have the port of that where none is named, and are not
 * told the names of the search list.
 */
static int prepare_encrypted(struct run *run, struct probe_config *config)
{
    struct address_list *targets = &config->targets.target;

    if (config->tls && config->https)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--tls and --https are two ways; choose one");
    if (config->tcp)
        return err_set(&run->err, ERR_USAGE, EINVAL, "--tcp does not go with --tls or --https, which use it");
    if (!targets->count)
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "name the server: @1.1.1.1 or --target 1.1.1.1; the cluster's DNS speaks neither TLS nor "
            "HTTPS");
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].port == DNS_PORT && !config->port)
            targets->items[i].port = config->tls ? DNS_OVER_TLS_PORT : DNS_OVER_HTTPS_PORT;
    config->targets.no_discovery = true;
    config->questions.no_search = true;
    return 0;
}

static int ask_encrypted(struct run *run, const struct probe_config *config,
                         const struct prober_options *asking, const struct question_set *all,
                         struct matrix_facts *matrix)
{
    struct encrypted_options how = {.transport = config->tls ? TRANSPORT_TLS : TRANSPORT_HTTPS,
                                    .types = asking->types,
                                    .types_count = asking->types_count,
                                    .class = asking->class,
                                    .timeout_us = asking->timeout_us,
                                    .udp_size = asking->udp_size,
                                    .nsid = asking->nsid,
                                    .name = config->tls_name,
                                    .insecure = config->tls_insecure,
                                    .path = config->https_path};
    char *ca;
    int r;

    if (config->tls_ca) {
        r = file_read(run->arena, config->tls_ca, CA_MAX, &ca, &how.ca_len, &run->err);
        if (r < 0)
            return r;
        how.ca = ca;
    }
    r = encrypted_probe_run(run->arena, &how, matrix, all->candidates, all->candidates_count, &run->err);
    if (r < 0)
        return r;
    matrix_compare(run->arena, matrix);
    return matrix_health(matrix);
}

static int run(struct run *run, const void *config_at, void *data)
{
    struct probe_config own = *(const struct probe_config *)config_at, *config = &own;
    struct dig_words words;
    struct matrix_facts *matrix = data;
    struct question_set all;
    struct prober_options asking;
    int r;

    if (run->captured)
        return show_captured(run, config->brief, matrix);
    r = dig_words_take(run, config->reverse, port_of(config), &own.targets, &own.questions.types, &words);
    if (r < 0)
        return r;
    own.tls = own.tls || words.tls;
    own.https = own.https || words.https;
    r = own.tls || own.https ? prepare_encrypted(run, &own) : 0;
    if (r < 0)
        return r;
    own.tcp = own.tcp || words.tcp;
    own.questions.no_search = own.questions.no_search || words.no_search;
    own.questions.nsid = own.questions.nsid || words.nsid;
    own.tries = words.tries ? words.tries : own.tries;
    if (words.timeout_us)
        own.questions.timeout_us = words.timeout_us;
    if (words.bufsize)
        own.questions.bufsize = words.bufsize;
    matrix->brief = config->brief || words.is_short;
    r = question_set_collect(run, &config->questions, &config->targets, &all);
    if (r < 0)
        return r;
    matrix->targets = all.targets;
    matrix->targets_count = all.targets_count;
    matrix->cluster_domain = resolver_cluster_domain(all.view);
    matrix->as_pod = config->questions.no_search ? NULL : all.resolv.as_pod;
    matrix->names_as = config->questions.no_search ? NULL : all.resolv.names_as;
    matrix->resolver = config->questions.no_search ? NULL : resolver_names[all.view->resolver];

    asking = (struct prober_options){
        .types = all.types,
        .types_count = all.types_count,
        .timeout_us = config->questions.timeout_us,
        .tries = (unsigned)config->tries,
        .class = words.class ? words.class : class_numbers[config->class],
        .tcp = config->tcp,
        .separate = config->socket == 1,
        .source_port = (uint16_t)config->source_port,
        .udp_size = (uint16_t)config->questions.bufsize,
        .nsid = config->questions.nsid,
        .qps = (double)config->qps,
        .port_targets = arena_array(run->arena, PROBER_PORTS, sizeof(uint16_t)),
    };
    if (own.tls || own.https)
        return ask_encrypted(run, config, &asking, &all, matrix);
    r = prober_run(run->arena, &asking, matrix, all.candidates, all.candidates_count, &run->err);
    if (r < 0)
        return r;
    matrix_compare(run->arena, matrix);
    r = ask_slow_again(run, &asking, matrix, &all);
    if (r < 0)
        return r;
    return matrix_health(matrix);
}

const struct command command_probe = {
    .name = "probe",
    .group = GROUP_SERVERS,
    .summary = "A and AAAA for every candidate at every server",
    .arguments = "[@SERVER] NAME... [TYPE]",
    .args_max = SIZE_MAX,
    .options = options,
    .defaults = &defaults,
    .config_size = sizeof(struct probe_config),
    .targets_offset = offsetof(struct probe_config, targets),
    .takes_targets = true,
    .capabilities = CAPABILITY(CAP_NET_ADMIN),
    .chooses_ports = true,
    .shape = &matrix_facts_shape,
    .judges = true,
    .status_offset = offsetof(struct matrix_facts, status),
    .from_facts = true,
    .example = "k8sdns probe www.aliyun.com --replica 10.244.1.21,10.244.1.22",
    .run = run,
    .render = probe_text_render,
};
