/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe_records.h"
#include <inttypes.h>
#include <k8sdns/render/page/table.h>
#include <stdlib.h>
#include <string.h>

/* A long set is shown by its beginning; -v shows it whole. */
#define RECORDS_SHOWN 8

/* A record set, told by its type and data in sorted order. */
struct record_set {
    const struct probe_facts *first;
    const char *key;
    const char **targets;
    size_t targets_count;
};

static const char *record_data(const struct rr_facts *rr, struct arena *arena)
{
    /* Data that has no text form is written as RFC 3597 does. */
    return rr->rdata.text ? rr->rdata.text
                          : arena_printf(arena, "\\# %" PRIu64 " %s", rr->rdlength, rr->rdata_hex);
}

static const char *set_key(const struct probe_facts *probe, struct arena *arena)
{
    const char **lines = arena_array(arena, probe->answers_count + 1, sizeof(*lines));
    struct text key = {0};
    const char *copy;

    for (size_t i = 0; i < probe->answers_count; i++) {
        const struct rr_facts *rr = &probe->answers[i];

        lines[i] = arena_printf(arena, "%s %s %s", rr->name, rr->type_name, record_data(rr, arena));
    }
    text_sort(lines, probe->answers_count);
    text_addf(&key, "%s %s\n", probe->candidate, probe->type);
    for (size_t i = 0; i < probe->answers_count; i++)
        text_addf(&key, "%s\n", lines[i]);
    copy = arena_text(arena, text_string(&key));
    text_fini(&key);
    return copy;
}

static void add_target(struct arena *arena, struct record_set *set, const char *target)
{
    for (size_t i = 0; i < set->targets_count; i++)
        if (strcmp(set->targets[i], target) == 0)
            return;
    *ARENA_PUSH(arena, set->targets, set->targets_count) = target;
}

static size_t collect(const struct matrix_facts *matrix, struct arena *arena, struct record_set **ret_sets)
{
    struct record_set *sets = NULL;
    size_t count = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *probe = &matrix->probes[i];
        struct record_set *set = NULL;
        const char *key;

        if (probe->status != PROBE_ANSWER)
            continue;
        key = set_key(probe, arena);
        for (size_t s = 0; s < count && !set; s++)
            if (strcmp(sets[s].key, key) == 0)
                set = &sets[s];
        if (!set) {
            set = ARENA_PUSH(arena, sets, count);
            *set = (struct record_set){.first = probe, .key = key};
        }
        add_target(arena, set, probe->target);
    }
    *ret_sets = sets;
    return count;
}

static const char *who(const struct matrix_facts *matrix, const struct record_set *set, struct arena *arena)
{
    struct text list = {0};
    const char *copy;

    if (set->targets_count == matrix->targets_count)
        return matrix->targets_count == 1   ? ""
               : matrix->targets_count == 2 ? "  (both servers)"
                                            : arena_printf(arena, "  (all %zu servers)", set->targets_count);
    for (size_t i = 0; i < set->targets_count; i++)
        text_addf(&list, "%s%s", i ? ", " : "  (", set->targets[i]);
    text_add(&list, ")");
    copy = arena_text(arena, text_string(&list));
    text_fini(&list);
    return copy;
}

void probe_records_print(const struct matrix_facts *matrix, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "RECORD"},
        {.heading = "TTL", .right = true},
        {.heading = "TYPE"},
        {.heading = "DATA", .elastic = true},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    struct record_set *sets;
    size_t count = collect(matrix, arena, &sets);

    if (!count)
        return;
    text_add_char(printer->out, '\n', 1);
    for (size_t s = 0; s < count; s++) {
        size_t have = sets[s].first->answers_count;
        size_t shown = printer->verbosity > 0 || have <= RECORDS_SHOWN + 1 ? have : RECORDS_SHOWN;

        table_group(table, arena_printf(arena, "%s %s%s", sets[s].first->candidate, sets[s].first->type,
                                        who(matrix, &sets[s], arena)));
        for (size_t i = 0; i < shown; i++) {
            const struct rr_facts *rr = &sets[s].first->answers[i];

            table_row(table);
            table_cell(table, STYLE_PLAIN, rr->name);
            table_cellf(table, STYLE_FAINT, "%" PRIu64, rr->ttl);
            table_cell(table, STYLE_PLAIN, rr->type_name);
            table_cell(table, STYLE_PLAIN, record_data(rr, arena));
        }
        if (shown < have) {
            table_row(table);
            table_cellf(table, STYLE_FAINT, "and %zu more (-v shows them)", have - shown);
        }
    }
    table_print(table, printer, 2);
}

void probe_records_brief(const struct matrix_facts *matrix, struct printer *printer)
{
    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];

        /* Candidates of the search list that do not exist are no answer while another one is. */
        if (p->status == PROBE_NXDOMAIN || p->status == PROBE_NODATA) {
            bool other = false;

            for (size_t k = 0; k < matrix->probes_count && !other; k++)
                other = k != i && strcmp(matrix->probes[k].name, p->name) == 0 &&
                        (matrix->probes[k].status == PROBE_ANSWER ||
                         (matrix->probes[k].status == p->status && k < i) ||
                         (matrix->probes[k].status == PROBE_NODATA && p->status == PROBE_NXDOMAIN));
            if (other)
                continue;
        }
        if (p->status != PROBE_ANSWER)
            printer_addf(printer, "%s\n", probe_status_names[p->status]);
        for (size_t a = 0; p->status == PROBE_ANSWER && a < p->answers_count; a++) {
            const struct rr_facts *rr = &p->answers[a];
            bool known = false;

            for (size_t k = 0; k < i && !known; k++)
                for (size_t b = 0; b < matrix->probes[k].answers_count && !known; b++)
                    known = matrix->probes[k].answers[b].rdata.text && rr->rdata.text &&
                            strcmp(matrix->probes[k].answers[b].rdata.text, rr->rdata.text) == 0;
            if (!known && rr->rdata.text)
                printer_addf(printer, "%s\n", rr->rdata.text);
            else if (!known)
                printer_addf(printer, "\\# %" PRIu64 " %s\n", rr->rdlength, rr->rdata_hex);
        }
    }
}
