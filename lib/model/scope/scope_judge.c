/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How wide it fails: by nodes, by Pods, told from chance by shuffling the labels. */
#include <inttypes.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/scope/scope_crowding.h>
#include <k8sdns/model/scope/scope_peak.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Nine of ten: the rest may have reported between two failures. Of our choice, as the other numbers here. */
#define WHOLE_RATIO  0.9
#define SHUFFLES     2000
#define CHANCE       0.01
#define FEW_PODS     5
#define PODS_SHOWN   50
#define TIMES_SHOWN  24
#define MINUTE_CHARS 16 /* "2026-01-31T12:00" */
#define HOUR_CHARS   13
#define DAY_CHARS    10

/* One member of groups: a Pod of nodes, a report of Pods. */
struct member {
    const char *node, *pod;
    bool fails;
    size_t reports, failing;
    size_t first; /* of its reports */
};

struct judge {
    struct arena *arena;
    const struct scope_report **reports; /* by node, Pod, time */
    size_t count;
    const struct scope_report *gathered; /* as they came */
    struct member *pods;
    size_t pods_count;
    struct report_group *nodes; /* of pods */
    size_t nodes_count;
    struct scope_facts *facts;
};

static int by_place(const void *a, const void *b)
{
    const struct scope_report *x = *(const struct scope_report *const *)a;
    const struct scope_report *y = *(const struct scope_report *const *)b;
    int r = strcmp(x->node, y->node);

    r = r ? r : strcmp(x->pod, y->pod);
    return r ? r : strcmp(x->time, y->time);
}

static int by_time(const void *a, const void *b)
{
    const struct scope_report *x = *(const struct scope_report *const *)a;
    const struct scope_report *y = *(const struct scope_report *const *)b;

    return strcmp(x->time, y->time);
}

static void group(struct judge *j)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct scope_report *report = j->reports[i];
        struct member *pod = j->pods_count ? &j->pods[j->pods_count - 1] : NULL;

        if (!pod || strcmp(pod->node, report->node) != 0 || strcmp(pod->pod, report->pod) != 0) {
            pod = ARENA_PUSH(j->arena, j->pods, j->pods_count);
            *pod = (struct member){.node = report->node, .pod = report->pod, .first = i};
        }
        pod->reports++;
        pod->failing += report->fails;
        pod->fails = pod->failing > 0;
    }
    for (size_t i = 0; i < j->pods_count; i++) {
        struct report_group *node = j->nodes_count ? &j->nodes[j->nodes_count - 1] : NULL;

        if (!node || strcmp(j->pods[node->first].node, j->pods[i].node) != 0) {
            node = ARENA_PUSH(j->arena, j->nodes, j->nodes_count);
            *node = (struct report_group){.first = i};
        }
        node->count++;
        node->failing += j->pods[i].fails;
        j->facts->failing_pods += j->pods[i].fails;
    }
}

static double chance_of_nodes(const struct judge *j)
{
    bool *fails = arena_array(j->arena, j->pods_count + 1, sizeof(bool));

    for (size_t i = 0; i < j->pods_count; i++)
        fails[i] = j->pods[i].fails;
    return scope_crowding(j->arena, j->nodes, j->nodes_count, fails, j->pods_count);
}

static double chance_of_pods(const struct judge *j)
{
    bool *fails = arena_array(j->arena, j->count + 1, sizeof(bool));
    struct report_group *groups = arena_array(j->arena, j->pods_count + 1, sizeof(*groups));

    for (size_t i = 0; i < j->count; i++)
        fails[i] = j->reports[i]->fails;
    for (size_t i = 0; i < j->pods_count; i++)
        groups[i] = (struct report_group){.first = j->pods[i].first, .count = j->pods[i].reports};
    return scope_crowding(j->arena, groups, j->pods_count, fails, j->count);
}

static const char *names_of_nodes(const struct judge *j)
{
    const char **names = NULL;
    size_t count = 0;

    for (size_t i = 0; i < j->nodes_count; i++)
        if (j->nodes[i].failing * 2 > j->nodes[i].count)
            *ARENA_PUSH(j->arena, names, count) = j->pods[j->nodes[i].first].node;
    if (count > FEW_PODS)
        return arena_printf(j->arena, "%s and %zu more", arena_join(j->arena, names, FEW_PODS, ", "),
                            count - FEW_PODS);
    return count ? arena_join(j->arena, names, count, ", ") : "no single one for the most part";
}

static void confide(struct scope_facts *facts, const char *word, const char *text)
{
    facts->confidence = word;
    facts->confidence_text = text;
}

static const char *percent(struct arena *arena, double chance)
{
    return chance < 0.001 ? "under 0.1 %" : arena_printf(arena, "%.1f %%", chance * 100);
}

/* "1 Pod on 1 node", "12 Pods on 3 nodes" */
static const char *places_text(const struct judge *j)
{
    return arena_printf(j->arena, "%zu %s on %zu %s", j->pods_count, j->pods_count == 1 ? "Pod" : "Pods",
                        j->nodes_count, j->nodes_count == 1 ? "node" : "nodes");
}

static void judge_scope(struct judge *j)
{
    struct scope_facts *f = j->facts;
    double ratio = j->pods_count ? (double)f->failing_pods / (double)j->pods_count : 0;
    double by_node = j->nodes_count > 1 ? chance_of_nodes(j) : 1, by_pod = chance_of_pods(j);
    bool repeated = j->count > j->pods_count;

    f->scope_ratio = j->pods_count ? ratio : (double)NAN;
    f->scope_text = arena_printf(j->arena, "%" PRIu64 " of %s %s", f->failing_pods, places_text(j),
                                 f->failing_pods == 1 ? "fails" : "fail");
    confide(f, j->pods_count < FEW_PODS ? "low" : "high",
            arena_printf(j->arena, "%s %s reported%s", places_text(j), j->pods_count == 1 ? "has" : "have",
                         j->pods_count < FEW_PODS ? ", which is too few to tell much" : ""));
    if (!f->failing) {
        f->scope = SCOPE_NONE;
        f->scope_text = arena_printf(j->arena, "none of %s fails", places_text(j));
    } else if (ratio >= WHOLE_RATIO) {
        f->scope = SCOPE_WHOLE_CLUSTER;
    } else if (by_node < CHANCE) {
        f->scope = SCOPE_SOME_NODES;
        f->scope_text = arena_printf(j->arena, "%s; they crowd on %s (by chance in %s of cases)",
                                     f->scope_text, names_of_nodes(j), percent(j->arena, by_node));
    } else if (repeated && by_pod < CHANCE && j->nodes_count == j->pods_count) {
        /* One Pod of each node, as a DaemonSet has: what is fixed may be either. */
        f->scope = SCOPE_SOME_NODES;
        f->scope_text = arena_printf(j->arena, "%s, again and again on %s (by chance in %s of cases)",
                                     f->scope_text, names_of_nodes(j), percent(j->arena, by_pod));
        confide(f, "medium", "one Pod of each node has reported, so Pods and nodes cannot be told apart");
    } else if (repeated && by_pod < CHANCE) {
        f->scope = SCOPE_FIXED_PODS;
        f->scope_text =
            arena_printf(j->arena, "%s, and it is the same ones again and again (by chance in %s of cases)",
                         f->scope_text, percent(j->arena, by_pod));
    } else {
        f->scope = SCOPE_RANDOM_PODS;
        if (!repeated)
            confide(f, "low", "one report of each Pod cannot tell fixed Pods from random ones: gather again");
        else if (j->pods_count >= FEW_PODS)
            confide(f, "medium", "neither nodes nor Pods are found to fail more than others");
    }
}

static const char *load_text(struct arena *arena, enum scope_load kind, double value)
{
    if (kind == SCOPE_LOAD_LATENCY)
        return arena_printf(arena, "answers in %.2f ms", value);
    if (kind == SCOPE_LOAD_CONNTRACK)
        return arena_printf(arena, "a conntrack table %.0f %% full", value * 100);
    if (kind == SCOPE_LOAD_PRESSURE)
        return arena_printf(arena, "a CPU waited for %.0f %% of the time", value);
    return arena_printf(arena, "%.0f queries a second", value);
}

/* What the loads that the reports have seen say of their failures. */
static const char *peak_text(struct judge *j)
{
    struct scope_peak_facts peak, *kept;

    if (!scope_peak(j->arena, j->gathered, j->count, &peak))
        return arena_printf(j->arena,
                            "too few moments (%" PRIu64 ") know their load to tell whether it fails at peak",
                            peak.windows);
    kept = j->facts->peak = arena_copy(j->arena, &peak, sizeof(peak));
    if (!kept->follows)
        return arena_printf(
            j->arena, "failures do not follow the load (%s: rank correlation %.2f over %" PRIu64 " moments)",
            scope_load_names[kept->load], kept->correlation, kept->windows);
    return arena_printf(
        j->arena,
        "failures follow the load: with %s %.0f %% of the reports fail, with %s %.0f %% (rank "
        "correlation %.2f over %" PRIu64 " moments, by chance in %s of cases)",
        load_text(j->arena, kept->load, kept->busy_load), kept->busy_failing_ratio * 100,
        load_text(j->arena, kept->load, kept->calm_load), kept->calm_failing_ratio * 100, kept->correlation,
        kept->windows, percent(j->arena, kept->chance));
}

/* Of the reports that fail, by their own word; of time, by how many fail whenever they are looked at, and by
 * what they saw of the load then. */
static void judge_frequency(struct judge *j)
{
    size_t always = 0, peak = 0, said = 0;
    const char *load = j->facts->failing ? peak_text(j) : NULL;

    for (size_t i = 0; i < j->count; i++) {
        if (!j->reports[i]->fails || j->reports[i]->frequency < 0)
            continue;
        said++;
        always += j->reports[i]->frequency == FREQUENCY_ALWAYS;
        peak += j->reports[i]->frequency == FREQUENCY_AT_PEAK;
    }
    j->facts->frequency = !j->facts->failing                          ? FREQUENCY_NEVER
                          : j->facts->peak && j->facts->peak->follows ? FREQUENCY_AT_PEAK
                          : peak * 2 > said                           ? FREQUENCY_AT_PEAK
                          : always * 2 > said && j->facts->failing * 20 >= j->count * 19
                              ? FREQUENCY_ALWAYS
                              : FREQUENCY_INTERMITTENT;
    j->facts->frequency_ratio = j->count ? (double)j->facts->failing / (double)j->count : (double)NAN;
    j->facts->frequency_confidence = !j->facts->failing         ? SCOPE_CONFIDENCE_HIGH
                                     : !said && !j->facts->peak ? SCOPE_CONFIDENCE_LOW
                                     : j->facts->peak           ? SCOPE_CONFIDENCE_HIGH
                                                                : SCOPE_CONFIDENCE_MEDIUM;
    j->facts->frequency_text = arena_printf(
        j->arena,
        "%" PRIu64
        " of %zu reports fail; of those that were long enough to say, %zu of %zu say always, %zu at peak%s%s",
        j->facts->failing, j->count, always, said, peak, load ? "; " : "", load ? load : "");
}

/* The most frequent ids among the reports from `first` on, in text. */
static const char *findings_text(const struct judge *j, size_t first, size_t count)
{
    const char **ids = NULL;
    size_t ids_count = 0;

    for (size_t i = first; i < first + count && ids_count < 3; i++)
        for (size_t k = 0; k < j->reports[i]->ids_count && ids_count < 3; k++) {
            bool known = false;

            for (size_t n = 0; n < ids_count; n++)
                known = known || strcmp(ids[n], j->reports[i]->ids[k]) == 0;
            if (!known)
                *ARENA_PUSH(j->arena, ids, ids_count) = j->reports[i]->ids[k];
        }
    return ids_count ? arena_join(j->arena, ids, ids_count, ", ") : NULL;
}

/* A word of a report; NULL when it has none. */
static const char *word_or_null(const char *word)
{
    return *word ? word : NULL;
}

/* Of the minute, hour or day that a time's first `width` characters name. */
static const char *beginning(struct arena *arena, const char *time, size_t width)
{
    const char *rest = width == MINUTE_CHARS ? ":00Z" : width == HOUR_CHARS ? ":00:00Z" : "T00:00:00Z";

    return arena_printf(arena, "%.*s%s", (int)strnlen(time, width), time, rest);
}

static void add_node_rows(struct judge *j)
{
    for (size_t i = 0; i < j->nodes_count; i++) {
        const struct report_group *node = &j->nodes[i];
        const struct member *first = &j->pods[node->first], *last = &j->pods[node->first + node->count - 1];
        struct scope_row *row = ARENA_PUSH(j->arena, j->facts->rows, j->facts->rows_count);
        size_t reports = last->first + last->reports - first->first;

        *row = (struct scope_row){.node = word_or_null(first->node),
                                  .pods = node->count,
                                  .failing_pods = node->failing,
                                  .reports = reports};
        for (size_t k = 0; k < reports; k++)
            row->failing += j->reports[first->first + k]->fails;
        row->findings = findings_text(j, first->first, reports);
    }
}

static void add_pod_rows(struct judge *j)
{
    size_t shown = 0;

    for (size_t i = 0; i < j->pods_count && shown < PODS_SHOWN; i++) {
        const struct member *pod = &j->pods[i];

        if (!pod->fails)
            continue;
        shown++;
        *ARENA_PUSH(j->arena, j->facts->rows, j->facts->rows_count) =
            (struct scope_row){.kind = SCOPE_ROW_POD,
                               .node = word_or_null(pod->node),
                               .pod = word_or_null(pod->pod),
                               .reports = pod->reports,
                               .failing = pod->failing,
                               .pods = 1,
                               .failing_pods = 1,
                               .findings = findings_text(j, pod->first, pod->reports)};
    }
}

/* Sorts the reports by time; the last to need them in their other order has gone before. */
static void add_time_rows(struct judge *j)
{
    size_t width = MINUTE_CHARS, stretches;

    qsort(j->reports, j->count, sizeof(struct scope_report *), by_time);
    /* Minutes, or hours, or days when there are too many. */
    for (;; width = width == MINUTE_CHARS ? HOUR_CHARS : DAY_CHARS) {
        stretches = 0;
        for (size_t i = 0; i < j->count; i++)
            stretches += i == 0 || strncmp(j->reports[i]->time, j->reports[i - 1]->time, width) != 0;
        if (stretches <= TIMES_SHOWN || width == DAY_CHARS)
            break;
    }
    if (stretches < 2)
        return;
    for (size_t i = 0; i < j->count; i++) {
        struct scope_row *row = j->facts->rows_count ? &j->facts->rows[j->facts->rows_count - 1] : NULL;

        if (i == 0 || strncmp(j->reports[i]->time, j->reports[i - 1]->time, width) != 0) {
            row = ARENA_PUSH(j->arena, j->facts->rows, j->facts->rows_count);
            *row = (struct scope_row){.kind = SCOPE_ROW_TIME,
                                      .time = beginning(j->arena, j->reports[i]->time, width),
                                      .pods = SHAPE_UNSET,
                                      .failing_pods = SHAPE_UNSET};
        }
        row->reports++;
        row->failing += j->reports[i]->fails;
    }
}

void scope_judge(struct arena *arena, const struct scope_report *reports, size_t count,
                 struct scope_facts *facts)
{
    struct judge j = {.arena = arena, .gathered = reports, .count = count, .facts = facts};

    j.reports = arena_array(arena, count + 1, sizeof(struct scope_report *));
    for (size_t i = 0; i < count; i++)
        j.reports[i] = &reports[i];
    if (count)
        qsort(j.reports, count, sizeof(struct scope_report *), by_place);
    facts->reports = count;
    for (size_t i = 0; i < count; i++)
        facts->failing += reports[i].fails;
    group(&j);
    facts->pods = j.pods_count;
    facts->nodes = j.nodes_count;
    judge_scope(&j);
    judge_frequency(&j);
    add_node_rows(&j);
    add_pod_rows(&j);
    if (count)
        add_time_rows(&j);
}
