/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe_records.h"
#include <ctype.h>
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/probe_facts.h>
#include <k8sdns/render/probe_text.h>
#include <k8sdns/render/table.h>
#include <stdio.h>
#include <string.h>

/* Two questions beside each other fit 80 columns; further types go on the next line. */
#define PAIRS_IN_ROW 2

/* The matrix with the place of each target's probes in it: they stand together, target by target. */
struct view {
    const struct matrix_facts *matrix;
    const struct probe_facts **begin; /* targets_count + 1 of them */
    struct page *page;
    struct arena *arena;
};

static void view_init(struct view *view, const struct matrix_facts *matrix, struct page *page,
                      struct arena *arena)
{
    const struct probe_facts *at = matrix->probes, *end = at + matrix->probes_count;

    *view = (struct view){matrix, arena_array(arena, matrix->targets_count + 1, sizeof(struct probe_facts *)),
                          page, arena};
    for (size_t t = 0; t < matrix->targets_count; t++) {
        view->begin[t] = at;
        while (at < end && strcmp(at->target, matrix->targets[t].id) == 0)
            at++;
    }
    view->begin[matrix->targets_count] = at;
}

static bool same_question(const struct probe_facts *a, const struct probe_facts *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->candidate, b->candidate) == 0;
}

static size_t targets_heard(const struct view *view)
{
    size_t heard = 0;

    for (size_t t = 0; t < view->matrix->targets_count; t++) {
        for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
            if (probe_is_heard(p)) {
                heard++;
                break;
            }
        }
    }
    return heard;
}

static void print_summary(const struct view *view)
{
    const struct matrix_facts *matrix = view->matrix;
    size_t asked = 0, good = 0, heard = targets_heard(view);
    struct page *page = view->page;
    char took[DURATION_TEXT];
    enum paint paint = PAINT_GOOD;
    const char *verdict = "ok";

    for (size_t i = 0; i < matrix->probes_count; i++) {
        asked++;
        good += probe_status_is_good(matrix->probes[i].status);
    }
    if (!heard) {
        paint = PAINT_BAD;
        verdict = "nothing answers";
    } else if (good < asked) {
        paint = PAINT_ODD;
        verdict = "trouble";
    } else if (matrix->differences_count) {
        paint = PAINT_ODD;
        verdict = "answers differ";
        for (size_t i = 0; i < matrix->differences_count; i++)
            if (matrix->differences[i].kind == DIFFERS_LATENCY)
                verdict = "one is slow";
    }
    duration_format_us(took, sizeof(took), (uint64_t)(matrix->elapsed_ms * 1000));
    page_paint(page, paint, verdict);
    page_addf(page, ": %zu of %zu questions answered, %zu of %zu targets heard, in %s\n", good, asked, heard,
              matrix->targets_count, took);
}

static enum paint outcome_paint(const struct probe_facts *probe)
{
    if (probe->status == PROBE_ANSWER)
        return PAINT_GOOD;
    if (probe_status_is_good(probe->status))
        return PAINT_PLAIN;
    return probe_is_heard(probe) ? PAINT_ODD : PAINT_BAD;
}

static void cell_outcome(struct table *table, const struct probe_facts *probe)
{
    char word[40], rtt[DURATION_TEXT] = "-";
    enum paint paint = outcome_paint(probe);

    if (probe->status == PROBE_ANSWER)
        snprintf(word, sizeof(word), "%zu record%s", probe->answers_count,
                 probe->answers_count == 1 ? "" : "s");
    else if (probe->status == PROBE_ERROR && probe->rcode)
        snprintf(word, sizeof(word), "%s", probe->rcode);
    else
        snprintf(word, sizeof(word), "%s", probe_status_words[probe->status]);
    /* A server's own words stand in capitals, as everywhere in DNS; ours do not. */
    if (probe->rcode && probe->status != PROBE_ANSWER && probe->status != PROBE_TRUNCATED)
        for (char *at = word; *at; at++)
            *at = (char)toupper((unsigned char)*at);
    if (probe->rtt_us != SHAPE_UNSET)
        duration_format_us(rtt, sizeof(rtt), probe->rtt_us);
    table_cellf(table, PAINT_FAINT, "%s%s", probe->type, probe->transport == TRANSPORT_TCP ? "/tcp" : "");
    table_cellf(table, paint, "%s%s", word, probe->odd ? " *" : "");
    table_cell(table, PAINT_PLAIN, rtt);
}

static void rows_of_target(const struct view *view, struct table *table, size_t t,
                           const struct probe_facts *question)
{
    const struct target_facts *target = &view->matrix->targets[t];
    size_t column = 0;

    for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
        if (!same_question(p, question))
            continue;
        if (column % PAIRS_IN_ROW == 0) {
            table_row(table);
            table_cell(table, PAINT_PLAIN, column ? "" : target->id);
            table_cell(table, PAINT_FAINT, column ? "" : target_role_words[target->role]);
        }
        cell_outcome(table, p);
        column++;
    }
}

static void print_table(const struct view *view)
{
    static const struct table_column columns[] = {
        {.heading = NULL}, {.heading = NULL}, {.heading = NULL}, {.heading = NULL},
        {.right = true},   {.heading = NULL}, {.heading = NULL}, {.right = true},
    };
    struct table *table = table_new(view->arena, columns, sizeof(columns) / sizeof(columns[0]));

    /* The questions, in the order of the first target. */
    for (const struct probe_facts *p = view->begin[0]; p < view->begin[1]; p++) {
        size_t given = strlen(p->name);

        if (p > view->begin[0] && same_question(p, p - 1))
            continue;
        given -= given && p->name[given - 1] == '.';
        table_group(table, arena_printf(view->arena, "%s  (%s)", p->candidate,
                                        strlen(p->candidate) == given ? "as is" : "search list"));
        for (size_t t = 0; t < view->matrix->targets_count; t++)
            rows_of_target(view, table, t, p);
    }
    table_print(table, view->page, 2);
}

/* How many probes of target `t` carry the text `key`; 0 when one before `p` does, which then told it. */
static size_t count_text(const struct view *view, size_t t, const struct probe_facts *p, const char *key,
                         const char *(*get)(const struct probe_facts *))
{
    size_t count = 0;

    for (const struct probe_facts *other = view->begin[t]; other < view->begin[t + 1]; other++) {
        const char *text = get(other);

        if (!text || strcmp(text, key) != 0)
            continue;
        if (other < p)
            return 0;
        count++;
    }
    return count;
}

static const char *get_nsid(const struct probe_facts *probe)
{
    return probe->nsid;
}

static const char *get_detail(const struct probe_facts *probe)
{
    return probe->detail;
}

/* "10.96.0.10 was served by coredns-a (5), coredns-b (3)": who stood behind an address. */
static void print_identities(const struct view *view)
{
    for (size_t t = 0; t < view->matrix->targets_count; t++) {
        struct text line = {0};

        for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
            size_t count = p->nsid ? count_text(view, t, p, p->nsid, get_nsid) : 0;

            if (count)
                text_addf(&line, "%s%s (%zu)", line.len ? ", " : "", p->nsid, count);
        }
        if (line.len)
            page_paragraph(view->page, "  ", "%s was served by %s", view->matrix->targets[t].id,
                           text_string(&line));
        text_fini(&line);
    }
}

static void add_count(struct text *line, uint64_t count, const char *what)
{
    if (count)
        text_addf(line, "%s%" PRIu64 " %s", line->len ? ", " : "", count, what);
}

/* What came and was not taken for an answer; of wrong ids and the like, which all differ, the first is told.
 */
static void print_rejected(const struct view *view, size_t t)
{
    uint64_t late = 0, duplicates = 0, mismatches = 0;
    const char *first = NULL;
    struct text line = {0};

    for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
        late += p->late;
        duplicates += p->duplicates;
        mismatches += p->mismatches;
        if (p->mismatches && !first)
            first = p->detail;
    }
    add_count(&line, late, "late");
    add_count(&line, duplicates, "duplicate");
    add_count(&line, mismatches, "mismatching");
    if (line.len)
        page_paragraph(view->page, "  ", "%s: not taken for answers: %s%s%s%s", view->matrix->targets[t].id,
                       text_string(&line), first ? " (the first: " : "", first ? first : "",
                       first ? ")" : "");
    text_fini(&line);
}

/* What was seen at a target besides its answers, in one sentence per kind. */
static void print_remarks(const struct view *view)
{
    for (size_t t = 0; t < view->matrix->targets_count; t++) {
        for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
            size_t count = p->detail && !p->mismatches ? count_text(view, t, p, p->detail, get_detail) : 0;

            if (count)
                page_paragraph(view->page, "  ", "%s: %s (%zu question%s)", view->matrix->targets[t].id,
                               p->detail, count, count == 1 ? "" : "s");
        }
        print_rejected(view, t);
    }
    if (view->matrix->stray)
        page_paragraph(view->page, "  ", "%" PRIu64 " datagrams belonged to no question",
                       view->matrix->stray);
}

static void print_differences(const struct view *view)
{
    for (size_t i = 0; i < view->matrix->differences_count; i++)
        page_paragraph(view->page, "* ", "%s", view->matrix->differences[i].text);
}

/* A name that is unknown under every candidate to every target: the commonest mistake gets its sentence. */
static void print_absent(const struct view *view)
{
    const struct matrix_facts *matrix = view->matrix;
    size_t in_target = (size_t)(view->begin[1] - view->begin[0]);

    for (size_t i = 0; i < in_target; i++) {
        const char *name = matrix->probes[i].name;
        bool absent = i == 0 || strcmp(name, matrix->probes[i - 1].name) != 0;

        for (size_t k = 0; absent && k < matrix->probes_count; k++)
            absent = strcmp(matrix->probes[k].name, name) != 0 || matrix->probes[k].status == PROBE_NXDOMAIN;
        if (absent)
            page_paragraph(view->page, "  ",
                           "%s does not exist under any of its candidates, at any target: check its spelling "
                           "and its namespace (NAME.NAMESPACE.svc)",
                           name);
    }
}

void probe_text_render(const void *data, struct page *page, struct arena *arena)
{
    struct view view;

    view_init(&view, data, page, arena);
    print_summary(&view);
    if (page->verbosity < 0)
        return;
    text_add_char(page->out, '\n', 1);
    print_table(&view);
    probe_records_print(data, page, arena);
    text_add_char(page->out, '\n', 1);
    print_differences(&view);
    print_absent(&view);
    print_remarks(&view);
    print_identities(&view);
    while (page->out->len > 1 && strcmp(page->out->at + page->out->len - 2, "\n\n") == 0)
        page->out->at[--page->out->len] = '\0';
}
