/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of servers: A and AAAA at each, with the last minutes as a strip chart. */
#include "top_panel.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Columns of the numbers, and of what is left out first when there is no room. */
#define ID_LEAST     15
#define ID_MOST      39
#define ROLE         10
#define TYPE         4
#define NUMBER       5
#define OUTCOME      9
#define OUTCOME_WIDE 11
#define STRIP_MIN    6
#define POD          28
#define POD_FROM     110

struct columns {
    unsigned id, role, pod, outcome, strip;
    bool percentiles;
};

static const char *gap(const struct top_scene *scene)
{
    const struct history_facts *history = scene->facts->history;

    if (history && history->series_count)
        return NULL;
    if (!scene->facts->live)
        return "the capture has no answers of servers";
    return scene->facts->doing ? scene->facts->doing : "no server is known yet";
}

static const struct replica_facts *replica_of(const struct top_scene *scene, const char *id)
{
    const struct replicas_facts *replicas = scene->facts->facts ? scene->facts->facts->replicas : NULL;

    for (size_t i = 0; replicas && i < replicas->replicas_count; i++)
        if (strcmp(replicas->replicas[i].address, id) == 0)
            return &replicas->replicas[i];
    return NULL;
}

/* ---- the order ---- */

struct ranked_server {
    const struct history_series_facts *series;
    size_t place; /* of its target by the order that is wanted; its types stay together */
    double worst;
};

static double loss_of(const struct history_series_facts *s)
{
    return isnan(s->loss_ratio) ? -1 : s->loss_ratio;
}

static double latency_of(const struct history_series_facts *s)
{
    return s->p99_us == SHAPE_UNSET ? -1 : (double)s->p99_us;
}

/* Nothing lost, something, most of it. */
static int trouble_of(const struct history_series_facts *s)
{
    bool bad = s->last_status >= 0 && !probe_status_is_good(s->last_status);

    return !s->lost && !s->bad && !bad ? 0 : s->loss_ratio >= 0.5 ? 2 : 1;
}

/* By the worst of a target's types. */
static void weigh(const struct history_facts *history, int sort, struct ranked_server *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        all[i].worst = 0;
        for (size_t k = 0; k < history->series_count; k++) {
            const struct history_series_facts *s = &history->series[k];
            double value = sort == TOP_SORT_TROUBLE ? trouble_of(s)
                           : sort == TOP_SORT_LOSS  ? loss_of(s)
                                                    : latency_of(s);

            if (strcmp(s->target, all[i].series->target) == 0 && value > all[i].worst)
                all[i].worst = value;
        }
    }
}

static int by_worst(const void *a, const void *b)
{
    const struct ranked_server *x = a, *y = b;

    if (x->worst != y->worst)
        return x->worst > y->worst ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int by_role(const void *a, const void *b)
{
    const struct ranked_server *x = a, *y = b;

    if (x->series->role != y->series->role)
        return x->series->role - y->series->role;
    return x->place < y->place ? -1 : x->place > y->place;
}

static int by_trouble(const void *a, const void *b)
{
    const struct ranked_server *x = a, *y = b;

    return x->worst > y->worst ? -1 : x->worst < y->worst ? 1 : by_role(a, b);
}

static int by_name(const void *a, const void *b)
{
    const struct ranked_server *x = a, *y = b;
    int order = strverscmp(x->series->target, y->series->target);

    return order ? order : x->place < y->place ? -1 : x->place > y->place;
}

static size_t list(const struct top_scene *scene, void **ret_items)
{
    static int (*const orders[])(const void *, const void *) = {
        [TOP_SORT_TROUBLE] = by_trouble, [TOP_SORT_ROLE] = by_role, [TOP_SORT_LOSS] = by_worst,
        [TOP_SORT_LATENCY] = by_worst,   [TOP_SORT_NAME] = by_name,
    };
    const struct history_facts *history = scene->facts->history;
    struct ranked_server *all = NULL;
    size_t count = 0;

    for (size_t i = 0; history && i < history->series_count; i++) {
        const struct history_series_facts *s = &history->series[i];
        const struct replica_facts *replica = replica_of(scene, s->target);
        const char *const texts[] = {s->target, s->type, target_role_names[s->role],
                                     replica ? replica->pod : NULL, replica ? replica->node : NULL};

        if (top_scene_shows(scene, texts, 5))
            *ARENA_PUSH(scene->arena, all, count) = (struct ranked_server){s, i, 0};
    }
    if (scene->view->sort != TOP_SORT_ROLE && scene->view->sort != TOP_SORT_NAME)
        weigh(history, scene->view->sort, all, count);
    if (count)
        qsort(all, count, sizeof(*all), orders[scene->view->sort]);
    *ret_items = all;
    return count;
}

static const struct history_series_facts *at(const void *items, size_t i)
{
    return ((const struct ranked_server *)items)[i].series;
}

/* ---- a row ---- */

static bool any_pod(const struct top_scene *scene)
{
    const struct replicas_facts *replicas = scene->facts->facts ? scene->facts->facts->replicas : NULL;

    for (size_t i = 0; replicas && i < replicas->replicas_count; i++)
        if (replicas->replicas[i].pod)
            return true;
    return false;
}

static struct columns columns_of(const struct top_scene *scene, unsigned room)
{
    const struct history_facts *history = scene->facts->history;
    struct columns c = {.id = ID_LEAST, .percentiles = room >= 64};
    unsigned used;

    for (size_t i = 0; i < history->series_count; i++) {
        unsigned columns = printer_columns(history->series[i].target);

        c.id = columns > c.id ? columns : c.id;
    }
    c.id = c.id > ID_MOST ? ID_MOST : c.id;
    if (c.id > room / 3 && c.id > ID_LEAST)
        c.id = room / 3 > ID_LEAST ? room / 3 : ID_LEAST;
    c.role = room >= 76 ? ROLE : 0;
    c.outcome = room >= 90 ? OUTCOME_WIDE : OUTCOME;
    c.pod = room >= POD_FROM && any_pod(scene) ? POD : 0;
    used = c.id + 1 + (c.role ? c.role + 1 : 0) + (c.pod ? c.pod + 1 : 0) + TYPE + 1 +
           (NUMBER + 1) * (c.percentiles ? 4 : 2) + c.outcome + 1;
    c.strip = room > used + STRIP_MIN ? room - used : 0;
    return c;
}

static void heading(const struct top_scene *scene, struct top_line *line)
{
    struct columns c = columns_of(scene, line->room);
    double tick_s = scene->facts->history->tick_ms / 1000;

    top_line_left(line, c.id, STYLE_FAINT, "");
    if (c.role)
        top_line_left(line, c.role, STYLE_FAINT, "");
    if (c.pod)
        top_line_left(line, c.pod, STYLE_FAINT, "POD");
    top_line_left(line, TYPE, STYLE_FAINT, "TYPE");
    top_line_right(line, NUMBER, STYLE_FAINT, "ms");
    if (c.percentiles) {
        top_line_right(line, NUMBER, STYLE_FAINT, "P50");
        top_line_right(line, NUMBER, STYLE_FAINT, "P99");
    }
    top_line_right(line, NUMBER, STYLE_FAINT, "LOSS");
    top_line_left(line, c.outcome, STYLE_FAINT, "LAST");
    if (c.strip)
        top_line_right(line, c.strip, STYLE_FAINT,
                       isnan(tick_s) ? "ALL" : arena_printf(scene->arena, "%.0f s each", tick_s));
}

static void put_loss(struct top_line *line, const struct history_series_facts *s)
{
    char text[16];

    if (isnan(s->loss_ratio)) {
        top_line_right(line, NUMBER, STYLE_FAINT, "-");
        return;
    }
    snprintf(text, sizeof(text), "%.*f%%", s->lost && s->loss_ratio < 0.0995 ? 1 : 0, s->loss_ratio * 100);
    top_line_right(line, NUMBER, s->lost ? STYLE_BAD : STYLE_GOOD, text);
}

static enum style outcome_style(int status)
{
    return status < 0 ? STYLE_FAINT : probe_status_is_good(status) ? STYLE_PLAIN : STYLE_BAD;
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct history_series_facts *s = at(items, i);
    struct columns c = columns_of(scene, line->room);
    const struct replica_facts *replica = replica_of(scene, s->target);
    bool bad = s->last_status >= 0 && !probe_status_is_good(s->last_status);
    char text[TOP_MS];

    top_line_left(line, c.id, bad ? STYLE_BAD : STYLE_PLAIN, s->target);
    if (c.role)
        top_line_left(line, c.role, STYLE_PLAIN, target_role_names[s->role]);
    if (c.pod)
        top_line_left(line, c.pod, STYLE_PLAIN, replica && replica->pod ? replica->pod : "");
    top_line_left(line, TYPE, STYLE_PLAIN, s->type);
    top_line_right(line, NUMBER, STYLE_PLAIN, top_ms(text, s->last_us));
    if (c.percentiles) {
        top_line_right(line, NUMBER, STYLE_PLAIN, top_ms(text, s->p50_us));
        top_line_right(line, NUMBER, STYLE_PLAIN, top_ms(text, s->p99_us));
    }
    put_loss(line, s);
    top_line_left(line, c.outcome, outcome_style(s->last_status),
                  s->last_status < 0 ? "-" : probe_status_names[s->last_status]);
    for (unsigned x = 0; x < c.strip && x < s->ticks_count; x++)
        top_strip_mark(line->grid, line->x + c.strip - 1 - x, line->y, &s->ticks[s->ticks_count - 1 - x]);
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    const struct history_series_facts *s = at(items, i);

    return arena_printf(scene->arena, "%s|%s", s->target, s->type);
}

/* ---- all about one ---- */

static void put_histogram(const struct watch_target_facts *t, const struct top_scene *scene,
                          struct lines *lines)
{
    unsigned bar = lines->width > 60 ? 40 : 16;

    for (size_t i = 0; i < t->latency_count; i++) {
        struct text marks = {0};
        uint64_t all = 0, cells;
        char below[DURATION_TEXT];

        for (size_t k = 0; k < t->latency_count; k++)
            all += t->latency[k].count;
        cells = all ? (t->latency[i].count * bar + all - 1) / all : 0;
        for (uint64_t k = 0; k < cells; k++)
            text_add(&marks, scene->utf8 ? "\u2588" : "#");
        lines_add_page(lines, STYLE_PLAIN,
                       arena_printf(scene->arena, "  under %9s %8" PRIu64 "  %s",
                                    duration_format_us(below, sizeof(below), t->latency[i].below_us),
                                    t->latency[i].count, text_string(&marks)));
        text_fini(&marks);
    }
}

static void put_sampled(const struct top_scene *scene, const char *target, struct lines *lines)
{
    const struct watch_facts *sampling = scene->facts->facts ? scene->facts->facts->sampling : NULL;
    const struct watch_target_facts *t = watch_target_find(sampling, target);

    if (!t)
        return;
    if (t->latency_count) {
        lines_add(lines, STYLE_PLAIN, "", " ");
        lines_add(lines, STYLE_STRONG, "", "latency since the beginning");
        put_histogram(t, scene, lines);
    }
    if (t->last_failure)
        lines_add(lines, STYLE_BAD, "last failure: ", "%s %s %s: %s%s%s", t->last_failure->time,
                  t->last_failure->name, t->last_failure->type, probe_status_names[t->last_failure->status],
                  t->last_failure->detail ? ", " : "",
                  t->last_failure->detail ? t->last_failure->detail : "");
    if (t->late || t->duplicates || t->mismatches)
        lines_add(lines, STYLE_ODD, "",
                  "%" PRIu64 " late, %" PRIu64 " doubled, %" PRIu64 " mismatched answers", t->late,
                  t->duplicates, t->mismatches);
}

static void put_answer(const struct history_answer_facts *a, struct lines *lines)
{
    char took[DURATION_TEXT];

    lines_add(lines, outcome_style(a->status), "  ", "%s %s: %s%s%s", a->time ? a->time : "", a->name,
              probe_status_names[a->status], a->rtt_us == SHAPE_UNSET ? "" : " in ",
              a->rtt_us == SHAPE_UNSET ? "" : duration_format_us(took, sizeof(took), a->rtt_us));
    for (size_t i = 0; i < a->answers_count; i++) {
        const struct rr_facts *rr = &a->answers[i];

        lines_add(lines, STYLE_PLAIN, "      ", "%s %" PRIu64 " %s %s", rr->name ? rr->name : "?", rr->ttl,
                  rr->type_name ? rr->type_name : "?",
                  rr->rdata.text  ? rr->rdata.text
                  : rr->rdata_hex ? rr->rdata_hex
                                  : "");
    }
    if (a->detail)
        lines_add(lines, STYLE_BAD, "      ", "damaged: %s", a->detail);
}

/* The answers of the diagnosis, where there is no history. */
static void put_probes(const struct top_scene *scene, const struct history_series_facts *s,
                       struct lines *lines)
{
    const struct matrix_facts *matrix = scene->facts->facts ? scene->facts->facts->matrix : NULL;

    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        if (strcmp(p->target, s->target) != 0 || strcmp(p->type, s->type) != 0)
            continue;
        put_answer(&(struct history_answer_facts){.name = p->candidate,
                                                  .status = p->status,
                                                  .rtt_us = p->rtt_us,
                                                  .answers = p->answers,
                                                  .answers_count = p->answers_count},
                   lines);
        if (p->detail)
            lines_add(lines, STYLE_PLAIN, "      ", "%s", p->detail);
    }
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct history_series_facts *s = at(items, i);
    const struct replica_facts *replica = replica_of(scene, s->target);
    char p50[TOP_MS], p99[TOP_MS], max[TOP_MS];

    lines_add(lines, STYLE_STRONG, "", "%s %s, %s", target_role_names[s->role], s->target, s->type);
    if (replica)
        lines_add(lines, STYLE_PLAIN, "", "Pod %s on node %s, version %s, found by %s",
                  replica->pod ? replica->pod : "?", replica->node ? replica->node : "?",
                  replica->version ? replica->version : "?",
                  arena_join(scene->arena, replica->found_by, replica->found_by_count, ", "));
    lines_add(lines, STYLE_PLAIN, "",
              "last %.0f s: %" PRIu64 " asked, %" PRIu64 " lost, %" PRIu64
              " bad; p50 %s ms, p99 %s ms, at most %s ms",
              scene->facts->history->window_ms / 1000, s->sent, s->lost, s->bad, top_ms(p50, s->p50_us),
              top_ms(p99, s->p99_us), top_ms(max, s->max_us));
    for (size_t k = 0; k < s->outcomes_count; k++)
        lines_add(lines, STYLE_PLAIN, "  ", "%s %" PRIu64, s->outcomes[k].name, s->outcomes[k].count);
    put_sampled(scene, s->target, lines);
    lines_add(lines, STYLE_PLAIN, "", " ");
    lines_add(lines, STYLE_STRONG, "",
              s->answers_count ? "last answers" : "answers when everything was asked");
    for (size_t k = 0; k < s->answers_count; k++)
        put_answer(&s->answers[k], lines);
    if (!s->answers_count)
        put_probes(scene, s, lines);
}

const struct top_panel top_panel_servers = {
    .name = "servers",
    .title = "Servers",
    .gap = gap,
    .list = list,
    .heading = heading,
    .row = row,
    .key = key,
    .details = details,
    .least = 6,
};
