/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report for a chat or a ticket: verdict, findings, matrix and commands, as GitHub, GitLab and Slack take
 * it. */
#include "matrix_columns.h"
#include "report_forms.h"
#include <inttypes.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/recorder/timeline_text.h>
#include <string.h>

enum {
    ROWS_SHOWN = 40,
    GAPS_SHOWN = 20,
    EPISODES_SHOWN = 20,
    TEXT_MOST = 600,
};

/* What would be markup in a paragraph or a table; a mention of somebody as well. */
static bool is_markup(char c)
{
    return c && strchr("\\`*_[]<>|~@#&$", c) != NULL;
}

/* Any bytes as text of one line. */
static void add_text(struct text *out, const char *text)
{
    char safe[4 * TEXT_MOST + 1];
    size_t len = text ? strlen(text) : 0, count;

    count = escape_line(safe, sizeof(safe), text ? text : "", len < TEXT_MOST ? len : TEXT_MOST);
    for (size_t i = 0; i < count; i++) {
        if (is_markup(safe[i]))
            text_add_char(out, '\\', 1);
        text_add_char(out, safe[i], 1);
    }
    if (len > TEXT_MOST)
        text_addf(out, "\xe2\x80\xa6 (%zu bytes)", len);
}

/* A name as code, in which nothing is markup; of a table, where a bar would end the cell. */
static void add_name(struct text *out, const char *name)
{
    char safe[4 * TEXT_MOST + 1];
    size_t len = name ? strlen(name) : 0, count;

    count = escape_line(safe, sizeof(safe), name ? name : "", len < TEXT_MOST ? len : TEXT_MOST);
    text_add_char(out, '`', 1);
    for (size_t i = 0; i < count; i++)
        text_add_char(out, safe[i] == '`' ? '\'' : safe[i] == '|' ? '/' : safe[i], 1);
    text_add_char(out, '`', 1);
}

/* A command alone in a block. */
static void add_command(struct text *out, const char *command)
{
    text_add(out, "   ```sh\n   ");
    text_add_escaped(out, command, strlen(command));
    text_add(out, "\n   ```\n");
}

static void add_finding_title(struct text *out, const struct finding *finding)
{
    add_text(out, finding->title);
    if (finding->subject) {
        text_add(out, ": ");
        add_text(out, finding->subject);
    }
}

static void add_findings(const struct report_facts *report, struct text *out)
{
    const struct diagnose_facts *d = report->diagnosis;

    if (!d->findings_count)
        return;
    text_add(out, "\n### Findings\n\n| Severity | Finding | How sure | Evidence |\n|---|---|---|---|\n");
    for (size_t i = 0; i < d->findings_count; i++) {
        const struct finding *finding = &d->findings[i];

        text_addf(out, "| %s | ", severity_names[finding->severity]);
        add_finding_title(out, finding);
        if (finding->consequence) {
            text_add(out, " (consequence of ");
            add_name(out, finding->consequence);
            text_add(out, ")");
        }
        text_addf(out, " | %s | ", confidence_names[finding->confidence]);
        for (size_t k = 0; k < finding->evidence_count && k < 3; k++) {
            text_add(out, k ? "; " : "");
            add_text(out, finding->evidence[k]);
        }
        text_add(out, " |\n");
    }
}

static void add_steps(const struct report_facts *report, struct text *out)
{
    const struct diagnose_facts *d = report->diagnosis;
    bool any = false;

    for (size_t i = 0; i < d->findings_count; i++) {
        const struct finding *finding = &d->findings[i];

        if (finding->consequence || finding->severity == SEVERITY_INFO || !finding->steps_count)
            continue;
        text_add(out, any ? "\n" : "\n### Do now\n\n");
        any = true;
        text_add(out, "**");
        add_finding_title(out, finding);
        text_add(out, "**\n\n");
        for (size_t k = 0; k < finding->steps_count; k++) {
            const struct step *step = &finding->steps[k];

            text_addf(out, "%zu. ", k + 1);
            add_text(out, step->text);
            if (step->undo) {
                text_add(out, " (undo: ");
                add_name(out, step->undo);
                text_add(out, ")");
            }
            text_add(out, "\n");
            if (step->command)
                add_command(out, step->command);
        }
    }
}

static void add_cell(struct text *out, const struct matrix_row *row, const struct matrix_column *column)
{
    struct matrix_part parts[MATRIX_PARTS];
    size_t count = matrix_cell(row, column, parts);

    for (size_t i = 0; i < count; i++) {
        const struct probe_facts *p = parts[i].probe;
        char took[DURATION_TEXT];

        text_addf(out, "%s%s", i ? ", " : "", probe_status_is_good(p->status) ? "" : "\xe2\x9c\x95 ");
        if (parts[i].type) {
            add_text(out, parts[i].type);
            text_add(out, " ");
        }
        add_text(out, probe_outcome(p));
        if (parts[i].slowest_us != SHAPE_UNSET)
            text_addf(out, " %s", duration_format_us(took, sizeof(took), parts[i].slowest_us));
    }
    text_add(out, count ? " | " : "not asked | ");
}

static void add_matrix(const struct report_facts *report, struct text *out, struct arena *arena)
{
    const struct matrix_facts *matrix = report->facts->matrix;
    struct matrix_view view;
    size_t shown = 0;

    if (!matrix || !matrix->probes_count)
        return;
    matrix_view_make(arena, matrix, &view);
    text_add(out, "\n### Names and servers\n\n| Query | ");
    for (size_t c = 0; c < view.columns_count; c++) {
        add_name(out, matrix_column_title(arena, matrix, &view.columns[c]));
        text_add(out, " | ");
    }
    text_add(out, "\n|---|");
    for (size_t c = 0; c < view.columns_count; c++)
        text_add(out, "---|");
    text_add(out, "\n");
    for (int failing = 1; failing >= 0; failing--)
        for (size_t i = 0; i < view.rows_count; i++) {
            if (view.rows[i].fails != (failing == 1) || shown == ROWS_SHOWN)
                continue;
            shown++;
            text_add(out, "| ");
            add_name(out, view.rows[i].candidate);
            text_add(out, " | ");
            for (size_t c = 0; c < view.columns_count; c++)
                add_cell(out, &view.rows[i], &view.columns[c]);
            text_add(out, "\n");
        }
    if (shown < view.rows_count)
        text_addf(out, "\n%zu more rows are left out.\n", view.rows_count - shown);
}

static void add_gaps(const struct report_facts *report, struct text *out)
{
    const struct diagnose_facts *d = report->diagnosis;

    if (!d->unobserved_count)
        return;
    text_add(out, "\n### Not checked\n\n");
    for (size_t i = 0; i < d->unobserved_count && i < GAPS_SHOWN; i++) {
        text_add(out, "- ");
        add_text(out, d->unobserved[i].what);
        text_add(out, " (");
        add_text(out, d->unobserved[i].why);
        text_add(out, "); to check it: ");
        add_name(out, d->unobserved[i].how);
        text_add(out, "\n");
    }
}

/* What failed in the recording that the facts are from. */
static void add_timeline(const struct report_facts *report, struct text *out, struct arena *arena)
{
    const struct timeline_facts *timeline = report->timeline;
    size_t shown = 0;

    if (!timeline)
        return;
    text_addf(out, "\n### The recording\n\n%" PRIu64 " intervals from ", timeline->intervals);
    add_text(out, text_or(timeline->from, "?"));
    text_add(out, " to ");
    add_text(out, text_or(timeline->to, "?"));
    text_add(out, "\n");
    for (size_t i = timeline->episodes_count; i-- > 0 && shown < EPISODES_SHOWN;) {
        const struct timeline_episode *e = &timeline->episodes[i];

        if (e->severity >= SEVERITY_INFO)
            continue;
        text_add(out, shown++ ? "| " : "\n| Began | Ended | What |\n| --- | --- | --- |\n| ");
        add_text(out, e->began);
        text_add(out, " | ");
        add_text(out, text_or(e->ended, "it still stood at the end"));
        text_add(out, " | ");
        add_text(out, timeline_episode_text(e, arena));
        text_add(out, " |\n");
    }
}

void report_markdown_write(const struct report_facts *report, struct text *out, struct arena *arena)
{
    const struct diagnose_facts *d = report->diagnosis;
    size_t unknown = 0;

    for (size_t i = 0; i < d->checks_count; i++)
        unknown += d->checks[i].state == FINDING_UNKNOWN;
    text_add(out, "## ");
    add_text(out, d->verdict);
    text_add(out, "\n\nSeen");
    if (d->pod) {
        text_add(out, " from Pod ");
        add_name(out, d->pod);
    }
    if (d->node) {
        text_add(out, " on node ");
        add_name(out, d->node);
    }
    text_add(out, " at ");
    add_text(out, text_or(d->time, "an unknown time"));
    text_addf(out, ". %" PRIu64 " of %" PRIu64 " test queries failed. Checks: %zu OK, %zu not checked.\n",
              d->failed, d->asked, d->healthy_count, unknown);
    add_findings(report, out);
    add_steps(report, out);
    add_matrix(report, out, arena);
    add_timeline(report, out, arena);
    add_gaps(report, out);
}
