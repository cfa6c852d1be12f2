/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collection_state.h"
#include "conntrack_look.h"
#include "corefile_look.h"
#include "discovery.h"
#include "dnstap_look.h"
#include "drops_look.h"
#include "ipvs_look.h"
#include "logs_look.h"
#include "metrics_look.h"
#include "resolver_choice.h"
#include "spans_look.h"
#include "targets.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/plan_facts.h>
#include <k8sdns/source/node_limits.h>
#include <k8sdns/wire/dns_name.h>
#include <k8sdns/wire/resolv_conf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DNS_PORT  53
#define NAMES_MAX 64

static const char usual_external[] = "www.example.com";

uint64_t collection_share_us(const struct collection *c, double share)
{
    return (uint64_t)((double)c->options->budget_us * share);
}

/* A line on the terminal while people wait; gone when the page comes. */
void collection_progress(const struct collection *c, const char *what)
{
    if (!c->run->globals->quiet && isatty(STDERR_FILENO))
        fprintf(stderr, *what ? "\r\033[K%s ..." : "\r\033[K%s", what);
}

static int read_resolv(struct collection *c)
{
    struct resolv_facts *resolv = ARENA_NEW(c->run->arena, struct resolv_facts);
    int r = resolver_choose_if_any(c->run, c->options->as, resolv, &c->view);

    if (r < 0)
        return r;
    if (c->view) {
        c->facts->resolv = resolv;
    } else {
        run_unobserved(c->run, "resolv.conf", "there is none here", "name it with --resolv-conf");
        resolv_facts_read(c->run->arena, "", 0, &(struct resolv_environment){0}, resolv);
        c->view = &resolv->views[RESOLVER_GLIBC];
    }
    c->domain = resolver_cluster_domain(c->view);
    c->own =
        arena_printf(c->run->arena, "kubernetes.default.svc.%s.", c->domain ? c->domain : "cluster.local");
    return 0;
}

static void add_name(struct collection *c, const char *name, int kind)
{
    struct facts *facts = c->facts;
    struct name_plans *plans;

    for (size_t i = 0; i < facts->names_count; i++)
        if (strcmp(facts->names[i].name, name) == 0)
            return;
    *ARENA_PUSH(c->run->arena, facts->names, facts->names_count) = (struct asked_name){name, kind};
    plans = ARENA_PUSH(c->run->arena, facts->plans->names, facts->plans->names_count);
    plans->name = name;
    plan_make(c->run->arena, c->view, name, ARENA_PUSH(c->run->arena, plans->plans, plans->plans_count));
}

static int choose_names(struct collection *c)
{
    struct run *run = c->run;
    uint8_t wire[DNS_NAME_WIRE_MAX];

    c->facts->plans = ARENA_NEW(run->arena, struct expand_facts);
    c->facts->plans->detected = c->facts->resolv ? c->facts->resolv->resolver.kind : -1;
    if (run->args_count > NAMES_MAX)
        return err_set(&run->err, ERR_USAGE, E2BIG, "more than %d names", NAMES_MAX);
    add_name(c, c->own, NAME_OWN);
    for (size_t i = 0; i < run->args_count; i++) {
        int r = dns_name_from_text(run->args[i], wire, &run->err);

        if (r < 0) {
            run->err.kind = ERR_USAGE;
            return r;
        }
        add_name(c, run->args[i], NAME_GIVEN);
    }
    if (!run->args_count && !c->options->no_external)
        add_name(c, c->options->external ? c->options->external : usual_external, NAME_EXTERNAL);
    if (!run->args_count)
        add_name(
            c, arena_printf(run->arena, "k8sdns-%08llx", (unsigned long long)(run->started_ns & 0xffffffff)),
            NAME_MISSING);
    return 0;
}

static void choose_candidates(struct collection *c)
{
    for (size_t i = 0; i < c->facts->plans->names_count; i++) {
        const struct name_plans *name = &c->facts->plans->names[i];

        for (size_t k = 0; k < name->plans[0].queries_count; k++) {
            const char *candidate = name->plans[0].queries[k].name;
            bool known = false;

            for (size_t n = 0; n < c->candidates_count && !known; n++)
                known = strcmp(c->candidates[n].name, name->name) == 0 &&
                        dns_name_equal(c->candidates[n].candidate, candidate);
            if (!known)
                *ARENA_PUSH(c->run->arena, c->candidates, c->candidates_count) =
                    (struct probe_candidate){name->name, candidate};
        }
    }
}

/* On a node resolv.conf names the node's own resolvers, which are none of the cluster's, where there are
 * such. */
static void leave_upstreams(struct collection *c)
{
    size_t kept = 0, cluster = 0;

    for (size_t i = 0; i < c->targets_count; i++)
        cluster += c->targets[i].role != TARGET_NAMESERVER;
    for (size_t i = 0; cluster && i < c->targets_count; i++)
        if (c->targets[i].role != TARGET_NAMESERVER)
            c->targets[kept++] = c->targets[i];
    c->targets_count = cluster ? kept : c->targets_count;
}

static int find_servers(struct collection *c)
{
    struct kube_objects objects = {0};
    const struct discovery_asks asks = {
        .kernel = true, .objects = &objects, .api_us = collection_share_us(c, SHARE_API)};
    struct replicas_facts *replicas = ARENA_NEW(c->run->arena, struct replicas_facts);
    int r = discovery_run(c->run, &c->options->targets, c->facts->resolv, c->view, &asks, replicas);

    if (r < 0)
        return r;
    discovery_unobserved(c->run, replicas);
    c->facts->replicas = replicas;
    c->services = objects.names;
    c->services_count = objects.names_count;
    c->facts->kube = kube_facts_from(c->run->arena, &objects, c->run->started_ns);
    known_replicas_of(c->run->arena, replicas, &c->known);
    r = targets_put_together(c->run, &c->options->targets,
                             c->facts->resolv ? c->facts->resolv : &(struct resolv_facts){0}, c->view,
                             replicas, &c->targets);
    if (r < 0)
        return r;
    c->targets_count = (size_t)r;
    leave_upstreams(c);
    return 0;
}

/* A name that nobody asked for. */
static bool is_usual(const struct collection *c, const char *name)
{
    for (size_t i = 0; i < c->facts->names_count; i++)
        if (strcmp(c->facts->names[i].name, name) == 0)
            return c->facts->names[i].kind == NAME_EXTERNAL || c->facts->names[i].kind == NAME_MISSING;
    return false;
}

/*
 * At a gentle rate only so much can be asked in the time. The usual names go first, each whole, since half a
 * search list tells nothing; then servers, from the end.
 */
static void fit_budget(struct collection *c)
{
    uint64_t most = QPS * (collection_share_us(c, SHARE_MATRIX + SHARE_LAST) / 1000) / 1000;
    size_t names = c->candidates_count, servers = c->targets_count;

    while (c->candidates_count > 1 && c->candidates_count * 2 * c->targets_count > most) {
        const char *last = c->candidates[c->candidates_count - 1].name;

        if (!is_usual(c, last))
            break;
        while (c->candidates_count > 1 && c->candidates[c->candidates_count - 1].name == last)
            c->candidates_count--;
    }
    while (c->targets_count > 1 && c->candidates_count * 2 * c->targets_count > most)
        c->targets_count--;
    if (c->candidates_count < names || c->targets_count < servers)
        run_unobserved(
            c->run, "answers to all questions",
            arena_printf(c->run->arena,
                         "%zu of %zu full names at %zu of %zu servers are all that the budget allows",
                         c->candidates_count, names, c->targets_count, servers),
            "give it more with --budget, or name fewer servers with --no-discovery --replica");
}

static int read_dnstap(struct collection *c)
{
    if (!c->options->dnstap)
        return 0;
    c->facts->dnstap = ARENA_NEW(c->run->arena, struct dnstap_facts);
    return dnstap_look(c->run, c->options->dnstap, c->facts->dnstap);
}

/* ---- the kernel, before and after ---- */

static struct conntrack_facts *look_at_conntrack(struct collection *c, bool tell)
{
    struct conntrack_facts *facts = ARENA_NEW(c->run->arena, struct conntrack_facts);
    int r = conntrack_look(c->run, DNS_PORT, &c->known, facts);

    if (tell && r < 0)
        run_unobserved(c->run, "connection tracking", arena_text(c->run->arena, c->run->err.text),
                       "run it on the node, or with --netns /proc/1/ns/net");
    else if (tell && !facts->dns && facts->table.hooks != 0) /* a Pod's own table is told of elsewhere */
        conntrack_look_unobserved(c->run);
    c->run->err = (struct err){0};
    return r < 0 ? NULL : facts;
}

static struct node_facts *look_at_node(struct collection *c)
{
    struct node_facts *facts = ARENA_NEW(c->run->arena, struct node_facts);
    struct node_question question = {.pid = c->run->globals->pid, .dns_port = DNS_PORT};
    struct address *targets = NULL;

    for (size_t i = 0; i < c->targets_count; i++)
        *ARENA_PUSH(c->run->arena, targets, question.targets_count) = c->targets[i].where;
    question.targets = targets;
    return node_limits_read(c->run->arena, &question, facts) ? facts : NULL;
}

static void look_at_ipvs(struct collection *c)
{
    struct ipvs_facts *facts = ARENA_NEW(c->run->arena, struct ipvs_facts);
    int r = ipvs_look(c->run, DNS_PORT, &c->known, facts);

    if (r == 0)
        c->facts->ipvs = facts;
    else if (r == -ENOENT || r == -ESRCH)
        c->facts->ipvs_absent = true;
    else
        run_unobserved(c->run, "IPVS", arena_text(c->run->arena, c->run->err.text),
                       "run it as root on the node");
    c->run->err = (struct err){0};
}

/* ---- what the replicas count, around the sampling ---- */

static int begin_metrics(struct collection *c, struct metrics_look *look)
{
    const struct option_words *named = &c->options->metrics;
    int r = 0;

    *look = (struct metrics_look){
        .run = c->run, .timeout_us = collection_share_us(c, SHARE_METRICS), .given_up_stays = true};
    if (c->options->no_metrics)
        return 0;
    for (size_t i = 0; r == 0 && i < named->count; i++)
        r = metrics_look_add_named(look, named->items[i]);
    if (!named->count)
        metrics_look_add_replicas(look, c->facts->replicas, c->facts->kube);
    return r < 0 || !look->targets_count ? r : metrics_look_scrape(look);
}

static int end_metrics(struct collection *c, struct metrics_look *look, int r)
{
    if (r == 0 && look->targets_count && metrics_look_changes(look))
        r = metrics_look_scrape(look);
    if (r == 0 && look->targets_count) {
        c->facts->metrics = ARENA_NEW(c->run->arena, struct metrics_facts);
        metrics_look_facts(look, c->facts->metrics);
        metrics_look_unobserved(c->run, c->facts->metrics);
    }
    metrics_look_fini(look);
    return r;
}

/* Standard input can be read but once. */
static int check_inputs(struct run *run, const struct collection_options *options)
{
    const char *const paths[] = {options->targets.endpoints, options->corefile, options->logs,
                                 options->dnstap};
    size_t count = 0;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        count += paths[i] && strcmp(paths[i], "-") == 0;
    for (size_t i = 0; i < options->metrics.count; i++)
        count += strcmp(options->metrics.items[i], "-") == 0;
    if (count > 1)
        return err_set(
            &run->err, ERR_USAGE, EINVAL,
            "standard input can be read but once: name a file for all but one of the options with -");
    return 0;
}

int collection_begin(struct collection *c)
{
    char time[CLOCK_TEXT];
    int r = check_inputs(c->run, c->options);

    if (r == 0)
        r = read_resolv(c);

    c->facts->time = arena_text(c->run->arena, clock_format(c->run->started_ns, time, sizeof(time)));
    if (r == 0)
        r = choose_names(c);
    if (r == 0)
        choose_candidates(c);
    return r;
}

/* Between the two looks at what the replicas count there is the sampling, or as much time. */
static int ask(struct collection *c)
{
    struct drop_trace *trace = c->options->no_drops ? NULL : drops_look_begin(c->run);
    struct metrics_look metrics;
    int r;

    collection_ask(c);
    r = begin_metrics(c, &metrics);
    if (r == 0 && !c->options->no_sampling)
        collection_sample(c);
    else if (r == 0 && metrics.targets_count && metrics_look_changes(&metrics))
        usleep((useconds_t)collection_share_us(c, SHARE_SAMPLING));
    if (!c->options->no_drops)
        c->facts->drops = drops_look_end(c->run, trace);
    return end_metrics(c, &metrics, r);
}

/* The same with a look at the kernel before and after. */
static int ask_and_look(struct collection *c)
{
    struct facts *facts = c->facts;
    struct conntrack_facts *table = look_at_conntrack(c, false);
    struct node_facts *node = look_at_node(c);
    uint64_t began_ns = clock_monotonic_ns();
    int r = ask(c);
    double seconds = (double)(clock_monotonic_ns() - began_ns) / 1e9;

    if (r < 0)
        return r;
    facts->conntrack = look_at_conntrack(c, true);
    facts->node = look_at_node(c);
    if (table && facts->conntrack)
        conntrack_facts_rates(c->run->arena, table, facts->conntrack, seconds);
    if (node && facts->node)
        node_facts_compare(node, facts->node, seconds);
    look_at_ipvs(c);
    return 0;
}

int collection_run(struct run *run, const struct collection_options *options, struct facts *facts)
{
    struct collection c = {.run = run, .options = options, .facts = facts};
    int r = collection_begin(&c);

    if (r == 0)
        r = read_dnstap(&c);
    if (r == 0)
        r = logs_look(run, options->logs, facts);
    if (r < 0)
        return r;
    collection_progress(&c, "looking for the servers");
    r = find_servers(&c);
    if (r < 0)
        return r;
    r = corefile_look(run, options->corefile, facts);
    if (r == 0)
        r = spans_look_if_any(run, options->spans, facts);
    if (r < 0)
        return r;
    fit_budget(&c);
    r = options->no_kernel ? ask(&c) : ask_and_look(&c);
    if (r < 0)
        return r;
    collection_progress(&c, "");
    facts->host = *run->host;
    facts->elapsed_ms = (double)(clock_monotonic_ns() - run->began_ns) / 1e6;
    facts->unobserved = run->unobserved;
    facts->unobserved_count = run->unobserved_count;
    return 0;
}
