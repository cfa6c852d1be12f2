/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "matrix_columns.h"
#include <string.h>

static bool is_of_row(const struct probe_facts *p, const struct matrix_row *row)
{
    return strcmp(p->candidate, row->candidate) == 0 && strcmp(p->name, row->name) == 0;
}

/* The query of that number at a server, by type: an answer over TCP stands for the truncated one before it.
 */
static const struct probe_facts *probe_of(const struct matrix_row *row, size_t target, size_t number)
{
    const struct probe_facts *found = NULL;
    size_t types = 0;

    for (size_t i = 0; i < row->entries_count; i++) {
        const struct probe_facts *p = row->entries[i].probe;

        if (row->entries[i].target != target)
            continue;
        if (!found || strcmp(found->type, p->type) != 0)
            types++;
        if (types > number + 1)
            return found;
        found = p;
    }
    return types == number + 1 ? found : NULL;
}

/* They came to the same, whatever the time. */
static bool is_alike(const struct probe_facts *a, const struct probe_facts *b)
{
    const char *left = a->rcode ? a->rcode : "", *right = b->rcode ? b->rcode : "";

    return a->status == b->status && strcmp(left, right) == 0;
}

/* The row of a query; queries come in the same order at every server, so it is mostly the one at `*at`. */
static struct matrix_row *row_of(struct arena *arena, struct matrix_view *view, const struct probe_facts *p,
                                 size_t *at)
{
    for (size_t i = 0; i < view->rows_count; i++) {
        size_t index = (*at + i) % view->rows_count;

        if (is_of_row(p, &view->rows[index])) {
            *at = index;
            return &view->rows[index];
        }
    }
    if (view->rows_count == MATRIX_ROWS)
        return NULL;
    *at = view->rows_count;
    *ARENA_PUSH(arena, view->rows, view->rows_count) =
        (struct matrix_row){.name = p->name, .candidate = p->candidate};
    return &view->rows[*at];
}

static void make_rows(struct arena *arena, const struct matrix_facts *matrix, struct matrix_view *view)
{
    size_t at = 0, target = 0;

    for (size_t i = 0; i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        struct matrix_row *row = row_of(arena, view, p, &at);
        const struct target_facts *asked =
            target_find(matrix->targets + target, matrix->targets_count - target, p->target);

        if (!asked)
            asked = target_find(matrix->targets, matrix->targets_count, p->target);
        if (!row || !asked) {
            view->left_out++;
            continue;
        }
        target = (size_t)(asked - matrix->targets);
        *ARENA_PUSH(arena, row->entries, row->entries_count) = (struct matrix_entry){target, p};
        row->fails = row->fails || (!probe_status_is_good(p->status) && p->status != PROBE_TRUNCATED);
    }
}

static bool are_alike(const struct matrix_facts *matrix, const struct matrix_view *view, size_t a, size_t b)
{
    if (matrix->targets[a].role != matrix->targets[b].role)
        return false;
    for (size_t i = 0; i < view->rows_count; i++)
        for (size_t number = 0; number < MATRIX_PARTS; number++) {
            const struct probe_facts *left = probe_of(&view->rows[i], a, number);
            const struct probe_facts *right = probe_of(&view->rows[i], b, number);

            if (!left != !right || (left && right && !is_alike(left, right)))
                return false;
            if (!left)
                break;
        }
    return true;
}

void matrix_view_make(struct arena *arena, const struct matrix_facts *matrix, struct matrix_view *view)
{
    bool joins = matrix->targets_count > MATRIX_COLUMNS;

    *view = (struct matrix_view){0};
    make_rows(arena, matrix, view);
    for (size_t t = 0; t < matrix->targets_count; t++) {
        struct matrix_column *column = NULL;

        for (size_t c = 0; joins && c < view->columns_count && !column; c++)
            if (are_alike(matrix, view, view->columns[c].targets[0], t))
                column = &view->columns[c];
        if (!column)
            column = ARENA_PUSH(arena, view->columns, view->columns_count);
        *ARENA_PUSH(arena, column->targets, column->count) = t;
    }
}

static void note_time(struct matrix_part *part, uint64_t us, bool several)
{
    if (us == SHAPE_UNSET)
        return;
    if (part->slowest_us == SHAPE_UNSET || us > part->slowest_us)
        part->slowest_us = us;
    if (several && (part->fastest_us == SHAPE_UNSET || us < part->fastest_us))
        part->fastest_us = us;
}

size_t matrix_cell(const struct matrix_row *row, const struct matrix_column *column,
                   struct matrix_part parts[MATRIX_PARTS])
{
    const struct probe_facts *first = probe_of(row, column->targets[0], 0);
    bool several = column->count > 1, alike = true;
    size_t count = 0;

    for (size_t number = 0; first && number < MATRIX_PARTS; number++) {
        const struct probe_facts *p = probe_of(row, column->targets[0], number);

        if (!p)
            break;
        alike = alike && is_alike(p, first);
        parts[count++] = (struct matrix_part){p->type, p, SHAPE_UNSET, SHAPE_UNSET};
    }
    for (size_t number = 0; number < count; number++)
        for (size_t t = 0; t < column->count; t++) {
            const struct probe_facts *p = probe_of(row, column->targets[t], number);

            if (p)
                note_time(&parts[alike ? 0 : number], p->rtt_us, several);
        }
    if (alike && count) {
        parts[0].type = NULL;
        count = 1;
    }
    return count;
}

const char *probe_outcome(const struct probe_facts *p)
{
    bool has_code = p->rcode && p->status != PROBE_TRUNCATED && p->status != PROBE_MISMATCH &&
                    p->status != PROBE_MALFORMED;

    return !has_code ? probe_status_names[p->status] : p->status == PROBE_NODATA ? "NODATA" : p->rcode;
}

const char *matrix_column_title(struct arena *arena, const struct matrix_facts *matrix,
                                const struct matrix_column *column)
{
    return column->count == 1
               ? matrix->targets[column->targets[0]].id
               : arena_printf(arena, "%zu %s", column->count,
                              matrix->targets[column->targets[0]].role == TARGET_REPLICA ? "replicas"
                                                                                         : "servers");
}
