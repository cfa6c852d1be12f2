/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_TABLE_H
#define K8SDNS_RENDER_TABLE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/render/page/printer.h>

/*
 * A table of text: columns as wide as their widest cell, two spaces apart. When a row is wider than the
 * page, cells of `elastic` columns are wrapped at spaces onto further lines; nothing is ever cut off.
 */
struct table_column {
    const char *heading; /* NULL in every column: no heading line */
    bool right;          /* numbers */
    bool elastic;
};

struct table;

#define TABLE_COLUMNS_MAX 16

struct table *table_new(struct arena *arena, const struct table_column *columns, size_t count);

/* Begin a row; cells follow in order, missing ones are empty. `cell` text is copied. */
void table_row(struct table *table);
void table_cell(struct table *table, enum style style, const char *text);
void table_cellf(struct table *table, enum style style, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* A line of its own across the columns, which starts a group. */
void table_group(struct table *table, const char *text);

void table_print(const struct table *table, struct printer *printer, unsigned indent);

#endif
