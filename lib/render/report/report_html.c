/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page as one file: head with its policy, the sections, and the script that copies. */
#include "page_assets.h"
#include "sections/section.h"
#include <inttypes.h>
#include <k8sdns/render/report/report_html.h>

static void print_head(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;

    html(h, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta "
            "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '");
    text_add(h->out, page_style_hash);
    html(h, "'; script-src '");
    text_add(h->out, page_script_hash);
    html(
        h,
        "'; base-uri 'none'; form-action 'none'\">\n<meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\"><meta name=\"referrer\" content=\"no-referrer\"><meta "
        "name=\"robots\" content=\"noindex\"><meta name=\"color-scheme\" content=\"light dark\">\n<title>");
    html_text(h, d->verdict);
    html(h, "</title>\n<style>");
    text_add(h->out, page_style);
    html(h, "</style></head>\n<body><a class=\"skip\" href=\"#findings\">Go to the findings</a>\n");
}

static void print_top(const struct page *page)
{
    const struct diagnose_facts *d = page->diagnosis;
    struct html *h = page->html;
    size_t unknown = 0;

    for (size_t i = 0; i < d->checks_count; i++)
        unknown += d->checks[i].state == FINDING_UNKNOWN;
    html(h, "<header class=\"wide top\"><b>k8sdns report</b>");
    if (d->pod) {
        html(h, "<span>seen from Pod <b>");
        html_name(h, d->pod);
        html(h, "</b></span>");
    }
    if (d->node) {
        html(h, "<span>node <b>");
        html_name(h, d->node);
        html(h, "</b></span>");
    }
    html(h, "<b>");
    html_time(h, d->time);
    html(h, "</b><span>");
    html_textf(h, "%" PRIu64 " test queries, %s", d->asked,
               page_count(page->arena, d->servers_count, "server", "servers"));
    html(h, "</span><span>");
    html_textf(h, "%zu checks OK, %zu not checked", d->healthy_count, unknown);
    html(h, "</span></header>\n");
}

static void print_navigation(const struct page *page)
{
    html(
        page->html,
        "<nav aria-label=\"Sections\"><ul><li><a href=\"#findings\">Findings</a></li><li><a href=\"#matrix\">Names and "
        "servers</a></li><li><a href=\"#timeline\">Timeline</a></li><li><a href=\"#path\">Path</a></li><li><a "
        "href=\"#latency\">Latency</a></li><li><a href=\"#lookups\">Lookups</a></li><li><a "
        "href=\"#conntrack\">conntrack</a></li><li><a href=\"#replicas\">Replicas</a></li><li><a "
        "href=\"#resolv\">resolv.conf</a></li><li><a href=\"#checks\">Checks</a></li></ul></nav>\n");
}

static void print_end(const struct page *page)
{
    struct html *h = page->html;

    html(h, "</main>\n<footer class=\"wide\"><p>Made by k8sdns ");
    html_text(h, text_or(page->report->version, ""));
    if (page->facts->host.kernel) {
        html(h, ", Linux ");
        html_text(h, page->facts->host.kernel);
    }
    html_textf(h, ", from facts that took %.1f s to see. ", page->facts->elapsed_ms / 1000);
    html(
        h,
        "Times are UTC. This file loads nothing from anywhere.</p></footer>\n<div id=\"said\" class=\"said\" "
        "role=\"status\"></div>\n<script>");
    text_add(h->out, page_script);
    html(h, "</script>\n</body></html>\n");
}

void report_html_write(const struct report_facts *report, struct text *out, struct arena *arena)
{
    static void (*const sections[])(const struct page *page) = {section_verdict,   NULL,
                                                                section_findings,  section_matrix,
                                                                section_timeline,  section_path,
                                                                section_latency,   section_lookups,
                                                                section_conntrack, section_replicas,
                                                                section_resolv,    section_checks};
    struct html html = {.out = out, .arena = arena};
    struct page page = {&html, arena, report, report->diagnosis, report->facts};

    print_head(&page);
    print_top(&page);
    html_add(&html, "<main class=\"wide\">\n", 20);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        if (sections[i])
            sections[i](&page);
        else
            print_navigation(&page);
    }
    print_end(&page);
}
