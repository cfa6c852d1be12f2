/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was looked at and is well, and what was not checked, with the way to check it. */
#include "../svg.h"
#include "section.h"
#include <string.h>

enum {
    GAPS_SHOWN = 40,
};

static void print_ok(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;

    html(h, "<h3>");
    html_textf(h, "OK (%zu)", d->healthy_count);
    html(h, "</h3><ul class=\"okay\">");
    for (size_t i = 0; i < d->healthy_count; i++) {
        html(h, "<li>");
        html(h, "<span class=\"ok\">");
        svg_sign(h, "ok");
        html(h, "</span>");
        html_text(h, d->healthy[i]);
        html(h, "</li>");
    }
    html(h, "</ul>");
}

/* Gaps that the same closes stand together. */
static void print_gaps(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    size_t shown = 0;

    for (size_t i = 0; i < d->unobserved_count; i++) {
        const struct unobserved *gap = &d->unobserved[i];
        const char **what = NULL;
        size_t count = 0;
        bool said = false;

        for (size_t k = 0; k < d->unobserved_count; k++) {
            if (strcmp(d->unobserved[k].how, gap->how) != 0)
                continue;
            said = said || k < i;
            *ARENA_PUSH(page->arena, what, count) = d->unobserved[k].what;
        }
        if (said || shown == GAPS_SHOWN)
            continue;
        shown++;
        html(h, "<div class=\"gap\">");
        svg_sign(h, "unknown");
        html(h, "<div><p><b>");
        html_text(h, arena_join(page->arena, what, count, "; "));
        html(h, "</b></p><p>");
        html_text(h, gap->why);
        html(h, "</p><p>To check it: ");
        html_text(h, gap->how);
        html(h, "</p></div></div>");
    }
}

/* Checks that lack the same stand together. */
static void print_unknown(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    bool any = false;

    for (size_t i = 0; i < d->checks_count; i++) {
        const struct check_facts *check = &d->checks[i];
        const char **ids = NULL;
        size_t count = 0;
        bool said = false;

        for (size_t k = 0; k < d->checks_count; k++) {
            const struct check_facts *other = &d->checks[k];

            if (check->state != FINDING_UNKNOWN || other->state != FINDING_UNKNOWN || !check->detail ||
                !other->detail || strcmp(check->detail, other->detail) != 0)
                continue;
            said = said || k < i;
            *ARENA_PUSH(page->arena, ids, count) = other->id;
        }
        if (!count || said)
            continue;
        if (!any)
            html(h, "<h4>Checks that lack something</h4><ul>");
        any = true;
        html(h, "<li>");
        html_text(h, check->detail);
        html(h, " <span class=\"id\">(would check: ");
        html_text(h, arena_join(page->arena, ids, count, ", "));
        html(h, ")</span></li>");
    }
    if (any)
        html(h, "</ul>");
}

void section_checks(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    size_t unknown = 0, fires = 0;

    for (size_t i = 0; i < d->checks_count; i++) {
        unknown += d->checks[i].state == FINDING_UNKNOWN;
        fires += d->checks[i].state == FINDING_FIRES;
    }
    section_begin(page, "checks", "Checks");
    html(h, "<p class=\"lead\">");
    html_textf(h, "%zu found something, %zu OK, %zu not checked.", fires, d->healthy_count, unknown);
    html(h, "</p>");
    if (unknown || d->unobserved_count) {
        html(h, "<h3>");
        html_textf(h, "Not checked (%zu)", unknown);
        html(h, "</h3>");
        print_gaps(page);
        print_unknown(page);
    }
    if (d->healthy_count)
        print_ok(page);
    section_end(page);
}
