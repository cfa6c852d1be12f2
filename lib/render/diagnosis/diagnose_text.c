/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/number.h>
#include <k8sdns/model/frequency.h>
#include <k8sdns/model/resolv_facts.h>
#include <k8sdns/render/diagnose_text.h>
#include <string.h>

static const enum paint paints[] = {
    [SEVERITY_CRITICAL] = PAINT_BAD, [SEVERITY_WARNING] = PAINT_ODD, [SEVERITY_INFO] = PAINT_PLAIN};

/* Things that are well, named without -v. */
#define WELL_SHOWN 4

static const char *const confidences[] = {"", " (likely)", " (possible)"};

static const char *ends(const char *text)
{
    size_t len = strlen(text);

    return len && text[len - 1] == '.' ? "" : ".";
}

/* A line in colour, or, where it is too long for one, a paragraph without. */
static void print_line(struct page *page, enum paint paint, const char *text)
{
    if (page_columns(text) > page->width) {
        page_paragraph(page, "", "%s", text);
        return;
    }
    page_paint(page, paint, text);
    page_addf(page, "\n");
}

static void print_head(const struct finding *finding, struct page *page, struct arena *arena)
{
    print_line(page, paints[finding->severity],
               arena_printf(arena, "%s: %s%s%s%s", severity_words[finding->severity], finding->title,
                            finding->subject ? ", " : "", finding->subject ? finding->subject : "",
                            confidences[finding->confidence]));
}

static void print_consequences(const struct diagnose_facts *facts, const char *id, struct page *page)
{
    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct finding *finding = &facts->findings[i];

        if (finding->consequence && strcmp(finding->consequence, id) == 0)
            page_paragraph(page, "  hence ", "%s: %s%s%s", finding->id, finding->title,
                           finding->subject ? ", " : "", finding->subject ? finding->subject : "");
    }
}

static void print_finding(const struct diagnose_facts *facts, const struct finding *finding,
                          struct page *page, struct arena *arena)
{
    page_addf(page, "\n");
    print_head(finding, page, arena);
    for (size_t i = 0; i < finding->evidence_count; i++)
        page_paragraph(page, "  - ", "%s", finding->evidence[i]);
    print_consequences(facts, finding->id, page);
    /* A remark needs no treatment, unless somebody asks. */
    if (finding->severity == SEVERITY_INFO && page->verbosity <= 0)
        return;
    if (finding->cause)
        page_paragraph(page, "  why: ", "%s", finding->cause);
    for (size_t i = 0; i < finding->remedy_count; i++)
        page_paragraph(page, i ? "       " : "  do:  ", "%zu. %s%s", i + 1, finding->remedy[i],
                       ends(finding->remedy[i]));
    page_paragraph(page, "  more: ", "k8sdns explain %s", finding->id);
}

static const char *without_dot(struct arena *arena, const char *name)
{
    size_t len = strlen(name);

    return len > 1 && name[len - 1] == '.' ? arena_text_n(arena, name, len - 1) : name;
}

/* What an application sees, those that fail first; a line for each, at most so many without -v. */
#define LOOKUPS_SHOWN 4

static void print_lookups(const struct diagnose_facts *facts, struct page *page, struct arena *arena)
{
    size_t shown = 0;

    for (int found = 0; found < 2; found++)
        for (size_t i = 0; i < facts->lookups_count; i++) {
            const struct seen_lookup *lookup = &facts->lookups[i];
            char time[DURATION_TEXT];

            if (lookup->found != (found == 1) || (page->verbosity <= 0 && shown >= LOOKUPS_SHOWN))
                continue;
            duration_format_us(time, sizeof(time), (uint64_t)(lookup->total_ms * 1000));
            page_paragraph(page, shown++ ? "           " : "programs:  ",
                           found ? "find %s in %s" : "do not find %s; after %s they get: %s",
                           without_dot(arena, lookup->name), time,
                           lookup->error ? lookup->error : "no address");
        }
}

/* Causes that lack the same stand together. */
static void print_unknown(const struct diagnose_facts *facts, struct page *page, struct arena *arena)
{
    for (size_t i = 0; i < facts->checks_count; i++) {
        const struct check_facts *check = &facts->checks[i];
        const char **ids = NULL;
        size_t count = 0;
        bool said = false;

        for (size_t k = 0; k < facts->checks_count; k++) {
            const struct check_facts *other = &facts->checks[k];

            if (check->state != FINDING_UNKNOWN || other->state != FINDING_UNKNOWN || !check->detail ||
                !other->detail || strcmp(check->detail, other->detail) != 0)
                continue;
            said = said || k < i;
            *ARENA_PUSH(arena, ids, count) = other->id;
        }
        if (!count || said)
            continue;
        page_paragraph(page, "  - ", "%s (to find or exclude %s)", check->detail,
                       page->verbosity > 0 || count == 1
                           ? arena_join(arena, ids, count, ", ")
                           : arena_printf(arena, "%s and %zu more", ids[0], count - 1));
    }
}

/* Gaps that the same would close stand together: the first in full, the others by name. */
static void print_unobserved(const struct diagnose_facts *facts, struct page *page, struct arena *arena)
{
    for (size_t i = 0; i < facts->unobserved_count; i++) {
        const struct unobserved *gap = &facts->unobserved[i];
        const char **others = NULL;
        size_t count = 0;
        bool said = false;

        for (size_t k = 0; k < facts->unobserved_count; k++) {
            if (k == i || strcmp(facts->unobserved[k].how, gap->how) != 0)
                continue;
            said = said || k < i;
            *ARENA_PUSH(arena, others, count) = facts->unobserved[k].what;
        }
        if (!said)
            page_paragraph(page, "  - ", "%s: %s%s%s; %s", gap->what, gap->why, count ? "; likewise " : "",
                           count ? arena_join(arena, others, count, ", ") : "", gap->how);
    }
}

static void print_gaps(const struct diagnose_facts *facts, struct page *page, struct arena *arena)
{
    size_t unknown = 0;

    for (size_t i = 0; i < facts->checks_count; i++)
        unknown += facts->checks[i].state == FINDING_UNKNOWN;
    if (!facts->unobserved_count && !unknown)
        return;
    page_addf(page, "\nnot seen from here\n");
    print_unobserved(facts, page, arena);
    print_unknown(facts, page, arena);
}

static void print_healthy(const struct diagnose_facts *facts, struct page *page, struct arena *arena)
{
    size_t shown =
        page->verbosity > 0 || facts->healthy_count <= WELL_SHOWN ? facts->healthy_count : WELL_SHOWN;
    const char *more = shown < facts->healthy_count
                           ? arena_printf(arena, "; and %zu things more (-v)", facts->healthy_count - shown)
                           : "";

    page_paragraph(page, "well: ", "%s%s", arena_join(arena, facts->healthy, shown, "; "), more);
}

void diagnose_text_render(const void *data, struct page *page, struct arena *arena)
{
    const struct diagnose_facts *facts = data;
    const struct finding *first = facts->findings_count ? &facts->findings[0] : NULL;

    print_line(page, first && first->severity != SEVERITY_INFO ? paints[first->severity] : PAINT_GOOD,
               facts->verdict);
    if (page->verbosity < 0)
        return;
    if (facts->frequency >= 0 && facts->frequency_text)
        page_paragraph(page, "how often: ", "%s", facts->frequency_text);
    if (facts->scope)
        page_paragraph(page, "how wide:  ", "%s", facts->scope);
    print_lookups(facts, page, arena);
    for (size_t i = 0; i < facts->findings_count; i++)
        if (!facts->findings[i].consequence)
            print_finding(facts, &facts->findings[i], page, arena);
    if (facts->healthy_count) {
        page_addf(page, "\n");
        print_healthy(facts, page, arena);
    }
    print_gaps(facts, page, arena);
    if (facts->next_count && first && first->severity != SEVERITY_INFO) {
        page_addf(page, "\nto know more\n");
        for (size_t i = 0; i < facts->next_count; i++)
            page_addf(page, "  %s\n", facts->next[i]);
    }
}

void diagnose_text_render_part(const void *data, struct page *page, struct arena *arena)
{
    const struct diagnose_facts *facts = data;

    (void)arena;
    page_paragraph(page, "", "%s  %s", facts->time ? facts->time : "", facts->verdict);
}
