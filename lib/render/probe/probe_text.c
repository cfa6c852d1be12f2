/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe_records.h"
#include <ctype.h>
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/probe/probe_facts.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/probe/probe_text.h>
#include <k8sdns/render/resolver/name_view_text.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Two questions beside each other fit 80 columns; further types go on the next line. */
#define PAIRS_IN_ROW 2

/* Of the first screen, so that 24 lines are enough. */
enum {
    NAMES_SHOWN = 4,
    RECORDS_SHOWN = 4,
    ANSWER_LINES = 5,
    REMARK_LINES = 4,
    SERVERS_SHOWN = 7,
};

/* The matrix with the place of each target's probes in it: they stand together, target by target. */
struct view {
    const struct matrix_facts *matrix;
    const struct probe_facts **begin; /* targets_count + 1 of them */
    struct printer *printer;
    struct arena *arena;
};

static void view_init(struct view *view, const struct matrix_facts *matrix, struct printer *printer,
                      struct arena *arena)
{
    const struct probe_facts *at = matrix->probes, *end = at + matrix->probes_count;

    *view = (struct view){matrix, arena_array(arena, matrix->targets_count + 1, sizeof(struct probe_facts *)),
                          printer, arena};
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

/* Names that do not exist, each once: the probes of a name stand together. */
static size_t absent_names(const struct view *view)
{
    size_t absent = 0;

    if (!view->matrix->targets_count)
        return 0;
    for (const struct probe_facts *p = view->begin[0]; p < view->begin[1]; p++)
        if (p == view->begin[0] || strcmp(p->name, p[-1].name) != 0)
            absent += matrix_is_absent(view->matrix, p->name);
    return absent;
}

static void print_summary(const struct view *view)
{
    const struct matrix_facts *matrix = view->matrix;
    size_t good = 0, heard = targets_heard(view), absent = absent_names(view);
    const char *names =
        absent ? arena_printf(view->arena, "%zu name%s not exist; ", absent, absent == 1 ? " does" : "s do")
               : "";
    char took[DURATION_TEXT];

    for (size_t i = 0; i < matrix->probes_count; i++)
        good += probe_status_is_good(matrix->probes[i].status);
    duration_format_us(took, sizeof(took), number_whole(matrix->elapsed_ms * 1000));
    status_line(view->printer, matrix_health(matrix),
                "%s%zu of %zu queries answered, %zu of %zu server%s heard%s%s", names, good,
                matrix->probes_count, heard, matrix->targets_count, matrix->targets_count == 1 ? "" : "s",
                absent ? "" : ", in ", absent ? "" : took);
}

static enum style outcome_style(const struct probe_facts *probe)
{
    if (probe->status == PROBE_ANSWER)
        return STYLE_GOOD;
    if (probe_status_is_good(probe->status))
        return STYLE_PLAIN;
    return probe_is_heard(probe) ? STYLE_ODD : STYLE_BAD;
}

static void cell_outcome(struct table *table, const struct probe_facts *probe)
{
    char word[40], rtt[DURATION_TEXT] = "-";
    enum style style = outcome_style(probe);

    if (probe->status == PROBE_ANSWER)
        snprintf(word, sizeof(word), "%zu record%s", probe->answers_count,
                 probe->answers_count == 1 ? "" : "s");
    else if (probe->status == PROBE_ERROR && probe->rcode)
        snprintf(word, sizeof(word), "%s", probe->rcode);
    else
        snprintf(word, sizeof(word), "%s", probe_status_names[probe->status]);
    /* A server's own words stand in capitals, as everywhere in DNS; ours do not. */
    if (probe->rcode && probe->status != PROBE_ANSWER && probe->status != PROBE_TRUNCATED)
        for (char *at = word; *at; at++)
            *at = (char)toupper((unsigned char)*at);
    if (probe->rtt_us != SHAPE_UNSET)
        duration_format_us(rtt, sizeof(rtt), probe->rtt_us);
    table_cellf(table, STYLE_FAINT, "%s%s%s", probe->type, probe->transport == TRANSPORT_UDP ? "" : "/",
                probe->transport == TRANSPORT_UDP ? "" : probe_transport_names[probe->transport]);
    table_cellf(table, style, "%s%s", word, probe->outlier ? " *" : "");
    table_cell(table, STYLE_PLAIN, rtt);
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
            table_cell(table, STYLE_PLAIN, column ? "" : target->id);
            table_cell(table, STYLE_FAINT, column ? "" : target_role_names[target->role]);
        }
        cell_outcome(table, p);
        column++;
    }
}

/* The full name is the one that was given, with or without its final dot. */
static bool is_as_given(const char *candidate, const char *name)
{
    size_t len = strlen(name);

    len -= len && name[len - 1] == '.';
    return strlen(candidate) == len && strncasecmp(candidate, name, len) == 0;
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
        if (p > view->begin[0] && same_question(p, p - 1))
            continue;
        table_group(table, arena_printf(view->arena, "%s  (%s)", p->candidate,
                                        is_as_given(p->candidate, p->name) ? "as is" : "search list"));
        for (size_t t = 0; t < view->matrix->targets_count; t++)
            rows_of_target(view, table, t, p);
    }
    table_print(table, view->printer, 2);
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
            printer_paragraph(view->printer, "  ", "%s was served by %s", view->matrix->targets[t].id,
                              text_string(&line));
        text_fini(&line);
    }
}

static void add_count(struct text *line, uint64_t count, const char *what)
{
    if (count)
        text_addf(line, "%s%" PRIu64 " %s", line->len ? ", " : "", count, what);
}

/* What came and was not taken for an answer; of those that all differ the first is told. */
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
        printer_paragraph(view->printer, "  ", "%s: not taken for answers: %s%s%s%s",
                          view->matrix->targets[t].id, text_string(&line), first ? " (the first: " : "",
                          first ? first : "", first ? ")" : "");
    text_fini(&line);
}

/* What was seen at a target besides its answers, in one sentence per kind. */
static void print_remarks(const struct view *view)
{
    for (size_t t = 0; t < view->matrix->targets_count; t++) {
        for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
            size_t count = p->detail && !p->mismatches ? count_text(view, t, p, p->detail, get_detail) : 0;

            if (count)
                printer_paragraph(view->printer, "  ", "%s: %s (%zu quer%s)", view->matrix->targets[t].id,
                                  p->detail, count, count == 1 ? "y" : "ies");
        }
        print_rejected(view, t);
    }
    if (view->matrix->stray)
        printer_paragraph(view->printer, "  ", "%" PRIu64 " datagrams belonged to no query",
                          view->matrix->stray);
}

static void print_differences(const struct view *view)
{
    for (size_t i = 0; i < view->matrix->differences_count; i++)
        printer_paragraph(view->printer, "* ", "%s", view->matrix->differences[i].text);
}

static bool is_known(const struct matrix_facts *matrix, size_t before, const char *name, const char *data)
{
    for (size_t k = 0; k < before; k++) {
        if (strcmp(matrix->probes[k].name, name) != 0)
            continue;
        for (size_t b = 0; b < matrix->probes[k].answers_count; b++) {
            const char *known = matrix->probes[k].answers[b].rdata.text;

            if (known && strcmp(known, data) == 0)
                return true;
        }
    }
    return false;
}

/* It was asked for in several types. */
static bool in_types(const struct view *view, const char *name)
{
    for (const struct probe_facts *p = view->begin[0]; p + 1 < view->begin[1]; p++)
        if (strcmp(p->name, name) == 0 && strcmp(p->type, p[1].type) != 0)
            return true;
    return false;
}

/* "web.prod: 10.96.7.7 (as web.prod.svc.cluster.local)" */
static void print_found(const struct view *view, const char *name)
{
    const struct matrix_facts *matrix = view->matrix;
    const char *candidate = NULL;
    struct text line = {0};
    bool nodata = false;
    size_t count = 0, asked = 0, failed = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *probe = &matrix->probes[i];

        if (strcmp(probe->name, name) != 0)
            continue;
        asked++;
        failed += !probe_status_is_good(probe->status);
        nodata = nodata || probe->status == PROBE_NODATA;
        if (probe->status != PROBE_ANSWER)
            continue;
        candidate = candidate ? candidate : probe->candidate;
        for (size_t a = 0; a < probe->answers_count; a++) {
            const char *data = probe->answers[a].rdata.text;

            if (!data || is_known(matrix, i, name, data))
                continue;
            if (count++ < RECORDS_SHOWN)
                text_addf(&line, "%s%s", line.len ? ", " : "", data);
        }
    }
    if (count > RECORDS_SHOWN)
        text_addf(&line, " and %zu more", count - RECORDS_SHOWN);
    if (!count && !nodata && failed && !matrix_is_meant_absent(matrix, name))
        printer_paragraph(view->printer, "  ", "%s: unknown; %zu of %zu queries for it failed", name, failed,
                          asked);
    if (!count && nodata)
        printer_paragraph(view->printer, "  ", "%s exists, without a record of %s", name,
                          in_types(view, name) ? "these types" : "this type");
    if (count)
        printer_paragraph(view->printer, "  ", "%s: %s%s", name, text_string(&line),
                          is_as_given(candidate, name) ? ""
                                                       : arena_printf(view->arena, " (as %s)", candidate));
    text_fini(&line);
}

/* Each name with the records that were found for it, or that it does not exist. */
static void print_answers(const struct view *view)
{
    const struct matrix_facts *matrix = view->matrix;
    size_t in_target = (size_t)(view->begin[1] - view->begin[0]), shown = 0;

    for (size_t i = 0; i < in_target; i++) {
        const char *name = matrix->probes[i].name;

        if (i && strcmp(name, matrix->probes[i - 1].name) == 0)
            continue;
        if (shown++ == NAMES_SHOWN && view->printer->verbosity <= 0) {
            printer_addf(view->printer, "  and more names: -v\n");
            return;
        }
        if (matrix_is_absent(matrix, name))
            printer_paragraph(view->printer, "  ",
                              "%s does not exist (NXDOMAIN for every candidate); check its spelling and its "
                              "namespace (NAME.NAMESPACE.svc)",
                              name);
        else
            print_found(view, name);
    }
}

/* One row for each server, where the whole matrix is too long. */
/* The type of which every query failed at a server, while all of the others were answered; NULL for none. */
static const char *failing_type(const struct view *view, size_t t)
{
    const char *type = NULL;
    bool any_good = false;

    for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
        bool good = probe_status_is_good(p->status);

        any_good = any_good || good;
        if (!good && type && strcmp(type, p->type) != 0)
            return NULL;
        type = good ? type : p->type;
    }
    for (const struct probe_facts *p = view->begin[t]; type && p < view->begin[t + 1]; p++)
        if (probe_status_is_good(p->status) && strcmp(type, p->type) == 0)
            return NULL;
    return any_good ? type : NULL;
}

static void print_servers(const struct view *view)
{
    static const struct table_column columns[] = {
        {.heading = "SERVER"},
        {.heading = "ROLE"},
        {.heading = "ANSWERED", .right = true},
        {.heading = "FASTEST", .right = true},
        {.heading = "FAILS WITH", .elastic = true},
    };
    struct table *table = table_new(view->arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t count = view->matrix->targets_count;
    size_t shown = count <= SERVERS_SHOWN ? count : SERVERS_SHOWN - 1;

    for (size_t t = 0; t < shown; t++) {
        const struct target_facts *target = &view->matrix->targets[t];
        uint64_t good = 0, asked = 0, fastest = SHAPE_UNSET, seen = 0;
        struct text faults = {0};
        char rtt[DURATION_TEXT] = "-";

        for (const struct probe_facts *p = view->begin[t]; p < view->begin[t + 1]; p++) {
            asked++;
            fastest = p->rtt_us < fastest ? p->rtt_us : fastest;
            if (probe_status_is_good(p->status)) {
                good++;
                continue;
            }
            if (!(seen & UINT64_C(1) << p->status))
                text_addf(&faults, "%s%s", faults.len ? ", " : "", probe_status_names[p->status]);
            seen |= UINT64_C(1) << p->status;
        }
        if (good < asked && failing_type(view, t))
            text_addf(&faults, " (every %s query)", failing_type(view, t));
        if (fastest != SHAPE_UNSET)
            duration_format_us(rtt, sizeof(rtt), fastest);
        table_row(table);
        table_cell(table, STYLE_PLAIN, target->id);
        table_cell(table, STYLE_FAINT, target_role_names[target->role]);
        table_cellf(table, good == asked ? STYLE_GOOD : STYLE_BAD, "%" PRIu64 " of %" PRIu64, good, asked);
        table_cell(table, STYLE_PLAIN, rtt);
        table_cell(table, STYLE_BAD, text_string(&faults));
        text_fini(&faults);
    }
    table_print(table, view->printer, 2);
    if (shown < count)
        printer_addf(view->printer, "  %zu not shown\n", count - shown);
}

/* At most `most` lines of what `render` prints. */
static void print_most(const struct view *view, void (*render)(const struct view *view), size_t most)
{
    struct text whole = {0};
    struct printer trial = *view->printer;
    struct view other = *view;
    const char *at;

    trial.out = &whole;
    other.printer = &trial;
    render(&other);
    at = text_string(&whole);
    for (size_t i = 0; i < most && *at; i++)
        at += strcspn(at, "\n") + 1;
    text_add_n(view->printer->out, text_string(&whole), (size_t)(at - text_string(&whole)));
    if (*at)
        printer_addf(view->printer, "  and more: -v\n");
    text_fini(&whole);
}

static void print_all(const void *data, bool condensed, struct printer *printer, struct arena *arena)
{
    struct view view;

    view_init(&view, data, printer, arena);
    print_summary(&view);
    name_view_print(view.matrix->names_as, "View: ", printer, arena);
    print_most(&view, print_answers, condensed ? ANSWER_LINES : SIZE_MAX);
    print_most(&view, print_differences, condensed ? REMARK_LINES : SIZE_MAX);
    if (condensed) {
        text_add_char(printer->out, '\n', 1);
        print_servers(&view);
        printer_addf(printer, "\nEach query and record: -v\n");
        return;
    }
    print_remarks(&view);
    print_identities(&view);
    text_add_char(printer->out, '\n', 1);
    print_table(&view);
    probe_records_print(data, printer, arena);
}

void probe_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct matrix_facts *matrix = data;
    struct view view;

    if (matrix->brief) {
        probe_records_brief(matrix, printer);
    } else if (printer->verbosity < 0) {
        view_init(&view, data, printer, arena);
        print_summary(&view);
    } else {
        first_screen(printer, print_all, data, arena);
    }
}
