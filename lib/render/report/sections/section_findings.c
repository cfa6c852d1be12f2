/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each finding in full; those that another explains stand within it. */
#include "../svg.h"
#include "section.h"
#include <string.h>

static void print_line(const struct page *page, const struct finding *finding)
{
    html_sentence(page->html, finding->title);
    if (!finding->subject)
        return;
    html(page->html, ": ");
    html_name(page->html, finding->subject);
}

static void print_evidence(const struct page *page, const struct finding *finding)
{
    struct html *h = page->html;

    if (!finding->evidence_count)
        return;
    html(h, "<ul>");
    for (size_t i = 0; i < finding->evidence_count; i++) {
        html(h, "<li>");
        html_sentence(h, finding->evidence[i]);
        html(h, "</li>");
    }
    html(h, "</ul>");
}

static void print_steps(const struct page *page, const struct finding *finding)
{
    struct html *h = page->html;

    if (!finding->steps_count)
        return;
    html(h, "<h4>Steps</h4><ol class=\"steps\">");
    for (size_t i = 0; i < finding->steps_count; i++) {
        const struct step *step = &finding->steps[i];

        html(h, "<li>");
        html_sentence(h, step->text);
        if (step->command)
            page_command(page, step->command);
        if (step->undo) {
            html(h, "<div class=\"undo\">Undo: ");
            html_text(h, step->undo);
            html(h, "</div>");
        }
        html(h, "</li>");
    }
    html(h, "</ol>");
}

static void print_consequences(const struct page *page, const char *id)
{
    struct html *h = page->html;
    bool any = false;

    for (size_t i = 0; i < page->diagnosis->findings_count; i++) {
        const struct finding *finding = &page->diagnosis->findings[i];

        if (!finding->consequence || strcmp(finding->consequence, id) != 0)
            continue;
        if (!any)
            html(h, "<div class=\"part\"><h4>Consequences, which end with it</h4>");
        any = true;
        html(h, "<p>");
        page_severity(page, finding->severity);
        html(h, " ");
        print_line(page, finding);
        html(h, " <span class=\"id\">");
        html_name(h, finding->id);
        html(h, "</span></p>");
        print_evidence(page, finding);
    }
    if (any)
        html(h, "</div>");
}

/* The finding that it names is there. */
static bool has_cause(const struct page *page, const struct finding *finding)
{
    for (size_t i = 0; finding->consequence && i < page->diagnosis->findings_count; i++)
        if (strcmp(page->diagnosis->findings[i].id, finding->consequence) == 0 &&
            !page->diagnosis->findings[i].consequence)
            return true;
    return false;
}

static void print_finding(const struct page *page, const struct finding *finding)
{
    struct html *h = page->html;

    html(h, "<article><p class=\"headline\">");
    page_severity(page, finding->severity);
    html(h, "<span class=\"id\">");
    html_text(h, confidence_names[finding->confidence]);
    html(h, "</span><span class=\"id\">");
    html_name(h, finding->id);
    html(h, "</span></p><h3>");
    print_line(page, finding);
    html(h, "</h3>");
    print_evidence(page, finding);
    if (finding->cause) {
        html(h, "<h4>Why</h4><p class=\"why\">");
        html_text(h, finding->cause);
        html(h, "</p>");
    }
    print_steps(page, finding);
    print_consequences(page, finding->id);
    html(h, "</article>");
}

void section_findings(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    size_t leading = 0;

    section_begin(page, "findings", "Findings");
    for (size_t i = 0; i < d->findings_count; i++)
        leading += !has_cause(page, &d->findings[i]);
    if (!d->findings_count)
        html(h, "<p class=\"lead\">No check found a fault.</p>");
    else if (leading < d->findings_count)
        html(h, "<p class=\"lead\">Each with its evidence. What follows from another finding stands within "
                "it.</p>");
    else
        html(h, "<p class=\"lead\">Each with its evidence.</p>");
    for (size_t i = 0; i < d->findings_count; i++)
        if (!has_cause(page, &d->findings[i]))
            print_finding(page, &d->findings[i]);
    section_end(page);
}
