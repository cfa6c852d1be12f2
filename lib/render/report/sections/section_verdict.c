/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first screen: status, cause, what to do now, and the two proofs: who answers, and what programs see. */
#include "../svg.h"
#include "section.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <stdlib.h>
#include <string.h>

enum {
    STEPS_OF_ONE = 4,
    STEPS_OF_EACH = 2,
    LEADING_SHOWN = 4,
    SERVERS_SHOWN = 8, /* where there are more: the worst WORST_SHOWN and one for the rest */
    WORST_SHOWN = 5,
    NAMES_SHOWN = 6,
    EVIDENCE_SHOWN = 2,
    TITLES_SHOWN = 2,
};

static bool leads(const struct finding *finding)
{
    return !finding->consequence && finding->severity != SEVERITY_INFO;
}

static size_t leading_of(const struct page *page, const struct finding **first)
{
    size_t count = 0;

    *first = NULL;
    for (size_t i = 0; i < page->diagnosis->findings_count; i++)
        if (leads(&page->diagnosis->findings[i]) && !count++)
            *first = &page->diagnosis->findings[i];
    return count;
}

static void finding_title(const struct page *page, const struct finding *finding)
{
    html_sentence(page->html, finding->title);
    if (!finding->subject)
        return;
    html(page->html, ": ");
    html_name(page->html, finding->subject);
}

static const char *earliest_failure(const struct page *page)
{
    const struct watch_facts *sampling = page->facts->sampling;
    const char *first = NULL;

    for (size_t i = 0; sampling && i < sampling->targets_count; i++) {
        const struct watch_failure_facts *failure = sampling->targets[i].first_failure;

        if (failure && (!first || strcmp(failure->time, first) < 0))
            first = failure->time;
    }
    return first;
}

/* Nothing leads: what was seen instead of a fault. */
static void print_calm(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;

    if (d->status == HEALTH_UNKNOWN)
        html(h, "Not enough seen to judge");
    else if (!d->asked)
        html(h, "No fault in the files");
    else if (d->failed)
        html_textf(h, "%" PRIu64 " of %" PRIu64 " test queries were answered, and no check found a fault",
                   d->asked - d->failed, d->asked);
    else
        html_textf(h, "All %" PRIu64 " test queries were answered", d->asked);
}

/* "2 problems: a replica does not answer; external names fail". */
static void print_titles(const struct page *page, size_t leading)
{
    struct html *h = page->html;
    size_t shown = 0;

    html_textf(h, "%zu problems: ", leading);
    for (size_t i = 0; i < page->diagnosis->findings_count && shown < TITLES_SHOWN; i++) {
        if (!leads(&page->diagnosis->findings[i]))
            continue;
        html_text(h, shown++ ? "; " : "");
        html_text(h, page->diagnosis->findings[i].title);
    }
    if (leading > shown)
        html_textf(h, "; and %zu more", leading - shown);
}

static void print_head(const struct page *page, const struct finding *first, size_t leading)
{
    const struct diagnose_facts *d = page->diagnosis;
    const char *failure = earliest_failure(page);
    struct html *h = page->html;

    html(h, "<h1>");
    if (leading == 1)
        finding_title(page, first);
    else if (leading)
        print_titles(page, leading);
    else
        print_calm(page);
    html(h, "</h1><p class=\"facts\">");
    if (leading == 1) {
        html(h, "How sure: <b>");
        html_text(h, confidence_names[first->confidence]);
        html(h, "</b>. ");
    }
    if (!d->asked) {
        html(h, "No server was queried. ");
    } else if (d->failed) {
        html_textf(h, "%" PRIu64 " of %" PRIu64 " test queries failed (%.1f %%)", d->failed, d->asked,
                   d->failure_ratio * 100);
        if (failure) {
            html(h, ", the first at <b>");
            html_time(h, failure);
            html(h, "</b>");
        }
        html(h, ". ");
    } else if (leading && d->asked) {
        html_textf(h, "No test query of %" PRIu64 " failed. ", d->asked);
    }
    if (d->failed && d->scope) {
        html(h, "Affected: ");
        html_text(h, d->scope);
        html(h, ".");
    }
    html(h, "</p>");
}

/* The first evidence where one finding leads; where none does, what a program here sees. */
static void print_impact(const struct page *page, const struct finding *first, size_t leading)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    size_t found = 0;

    for (size_t i = 0; i < d->lookups_count; i++)
        found += d->lookups[i].found;
    if (leading == 1)
        for (size_t i = 0; i < first->evidence_count && i < EVIDENCE_SHOWN; i++) {
            html(h, "<p class=\"impact\">");
            html_sentence(h, first->evidence[i]);
            html(h, ".</p>");
        }
    if (leading || !d->lookups_count || found < d->lookups_count)
        return;
    html(h, "<p class=\"impact\">");
    if (found == 1)
        html(h, "A program in this place finds the name that was tested.");
    else
        html_textf(h, "A program in this place finds all %zu names that were tested.", found);
    html(h, "</p>");
}

static void print_steps(const struct page *page, const struct finding *finding, size_t most)
{
    struct html *h = page->html;

    html(h, "<ol class=\"steps\">");
    for (size_t i = 0; i < finding->steps_count && i < most; i++) {
        html(h, "<li>");
        html_sentence(h, finding->steps[i].text);
        if (finding->steps[i].command)
            page_command(page, finding->steps[i].command);
        html(h, "</li>");
    }
    html(h, "</ol>");
    if (finding->steps_count > most)
        html(h, "<p><a href=\"#findings\">All steps</a></p>");
}

static void print_do(const struct page *page, const struct finding *first, size_t leading)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    size_t shown = 0;

    html(h, "<div><h2>Do now</h2>");
    if (leading == 1)
        print_steps(page, first, STEPS_OF_ONE);
    for (size_t i = 0; leading > 1 && i < d->findings_count && shown < LEADING_SHOWN; i++) {
        const struct finding *finding = &d->findings[i];

        if (!leads(finding))
            continue;
        html(h, "<h3>");
        html_textf(h, "%zu. ", ++shown);
        finding_title(page, finding);
        html(h, "</h3><p class=\"soft\">How sure: <b>");
        html_text(h, confidence_names[finding->confidence]);
        html(h, "</b>");
        if (finding->evidence_count) {
            html(h, ". ");
            html_text(h, finding->evidence[0]);
        }
        html(h, "</p>");
        print_steps(page, finding, STEPS_OF_EACH);
    }
    if (leading > shown && leading > 1)
        html_textf(h, "and %zu more below", leading - shown);
    if (!leading && d->status == HEALTH_UNKNOWN) {
        html(h, "<p>Look from where the application runs, with the names that it uses.</p>");
        page_command(page, "kubectl k8sdns POD report > report.html");
    } else if (!leading) {
        html(h, "<p>Nothing to fix. If an application still fails, look up its name as it does, and ask what "
                "its message means.</p>");
        page_command(page, "kubectl k8sdns POD lookup NAME");
        page_command(page, "k8sdns explain \"MESSAGE\"");
    }
    html(h, "</div>");
}

/* ---- who answers ---- */

static int by_failures(const void *a, const void *b)
{
    const struct server_tally *const *left = a, *const *right = b;
    double l = (*left)->asked ? (double)(*left)->failed / (double)(*left)->asked : 0;
    double r = (*right)->asked ? (double)(*right)->failed / (double)(*right)->asked : 0;

    return l < r ? 1 : l > r ? -1 : *left < *right ? -1 : *left > *right;
}

static void print_bar(const struct page *page, const char *who, const char *role, const char *text,
                      uint64_t asked, uint64_t failed)
{
    struct html *h = page->html;
    double share = asked ? 100 * (double)(asked - failed) / (double)asked : 0;
    const char *words = arena_printf(page->arena, "%" PRIu64 " of %" PRIu64, asked - failed, asked);

    html(h, "<div class=\"row\"><div class=\"who\">");
    if (role)
        page_server(page, who, role);
    else
        html_text(h, who);
    html(h, "</div><div class=\"plot\">");
    svg_begin(h, "x", 18, arena_printf(page->arena, "Test queries answered by %s", text),
              arena_printf(page->arena, "%s answered", words));
    svg_rect(h, "s-bg", 0, 2, 100, 14);
    svg_rect(h, "s-bar", 0, 2, share, 14);
    if (failed)
        svg_rect(h, "s-fail", share, 2, 100 - share, 14);
    svg_end(h);
    html(h, "</div><div class=\"val ");
    html_class(h, failed ? "bad" : "ok");
    html(h, "\">");
    if (failed)
        html(h, "\xe2\x9c\x95 ");
    html_text(h, words);
    html(h, "</div></div>");
}

static void print_servers(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    const struct server_tally **sorted =
        arena_array(page->arena, d->servers_count + 1, sizeof(const struct server_tally *));
    size_t shown = d->servers_count > SERVERS_SHOWN ? WORST_SHOWN : d->servers_count;
    uint64_t asked = 0, failed = 0;
    struct html *h = page->html;

    html(h, "<h2>Test queries answered</h2>");
    if (!d->servers_count) {
        page_gap(page, "servers", "no server was queried", "kubectl k8sdns POD report > report.html");
        return;
    }
    for (size_t i = 0; i < d->servers_count; i++)
        sorted[i] = &d->servers[i];
    if (shown < d->servers_count)
        qsort(sorted, d->servers_count, sizeof(const struct server_tally *), by_failures);
    html(h, "<div class=\"tight\">");
    for (size_t i = 0; i < shown; i++)
        print_bar(page, sorted[i]->server, sorted[i]->role,
                  page_server_text(page, sorted[i]->server, sorted[i]->role), sorted[i]->asked,
                  sorted[i]->failed);
    for (size_t i = shown; i < d->servers_count; i++) {
        asked += sorted[i]->asked;
        failed += sorted[i]->failed;
    }
    if (shown < d->servers_count) {
        const char *rest = arena_printf(page->arena, "%zu other servers", d->servers_count - shown);

        print_bar(page, rest, NULL, rest, asked, failed);
    }
    html(h, "</div>");
}

/* ---- what programs see ---- */

static const struct lookup_facts *lookup_of(const struct lookups_facts *lookups, const char *name,
                                            int resolver)
{
    for (size_t i = 0; i < lookups->lookups_count; i++)
        if (lookups->lookups[i].resolver == resolver && strcmp(lookups->lookups[i].name, name) == 0)
            return &lookups->lookups[i];
    return NULL;
}

static void print_seen(const struct page *page, const struct lookup_facts *lookup)
{
    static const char *const words[] = {"ok", "slow", "fails"};
    struct html *h = page->html;
    int state;

    if (!lookup) {
        html(h, "<td class=\"unk\">not checked</td>");
        return;
    }
    state = lookup->result != LOOKUP_OK ? 2 : lookup->total_ms >= 1000 ? 1 : 0;
    html(h, "<td class=\"");
    html_class(h, state == 2 ? "bad" : state ? "warn" : "ok");
    html(h, "\">");
    svg_sign(h, state == 2 ? "bad" : state ? "warn" : "ok");
    html(h, " ");
    if (state)
        html(h, "<b>");
    html_textf(h, "%s, ", words[state]);
    html_duration_us(h, number_whole(lookup->total_ms * 1000));
    if (state)
        html(h, "</b>");
    html(h, "</td>");
}

static void print_programs(const struct page *page)
{
    const struct lookups_facts *lookups = page->report->lookups;
    struct html *h = page->html;
    size_t shown = 0;

    if (!lookups->lookups_count)
        return;
    html(
        h,
        "<h3>What programs see</h3><table class=\"table\"><caption>One lookup of each name, replayed on "
        "these answers; a query that was lost once stays lost</caption><thead><tr><th scope=\"col\">Name</th><th scope=\"col\">glibc</th><th "
        "scope=\"col\">musl</th><th scope=\"col\">Go</th></tr></thead><tbody>");
    for (size_t i = 0; i < lookups->lookups_count && shown < NAMES_SHOWN; i++) {
        const char *name = lookups->lookups[i].name;

        if (i && strcmp(lookups->lookups[i - 1].name, name) == 0)
            continue;
        html(h, "<tr><th scope=\"row\">");
        html_name(h, name);
        html(h, "</th>");
        for (int resolver = 0; resolver < RESOLVERS; resolver++)
            print_seen(page, lookup_of(lookups, name, resolver));
        html(h, "</tr>");
        shown++;
    }
    html(h, "</tbody></table>");
}

void section_verdict(const struct page *page)
{
    static const char *const signs[] = {"ok", "warn", "bad", "unknown"};
    const struct diagnose_facts *d = page->diagnosis;
    int status = d->status >= 0 && d->status <= HEALTH_UNKNOWN ? d->status : HEALTH_UNKNOWN;
    const struct finding *first;
    size_t leading = leading_of(page, &first);
    struct html *h = page->html;

    html(h, "<section class=\"card first is-");
    html_class(h, health_names[status]);
    html(h, "\" id=\"verdict\" aria-label=\"Verdict\"><p class=\"badge\">");
    svg_sign(h, signs[status]);
    html_text(h, health_titles[status]);
    html(h, "</p>");
    print_head(page, first, leading);
    print_impact(page, first, leading);
    html(h, "<div class=\"two\">");
    print_do(page, first, leading);
    html(h, "<div>");
    print_servers(page);
    print_programs(page);
    html(h, "</div></div>");
    section_end(page);
}
