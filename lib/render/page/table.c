/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/render/page/table.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2

struct cell {
    const char *text; /* escaped */
    enum style style;
};

struct table_row {
    const char *group; /* the row is this line instead of cells */
    struct cell *cells;
    size_t used;
};

struct table {
    struct arena *arena;
    const struct table_column *columns;
    size_t column_count;
    struct table_row *rows;
    size_t row_count;
};

struct table *table_new(struct arena *arena, const struct table_column *columns, size_t count)
{
    struct table *table = ARENA_NEW(arena, struct table);

    table->arena = arena;
    table->columns = columns;
    table->column_count = count < TABLE_COLUMNS_MAX ? count : TABLE_COLUMNS_MAX;
    return table;
}

static const char *escaped(struct arena *arena, const char *text)
{
    struct text safe = {0};
    const char *copy;

    text_add_escaped(&safe, text, strlen(text));
    copy = arena_text(arena, text_string(&safe));
    text_fini(&safe);
    return copy;
}

void table_row(struct table *table)
{
    struct table_row *row = ARENA_PUSH(table->arena, table->rows, table->row_count);

    row->cells = arena_array(table->arena, table->column_count, sizeof(*row->cells));
    for (size_t i = 0; i < table->column_count; i++)
        row->cells[i].text = "";
}

void table_cell(struct table *table, enum style style, const char *text)
{
    struct table_row *row = &table->rows[table->row_count - 1];

    if (row->used < table->column_count)
        row->cells[row->used++] = (struct cell){escaped(table->arena, text ? text : ""), style};
}

void table_cellf(struct table *table, enum style style, const char *fmt, ...)
{
    char *raw = NULL;
    va_list ap;

    va_start(ap, fmt);
    if (vasprintf(&raw, fmt, ap) < 0)
        err_out_of_memory();
    va_end(ap);
    table_cell(table, style, raw);
    free(raw);
}

void table_group(struct table *table, const char *text)
{
    ARENA_PUSH(table->arena, table->rows, table->row_count)->group = escaped(table->arena, text);
}

/* The columns' widths; when they pass the page, the elastic ones share what is left. */
static void measure(const struct table *table, unsigned room, unsigned width[TABLE_COLUMNS_MAX])
{
    unsigned total = 0, elastic = 0, elastic_width = 0, rigid;

    for (size_t c = 0; c < table->column_count; c++) {
        width[c] = table->columns[c].heading ? printer_columns(table->columns[c].heading) : 0;
        for (size_t r = 0; r < table->row_count; r++) {
            const struct table_row *row = &table->rows[r];
            unsigned wide = row->group ? 0 : printer_columns(row->cells[c].text);

            width[c] = wide > width[c] ? wide : width[c];
        }
        total += width[c] + (c ? GAP : 0);
        if (table->columns[c].elastic) {
            elastic++;
            elastic_width += width[c];
        }
    }
    if (total <= room || !elastic)
        return;
    rigid = total - elastic_width;
    for (size_t c = 0; c < table->column_count; c++) {
        unsigned share = room > rigid ? (room - rigid) * width[c] / elastic_width : 0;

        if (table->columns[c].elastic)
            width[c] = share > 16 ? share : 16;
    }
}

/* The piece of `text` that fits into `width` columns, broken at a space; a longer word stays whole. */
static size_t piece(const char *text, unsigned width)
{
    size_t best = 0, n = strcspn(text, " ");
    unsigned columns = 0;

    for (size_t i = 0; text[i]; i++) {
        if (text[i] == ' ' && columns <= width)
            best = i;
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    if (columns <= width)
        return strlen(text);
    return best ? best : n;
}

static bool last_of_row(const struct table_row *row, const struct table *table, size_t column)
{
    for (size_t c = column + 1; c < table->column_count; c++)
        if (row->cells[c].text[0])
            return false;
    return true;
}

static void print_cell(struct printer *printer, const struct table_column *column, unsigned width,
                       const struct cell *cell, size_t len, bool last)
{
    char *text = strndup(cell->text, len);
    unsigned wide = text ? printer_columns(text) : 0;
    unsigned pad = wide < width ? width - wide : 0;

    if (column->right)
        text_add_char(printer->out, ' ', pad);
    printer_style(printer, cell->style, text ? text : "");
    if (!column->right && !last)
        text_add_char(printer->out, ' ', pad);
    free(text);
}

static void print_row(const struct table *table, struct printer *printer, unsigned indent,
                      const unsigned width[TABLE_COLUMNS_MAX], struct table_row row)
{
    bool more = true;

    while (more) {
        more = false;
        text_add_char(printer->out, ' ', indent);
        for (size_t c = 0; c < table->column_count; c++) {
            struct cell *cell = &row.cells[c];
            bool last = last_of_row(&row, table, c);
            size_t len = table->columns[c].elastic ? piece(cell->text, width[c]) : strlen(cell->text);

            if (c)
                text_add_char(printer->out, ' ', GAP);
            print_cell(printer, &table->columns[c], width[c], cell, len, last);
            cell->text += len;
            cell->text += strspn(cell->text, " ");
            more = more || cell->text[0];
            if (last)
                break;
        }
        text_add_char(printer->out, '\n', 1);
    }
}

void table_print(const struct table *table, struct printer *printer, unsigned indent)
{
    struct cell headings[TABLE_COLUMNS_MAX];
    unsigned width[TABLE_COLUMNS_MAX];
    bool headed = false;

    measure(table, printer->width > indent ? printer->width - indent : 0, width);
    for (size_t c = 0; c < table->column_count; c++) {
        const char *heading = table->columns[c].heading;

        headings[c] = (struct cell){heading ? heading : "", STYLE_STRONG};
        headed = headed || heading;
    }
    if (headed)
        print_row(table, printer, indent, width, (struct table_row){.cells = headings});
    for (size_t r = 0; r < table->row_count; r++) {
        const struct table_row *row = &table->rows[r];

        if (row->group) {
            text_add_char(printer->out, ' ', indent);
            printer_style(printer, STYLE_STRONG, row->group);
            text_add_char(printer->out, '\n', 1);
        } else {
            struct cell *copy = arena_copy(table->arena, row->cells, table->column_count * sizeof(*copy));

            print_row(table, printer, indent, width, (struct table_row){.cells = copy, .used = row->used});
        }
    }
}
