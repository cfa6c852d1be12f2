/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_ask.h"
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/scope/fleet_judge.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A window holds four scrapes of half a minute. */
#define WINDOW_MIN_S 120
#define WINDOWS      20
#define WINDOWS_FEW  5
#define DAY_S        86400
/* Some engines keep back what is newer. */
#define BEHIND_S 60
/* Nodes that are asked about by server and namespace, so that no question grows with the cluster. */
#define WORST_NODES 40
#define OTHER_NODES 200

/* Which signal and which half of it the rows are of. */
struct fleet_filling {
    struct fleet_asking asking; /* first: rows get it as this */
    enum fleet_signal signal;
    bool failed;
    uint64_t all, with_node, known;
};

static struct fleet_filling *filling_of(void *user)
{
    return user;
}

/* How many series there are, and how many of them have the label. */
static void take_who(void *user, const struct prometheus_row *row)
{
    struct fleet_filling *f = filling_of(user);
    const char *kind = fleet_label(&f->asking, row, "kind");
    uint64_t value = row->points_count && row->values[0] > 0 ? (uint64_t)row->values[0] : 0;

    if (!kind)
        return;
    if (strcmp(kind, "all") == 0)
        f->all = value;
    else if (strcmp(kind, "node") == 0)
        f->with_node = value;
    else if (strcmp(kind, "known") == 0)
        f->known = value;
}

static struct fleet_node *node_of(struct fleet_filling *f, const struct prometheus_row *row)
{
    const char *name = fleet_row_node(&f->asking, row);

    return name ? fleet_node_at(&f->asking.look->fleet, name, strlen(name)) : NULL;
}

static double positive(double value)
{
    return isfinite(value) && value > 0 ? value : 0;
}

static void take_windows(void *user, const struct prometheus_row *row)
{
    struct fleet_filling *f = filling_of(user);
    struct fleet_node *node = node_of(f, row);
    float *cells;

    if (!node)
        return;
    cells = f->failed ? node->cells[f->signal].failed : node->cells[f->signal].asked;
    for (size_t i = 0; i < row->points_count; i++) {
        double at = round((row->times[i] - f->asking.start_s) / f->asking.step_s);

        if (at >= 0 && at < (double)f->asking.look->fleet.windows)
            cells[(size_t)at] += (float)positive(row->values[i]);
    }
}

static void take_before(void *user, const struct prometheus_row *row)
{
    struct fleet_filling *f = filling_of(user);
    struct fleet_node *node = node_of(f, row);
    float *before;

    if (!node || !row->points_count)
        return;
    before = f->failed ? &node->cells[f->signal].before_failed : &node->cells[f->signal].before_asked;
    *before = (isnan(*before) ? 0 : *before) + (float)positive(row->values[0]);
}

static void take_zone(void *user, const struct prometheus_row *row)
{
    struct fleet_filling *f = filling_of(user);
    const char *name = fleet_row_node(&f->asking, row);
    /* A node that counts nothing is none here. */
    struct fleet_node *node = name ? fleet_node_find(&f->asking.look->fleet, name, strlen(name)) : NULL;

    if (node)
        node->zone = fleet_label(&f->asking, row, "zone");
}

static void take_coredns(void *user, const struct prometheus_row *row)
{
    struct fleet_filling *f = filling_of(user);

    for (size_t i = 0; i < row->points_count; i++) {
        double at = round((row->times[i] - f->asking.start_s) / f->asking.step_s);

        if (at >= 0 && at < (double)f->asking.look->fleet.windows && isfinite(row->values[i]))
            f->asking.look->fleet.coredns_rate[(size_t)at] = row->values[i];
    }
}

/* Windows of whole seconds that end at the end of a minute. */
static void choose_windows(struct collect_fleet *look, struct fleet_asking *a)
{
    uint64_t since_s = look->since_us / 1000000, windows = since_s / WINDOW_MIN_S;
    double end_s = (double)(look->until_ns ? look->until_ns : look->survey->started_ns) / 1e9;
    uint64_t step_s;

    windows = windows < WINDOWS_FEW ? WINDOWS_FEW : windows > WINDOWS ? WINDOWS : windows;
    step_s = since_s / windows;
    a->step_s = (double)step_s;
    a->end_s = look->until_ns ? end_s : floor((end_s - BEHIND_S) / 60) * 60;
    a->start_s = a->end_s - (double)(windows - 1) * a->step_s;
    a->window_s = windows * step_s;
    fleet_init(&look->fleet, look->survey->arena, windows, a->start_s - a->step_s, a->step_s);
}

static int ask_who(struct fleet_filling *f)
{
    struct fleet_asking *a = &f->asking;
    struct survey *survey = a->look->survey;
    unsigned long long w = a->window_s;
    int r = fleet_ask(
        a, false,
        arena_printf(
            survey->arena,
            "label_replace(count(last_over_time(k8sdns_node_queries_total{%s}[%llus])), \"kind\", \"all\", \"\", "
            "\"\") or label_replace(count(last_over_time(k8sdns_node_queries_total{%snode!=\"\"}[%llus])), \"kind\", "
            "\"node\", \"\", \"\") or label_replace(count(group by (node) (kube_node_info{%s})), \"kind\", "
            "\"known\", \"\", \"\")",
            a->match, w, a->match, w, a->match),
        take_who);

    if (r < 0)
        return r;
    if (!f->all)
        return err_set(
            &survey->err, ERR_UNOBSERVED, ENODATA,
            "%s has no series k8sdns_node_queries_total%s in this time: it scrapes no k8sdns agent",
            a->look->place.name, *a->match ? " with these labels" : "");
    a->look->facts->known = f->known ? f->known : SHAPE_UNSET;
    a->node_label = f->with_node == f->all ? "node" : "instance";
    a->by = arena_printf(survey->arena, "cluster, %s", a->node_label);
    if (f->with_node && f->with_node < f->all)
        survey_unobserved_as(survey, GAP_FLEET_PART, "nodes by their names",
                             "only some targets have the label node, so they are told apart by instance",
                             "add it by a relabelling, as packaging/podmonitor.yaml does");
    return 0;
}

/* Both halves of a signal, by node and window, and of the day before. */
static int ask_signal(struct fleet_filling *f, enum fleet_signal signal)
{
    static const char *const names[FLEET_SIGNALS][2] = {
        {"k8sdns_node_queries_total", "k8sdns_node_query_failures_total"},
        {"k8sdns_node_lookups_total", "k8sdns_node_lookup_failures_total"}};
    struct fleet_asking *a = &f->asking;
    struct arena *arena = a->look->survey->arena;
    uint64_t days = (a->window_s + DAY_S - 1) / DAY_S;
    double asked = 0, failed;
    int r = 0;

    f->signal = signal;
    for (int half = 0; half < 2 && r == 0; half++) {
        f->failed = half;
        r = fleet_ask(a, true,
                      arena_printf(arena, "sum by (%s) (increase(%s{%s}[%.0fs]))", a->by, names[signal][half],
                                   a->match, a->step_s),
                      take_windows);
    }
    for (size_t i = 0; i < a->look->fleet.count && asked <= 0; i++)
        fleet_node_sum(&a->look->fleet, &a->look->fleet.nodes[i], signal, NULL, &asked, &failed);
    for (int half = 0; half < 2 && r == 0 && asked > 0; half++) {
        f->failed = half;
        fleet_ask_optional(a, false, "the day before",
                           arena_printf(arena, "sum by (%s) (increase(%s{%s}[%llus] offset %llud))", a->by,
                                        names[signal][half], a->match, (unsigned long long)a->window_s,
                                        (unsigned long long)days),
                           take_before);
    }
    return r;
}

/* The lookups of all nodes; none at all is none that anybody counts. */
static void sum_lookups(struct fleet *fleet)
{
    double sums[FLEET_WINDOWS_MAX] = {0}, all = 0;

    for (size_t t = 0; t < fleet->windows; t++) {
        for (size_t i = 0; i < fleet->count; i++)
            sums[t] += (double)fleet->nodes[i].cells[FLEET_LOOKUPS].asked[t];
        all += sums[t];
    }
    for (size_t t = 0; t < fleet->windows && all > 0; t++)
        fleet->lookups_rate[t] = sums[t] / fleet->step_s;
}

/* A name within a regular expression within a string of PromQL. */
static void add_name(struct text *out, const char *name)
{
    for (; *name; name++) {
        if (strchr("\\.+*?()|[]{}^$", *name))
            text_add(out, "\\\\");
        if (*name == '\\' || *name == '"')
            text_add(out, "\\");
        text_add_n(out, name, 1);
    }
}

/* The matcher of the nodes that are asked about. */
static void choose_nodes(struct fleet_asking *a)
{
    struct collect_fleet *look = a->look;
    const char **names;
    size_t count = fleet_sample(&look->fleet, WORST_NODES, OTHER_NODES, &names);
    struct text list = {0};

    look->facts->asked_about = count;
    a->chosen = "";
    if (count == look->fleet.count)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *node = strrchr(names[i], '/');

        if (list.len)
            text_add(&list, "|");
        add_name(&list, node ? node + 1 : names[i]);
    }
    a->chosen = arena_printf(look->survey->arena, "%s=~\"%s\"", a->node_label, text_string(&list));
    text_fini(&list);
}

/* Agents that have fallen silent, and nodes without one. */
static void count_silent(struct collect_fleet *look)
{
    struct fleet *fleet = &look->fleet;
    struct survey *survey = look->survey;
    uint64_t absent;

    for (size_t i = 0; i < fleet->count; i++) {
        const struct fleet_cells *cells = &fleet->nodes[i].cells[FLEET_QUERIES];

        look->facts->silent += cells->asked[fleet->windows - 1] <= 0;
    }
    absent = look->facts->known != SHAPE_UNSET && look->facts->known > fleet->count
                 ? look->facts->known - fleet->count
                 : 0;
    if (look->facts->silent || absent)
        survey_unobserved_as(survey, GAP_FLEET_NODES,
                             arena_printf(survey->arena, "%" PRIu64 " of %" PRIu64 " nodes",
                                          look->facts->silent + absent, (uint64_t)fleet->count + absent),
                             absent ? arena_printf(survey->arena,
                                                   "%" PRIu64 " have no agent that is scraped, %" PRIu64
                                                   " agents have fallen silent",
                                                   absent, look->facts->silent)
                                    : "their agents have fallen silent: they are down, or the node is",
                             NULL);
    if (fleet->nodes_left_out)
        survey_unobserved_as(survey, GAP_FLEET_NODES, "further nodes",
                             arena_printf(survey->arena, "only %d are taken", FLEET_NODES_MAX),
                             "choose a part of them with --match");
}

static void tell_gaps(struct collect_fleet *look)
{
    struct survey *survey = look->survey;

    count_silent(look);
    for (size_t i = 0; i < look->facts->warnings_count; i++)
        survey_unobserved_as(survey, GAP_FLEET_PART, "a part of the series",
                             arena_printf(survey->arena, "the server says: %s", look->facts->warnings[i]),
                             "see that all its stores are up");
    if (isnan(look->fleet.lookups_rate[0]))
        survey_unobserved(survey, GAP_FLEET_LOOKUPS, "the agents count none");
    if (look->facts->clusters_count > 1)
        survey_unobserved_as(
            survey, GAP_FLEET_PART, "one cluster by itself",
            arena_printf(survey->arena, "%zu clusters are taken as one: %s", look->facts->clusters_count,
                         arena_join(survey->arena, look->facts->clusters, look->facts->clusters_count, ", ")),
            arena_printf(survey->arena, "add --match 'cluster=\"%s\"'", look->facts->clusters[0]));
}

static void fill_times(struct collect_fleet *look, const struct fleet_asking *a)
{
    char text[CLOCK_TEXT];
    struct arena *arena = look->survey->arena;

    look->facts->source = look->place.name;
    look->facts->from =
        arena_text(arena, clock_format(number_whole(look->fleet.start_s * 1e9), text, sizeof(text)));
    look->facts->to = arena_text(arena, clock_format(number_whole(a->end_s * 1e9), text, sizeof(text)));
    look->facts->window_s = a->step_s;
}

int collect_fleet(struct collect_fleet *look)
{
    struct survey *survey = look->survey;
    struct fleet_filling f = {.asking = {.look = look, .chosen = "", .node_label = "node", .by = "node"}};
    struct fleet_asking *a = &f.asking;
    int r;

    look->facts = ARENA_NEW(survey->arena, struct fleet_facts);
    look->facts->known = SHAPE_UNSET;
    a->match = look->match && *look->match ? arena_printf(survey->arena, "%s,", look->match) : "";
    a->answer = ARENA_NEW(survey->arena, struct prometheus_answer);
    choose_windows(look, a);
    fill_times(look, a);
    r = prometheus_place_find(&look->place, &survey->err);
    r = r == 0 ? ask_who(&f) : r;
    for (int signal = 0; r == 0 && signal < FLEET_SIGNALS; signal++)
        r = ask_signal(&f, (enum fleet_signal)signal);
    if (r < 0)
        return r;
    if (!look->fleet.count)
        return err_set(&survey->err, ERR_UNOBSERVED, ENODATA,
                       "%s has series of agents, but none with two samples in a window of %.0f s",
                       look->place.name, a->step_s);
    sum_lookups(&look->fleet);
    fleet_ask_optional(a, false, "zones",
                       arena_printf(survey->arena,
                                    "group by (%s, zone) (k8sdns_node_info{%szone!=\"\"} or "
                                    "k8sdns_node_queries_total{%szone!=\"\"})",
                                    a->by, a->match, a->match),
                       take_zone);
    fleet_ask_optional(
        a, true, "CoreDNS's load",
        arena_printf(survey->arena, "sum(rate(coredns_dns_requests_total{%s}[%.0fs]))", a->match, a->step_s),
        take_coredns);
    choose_nodes(a);
    fleet_ask_places(a);
    tell_gaps(look);
    return 0;
}
