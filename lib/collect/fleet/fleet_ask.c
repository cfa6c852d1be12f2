/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_ask.h"
#include <string.h>

#define WARNINGS_MAX 8
#define CLUSTERS_MAX 16

static void keep_warning(struct fleet_asking *a, const char *text)
{
    struct fleet_facts *facts = a->look->facts;

    for (size_t i = 0; i < facts->warnings_count; i++)
        if (strcmp(facts->warnings[i], text) == 0)
            return;
    if (facts->warnings_count < WARNINGS_MAX)
        *ARENA_PUSH(a->look->survey->arena, facts->warnings, facts->warnings_count) =
            arena_text(a->look->survey->arena, text);
}

int fleet_ask(struct fleet_asking *a, bool range, const char *text, prometheus_on_row *on_row)
{
    struct survey *survey = a->look->survey;
    const struct prometheus_query query = {.text = text,
                                           .start_s = a->start_s,
                                           .end_s = a->end_s,
                                           .step_s = range ? a->step_s : 0,
                                           .on_row = on_row,
                                           .user = a};
    struct arena *passing = arena_new();
    int r = prometheus_ask(passing, &a->look->place, &query, a->answer, &survey->err);

    arena_free(passing);
    a->look->facts->requests++;
    for (size_t i = 0; i < a->answer->warnings_count && i < PROMETHEUS_WARNINGS_MAX; i++)
        keep_warning(a, a->answer->warnings[i]);
    if (a->answer->partial)
        keep_warning(a, "the answer is marked as partial");
    return r < 0 ? err_prefix(&survey->err, r, "%s", a->look->place.name) : 0;
}

void fleet_ask_optional(struct fleet_asking *a, bool range, const char *what, const char *query,
                        prometheus_on_row *on_row)
{
    struct survey *survey = a->look->survey;

    if (fleet_ask(a, range, query, on_row) == 0)
        return;
    survey_unobserved_as(survey, GAP_FLEET_PART, what, arena_text(survey->arena, survey->err.text), NULL);
    survey->err = (struct err){0};
}

const char *fleet_label(const struct fleet_asking *a, const struct prometheus_row *row, const char *name)
{
    size_t len;
    const char *value = prometheus_row_label(row, name, &len);

    return value && len ? arena_text_n(a->look->survey->arena, value, len) : NULL;
}

static void keep_cluster(const struct fleet_asking *a, const char *cluster, size_t len)
{
    struct fleet_facts *facts = a->look->facts;

    for (size_t i = 0; i < facts->clusters_count; i++)
        if (strncmp(facts->clusters[i], cluster, len) == 0 && !facts->clusters[i][len])
            return;
    if (facts->clusters_count < CLUSTERS_MAX)
        *ARENA_PUSH(a->look->survey->arena, facts->clusters, facts->clusters_count) =
            arena_text_n(a->look->survey->arena, cluster, len);
}

const char *fleet_row_node(const struct fleet_asking *a, const struct prometheus_row *row)
{
    static _Thread_local char name[640];
    size_t node_len = 0, cluster_len = 0;
    const char *node = prometheus_row_label(row, a->node_label, &node_len);
    const char *cluster = prometheus_row_label(row, "cluster", &cluster_len);

    if (!node || !node_len || node_len > 300 || cluster_len > 300)
        return NULL;
    if (cluster && cluster_len) {
        keep_cluster(a, cluster, cluster_len);
        memcpy(name, cluster, cluster_len);
        name[cluster_len] = '/';
        memcpy(name + cluster_len + 1, node, node_len);
        name[cluster_len + 1 + node_len] = '\0';
    } else {
        memcpy(name, node, node_len);
        name[node_len] = '\0';
    }
    return name;
}
