/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/line.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/render/corefile/corefile_text.h>
#include <string.h>

static const enum style styles[] = {STYLE_BAD, STYLE_ODD, STYLE_PLAIN};

static void print_head(const struct corefile_facts *facts, struct printer *printer, struct arena *arena)
{
    const char *blocks = "";

    if (facts->role == COREFILE_KUBE_DNS) {
        printer_paragraph(printer, "",
                          "%s: the configuration of kube-dns, which is not CoreDNS and has no Corefile",
                          facts->source);
        return;
    }
    for (size_t i = 0; i < facts->blocks_count && i < 8; i++)
        blocks = arena_printf(arena, "%s%s%s", blocks, *blocks ? ", " : "",
                              arena_join(arena, facts->blocks[i].zones, facts->blocks[i].zones_count, " "));
    printer_paragraph(printer, "", "%s%s: %" PRIu64 " line%s, %zu server block%s%s%s%s%s%s%s", facts->source,
                      facts->role == COREFILE_NODE_LOCAL ? ", of node-local-dns" : "", facts->lines,
                      facts->lines == 1 ? "" : "s", facts->blocks_count, facts->blocks_count == 1 ? "" : "s",
                      *blocks ? " (" : "", blocks, facts->blocks_count > 8 ? ", ..." : "", *blocks ? ")" : "",
                      facts->version ? ", for CoreDNS " : "", facts->version ? facts->version : "");
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
        return remark->file ? remark->file : "";
    return arena_printf(arena, "line %" PRIu64 "%s%s%s%s%s", remark->line, remark->file ? " of " : "",
                        remark->file ? remark->file : "", remark->block ? " (" : "",
                        remark->block ? remark->block : "", remark->block ? ")" : "");
}

/* What several server blocks have in common is said once. */
static void print_remark(const struct corefile_facts *facts, size_t at, struct printer *printer,
                         struct arena *arena)
{
    const struct corefile_remark_facts *remark = &facts->remarks[at];
    const char **places = NULL;
    size_t places_count = 0;

    for (size_t i = at + 1; i < facts->remarks_count; i++)
        if (is_same(remark, &facts->remarks[i]))
            *ARENA_PUSH(arena, places, places_count) = place(&facts->remarks[i], arena);
    printer_addf(printer, "\n");
    printer_style(printer, styles[remark->severity], severity_names[remark->severity]);
    printer_addf(printer, "%s%s\n", *place(remark, arena) ? ", " : "", place(remark, arena));
    printer_paragraph(printer, "  ", "%s", remark->text);
    if (remark->quote)
        printer_addf(printer, "  |  %s\n", remark->quote);
    printer_paragraph(printer, "  why:   ", "%s", remark->why);
    if (remark->write)
        printer_paragraph(printer, "  write: ", "%s", remark->write);
    if (places_count)
        printer_paragraph(printer, "  also:  ", "%s", arena_join(arena, places, places_count, ", "));
}

static void print_remarks(const struct corefile_facts *facts, struct printer *printer, struct arena *arena)
{
    size_t infos = 0;

    for (size_t i = 0; i < facts->remarks_count; i++) {
        bool info = facts->remarks[i].severity == SEVERITY_INFO;

        infos += info;
        if ((!info || printer->verbosity > 0) && !is_repeated(facts, i))
            print_remark(facts, i, printer, arena);
    }
    if (infos == facts->remarks_count) {
        printer_addf(printer, "\n");
        printer_style(printer, STYLE_GOOD, "no problem in it");
        printer_addf(printer, "\n");
    }
    if (infos && printer->verbosity <= 0)
        printer_addf(printer, "\n%zu thing%s worth knowing: -v\n", infos, infos == 1 ? "" : "s");
    if (facts->remarks_dropped)
        printer_addf(printer, "%" PRIu64 " further remarks were left out\n", facts->remarks_dropped);
}

static const struct corefile_edit_facts *edit_at(const struct corefile_change_facts *change, uint64_t line)
{
    for (size_t i = 0; i < change->edits_count; i++)
        if (change->edits[i].line == line)
            return &change->edits[i];
    return NULL;
}

static void print_steps(const char *heading, const struct corefile_step_facts *steps, size_t count,
                        struct printer *printer)
{
    printer_addf(printer, "\n");
    printer_style(printer, STYLE_STRONG, heading);
    printer_addf(printer, "\n");
    for (size_t i = 0; i < count; i++)
        printer_addf(printer, "  # %s\n  %s\n", steps[i].what, steps[i].command);
}

/* A tab would be shown as an escape. */
static void print_line(const struct line *line, const struct corefile_edit_facts *edit,
                       struct printer *printer, struct arena *arena)
{
    const char *mark = !edit ? "  " : edit->changed ? "~ " : "+ ";
    char *text = arena_printf(arena, "%s%.*s", mark, (int)line->len, line->text);

    for (char *at = text; *at; at++)
        *at = *at == '\t' ? ' ' : *at;
    if (*text && text[strlen(text) - 1] == '\r')
        text[strlen(text) - 1] = '\0';
    printer_style(printer, edit ? STYLE_GOOD : STYLE_PLAIN, text);
    printer_addf(printer, "\n");
}

static void print_change(const struct corefile_change_facts *change, struct printer *printer,
                         struct arena *arena)
{
    struct line_cursor cursor = {.bytes = change->corefile, .len = strlen(change->corefile)};
    struct line line;

    if (change->on_already_count)
        printer_paragraph(printer, "\non already: ", "%s",
                          arena_join(arena, change->on_already, change->on_already_count, ", "));
    if (!change->edits_count)
        return;
    printer_addf(printer, "\n");
    printer_style(printer, STYLE_STRONG,
                  change->into ? arena_printf(arena, "The key %s, which the Corefile imports", change->into)
                               : "The Corefile with it (+ new, ~ changed)");
    printer_addf(printer, "\n");
    while (line_cursor_next(&cursor, &line))
        print_line(&line, edit_at(change, line.number), printer, arena);
    print_steps("Turn it on", change->steps, change->steps_count, printer);
    print_steps("The way back", change->back, change->back_count, printer);
}

void corefile_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct corefile_facts *facts = data;

    if (facts->print) {
        text_add(printer->out, facts->print);
        return;
    }
    print_head(facts, printer, arena);
    print_remarks(facts, printer, arena);
    if (facts->change)
        print_change(facts->change, printer, arena);
}
