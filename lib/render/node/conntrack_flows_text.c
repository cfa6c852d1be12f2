/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/node/conntrack_flows_text.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <math.h>
#include <string.h>

/* Clients and backends shown without -v. */
#define SHOWN 5
/* What is read in one go has no age. */
#define AGE_MIN_MS 0.05

static void add_detail(struct arena *arena, const char **text, const char *name, uint64_t value)
{
    if (value != SHAPE_UNSET)
        *text = arena_printf(arena, "%s, %s %" PRIu64, *text, name, value);
}

const char *conntrack_details_text(struct arena *arena, const struct conntrack_tuple_facts *e)
{
    const char *text = "";

    add_detail(arena, &text, "zone", e->zone);
    add_detail(arena, &text, "original zone", e->orig_zone);
    add_detail(arena, &text, "reply zone", e->reply_zone);
    add_detail(arena, &text, "mark", e->mark);
    if (e->labels)
        text = arena_printf(arena, "%s, labels %s", text, e->labels);
    if (e->snat || e->dnat)
        text = arena_printf(arena, "%s, %s", text,
                            e->snat && e->dnat ? "SNAT and DNAT"
                            : e->snat          ? "SNAT"
                                               : "DNAT");
    if (e->helper)
        text = arena_printf(arena, "%s, helper %s", text, e->helper);
    if (e->queries != SHAPE_UNSET && e->replies != SHAPE_UNSET)
        text =
            arena_printf(arena, "%s, %" PRIu64 " packets and %" PRIu64 " back", text, e->queries, e->replies);
    if (e->started)
        text = arena_printf(arena, "%s, since %s", text, e->started);
    add_detail(arena, &text, "id", e->id);
    return *text ? text + 2 : text;
}

static enum style style_of(int event)
{
    switch ((enum flow_event)event) {
    case FLOW_UNANSWERED:
    case FLOW_STALE:
    case FLOW_CLASH:
        return STYLE_BAD;
    case FLOW_LATE:
    case FLOW_REWRITTEN:
    case FLOW_REUSED:
        return STYLE_ODD;
    case FLOW_NEW:
    case FLOW_ANSWERED:
    case FLOW_UPDATED:
    case FLOW_ENDED:
    case FLOW_EVENTS:
    default:
        return STYLE_PLAIN;
    }
}

static const char *age_text(struct arena *arena, double age_ms)
{
    return age_ms < 1000 ? arena_printf(arena, "%.1f ms", age_ms)
                         : arena_printf(arena, "%.1f s", age_ms / 1000);
}

/* "udp 10.244.0.10:50500 > 10.96.0.10:53 by 10.244.1.21:53" */
static const char *tuple_text(struct arena *arena, const struct conntrack_tuple_facts *t)
{
    const char *text = arena_printf(arena, "%s %s > %s", t->protocol, t->orig_src, t->orig_dst);

    if (strcmp(t->orig_dst, t->reply_src) != 0)
        text = arena_printf(arena, "%s by %s", text, t->reply_src);
    if (strcmp(t->orig_src, t->reply_dst) != 0)
        text = arena_printf(arena, "%s as %s", text, t->reply_dst);
    return text;
}

void conntrack_flows_text_render_event(const void *data, struct printer *printer, struct arena *arena)
{
    const struct conntrack_flow_facts *f = data;
    const char *clock = strchr(f->time, 'T');

    printer_style(printer, STYLE_FAINT, clock ? clock + 1 : f->time);
    printer_addf(printer, " ");
    printer_style(printer, style_of(f->event), arena_printf(arena, "%-10s", flow_event_names[f->event]));
    printer_addf(printer, " %s", tuple_text(arena, &f->flow));
    if (f->event == FLOW_ENDED && !f->flow.replied)
        printer_addf(printer, "  without a reply");
    if (f->event != FLOW_NEW && !isnan(f->age_ms) && f->age_ms > AGE_MIN_MS)
        printer_addf(printer, "  after %s", age_text(arena, f->age_ms));
    if (f->event == FLOW_STALE)
        printer_addf(printer, "  the backend is no replica");
    if (f->other)
        printer_addf(printer, "  beside %s", tuple_text(arena, f->other));
    if (f->pod)
        printer_addf(printer, "  from pod %s", f->pod);
    if (f->backend_pod)
        printer_addf(printer, "  to pod %s", f->backend_pod);
    if (printer->verbosity > 0 && *conntrack_details_text(arena, &f->flow))
        printer_addf(printer, "  %s", conntrack_details_text(arena, &f->flow));
    printer_addf(printer, "\n");
}

static void print_status(const struct conntrack_facts *facts, struct printer *printer)
{
    const struct conntrack_follow_facts *f = facts->flows;

    if (facts->status == HEALTH_UNKNOWN)
        status_line(
            printer, facts->status,
            "nothing is tracked in this network namespace, as in a Pod's own; run this on the node, or "
            "with --netns");
    else if (f->unanswered)
        status_line(printer, facts->status,
                    "%" PRIu64 " of %" PRIu64
                    " DNS flows got no reply within %g s (%.1f s, %.1f new flows/s)",
                    f->unanswered, f->answered + f->unanswered, f->wait_s, f->seconds, f->rate);
    else
        status_line(printer, facts->status,
                    "%" PRIu64 " DNS flows answered, none without a reply (%.1f s, %.1f new flows/s)",
                    f->answered, f->seconds, f->rate);
}

static void print_peers(const char *heading, const struct conntrack_flow_peer_facts *all, size_t count,
                        struct printer *printer, struct arena *arena)
{
    const struct table_column columns[] = {
        {.heading = heading},
        {.heading = "FLOWS", .right = true},
        {.heading = "PER SECOND", .right = true},
        {.heading = "ANSWERED", .right = true},
        {.heading = "UNANSWERED", .right = true},
        {.heading = "LATE", .right = true},
        {0},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t shown = count > SHOWN && printer->verbosity <= 0 ? SHOWN : count;

    if (!count)
        return;
    for (size_t i = 0; i < shown; i++) {
        table_row(table);
        table_cell(table, STYLE_PLAIN, all[i].address);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, all[i].flows);
        table_cellf(table, STYLE_PLAIN, "%.1f", all[i].rate);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, all[i].answered);
        table_cellf(table, all[i].unanswered ? STYLE_BAD : STYLE_PLAIN, "%" PRIu64, all[i].unanswered);
        table_cellf(table, all[i].late ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, all[i].late);
        table_cellf(table, all[i].known == 0 ? STYLE_BAD : STYLE_PLAIN, "%s%s%s",
                    all[i].pod ? all[i].pod : "", all[i].pod && all[i].known == 0 ? ", " : "",
                    all[i].known == 0 ? "no replica" : "");
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (shown < count)
        printer_addf(printer, "and %zu more (-v)\n", count - shown);
}

static void print_count(struct printer *printer, uint64_t count, const char *one, const char *more)
{
    if (count)
        printer_paragraph(printer, "* ", "%" PRIu64 " %s", count, count == 1 ? one : more);
}

/* Packets that the kernel dropped are of flows that make no event. */
static void print_rates(const struct conntrack_facts *facts, struct printer *printer)
{
    static const struct {
        int counter;
        const char *what;
    } rows[] = {
        {CONNTRACK_DROP, "packets/s were dropped by connection tracking; their flows make no event"},
        {CONNTRACK_INSERT_FAILED, "entries/s could not be inserted: another has the tuple"},
        {CONNTRACK_CLASH_RESOLVE, "clashes/s of two packets for one entry were resolved without loss"},
    };

    for (size_t i = 0; facts->rates && i < sizeof(rows) / sizeof(rows[0]); i++)
        if (facts->rates->values[rows[i].counter] > 0)
            printer_paragraph(printer, "* ", "%.1f %s", facts->rates->values[rows[i].counter], rows[i].what);
}

static void print_odd(const struct conntrack_follow_facts *f, struct printer *printer)
{
    print_count(printer, f->late, "flow was answered after the wait", "flows were answered after the wait");
    print_count(printer, f->stale, "flow leads to what is no replica", "flows lead to what is no replica");
    print_count(printer, f->rewritten, "flow had its source port replaced, since it was taken",
                "flows had their source port replaced, since it was taken");
    print_count(printer, f->reused, "flow shares its source port with another, with NAT",
                "flows share their source port with another, with NAT");
    print_count(printer, f->clash, "flow has the reply tuple of another",
                "flows have the reply tuple of another");
}

static void print_examples(const struct conntrack_flow_facts *all, size_t count, size_t most,
                           struct printer *printer, struct arena *arena)
{
    for (size_t i = 0; i < count && i < most; i++) {
        printer_addf(printer, "  ");
        conntrack_flows_text_render_event(&all[i], printer, arena);
    }
    if (count > most)
        printer_addf(printer, "  and more (-v)\n");
}

void conntrack_flows_text_add(const struct conntrack_follow_facts *f, size_t most, struct printer *printer,
                              struct arena *arena)
{
    printer_paragraph(printer, "\n",
                      "Flows of other clients, followed for %.1f s: %" PRIu64 " new, %" PRIu64
                      " answered, %" PRIu64 " without a reply within %g s",
                      f->seconds, f->created, f->answered, f->unanswered, f->wait_s);
    print_examples(f->unanswered_flows, f->unanswered_flows_count, most, printer, arena);
    print_odd(f, printer);
    print_examples(f->odd_flows, f->odd_flows_count, most, printer, arena);
}

void conntrack_flows_text_render(const struct conntrack_facts *facts, struct printer *printer,
                                 struct arena *arena)
{
    const struct conntrack_follow_facts *f = facts->flows;

    print_status(facts, printer);
    if (printer->verbosity < 0)
        return;
    if (f->overruns)
        printer_paragraph(printer, "* ",
                          "events came faster than they were read, %s: %s; of %" PRIu64
                          " flows it is not known whether they were answered",
                          times_format((char[TIMES_TEXT]){0}, f->overruns),
                          f->lost == SHAPE_UNSET ? "some are lost"
                                                 : arena_printf(arena, "%" PRIu64 " are lost", f->lost),
                          f->unsure);
    print_odd(f, printer);
    print_rates(facts, printer);
    print_count(printer, f->waiting, "flow was younger than the wait at the end",
                "flows were younger than the wait at the end");
    print_count(printer, f->untracked, "flow was counted and not followed: more than are kept in mind",
                "flows were counted and not followed: more than are kept in mind");
    print_count(printer, f->hidden, "event was counted and not shown (--rate)",
                "events were counted and not shown (--rate)");
    print_count(printer, f->damaged, "event could not be read", "events could not be read");
    print_peers("BACKEND", f->by_backend, f->by_backend_count, printer, arena);
    print_peers("CLIENT", f->by_client, f->by_client_count, printer, arena);
    if (printer->verbosity > 0)
        printer_paragraph(printer, "\n",
                          "%" PRIu64 " new, %" PRIu64 " updates, %" PRIu64 " ended, %" PRIu64
                          " events of flows that began before, %" PRIu64
                          " masqueraded; read by %s, buffer %" PRIu64 " bytes",
                          f->created, f->updates, f->ended, f->older, f->masqueraded,
                          conntrack_reader_names[f->reader], f->buffer_bytes);
}
