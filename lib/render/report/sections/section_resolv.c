/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resolv.conf as it is read, with what each resolver makes of it. */
#include "../svg.h"
#include "section.h"
#include <inttypes.h>
#include <string.h>

enum {
    LINES_SHOWN = 24,
};

static void print_line(const struct page *page, const char *word, const char *const *values, size_t count)
{
    struct html *h = page->html;

    html(h, "<li><code>");
    html_text(h, word);
    for (size_t i = 0; i < count && i < LINES_SHOWN; i++) {
        html(h, " ");
        html_name(h, values[i]);
    }
    html(h, "</code></li>");
}

static void print_file(const struct page *page, const struct resolv_facts *r)
{
    struct html *h = page->html;
    const char **options = arena_array(page->arena, r->options_count + 1, sizeof(*options));

    html(h, "<ol class=\"conf\">");
    for (size_t i = 0; i < r->nameservers_count && i < LINES_SHOWN; i++)
        print_line(page, "nameserver", &r->nameservers[i], 1);
    if (r->search_count)
        print_line(page, "search", r->search, r->search_count);
    for (size_t i = 0; i < r->options_count; i++)
        options[i] = r->options[i].text && *r->options[i].text
                         ? arena_printf(page->arena, "%s:%s", r->options[i].name, r->options[i].text)
                         : r->options[i].name;
    if (r->options_count)
        print_line(page, "options", options, r->options_count);
    html(h, "</ol>");
}

static void print_warnings(const struct page *page, const struct resolv_facts *r)
{
    struct html *h = page->html;

    if (!r->warnings_count)
        return;
    html(h, "<h3>Remarks by line</h3><ul class=\"conf\">");
    for (size_t i = 0; i < r->warnings_count && i < LINES_SHOWN; i++) {
        const struct resolv_warning *w = &r->warnings[i];

        html(h, "<li class=\"remark ");
        html_class(h, w->loses ? "loses" : "");
        html(h, "\">");
        if (w->loses)
            html(h, "\xe2\x9c\x95 ");
        if (w->line != SHAPE_UNSET)
            html_textf(h, "Line %" PRIu64 ": ", w->line);
        html_text(h, w->text);
        if (w->resolvers_count)
            html_textf(h, " (%s)",
                       arena_join(page->arena, (const char *const *)w->resolvers, w->resolvers_count, ", "));
        html(h, "</li>");
    }
    html(h, "</ul>");
}

static void print_view(const struct page *page, const struct resolver_view *v)
{
    struct html *h = page->html;

    html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
    html_text(h, resolver_names[v->resolver]);
    html(h, "</th>");
    page_cell(page, "", "Servers used",
              arena_join(page->arena, (const char *const *)v->nameservers,
                         v->nameservers_count < LINES_SHOWN ? v->nameservers_count : LINES_SHOWN, ", "));
    page_cell(page, "", "ndots", arena_printf(page->arena, "%" PRIu64, v->ndots));
    page_cell(page, "", "Timeout", arena_printf(page->arena, "%.1f\xc2\xa0s", (double)v->timeout_ms / 1000));
    page_cell(page, "", "Attempts", arena_printf(page->arena, "%" PRIu64, v->attempts));
    page_cell(page, v->ignored_count || v->fatal ? "odd" : "", "Ignores",
              v->fatal ? v->fatal
              : v->ignored_count
                  ? arena_join(page->arena, (const char *const *)v->ignored,
                               v->ignored_count < LINES_SHOWN ? v->ignored_count : LINES_SHOWN, "; ")
                  : "nothing");
    html(h, "</tr>");
}

void section_resolv(const struct page *page)
{
    const struct resolv_facts *r = page->facts->resolv;
    struct html *h = page->html;
    bool loses = false;

    section_begin(page, "resolv", "resolv.conf");
    if (!r) {
        page_gap(page, "resolv.conf", "the file was not readable", "kubectl k8sdns POD resolv");
        section_end(page);
        return;
    }
    for (size_t i = 0; i < r->warnings_count; i++)
        loses = loses || r->warnings[i].loses;
    html(h, "<p class=\"lead\">");
    html_text(h, text_or(r->file, "/etc/resolv.conf"));
    html_text(h, loses ? ": part of it is ignored by some resolvers." : ": valid for glibc, musl and Go.");
    if (r->dns_policy) {
        html(h, " dnsPolicy ");
        html_text(h, r->dns_policy);
        if (r->dns_policy_reason) {
            html(h, ": ");
            html_text(h, r->dns_policy_reason);
        }
        html(h, ".");
    }
    html(h, "</p>");
    print_file(page, r);
    print_warnings(page, r);
    html(
        h,
        "<table role=\"table\" class=\"table blocks\"><caption>What each resolver takes from it</caption><thead><tr "
        "role=\"row\"><th role=\"columnheader\" scope=\"col\">Resolver</th><th role=\"columnheader\" scope=\"col\">Servers "
        "used</th><th role=\"columnheader\" scope=\"col\">ndots</th><th role=\"columnheader\" scope=\"col\">Timeout</th><th "
        "role=\"columnheader\" scope=\"col\">Attempts</th><th role=\"columnheader\" "
        "scope=\"col\">Ignores</th></tr></thead><tbody>");
    for (size_t i = 0; i < r->views_count; i++)
        print_view(page, &r->views[i]);
    html(h, "</tbody></table>");
    if (r->resolver.how) {
        html(h, "<p class=\"soft\">This place uses ");
        html_text(h, resolver_kind_names[r->resolver.kind]);
        if (r->resolver.version) {
            html(h, " ");
            html_text(h, r->resolver.version);
        }
        html(h, ": ");
        html_text(h, r->resolver.how);
        html(h, ".</p>");
    }
    section_end(page);
}
