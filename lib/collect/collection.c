/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/collect/collect_conntrack.h>
#include <k8sdns/collect/collect_corefile.h>
#include <k8sdns/collect/collect_dnstap.h>
#include <k8sdns/collect/collect_drops.h>
#include <k8sdns/collect/collect_ipvs.h>
#include <k8sdns/collect/collect_logs.h>
#include <k8sdns/collect/collect_metrics.h>
#include <k8sdns/collect/collect_sockets.h>
#include <k8sdns/collect/collect_spans.h>
#include <k8sdns/collect/collection_state.h>
#include <k8sdns/collect/discovery.h>
#include <k8sdns/collect/pod_view.h>
#include <k8sdns/collect/targets.h>
#include <k8sdns/source/node/netlink_time.h>
#include <k8sdns/source/node/node_limits.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/*
 * On a node resolv.conf names the node's own resolvers, which are none of the cluster's, where there are
 * such. In a file of the cluster's kind, in a Pod's and in one that was named each is one that programs ask.
 */
static void leave_upstreams(struct collection *c)
{
    const struct resolv_facts *resolv = c->facts->resolv;
    size_t kept = 0, cluster = 0;

    if ((resolv && resolv->dns_policy && strncmp(resolv->dns_policy, "ClusterFirst", 12) == 0) ||
        !pod_view_is_node(c->survey))
        return;
    for (size_t i = 0; i < c->targets_count; i++)
        cluster += c->targets[i].role != TARGET_NAMESERVER;
    for (size_t i = 0; cluster && i < c->targets_count; i++)
        if (c->targets[i].role != TARGET_NAMESERVER)
            c->targets[kept++] = c->targets[i];
    c->targets_count = cluster ? kept : c->targets_count;
}

/* Files that somebody hands over tell of a cluster that is elsewhere. */
static bool has_files(const struct collection_options *options)
{
    return options->logs || options->corefile || options->spans || options->dnstap ||
           options->metrics.count || options->targets.endpoints;
}

/* Without a server to query, what this machine's resolv.conf says is of no use, unless it was named. */
static int leave_alone(struct collection *c)
{
    c->alone = true;
    c->survey->err = (struct err){0};
    c->targets_count = 0;
    if (!c->survey->resolv_conf) {
        c->facts->resolv = NULL;
        c->facts->plans = NULL;
        c->facts->names_count = 0;
    }
    survey_unobserved(c->survey, GAP_ANSWERS, "no server is known here, so only the files are judged");
    return 0;
}

static int find_servers(struct collection *c)
{
    struct kube_objects objects = {0};
    const struct discovery_asks asks = {
        .kernel = true, .objects = &objects, .api_us = collection_share_us(c, SHARE_API)};
    struct replicas_facts *replicas = ARENA_NEW(c->survey->arena, struct replicas_facts);
    int r = discovery_run(c->survey, &c->options->targets, c->facts->resolv, c->view, &asks, replicas);

    if (r < 0)
        return r;
    discovery_unobserved(c->survey, replicas);
    c->facts->replicas = replicas;
    c->services = objects.names;
    c->services_count = objects.names_count;
    c->facts->dns = c->survey->dns;
    dns_policies_take(c->survey->arena, &objects,
                      c->survey->host->host_network ? NULL : c->survey->host->space, replicas);
    c->facts->kube = kube_facts_from(c->survey->arena, &objects, c->survey->started_ns);
    known_replicas_of(c->survey->arena, replicas, &c->known);
    r = targets_put_together(c->survey, &c->options->targets,
                             c->facts->resolv ? c->facts->resolv : &(struct resolv_facts){0}, c->view,
                             replicas, &c->targets);
    if (r == -ENOENT && has_files(c->options))
        return leave_alone(c);
    if (r < 0)
        return r;
    c->targets_count = (size_t)r;
    leave_upstreams(c);
    if (c->options->choose)
        c->targets_count = c->options->choose(c->options->choose_user, c->targets, c->targets_count);
    for (size_t i = 0; i < c->targets_count; i++)
        c->targets[i].interface = own_address_interface(c->survey->arena, &c->targets[i].where);
    return 0;
}

/* A name that nobody asked for. */
static bool is_usual(const struct collection *c, const char *name)
{
    for (size_t i = 0; i < c->facts->names_count; i++)
        if (strcmp(c->facts->names[i].name, name) == 0)
            return c->facts->names[i].kind != NAME_GIVEN && c->facts->names[i].kind != NAME_OWN;
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
        survey_unobserved_as(
            c->survey, GAP_ALL_ANSWERS, NULL,
            arena_printf(c->survey->arena,
                         "%zu of %zu full names at %zu of %zu servers are all that the budget allows",
                         c->candidates_count, names, c->targets_count, servers),
            "give it more with --budget, or name fewer servers with --no-discovery --replica");
}

static int read_dnstap(struct collection *c)
{
    if (!c->options->dnstap)
        return 0;
    c->facts->dnstap = ARENA_NEW(c->survey->arena, struct dnstap_facts);
    return collect_dnstap(c->survey, c->options->dnstap, c->facts->dnstap);
}

/* ---- the kernel, before and after ---- */

static struct conntrack_facts *look_at_conntrack(struct collection *c, bool tell)
{
    struct conntrack_facts *facts = ARENA_NEW(c->survey->arena, struct conntrack_facts);
    int r = collect_conntrack(c->survey, DNS_PORT, &c->known, facts);

    if (tell && r < 0)
        survey_unobserved(c->survey, GAP_CONNTRACK, arena_text(c->survey->arena, c->survey->err.text));
    else if (tell && !facts->dns && facts->table.hooks != 0) /* a Pod's own table is told of elsewhere */
        collect_conntrack_unobserved(c->survey);
    c->survey->err = (struct err){0};
    return r < 0 ? NULL : facts;
}

static struct node_facts *look_at_node(struct collection *c)
{
    struct node_facts *facts = ARENA_NEW(c->survey->arena, struct node_facts);
    struct node_question question = {.pid = c->survey->pid, .dns_port = DNS_PORT};
    struct address *targets = NULL;

    for (size_t i = 0; i < c->targets_count; i++)
        *ARENA_PUSH(c->survey->arena, targets, question.targets_count) = c->targets[i].where;
    question.targets = targets;
    return node_limits_read(c->survey->arena, &question, facts) ? facts : NULL;
}

static void look_at_ipvs(struct collection *c)
{
    struct ipvs_facts *facts = ARENA_NEW(c->survey->arena, struct ipvs_facts);
    int r = collect_ipvs(c->survey, DNS_PORT, &c->known, facts);

    if (r == 0)
        c->facts->ipvs = facts;
    else if (r == -ENOENT || r == -ESRCH)
        c->facts->ipvs_absent = true;
    else
        survey_unobserved(c->survey, GAP_IPVS, arena_text(c->survey->arena, c->survey->err.text));
    c->survey->err = (struct err){0};
}

/* ---- what the replicas count, around the sampling ---- */

static int begin_metrics(struct collection *c, struct collect_metrics *look)
{
    const struct text_list *named = &c->options->metrics;
    int r = 0;

    *look = (struct collect_metrics){
        .survey = c->survey, .timeout_us = collection_share_us(c, SHARE_METRICS), .given_up_stays = true};
    if (c->options->no_metrics)
        return 0;
    for (size_t i = 0; r == 0 && i < named->count; i++)
        r = collect_metrics_add_named(look, named->items[i]);
    if (!named->count)
        collect_metrics_add_replicas(look, c->facts->replicas, c->facts->kube);
    return r < 0 || !look->targets_count ? r : collect_metrics_scrape(look);
}

/* The longest that an unclear count is waited for: CoreDNS asks the API server at least so often. */
#define UNCLEAR_WINDOW_S 30.0

/* How long to wait until a later scrape tells whether what failed since a replica's start still does, as far
 * as the budget allows; 0: nothing is unclear, or it does not allow enough. */
static double unclear_wait_s(const struct collection *c, const struct collect_metrics *look)
{
    double left =
        ((double)c->options->budget_us - (double)(clock_monotonic_ns() - c->survey->began_ns) / 1000) / 1e6 -
        (double)collection_share_us(c, SHARE_METRICS) / 1e6;
    struct metrics_facts facts = {0};

    if (left <= 0)
        return 0;
    collect_metrics_facts(look, &facts);
    for (size_t i = 0; i < facts.replicas_count; i++) {
        double seen = isnan(facts.replicas[i].window_s) ? 0 : facts.replicas[i].window_s;

        if (metrics_api_is_unclear(&facts.replicas[i]) && seen + left > METRICS_WINDOW_ENOUGH_S)
            return left < UNCLEAR_WINDOW_S - seen ? left : UNCLEAR_WINDOW_S - seen;
    }
    return 0;
}

static int end_metrics(struct collection *c, struct collect_metrics *look, int r)
{
    double wait_s;

    if (r == 0 && look->targets_count && collect_metrics_changes(look))
        r = collect_metrics_scrape(look);
    wait_s = r == 0 && look->targets_count && collect_metrics_changes(look) ? unclear_wait_s(c, look) : 0;
    if (wait_s > 0) {
        collection_progress(c, "waiting for what CoreDNS counts");
        usleep((useconds_t)(wait_s * 1e6));
        r = collect_metrics_scrape_later(look);
    }
    if (r == 0 && look->targets_count) {
        c->facts->metrics = ARENA_NEW(c->survey->arena, struct metrics_facts);
        collect_metrics_facts(look, c->facts->metrics);
        collect_metrics_unobserved(c->survey, c->facts->metrics);
    }
    collect_metrics_fini(look);
    return r;
}

/* Standard input can be read but once. */
static int check_inputs(struct survey *survey, const struct collection_options *options)
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
            &survey->err, ERR_USAGE, EINVAL,
            "standard input can be read but once: name a file for all but one of the options with -");
    return 0;
}

int collection_begin(struct collection *c)
{
    char time[CLOCK_TEXT];
    int r = check_inputs(c->survey, c->options);

    if (r == 0)
        r = collection_read_resolv(c);

    c->facts->time = arena_text(c->survey->arena, clock_format(c->survey->started_ns, time, sizeof(time)));
    if (r == 0)
        r = collection_choose_names(c);
    return r;
}

/* Between the two looks at what the replicas count there is the sampling, or as much time. */
static int ask(struct collection *c)
{
    struct drop_trace *trace = c->options->no_drops ? NULL : collect_drops_begin(c->survey);
    struct collect_metrics metrics;
    int r;

    collection_ask(c);
    collection_ask_records(c);
    r = begin_metrics(c, &metrics);
    if (r == 0 && !c->options->no_sampling)
        collection_sample(c);
    else if (r == 0 && metrics.targets_count && collect_metrics_changes(&metrics))
        usleep((useconds_t)collection_share_us(c, SHARE_SAMPLING));
    if (!c->options->no_drops)
        c->facts->drops = collect_drops_end(c->survey, trace);
    collection_ask_aside(c);
    r = end_metrics(c, &metrics, r);
    collection_hear_rest(c);
    collection_hear_records(c);
    return r;
}

static void look_at_sockets(struct collection *c, const struct connected_sockets *before)
{
    const struct replicas_facts *replicas = c->facts->replicas;
    struct connected_sockets after;
    struct address *known = NULL;
    size_t count = 0;

    collect_sockets_list(c->survey, DNS_PORT, &after);
    for (size_t i = 0; i < c->targets_count; i++)
        *ARENA_PUSH(c->survey->arena, known, count) = c->targets[i].where;
    for (size_t i = 0; i < c->view->nameservers_count; i++)
        *ARENA_PUSH(c->survey->arena, known, count) = c->view->servers[i];
    for (size_t i = 0; replicas && i < replicas->cluster_ips_count; i++)
        *ARENA_PUSH(c->survey->arena, known, count) = replicas->cluster_where[i];
    for (size_t i = 0; replicas && i < replicas->replicas_count; i++)
        if (replicas->replicas[i].methods & ~(1U << METHOD_CONNTRACK))
            *ARENA_PUSH(c->survey->arena, known, count) = replicas->replicas[i].where;
    for (size_t i = 0; replicas && i < replicas->node_local_count; i++)
        *ARENA_PUSH(c->survey->arena, known, count) = replicas->node_local[i].where;
    c->facts->sockets = collect_sockets_facts(c->survey, before, &after, known, count);
    if (!c->facts->sockets)
        return;
    if (replicas && replicas->cluster_ips_count)
        c->facts->sockets->cluster_ip_backend = collect_sockets_backend(
            c->survey, &replicas->cluster_where[0], &c->facts->sockets->cluster_ip_refused);
    collection_ask_strangers(c);
}

/* Entries show their age in whole seconds: what is to be told of one takes more than one of these. */
#define RENEWAL_NS UINT64_C(1200000000)

static void wait_until(uint64_t end_ns)
{
    uint64_t now_ns = clock_monotonic_ns();

    if (now_ns < end_ns)
        usleep((useconds_t)((end_ns - now_ns) / 1000));
}

/* The same with a look at the kernel before and after. */
static int ask_and_look(struct collection *c)
{
    struct facts *facts = c->facts;
    struct conntrack_facts *table = look_at_conntrack(c, false);
    struct node_facts *node = look_at_node(c);
    struct connected_sockets sockets;
    uint64_t began_ns = clock_monotonic_ns();
    double seconds;
    int r;

    c->tracked = table && table->table.hooks != 0;
    collect_sockets_list(c->survey, DNS_PORT, &sockets);
    collection_flows_begin(c);
    r = ask(c);
    if (r < 0) {
        collection_flows_end(c);
        return r;
    }
    if (table && table->stale_count)
        wait_until(began_ns + RENEWAL_NS);
    seconds = (double)(clock_monotonic_ns() - began_ns) / 1e9;
    look_at_sockets(c, &sockets);
    facts->conntrack = look_at_conntrack(c, true);
    facts->node = look_at_node(c);
    if (table && facts->conntrack)
        conntrack_facts_rates(c->survey->arena, table, facts->conntrack, seconds);
    if (node && facts->node)
        node_facts_compare(node, facts->node, seconds);
    look_at_ipvs(c);
    collection_flows_end(c);
    return 0;
}

/* What the files say alone. */
static int read_metrics(struct collection *c)
{
    struct collect_metrics metrics;
    int r = begin_metrics(c, &metrics);

    return end_metrics(c, &metrics, r);
}

/* However little the budget is, a large table may be walked twice. */
#define NETLINK_LEAST_US 3000000

/* From here pipes may take their share of what there was from the beginning. */
static void pipes_begin(const struct collection *c)
{
    file_deadline_set(c->began_ns + (uint64_t)((double)c->options->budget_us * SHARE_PIPES * 1000));
}

/* One budget for all: what the files took is not there for the asking, but for the most of it. */
static uint64_t left_us(const struct collection *c)
{
    uint64_t budget = c->options->budget_us, least = (uint64_t)((double)budget * SHARE_ASKING);
    uint64_t took = (clock_monotonic_ns() - c->began_ns) / 1000;

    return took < budget - least ? budget - took : least;
}

/* What a pipe that stays open brings in its time is taken, and it is said that this is not all. */
static int read_input(struct collection *c, const char *option, int r)
{
    struct survey *survey = c->survey;

    if (!file_deadline_has_cut())
        return r;
    /* Of an input that has come in part it is no fault that it is not whole. */
    if (r < 0)
        survey->err = (struct err){0};
    survey_unobserved_as(survey, GAP_INPUT_PART, arena_printf(survey->arena, "the rest of %s", option),
                         arena_printf(survey->arena, "it stayed open, and pipes have %.1f s of the budget",
                                      (double)c->options->budget_us * SHARE_PIPES / 1e6),
                         "end it (kubectl logs without -f), or give it more with --budget");
    file_deadline_set(0);
    pipes_begin(c);
    return 0;
}

int collection_run(struct survey *survey, const struct collection_options *options, struct facts *facts)
{
    struct collection c = {
        .survey = survey, .options = options, .facts = facts, .began_ns = clock_monotonic_ns()};
    int r = collection_begin(&c);

    netlink_time_set(options->budget_us > NETLINK_LEAST_US ? options->budget_us : NETLINK_LEAST_US);
    pipes_begin(&c);
    if (r == 0)
        r = read_input(&c, "--dnstap", read_dnstap(&c));
    if (r == 0)
        r = read_input(&c, "--logs", collect_logs(survey, options->logs, facts));
    if (r < 0)
        return r;
    collection_progress(&c, "looking for the servers");
    r = read_input(&c, "--endpoints", find_servers(&c));
    if (r < 0)
        return r;
    r = read_input(&c, "--corefile", collect_corefile(survey, options->corefile, facts));
    if (r == 0)
        r = collection_learn_domain(&c);
    if (r == 0)
        r = read_input(&c, "--spans", collect_spans_if_any(survey, options->spans, facts));
    if (r < 0)
        return r;
    c.left_us = left_us(&c);
    if (!c.alone)
        fit_budget(&c);
    r = c.alone ? read_metrics(&c) : options->no_kernel ? ask(&c) : ask_and_look(&c);
    r = read_input(&c, "--metrics", r);
    if (r < 0)
        return r;
    collection_progress(&c, "");
    facts->host = *survey->host;
    facts->elapsed_ms = (double)(clock_monotonic_ns() - survey->began_ns) / 1e6;
    facts->unobserved = survey->unobserved;
    facts->unobserved_count = survey->unobserved_count;
    return 0;
}
