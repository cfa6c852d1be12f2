/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path of a query: Pod, node, replica, upstream, and where queries end. Drawn twice: wide, and tall for a
 * phone. */
#include "../svg.h"
#include "section.h"
#include <inttypes.h>
#include <string.h>

enum {
    REPLICAS_DRAWN = 4,
    LABEL_MOST = 26,
    DROPS_SHOWN = 8,
};

enum way_state {
    WAY_GOOD,
    WAY_FAILS,
    WAY_UNKNOWN,
};

/* One replica, or several that all answer. */
struct path_end {
    const char *title, *second, *third;
    const char *label; /* on the way to it; NULL */
    int state;         /* enum way_state */
    int upstream;      /* likewise, of what it forwards */
};

static const char *cut(const struct page *page, const char *text)
{
    size_t len = strlen(text), take = LABEL_MOST;

    if (len <= LABEL_MOST)
        return text;
    while (take && ((unsigned char)text[take] & 0xc0) == 0x80)
        take--;
    return arena_printf(page->arena, "%.*s\xe2\x80\xa6", (int)take, text);
}

static int kind_of(const struct page *page, const char *name)
{
    for (size_t i = 0; i < page->facts->names_count; i++)
        if (strcmp(page->facts->names[i].name, name) == 0)
            return page->facts->names[i].kind;
    return NAME_GIVEN;
}

/* What came of external names at a server: as they stand, since those completed are the cluster's. */
static int upstream_state(const struct page *page, const char *server)
{
    const struct matrix_facts *matrix = page->facts->matrix;
    bool asked = false, failed = false;

    for (size_t i = 0; matrix && i < matrix->probes_count; i++) {
        const struct probe_facts *p = &matrix->probes[i];
        int kind = kind_of(page, p->name);

        if (strcmp(p->target, server) != 0 || matrix_is_own(matrix, p->candidate) ||
            (kind != NAME_EXTERNAL && kind != NAME_UNCACHED))
            continue;
        asked = true;
        failed = failed || !probe_status_is_good(p->status);
    }
    return !asked ? WAY_UNKNOWN : failed ? WAY_FAILS : WAY_GOOD;
}

static const struct conntrack_peer_facts *peer_of(const struct page *page, const char *server)
{
    const struct conntrack_dns_facts *dns = page->facts->conntrack ? page->facts->conntrack->dns : NULL;

    for (size_t i = 0; dns && i < dns->by_backend_count; i++)
        if (strcmp(dns->by_backend[i].address, server) == 0)
            return &dns->by_backend[i];
    return NULL;
}

static const struct server_tally *tally_of(const struct page *page, const char *role)
{
    for (size_t i = 0; i < page->diagnosis->servers_count; i++)
        if (strcmp(page->diagnosis->servers[i].role, role) == 0)
            return &page->diagnosis->servers[i];
    return NULL;
}

static struct path_end end_of(const struct page *page, const struct server_tally *tally)
{
    const struct replica_facts *replica = page_replica(page, tally->server);
    const struct conntrack_peer_facts *peer = peer_of(page, tally->server);
    struct path_end end = {
        .title = cut(page, replica && replica->pod ? replica->pod : tally->server),
        .second = cut(page, arena_printf(page->arena, "%s%s%s",
                                         replica && replica->pod ? tally->server : page_role(tally->role),
                                         replica && replica->node ? ", " : "",
                                         replica && replica->node ? replica->node : "")),
        .third = tally->failed ? arena_printf(page->arena, "\xe2\x9c\x95 %" PRIu64 " of %" PRIu64 " failed",
                                              tally->failed, tally->asked)
                               : arena_printf(page->arena, "%" PRIu64 " answered", tally->asked),
        .state = !tally->asked                   ? WAY_UNKNOWN
                 : tally->failed == tally->asked ? WAY_FAILS
                                                 : WAY_GOOD,
    };

    end.upstream = end.state == WAY_GOOD ? upstream_state(page, tally->server) : WAY_UNKNOWN;
    if (end.state == WAY_GOOD && tally->failed && end.upstream != WAY_FAILS)
        end.state = WAY_FAILS;
    if (peer)
        end.label = arena_printf(page->arena, "%" PRIu64 " flows, %" PRIu64 " unanswered", peer->entries,
                                 peer->unreplied);
    return end;
}

/* The replicas, those that fail first; where there are more than are drawn, the rest is one. */
static size_t ends_of(const struct page *page, struct path_end ends[REPLICAS_DRAWN + 1])
{
    const struct diagnose_facts *d = page->diagnosis;
    size_t replicas = 0, count = 0, rest = 0;

    for (size_t i = 0; i < d->servers_count; i++)
        replicas += strcmp(d->servers[i].role, "cluster-ip") != 0;
    for (int failing = replicas > REPLICAS_DRAWN; failing >= 0; failing--)
        for (size_t i = 0; i < d->servers_count; i++) {
            const struct server_tally *tally = &d->servers[i];

            if (strcmp(tally->role, "cluster-ip") == 0 ||
                (replicas > REPLICAS_DRAWN && (tally->failed > 0) != (failing == 1)))
                continue;
            if (count < REPLICAS_DRAWN)
                ends[count++] = end_of(page, tally);
            else
                rest++;
        }
    if (rest)
        ends[count++] = (struct path_end){.title = arena_printf(page->arena, "%zu more servers", rest),
                                          .second = "see the table above",
                                          .third = "",
                                          .state = WAY_GOOD,
                                          .upstream = WAY_UNKNOWN};
    return count;
}

static void print_box(struct html *h, double x, double y, double width, double height, int state,
                      const char *title, const char *second, const char *third)
{
    static const char *const classes[] = {"s-box", "s-boxfail", "s-boxnone"};
    double middle = x + width / 2, line = y + (third && *third ? 20 : height / 2 - 4);

    svg_rect(h, classes[state], x, y, width, height);
    svg_text(h, "strong", middle, line, SVG_MIDDLE, title);
    svg_text(h, "", middle, line + 17, SVG_MIDDLE, second);
    if (third && *third)
        svg_text(h, state == WAY_FAILS || strncmp(third, "\xe2\x9c\x95", 3) == 0 ? "fail" : "", middle,
                 line + 34, SVG_MIDDLE, third);
}

static const char *const ways[] = {"s-way", "s-wayfail", "s-waynone"};

/* Where the way ends. */
static void print_cross(struct html *h, double x, double y)
{
    svg_text(h, "fail halo", x, y + 5, SVG_MIDDLE, "\xe2\x9c\x95");
}

struct path_drawing {
    const char *pod, *pod_second;
    const char *node, *node_second, *node_third;
    int to_node, at_node; /* enum way_state */
    struct path_end ends[REPLICAS_DRAWN + 1];
    size_t ends_count;
    int upstream;
    const char *summary;
};

static void print_wide(const struct page *page, const struct path_drawing *p)
{
    struct html *h = page->html;
    double step = 102, height = (double)p->ends_count * step + 10, middle = height / 2;

    height = height < 100 ? 100 : height;
    middle = height / 2;
    html(h, "<div class=\"wideonly\">");
    svg_begin(h, "x", height, "Path of a query from the Pod to the upstream", p->summary);
    svg_line(h, ways[p->to_node], 19, middle, 27, middle);
    for (size_t i = 0; i < p->ends_count; i++) {
        const struct path_end *end = &p->ends[i];
        double y = 5 + step * (double)i + 36;

        svg_line(h, ways[end->state], 48, middle, 58, y);
        svg_line(h, ways[end->state == WAY_GOOD ? end->upstream : WAY_UNKNOWN], 80, y, 87, middle);
        if (end->label)
            svg_text(h, "", 69, y + 50, SVG_MIDDLE, end->label);
        if (end->state == WAY_FAILS)
            print_cross(h, 54, middle + (y - middle) * 0.6);
        else if (end->upstream == WAY_FAILS)
            print_cross(h, 84, y + (middle - y) * 4 / 7);
    }
    if (p->to_node == WAY_FAILS)
        print_cross(h, 23, middle);
    print_box(h, 0.2, middle - 36, 19, 72, WAY_GOOD, p->pod, p->pod_second, "");
    print_box(h, 27, middle - 36, 21, 72, p->at_node, p->node, p->node_second, p->node_third);
    for (size_t i = 0; i < p->ends_count; i++)
        print_box(h, 58, 5 + step * (double)i, 22, 72, p->ends[i].state, p->ends[i].title, p->ends[i].second,
                  p->ends[i].third);
    print_box(h, 87, middle - 36, 12.8, 72, p->upstream, "Upstream",
              p->upstream == WAY_UNKNOWN ? "not checked"
              : p->upstream == WAY_FAILS ? "\xe2\x9c\x95 no answer"
                                         : "answers",
              "");
    svg_end(h);
    html(h, "</div>");
}

static void print_tall(const struct page *page, const struct path_drawing *p)
{
    struct html *h = page->html;
    double step = 96, first = 226, height = first + (double)p->ends_count * step + 80;

    html(h, "<div class=\"tall\">");
    svg_begin(h, "x", height, "Path of a query from the Pod to the upstream", p->summary);
    svg_line(h, ways[p->to_node], 50, 62, 50, 104);
    if (p->to_node == WAY_FAILS)
        print_cross(h, 50, 84);
    print_box(h, 10, 2, 80, 60, WAY_GOOD, p->pod, p->pod_second, "");
    print_box(h, 10, 104, 80, 76, p->at_node, p->node, p->node_second, p->node_third);
    svg_line(h, "s-axis", 4, 200, 4, height - 90);
    svg_line(h, "s-axis", 4, 200, 50, 200);
    svg_line(h, "s-axis", 50, 180, 50, 200);
    for (size_t i = 0; i < p->ends_count; i++) {
        const struct path_end *end = &p->ends[i];
        double y = first + step * (double)i;

        svg_line(h, ways[end->state], 4, y + 36, 14, y + 36);
        if (end->label)
            svg_text(h, "halo", 14, y - 5, SVG_START, end->label);
        print_box(h, 14, y, 84, 72, end->state, end->title, end->second, end->third);
    }
    print_box(h, 14, height - 66, 84, 60, p->upstream, "Upstream",
              p->upstream == WAY_UNKNOWN ? "not checked"
              : p->upstream == WAY_FAILS ? "\xe2\x9c\x95 no answer"
                                         : "answers",
              "");
    svg_end(h);
    html(h, "</div>");
}

static void print_drops(const struct page *page)
{
    const struct drops_facts *drops = page->facts->drops;
    struct html *h = page->html;
    size_t shown = 0;

    if (!drops) {
        page_gap(page, "packets that the kernel drops", "it takes access to the node",
                 "kubectl k8sdns node/NODE drops");
        return;
    }
    for (size_t i = 0; i < drops->kinds_count && shown < DROPS_SHOWN; i++) {
        const struct drop_kind_facts *kind = &drops->kinds[i];

        if (kind->cause == CAUSE_NOT_OURS)
            continue;
        if (!shown++)
            html(h, "<h3>Dropped by the kernel while these queries ran</h3><ul>");
        html(h, "<li><b>");
        html_textf(h, "\xe2\x9c\x95 %s", page_count(page->arena, kind->count, "packet", "packets"));
        html(h, "</b>: ");
        html_text(h, text_or(kind->reason, drop_cause_names[kind->cause]));
        if (kind->hook >= 0)
            html_textf(h, ", hook %s", drop_hook_names[kind->hook]);
        if (kind->table)
            html_textf(h, ", table %s", kind->table);
        if (kind->chain)
            html_textf(h, ", chain %s", kind->chain);
        if (kind->example)
            html_textf(h, ", %s to %s", kind->example->ends.src, kind->example->ends.dst);
        html(h, "</li>");
    }
    if (shown)
        html(h, "</ul>");
    else
        html(h, "<p>The kernel dropped none of these packets.</p>");
}

/* Everything up to the replicas. */
static void draw_begin(const struct page *page, struct path_drawing *p)
{
    const struct host_facts *host = &page->facts->host;
    const struct server_tally *service = tally_of(page, "cluster-ip");
    bool blamed = false, answers = false;

    for (size_t i = 0; i < p->ends_count; i++) {
        blamed = blamed || p->ends[i].state == WAY_FAILS || p->ends[i].upstream == WAY_FAILS;
        answers = answers || p->ends[i].state == WAY_GOOD;
    }
    p->pod = cut(page, host->pod        ? host->pod
                       : host->in_pod   ? text_or(host->hostname, "this Pod")
                       : host->hostname ? host->hostname
                                        : "this machine");
    p->pod_second = host->in_pod
                        ? cut(page, arena_printf(page->arena, "Pod%s%s", host->space ? ", namespace " : "",
                                                 text_or(host->space, "")))
                        : "the node itself";
    p->node = cut(page, host->node ? arena_printf(page->arena, "Node %s: NAT", host->node) : "Node: NAT");
    p->at_node = service ? WAY_GOOD : WAY_UNKNOWN;
    p->node_second = service ? cut(page, arena_printf(page->arena, "ClusterIP %s", service->server))
                             : "no ClusterIP queried";
    p->node_third = !service ? ""
                    : service->failed
                        ? arena_printf(page->arena, "\xe2\x9c\x95 %" PRIu64 " of %" PRIu64 " failed",
                                       service->failed, service->asked)
                        : arena_printf(page->arena, "%" PRIu64 " answered", service->asked);
    p->to_node = service && service->failed && (!blamed || (answers && service->failed == service->asked))
                     ? WAY_FAILS
                     : WAY_GOOD;
}

static const char *summary_of(const struct page *page, const struct path_drawing *p)
{
    const char **failing = NULL;
    size_t count = 0;

    for (size_t i = 0; i < p->ends_count; i++)
        if (p->ends[i].state == WAY_FAILS)
            *ARENA_PUSH(page->arena, failing, count) = p->ends[i].title;
    if (p->to_node == WAY_FAILS)
        return "Queries to the ClusterIP fail, and the servers behind it answer: they end between the Pod and NAT.";
    if (count)
        return arena_printf(page->arena, "Queries end at %s.", arena_join(page->arena, failing, count, ", "));
    if (p->upstream == WAY_FAILS)
        return "Queries for cluster names are answered; those for external names end at the upstream.";
    return "No query ends on the way.";
}

void section_path(const struct page *page)
{
    struct path_drawing p = {.upstream = WAY_UNKNOWN};
    struct html *h = page->html;

    section_begin(page, "path", "Where queries end");
    if (!page->diagnosis->servers_count) {
        page_gap(page, "the path of a query", "no server was queried", "kubectl k8sdns POD path NAME");
        section_end(page);
        return;
    }
    p.ends_count = ends_of(page, p.ends);
    for (size_t i = 0; i < p.ends_count; i++)
        if (p.ends[i].upstream == WAY_FAILS || (p.ends[i].upstream == WAY_GOOD && p.upstream == WAY_UNKNOWN))
            p.upstream = p.ends[i].upstream;
    draw_begin(page, &p);
    p.summary = summary_of(page, &p);
    html(h, "<p class=\"lead\">");
    html_text(h, p.summary);
    html(h, "</p>");
    if (!p.ends_count)
        page_gap(page, "the replicas behind the ClusterIP", "they are not known here",
                 "kubectl k8sdns POD report --replica IP,IP > report.html");
    print_wide(page, &p);
    print_tall(page, &p);
    print_drops(page);
    section_end(page);
}
