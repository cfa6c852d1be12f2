/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and servers as a heat map: a table, whose cells say code and time, and are coloured by both. */
#include "../matrix_columns.h"
#include "section.h"
#include <inttypes.h>
#include <string.h>

enum {
    ROWS_SHOWN = 40, /* of those where all is well; who fails is shown in any case */
    ROWS_MOST = 300,
};

static const char *heat_of(const struct probe_facts *p)
{
    if (!probe_status_is_good(p->status))
        return "failed";
    if (p->rtt_us == SHAPE_UNSET || p->rtt_us < 1000)
        return "h0";
    return p->rtt_us < 10000 ? "h1" : p->rtt_us < 100000 ? "h2" : "h3";
}

/* One part of a cell: A and AAAA in one when they are alike, and then the slower time. */
static void print_part(const struct page *page, const struct matrix_part *part)
{
    const struct probe_facts *p = part->probe;
    struct html *h = page->html;

    html(h, "<span class=\"cell ");
    html_class(h, heat_of(p));
    html(h, "\"><span>");
    if (!probe_status_is_good(p->status))
        html(h, "\xe2\x9c\x95 ");
    if (part->type) {
        html_text(h, part->type);
        html(h, " ");
    }
    html_text(h, probe_outcome(p));
    html(h, "</span><span>");
    if (part->slowest_us != SHAPE_UNSET) {
        if (part->fastest_us != SHAPE_UNSET) {
            html_duration_us(h, part->fastest_us);
            html(h, " to ");
        }
        html_duration_us(h, part->slowest_us);
    }
    html(h, "</span></span>");
}

static void print_cell(const struct page *page, const struct matrix_row *row,
                       const struct matrix_column *column)
{
    struct matrix_part parts[MATRIX_PARTS];
    size_t count = matrix_cell(row, column, parts);
    struct html *h = page->html;

    html(h, "<td role=\"cell\"");
    html_attribute(h, "data-head", matrix_column_title(page->arena, page->facts->matrix, column));
    html(h, "><div class=\"cells\">");
    if (!count)
        html(h, "<span class=\"cell none\">not asked</span>");
    for (size_t i = 0; i < count; i++)
        print_part(page, &parts[i]);
    html(h, "</div></td>");
}

static void print_head(const struct page *page, const struct matrix_view *view, bool is_rest)
{
    const struct matrix_facts *matrix = page->facts->matrix;
    struct html *h = page->html;

    html(h, "<table role=\"table\" class=\"table heat blocks\"><caption>");
    if (is_rest)
        html(h, "Names that every server answers");
    else
        html(h, "Each name as it was asked for, at each server: response code and time. A and AAAA share a "
                "line when they are alike; the time is the slower one");
    html(
        h,
        "</caption><thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\" class=\"query\">Query</th>");
    for (size_t i = 0; i < view->columns_count; i++) {
        const struct matrix_column *column = &view->columns[i];

        html(h, "<th role=\"columnheader\" scope=\"col\"><b>");
        html_name(h, matrix_column_title(page->arena, matrix, column));
        html(h, "</b>");
        if (column->count == 1) {
            const struct target_facts *target = &matrix->targets[column->targets[0]];
            const struct replica_facts *replica = page_replica(page, target->id);

            html_text(h, page_role(target_role_names[target->role]));
            if (replica && replica->node) {
                html(h, ", ");
                html_name(h, replica->node);
            }
        } else {
            html(h, "alike in every row");
        }
        html(h, "</th>");
    }
    html(h, "</tr></thead><tbody>");
}

/* `name`, of whose search list `candidate` is one: the base is soft, the suffix is what differs. */
static void print_rows(const struct page *page, const struct matrix_view *view, bool failing, bool is_rest,
                       size_t most)
{
    struct html *h = page->html;
    const char *group = NULL;
    size_t shown = 0, left = 0;

    for (size_t i = 0; i < view->rows_count; i++) {
        const struct matrix_row *row = &view->rows[i];

        if (row->fails != failing)
            continue;
        if (shown == most || page_is_full(page)) {
            left++;
            continue;
        }
        if (!shown++)
            print_head(page, view, is_rest);
        if (!group || strcmp(group, row->name) != 0) {
            html(h, "<tr role=\"row\" class=\"group\"><th role=\"rowheader\" scope=\"rowgroup\" colspan=\"");
            html_number(h, (double)view->columns_count + 1, 0);
            html(h, "\">");
            html_name(h, row->name);
            html(h, "</th></tr>");
            group = row->name;
        }
        html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        html_name(h, row->candidate);
        html(h, "</th>");
        for (size_t c = 0; c < view->columns_count; c++)
            print_cell(page, row, &view->columns[c]);
        html(h, "</tr>");
    }
    if (shown)
        html(h, "</tbody></table>");
    if (left)
        html_textf(h, "%zu more rows are left out; k8sdns report --json has them all.", left);
}

static void print_legend(const struct page *page)
{
    html(
        page->html,
        "<ul class=\"legend\"><li><i class=\"k0\"></i>answered under 1 ms</li><li><i "
        "class=\"k1\"></i>1 to 10 ms</li><li><i class=\"k2\"></i>10 to 100 ms</li><li><i "
        "class=\"k3\"></i>100 ms and more</li><li><i class=\"kf\"></i>\xe2\x9c\x95 no usable answer</li></ul>");
}

void section_matrix(const struct page *page)
{
    const struct matrix_facts *matrix = page->facts->matrix;
    struct html *h = page->html;
    struct matrix_view view;
    size_t failing = 0;

    section_begin(page, "matrix", "Which names fail at which server");
    if (!matrix || !matrix->probes_count) {
        page_gap(page, "names at each server", "nothing was queried",
                 "kubectl k8sdns POD report > report.html");
        section_end(page);
        return;
    }
    matrix_view_make(page->arena, matrix, &view);
    for (size_t i = 0; i < view.rows_count; i++)
        failing += view.rows[i].fails;
    html(h, "<p class=\"lead\">");
    if (failing)
        html_textf(h, "%zu of %zu names, as resolvers complete them, get no usable answer from some server.",
                   failing, view.rows_count);
    else
        html_textf(h, "Every server answers all %zu names, as resolvers complete them.", view.rows_count);
    html(h, "</p>");
    print_legend(page);
    print_rows(page, &view, true, false, ROWS_MOST);
    if (failing && failing < view.rows_count) {
        html(h, "<details><summary>");
        html_textf(h, "%zu names that every server answers", view.rows_count - failing);
        html(h, "</summary>");
        print_rows(page, &view, false, true, ROWS_MOST);
        html(h, "</details>");
    } else if (!failing) {
        print_rows(page, &view, false, false, ROWS_SHOWN);
    }
    for (size_t i = 0; i < matrix->differences_count && i < 12; i++) {
        html(h, "<p class=\"soft\">");
        html_text(h, matrix->differences[i].text);
        html(h, "</p>");
    }
    section_end(page);
}
