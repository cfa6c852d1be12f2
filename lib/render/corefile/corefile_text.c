/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/line.h>
#include <k8sdns/model/envelope_facts.h>
#include <k8sdns/render/corefile_text.h>
#include <string.h>

static const enum paint paints[] = {PAINT_BAD, PAINT_ODD, PAINT_PLAIN};

static void print_head(const struct corefile_facts *facts, struct page *page, struct arena *arena)
{
    const char *blocks = "";

    for (size_t i = 0; i < facts->blocks_count && i < 8; i++)
        blocks = arena_printf(arena, "%s%s%s", blocks, *blocks ? ", " : "",
                              arena_join(arena, facts->blocks[i].zones, facts->blocks[i].zones_count, " "));
    page_paragraph(page, "", "%s%s: %" PRIu64 " lines, %zu server block%s (%s%s)%s%s", facts->source,
                   facts->role == COREFILE_NODE_LOCAL ? ", of node-local-dns" : "", facts->lines,
                   facts->blocks_count, facts->blocks_count == 1 ? "" : "s", blocks,
                   facts->blocks_count > 8 ? ", ..." : "", facts->version ? ", for CoreDNS " : "",
                   facts->version ? facts->version : "");
}

static bool is_same(const struct corefile_remark_facts *a, const struct corefile_remark_facts *b)
{
    return a->matter == b->matter && a->severity == b->severity && strcmp(a->text, b->text) == 0 &&
           strcmp(a->why, b->why) == 0;
}

static bool is_repeated(const struct corefile_facts *facts, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_same(&facts->remarks[i], &facts->remarks[at]))
            return true;
    return false;
}

static const char *place(const struct corefile_remark_facts *remark, struct arena *arena)
{
    if (remark->line == SHAPE_UNSET)
        return "";
    return arena_printf(arena, "line %" PRIu64 "%s%s%s", remark->line, remark->block ? " (" : "",
                        remark->block ? remark->block : "", remark->block ? ")" : "");
}

/* What several server blocks have in common is said once. */
static void print_remark(const struct corefile_facts *facts, size_t at, struct page *page,
                         struct arena *arena)
{
    const struct corefile_remark_facts *remark = &facts->remarks[at];
    const char **places = NULL;
    size_t places_count = 0;

    for (size_t i = at + 1; i < facts->remarks_count; i++)
        if (is_same(remark, &facts->remarks[i]))
            *ARENA_PUSH(arena, places, places_count) = place(&facts->remarks[i], arena);
    page_addf(page, "\n");
    page_paint(page, paints[remark->severity], severity_words[remark->severity]);
    page_addf(page, "%s%s\n", remark->line == SHAPE_UNSET ? "" : ", ", place(remark, arena));
    page_paragraph(page, "  ", "%s", remark->text);
    if (remark->quote)
        page_addf(page, "  |  %s\n", remark->quote);
    page_paragraph(page, "  why:   ", "%s", remark->why);
    if (remark->write)
        page_paragraph(page, "  write: ", "%s", remark->write);
    if (places_count)
        page_paragraph(page, "  also:  ", "%s", arena_join(arena, places, places_count, ", "));
}

static void print_remarks(const struct corefile_facts *facts, struct page *page, struct arena *arena)
{
    size_t infos = 0;

    for (size_t i = 0; i < facts->remarks_count; i++) {
        bool info = facts->remarks[i].severity == SEVERITY_INFO;

        infos += info;
        if ((!info || page->verbosity > 0) && !is_repeated(facts, i))
            print_remark(facts, i, page, arena);
    }
    if (infos == facts->remarks_count) {
        page_addf(page, "\n");
        page_paint(page, PAINT_GOOD, "nothing in it hurts");
        page_addf(page, "\n");
    }
    if (infos && page->verbosity <= 0)
        page_addf(page, "\n%zu thing%s worth knowing: -v\n", infos, infos == 1 ? "" : "s");
    if (facts->remarks_dropped)
        page_addf(page, "%" PRIu64 " further remarks were left out\n", facts->remarks_dropped);
}

static const struct corefile_edit_facts *edit_at(const struct corefile_change_facts *change, uint64_t line)
{
    for (size_t i = 0; i < change->edits_count; i++)
        if (change->edits[i].line == line)
            return &change->edits[i];
    return NULL;
}

static void print_steps(const char *heading, const struct corefile_step_facts *steps, size_t count,
                        struct page *page)
{
    page_addf(page, "\n");
    page_paint(page, PAINT_STRONG, heading);
    page_addf(page, "\n");
    for (size_t i = 0; i < count; i++)
        page_addf(page, "  # %s\n  %s\n", steps[i].what, steps[i].command);
}

/* A tab would be shown as an escape. */
static void print_line(const struct line *line, const struct corefile_edit_facts *edit, struct page *page,
                       struct arena *arena)
{
    const char *mark = !edit ? "  " : edit->changed ? "~ " : "+ ";
    char *text = arena_printf(arena, "%s%.*s", mark, (int)line->len, line->text);

    for (char *at = text; *at; at++)
        *at = *at == '\t' ? ' ' : *at;
    if (*text && text[strlen(text) - 1] == '\r')
        text[strlen(text) - 1] = '\0';
    page_paint(page, edit ? PAINT_GOOD : PAINT_PLAIN, text);
    page_addf(page, "\n");
}

static void print_change(const struct corefile_change_facts *change, struct page *page, struct arena *arena)
{
    struct line_cursor cursor = {.bytes = change->corefile, .len = strlen(change->corefile)};
    struct line line;

    if (change->on_already_count)
        page_paragraph(page, "\non already: ", "%s",
                       arena_join(arena, change->on_already, change->on_already_count, ", "));
    if (!change->edits_count)
        return;
    page_addf(page, "\n");
    page_paint(page, PAINT_STRONG, "The Corefile with it (+ new, ~ changed)");
    page_addf(page, "\n");
    while (line_cursor_next(&cursor, &line))
        print_line(&line, edit_at(change, line.number), page, arena);
    print_steps("Turn it on", change->steps, change->steps_count, page);
    print_steps("The way back", change->back, change->back_count, page);
}

void corefile_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct corefile_facts *facts = data;

    if (facts->print) {
        text_add(page->out, facts->print);
        return;
    }
    print_head(facts, page, arena);
    print_remarks(facts, page, arena);
    if (facts->change)
        print_change(facts->change, page, arena);
}
