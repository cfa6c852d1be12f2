/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_MATRIX_COLUMNS_H
#define K8SDNS_RENDER_MATRIX_COLUMNS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/probe/probe_facts.h>

/* The matrix as a table of candidates by servers, for HTML and Markdown alike. */

struct matrix_entry {
    size_t target; /* index into matrix->targets */
    const struct probe_facts *probe;
};

/* One candidate of one name. */
struct matrix_row {
    const char *name, *candidate;
    bool fails;                   /* at some server */
    struct matrix_entry *entries; /* its queries, by server and then type */
    size_t entries_count;
};

/* One server; or several that came to the same in every row, where there are more than MATRIX_COLUMNS. */
struct matrix_column {
    size_t *targets; /* indices into matrix->targets */
    size_t count;
};
#define MATRIX_COLUMNS 8

/* No table has more rows; those beyond are counted. */
#define MATRIX_ROWS 1000

struct matrix_view {
    struct matrix_row *rows;
    size_t rows_count;
    struct matrix_column *columns;
    size_t columns_count;
    size_t left_out; /* queries of further rows */
};

/* Rows in the order of the first server's queries. Each server is in one column. */
void matrix_view_make(struct arena *arena, const struct matrix_facts *matrix, struct matrix_view *ret_view);

/* What stands in a cell: the types that came to the same are one part. */
struct matrix_part {
    const char *type; /* NULL: all of the cell's */
    const struct probe_facts *probe;
    uint64_t slowest_us; /* of all in it; unset without an answer */
    uint64_t fastest_us; /* of a column of several servers; unset of one */
};
#define MATRIX_PARTS 4

/* Return how many parts were filled, MATRIX_PARTS at most; 0: nothing was asked. */
size_t matrix_cell(const struct matrix_row *row, const struct matrix_column *column,
                   struct matrix_part parts[MATRIX_PARTS]);

/* The word for what came back: the response code, "NODATA", or why there is none: "timeout". */
const char *probe_outcome(const struct probe_facts *probe);

/* "10.244.1.21", or "27 servers". */
const char *matrix_column_title(struct arena *arena, const struct matrix_facts *matrix,
                                const struct matrix_column *column);

#endif
