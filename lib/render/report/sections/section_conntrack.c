/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conntrack table: how full, what it counted, who has entries, and what collides. */
#include "../svg.h"
#include "section.h"
#include <inttypes.h>
#include <math.h>

enum {
    PEERS_SHOWN = 12,
    TUPLES_SHOWN = 8,
};

static void print_gauge(const struct page *page, const struct conntrack_table_facts *table)
{
    struct html *h = page->html;
    double share = table->fill_ratio * 100;
    const char *words = arena_printf(page->arena, "%" PRIu64 " of %" PRIu64 " entries (%.1f %%)",
                                     table->entries, table->max, share);

    svg_begin(h, "x", 62, "Entries of the conntrack table", words);
    svg_rect(h, "s-bg", 0, 22, 100, 20);
    svg_rect(h, "s-warnbg", 75, 22, 25, 20);
    svg_rect(h, share >= 75 ? "s-fail" : "s-bar", 0, 22, share < 100 ? share > 0.3 ? share : 0.3 : 100, 20);
    svg_line(h, "s-mark", 75, 18, 75, 46);
    svg_text(h, "strong", 0, 14, SVG_START, words);
    svg_text(h, "", 0, 58, SVG_START, "0");
    svg_text(h, "", 75, 58, SVG_MIDDLE, "75 %");
    svg_text(h, "", 100, 58, SVG_END, arena_printf(page->arena, "%" PRIu64, table->max));
    svg_end(h);
}

static void print_counters(const struct page *page, const struct conntrack_counters *c,
                           const struct conntrack_rate_facts *rates)
{
    struct html *h = page->html;

    html(
        h,
        "<h3>Counters</h3><table role=\"table\" class=\"table blocks\"><caption>Since the node started, and while this was "
        "looked at</caption><thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Counter</th><th "
        "role=\"columnheader\" scope=\"col\">Since start</th><th role=\"columnheader\" scope=\"col\">Now, per "
        "second</th></tr></thead><tbody>");
    for (int i = 0; i < CONNTRACK_COUNTERS; i++) {
        uint64_t count = c->values[i];
        double rate = rates ? rates->values[i] : (double)NAN;

        if (count == SHAPE_UNSET)
            continue;
        html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        html_name(h, conntrack_counter_facts_shape.fields[i].key);
        html(h, "</th>");
        page_cell(page, "", "Since start", arena_printf(page->arena, "%" PRIu64, count));
        page_cell(page, "", "Now, per second",
                  isnan(rate) ? "not checked" : arena_printf(page->arena, "%.1f", rate));
        html(h, "</tr>");
    }
    html(h, "</tbody></table>");
}

static void print_peers(const struct page *page, const struct conntrack_dns_facts *dns)
{
    struct html *h = page->html;

    if (!dns->by_backend_count)
        return;
    html(h, "<h3>DNS entries by server</h3><table role=\"table\" class=\"table blocks\"><caption>");
    html_textf(h, "%s for port %" PRIu64 ", %" PRIu64 " without an answer",
               page_count(page->arena, dns->entries, "entry", "entries"), dns->port, dns->unreplied);
    html(
        h,
        "</caption><thead><tr role=\"row\"><th role=\"columnheader\" scope=\"col\">Server</th><th role=\"columnheader\" "
        "scope=\"col\">Entries</th><th role=\"columnheader\" scope=\"col\">Without answer</th><th role=\"columnheader\" "
        "scope=\"col\">A replica</th></tr></thead><tbody>");
    for (size_t i = 0; i < dns->by_backend_count && i < PEERS_SHOWN; i++) {
        const struct conntrack_peer_facts *peer = &dns->by_backend[i];

        html(h, "<tr role=\"row\"><th role=\"rowheader\" scope=\"row\">");
        html_name(h, peer->address);
        html(h, "</th>");
        page_cell(page, "", "Entries", arena_printf(page->arena, "%" PRIu64, peer->entries));
        page_cell(page, peer->unreplied * 2 > peer->entries ? "odd" : "", "Without answer",
                  arena_printf(page->arena, "%" PRIu64, peer->unreplied));
        page_cell(page, peer->known == 0 ? "odd" : "", "A replica",
                  peer->known < 0 ? "not checked"
                  : peer->known   ? "yes"
                                  : "no");
        html(h, "</tr>");
    }
    html(h, "</tbody></table>");
}

static void print_tuple(const struct page *page, const struct conntrack_tuple_facts *t)
{
    html(page->html, "<li>");
    html_text(page->html, arena_printf(page->arena, "%s %s to %s, reply %s to %s%s",
                                       t->protocol ? t->protocol : "", t->orig_src ? t->orig_src : "?",
                                       t->orig_dst ? t->orig_dst : "?", t->reply_src ? t->reply_src : "?",
                                       t->reply_dst ? t->reply_dst : "?", t->replied ? "" : ", no answer"));
    html(page->html, "</li>");
}

static void print_collisions(const struct page *page, const struct conntrack_facts *c)
{
    struct html *h = page->html;
    size_t shown = 0;

    html(h, "<h3>Collisions</h3><p>");
    html_textf(h, "%s of client ports among the entries of DNS; %" PRIu64 " stale.",
               page_count(page->arena, c->collisions_total, "collision", "collisions"), c->stale_total);
    html(h, "</p>");
    if (!c->collisions_count && !c->stale_count)
        return;
    html(h, "<ul>");
    for (size_t i = 0; i < c->collisions_count && shown < TUPLES_SHOWN; i++)
        for (size_t k = 0; k < c->collisions[i].entries_count && shown < TUPLES_SHOWN; k++, shown++)
            print_tuple(page, &c->collisions[i].entries[k]);
    for (size_t i = 0; i < c->stale_count && shown < TUPLES_SHOWN; i++, shown++)
        print_tuple(page, &c->stale[i]);
    html(h, "</ul>");
}

void section_conntrack(const struct page *page)
{
    const struct conntrack_facts *c = page->facts->conntrack;
    struct html *h = page->html;

    section_begin(page, "conntrack", "conntrack: is the table full, do entries collide");
    if (!c || !c->table.hooks || (c->table.max == SHAPE_UNSET && !c->dns)) {
        page_gap(page, "the node's conntrack table",
                 c && !c->table.hooks ? "this network namespace tracks nothing, as a Pod's own"
                                      : "it takes access to the node",
                 "kubectl k8sdns node/NODE conntrack");
        section_end(page);
        return;
    }
    if (isnan(c->table.fill_ratio)) {
        page_gap(page, "how full the table is", "its limit or its entries were not readable",
                 "kubectl k8sdns node/NODE conntrack");
    } else {
        html(h, "<p class=\"lead\">");
        html_text(h, c->table.fill_ratio >= 0.95   ? "The table is full: new flows are dropped."
                     : c->table.fill_ratio >= 0.75 ? "The table is nearly full."
                                                   : "The table has room.");
        html(h, "</p>");
        print_gauge(page, &c->table);
    }
    print_counters(page, &c->counters, c->rates);
    if (c->dns) {
        print_peers(page, c->dns);
        print_collisions(page, c);
    } else {
        page_gap(page, "the entries of DNS", "to read entries takes CAP_NET_ADMIN in the node's network",
                 "kubectl k8sdns node/NODE conntrack");
    }
    section_end(page);
}
