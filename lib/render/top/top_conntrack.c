/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The panel of the connection tracking: the gauge, what its counters do, collisions and stale entries. */
#include "top_panel.h"
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define GAUGE 20
/* The line that a usual alert draws. Source: kubernetes-mixin, NodeHighNumberConntrackEntriesUsed. */
#define NEAR_FULL 0.75

enum conntrack_kind {
    KIND_TABLE,
    KIND_COUNTERS,
    KIND_DNS,
    KIND_FLOWS,
    KIND_COLLISION,
    KIND_STALE,
};

struct conntrack_item {
    int kind;
    const struct conntrack_collision_facts *collision;
    const struct conntrack_tuple_facts *stale;
};

/* Counters that mean a packet was lost, and what they are called. */
static const struct {
    int counter;
    const char *name;
} losses[] = {
    {CONNTRACK_DROP, "drop"},
    {CONNTRACK_EARLY_DROP, "early_drop"},
    {CONNTRACK_INSERT_FAILED, "insert_failed"},
    {CONNTRACK_ERROR, "error"},
    {CONNTRACK_CHAIN_TOOLONG, "chain_toolong"},
    {CONNTRACK_CLASH_RESOLVE, "clash_resolve"},
};
#define LOSSES (sizeof(losses) / sizeof(losses[0]))

static const struct conntrack_facts *facts_of(const struct top_scene *scene)
{
    return scene->facts->facts ? scene->facts->facts->conntrack : NULL;
}

static const char *gap(const struct top_scene *scene)
{
    const struct conntrack_facts *facts = facts_of(scene);

    if (!facts)
        return scene->facts->kernel_gap ? scene->facts->kernel_gap
               : scene->facts->live     ? "not looked at yet"
                                        : "not in the capture";
    if (facts->table.hooks == 0)
        return "not in a Pod; on the node: k8sdns conntrack";
    return NULL;
}

/* The newest first: of an entry that was used last the time-out is the longest. */
static uint64_t freshness(const struct conntrack_collision_facts *collision)
{
    uint64_t most = 0;

    for (size_t i = 0; i < collision->entries_count; i++)
        if (collision->entries[i].timeout_s > most)
            most = collision->entries[i].timeout_s;
    return most;
}

static int by_freshness(const void *a, const void *b)
{
    uint64_t x = freshness(((const struct conntrack_item *)a)->collision),
             y = freshness(((const struct conntrack_item *)b)->collision);

    return x > y ? -1 : x < y;
}

static size_t list(const struct top_scene *scene, void **ret_items)
{
    const struct conntrack_facts *facts = facts_of(scene);
    struct conntrack_item *items = NULL;
    size_t count = 0, first;

    if (!facts)
        return 0;
    for (int kind = KIND_TABLE; kind <= KIND_FLOWS; kind++)
        *ARENA_PUSH(scene->arena, items, count) = (struct conntrack_item){.kind = kind};
    first = count;
    for (size_t i = 0; i < facts->collisions_count; i++) {
        const char *const texts[] = {facts->collisions[i].client};

        if (top_scene_shows(scene, texts, 1))
            *ARENA_PUSH(scene->arena, items, count) =
                (struct conntrack_item){.kind = KIND_COLLISION, .collision = &facts->collisions[i]};
    }
    qsort(items + first, count - first, sizeof(*items), by_freshness);
    for (size_t i = 0; i < facts->stale_count; i++) {
        const char *const texts[] = {facts->stale[i].orig_src, facts->stale[i].reply_src};

        if (top_scene_shows(scene, texts, 2))
            *ARENA_PUSH(scene->arena, items, count) =
                (struct conntrack_item){.kind = KIND_STALE, .stale = &facts->stale[i]};
    }
    *ret_items = items;
    return count;
}

static void put_table(const struct conntrack_facts *facts, struct top_line *line)
{
    const struct conntrack_table_facts *table = &facts->table;
    double ratio = table->fill_ratio;
    enum style style = isnan(ratio)         ? STYLE_PLAIN
                       : ratio >= 0.9       ? STYLE_BAD
                       : ratio >= NEAR_FULL ? STYLE_ODD
                                            : STYLE_GOOD;

    if (isnan(ratio)) {
        top_line_add(line, STYLE_PLAIN, "how full it is cannot be seen here");
        return;
    }
    top_line_bar(line, line->room > 60 ? GAUGE : GAUGE / 2, style, ratio);
    top_line_addf(line, style, "%.1f %%%s", ratio * 100, ratio >= NEAR_FULL ? " nearly full" : "");
    top_line_addf(line, STYLE_PLAIN, "  %" PRIu64 " of %" PRIu64 " entries", table->entries, table->max);
}

/* What grew while it was looked at; else that nothing did. */
static void put_counters(const struct conntrack_facts *facts, struct top_line *line)
{
    bool any = false, known = false;

    for (size_t i = 0; i < LOSSES && facts->rates; i++) {
        double rate = facts->rates->values[losses[i].counter];

        known = known || !isnan(rate);
        if (isnan(rate) || rate <= 0)
            continue;
        top_line_addf(line, losses[i].counter == CONNTRACK_CLASH_RESOLVE ? STYLE_PLAIN : STYLE_BAD,
                      "%s%s +%.*f/s", any ? ", " : "", losses[i].name, rate < 9.95 ? 1 : 0, rate);
        any = true;
    }
    if (!any && known)
        top_line_add(line, STYLE_PLAIN, "no drop, no early drop, no failed insert lately");
    else if (!any)
        top_line_add(line, STYLE_FAINT, "what its counters do is not known yet");
}

static void put_dns(const struct top_scene *scene, const struct conntrack_facts *facts, struct top_line *line)
{
    if (!facts->dns) {
        top_line_addf(line, STYLE_FAINT, "entries: %s",
                      scene->facts->entries_gap ? scene->facts->entries_gap : "not looked at yet");
        return;
    }
    top_line_addf(line, STYLE_PLAIN, "DNS %" PRIu64 " entries, %" PRIu64 " unreplied", facts->dns->entries,
                  facts->dns->unreplied);
    top_line_addf(line, facts->collisions_total ? STYLE_ODD : STYLE_PLAIN, ", %" PRIu64 " port collisions",
                  facts->collisions_total);
    top_line_addf(line, facts->stale_total ? STYLE_BAD : STYLE_PLAIN, ", %" PRIu64 " stale",
                  facts->stale_total);
}

static void put_flows(const struct top_scene *scene, struct top_line *line)
{
    const struct conntrack_follow_facts *flows = scene->facts->flows;
    uint64_t lately = scene->facts->flows_unanswered_lately;

    if (!flows) {
        top_line_addf(line, STYLE_FAINT, "flows: %s",
                      scene->facts->flows_gap ? scene->facts->flows_gap : "not in the capture");
        return;
    }
    top_line_addf(line, STYLE_PLAIN, "others' flows %.1f new/s, ", flows->rate);
    top_line_addf(line, flows->unanswered ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64 " unanswered in %.0f s",
                  flows->unanswered, flows->seconds);
    if (lately != SHAPE_UNSET)
        top_line_addf(line, lately ? STYLE_BAD : STYLE_PLAIN, ", %" PRIu64 " in the last minute", lately);
    if (flows->overruns)
        top_line_addf(line, STYLE_ODD, ", events lost %s",
                      times_format((char[TIMES_TEXT]){0}, flows->overruns));
}

static const struct conntrack_item *at(const void *items, size_t i)
{
    return &((const struct conntrack_item *)items)[i];
}

static void row(const struct top_scene *scene, const void *items, size_t i, struct top_line *line)
{
    const struct conntrack_facts *facts = facts_of(scene);
    const struct conntrack_item *item = at(items, i);

    if (!facts)
        return;
    switch (item->kind) {
    case KIND_TABLE:
        put_table(facts, line);
        break;
    case KIND_COUNTERS:
        put_counters(facts, line);
        break;
    case KIND_DNS:
        put_dns(scene, facts, line);
        break;
    case KIND_FLOWS:
        put_flows(scene, line);
        break;
    case KIND_COLLISION:
        top_line_addf(line, STYLE_ODD, "%s ", conntrack_collision_names[item->collision->kind]);
        top_line_addf(line, STYLE_PLAIN, "port of %s, %zu entries", item->collision->client,
                      item->collision->entries_count);
        break;
    default:
        top_line_add(line, STYLE_BAD, "stale ");
        top_line_addf(line, STYLE_PLAIN, "%s to %s", item->stale->orig_src, item->stale->reply_src);
        break;
    }
}

static const char *key(const struct top_scene *scene, const void *items, size_t i)
{
    const struct conntrack_item *item = at(items, i);

    return item->collision
               ? arena_printf(scene->arena, "%d %s", item->collision->kind, item->collision->client)
           : item->stale ? arena_printf(scene->arena, "stale %s", item->stale->orig_src)
                         : arena_printf(scene->arena, "row %d", item->kind);
}

static void put_tuple(const struct conntrack_tuple_facts *t, struct lines *lines)
{
    lines_add(lines, STYLE_PLAIN, "  ", "%s %s > %s, reply %s > %s, %s%s, %" PRIu64 " s left", t->protocol,
              t->orig_src, t->orig_dst, t->reply_src, t->reply_dst, t->replied ? "replied" : "unreplied",
              t->assured ? ", assured" : "", t->timeout_s);
}

static void put_all_counters(const struct conntrack_facts *facts, struct lines *lines)
{
    lines_add(lines, STYLE_STRONG, "", "counters since the kernel started, and their change");
    for (size_t i = 0; i < LOSSES; i++) {
        uint64_t value = facts->counters.values[losses[i].counter];
        double rate = facts->rates ? facts->rates->values[losses[i].counter] : (double)NAN;

        if (value == CONNTRACK_UNSET)
            lines_add(lines, STYLE_FAINT, "  ", "%s: this kernel does not count it", losses[i].name);
        else if (isnan(rate))
            lines_add(lines, STYLE_PLAIN, "  ", "%s: %" PRIu64, losses[i].name, value);
        else
            lines_add(lines, rate > 0 ? STYLE_ODD : STYLE_PLAIN, "  ", "%s: %" PRIu64 ", %+.2f/s",
                      losses[i].name, value, rate);
    }
}

static void put_peers(const char *what, const struct conntrack_peer_facts *peers, size_t count,
                      struct lines *lines)
{
    if (count)
        lines_add(lines, STYLE_STRONG, "", "%s", what);
    for (size_t i = 0; i < count; i++)
        lines_add(lines, STYLE_PLAIN, "  ", "%s: %" PRIu64 " entries (%.0f %%), %" PRIu64 " unreplied%s",
                  peers[i].address, peers[i].entries, peers[i].share * 100, peers[i].unreplied,
                  peers[i].known == 0 ? ", no replica" : "");
}

static void put_flow_peers(const char *what, const struct conntrack_flow_peer_facts *peers, size_t count,
                           struct lines *lines)
{
    if (count)
        lines_add(lines, STYLE_STRONG, "", "%s", what);
    for (size_t i = 0; i < count; i++)
        lines_add(
            lines, peers[i].unanswered ? STYLE_ODD : STYLE_PLAIN, "  ",
            "%s%s%s%s: %" PRIu64 " flows, %" PRIu64 " answered, %" PRIu64 " unanswered, %" PRIu64 " late",
            peers[i].address, peers[i].pod ? " (Pod " : "", peers[i].pod ? peers[i].pod : "",
            peers[i].pod ? ")" : "", peers[i].flows, peers[i].answered, peers[i].unanswered, peers[i].late);
}

static void put_flow_details(const struct conntrack_follow_facts *flows, struct lines *lines)
{
    if (!flows)
        return;
    lines_add(
        lines, STYLE_PLAIN, "",
        "a flow without a reply for %g s is unanswered; k8sdns conntrack --follow --unreplied shows each",
        flows->wait_s);
    put_flow_peers("flows of others by server", flows->by_backend, flows->by_backend_count, lines);
    put_flow_peers("flows of others by client", flows->by_client, flows->by_client_count, lines);
}

static void details(const struct top_scene *scene, const void *items, size_t i, struct lines *lines)
{
    const struct conntrack_facts *facts = facts_of(scene);
    const struct conntrack_item *item = at(items, i);

    if (item->collision) {
        static const char *const meanings[] = {
            "one client port leads to several destinations: the kernel may drop the second of two packets",
            "the port was taken, and the kernel put another in its place",
            "more queries than replies on one port"};

        lines_add(lines, STYLE_STRONG, "", "%s: %s", conntrack_collision_names[item->collision->kind],
                  item->collision->client);
        lines_add(lines, STYLE_PLAIN, "", "%s", meanings[item->collision->kind]);
        for (size_t k = 0; k < item->collision->entries_count; k++)
            put_tuple(&item->collision->entries[k], lines);
        return;
    }
    if (item->stale) {
        lines_add(lines, STYLE_STRONG, "", "an entry that leads to a server that is no live replica");
        put_tuple(item->stale, lines);
        return;
    }
    if (!facts)
        return;
    if (item->kind == KIND_FLOWS) {
        put_flow_details(scene->facts->flows, lines);
        return;
    }
    put_all_counters(facts, lines);
    if (!facts->dns)
        return;
    put_peers("DNS entries by server", facts->dns->by_backend, facts->dns->by_backend_count, lines);
    put_peers("DNS entries by client", facts->dns->by_client, facts->dns->by_client_count, lines);
}

const struct top_panel top_panel_conntrack = {
    .name = "conntrack",
    .title = "Connection tracking",
    .gap = gap,
    .list = list,
    .row = row,
    .key = key,
    .details = details,
    .least = 2,
};
