/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/tracing/path_text.h>
#include <math.h>
#include <string.h>

/* Without -v, steps of one device that follow each other at once are one line. */
#define AT_ONCE_US 10

static const char *us_text(char *buf, double us)
{
    return isnan(us) ? "-" : duration_format_us(buf, DURATION_TEXT, (uint64_t)(us + 0.5));
}

static const char *outcome_text(const struct path_packet_facts *packet, struct arena *arena)
{
    char buf[DURATION_TEXT];

    switch (packet->outcome) {
    case PATH_ANSWERED:
        return arena_printf(arena, "%s in %s", packet->rcode ? packet->rcode : "answered",
                            us_text(buf, packet->total_us));
    case PATH_QUERY_DROPPED:
        return "the query was dropped";
    case PATH_ANSWER_DROPPED:
        return "the answer was dropped";
    case PATH_REFUSED:
        return "the connection was refused";
    case PATH_UNANSWERED:
        return "a program got the query; no answer was seen";
    case PATH_QUERY_GONE:
        return "the query was last seen on its way";
    default:
        return "the answer was last seen on its way";
    }
}

static const char *ends_text(struct arena *arena, const char *address, uint64_t port)
{
    return strchr(address, ':') ? arena_printf(arena, "[%s]:%" PRIu64, address, port)
                                : arena_printf(arena, "%s:%" PRIu64, address, port);
}

/* What happens at a step. */
static const char *step_text(const struct path_step_facts *step, struct arena *arena)
{
    const char *process = step->process ? step->process : "a program";

    switch (step->kind) {
    case STEP_READ:
        return step->pid != SHAPE_UNSET ? arena_printf(arena, "read by %s(%" PRIu64 ")", process, step->pid)
                                        : arena_printf(arena, "read by %s", process);
    case STEP_SOCKET:
        return "in the socket's queue";
    case STEP_DROP:
        return arena_printf(arena, "DROPPED at %s%s%s", step->function, step->reason ? ": " : "",
                            step->reason ? step->reason : "");
    case STEP_HOOK:
        return arena_printf(arena, "netfilter %s", step->hook);
    case STEP_FUNCTION:
        return step->function;
    case STEP_ARRIVE:
        return "arrives";
    case STEP_RECEIVE:
        return "received";
    case STEP_QUEUE:
        return step->pid != SHAPE_UNSET && step->process
                   ? arena_printf(arena, "queued by %s(%" PRIu64 ")", step->process, step->pid)
                   : "queued";
    default:
        return "sent";
    }
}

static const char *place_text(const struct path_step_facts *step, struct arena *arena)
{
    const char *place = step->place ? step->place : arena_printf(arena, "netns %" PRIu64, step->netns);

    return step->device ? arena_printf(arena, "%s %s", place, step->device) : place;
}

static bool is_same_packet(const struct path_step_facts *a, const struct path_step_facts *b)
{
    return a->leg == b->leg && a->segment == b->segment && a->fragment == b->fragment;
}

/* A line that says no more than the one before it. */
static bool is_repeated(const struct path_step_facts *step, const struct path_step_facts *before)
{
    bool pair = (step->kind == STEP_SEND && before->kind == STEP_QUEUE) ||
                (step->kind == STEP_RECEIVE && before->kind == STEP_ARRIVE);

    return pair && is_same_packet(step, before) && step->netns == before->netns && step->device &&
           before->device && strcmp(step->device, before->device) == 0 && step->after_us < AT_ONCE_US &&
           !step->rewritten;
}

static void print_step(const struct path_step_facts *step, double before_us, bool ends, struct table *table,
                       struct arena *arena)
{
    enum style style = step->kind == STEP_DROP ? STYLE_BAD : STYLE_PLAIN;

    table_row(table);
    table_cellf(table, STYLE_FAINT, "%.0f", step->at_us);
    table_cellf(table, STYLE_PLAIN, "+%.0f", round(step->at_us) - round(before_us));
    table_cell(table, STYLE_PLAIN, place_text(step, arena));
    table_cell(table, style, step_text(step, arena));
    if (ends && step->src)
        table_cellf(table, step->rewritten ? STYLE_ODD : STYLE_PLAIN, "%s%s > %s",
                    step->rewritten ? "NAT: " : "", ends_text(arena, step->src, step->src_port),
                    ends_text(arena, step->dst, step->dst_port));
}

static const char *packet_text(const struct path_step_facts *step, struct arena *arena)
{
    const char *leg = path_leg_names[step->leg];

    return step->segment != SEGMENT_DATA
               ? arena_printf(arena, "%s, %s", leg, path_segment_names[step->segment])
           : step->fragment != SHAPE_UNSET
               ? arena_printf(arena, "%s, fragment from byte %" PRIu64, leg, step->fragment)
               : leg;
}

static void print_packet(const struct path_packet_facts *packet, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "US", .right = true},
                                                  {.heading = "", .right = true},
                                                  {.heading = "WHERE"},
                                                  {.heading = "WHAT"},
                                                  {.heading = "FROM > TO", .elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    char query[DURATION_TEXT], server[DURATION_TEXT], answer[DURATION_TEXT];
    double before_us = 0;
    const struct path_step_facts *last = NULL;

    printer_addf(printer, "%.12s ", strlen(packet->time) > 11 ? packet->time + 11 : packet->time);
    printer_style(printer, STYLE_STRONG, packet->name ? packet->name : "?");
    printer_addf(printer, " %s", packet->type ? packet->type : "?");
    if (packet->transport == TRANSPORT_TCP)
        printer_addf(printer, ", TCP");
    if (packet->id != SHAPE_UNSET)
        printer_addf(printer, ", id %" PRIu64, packet->id);
    if (packet->attempt > 1)
        printer_addf(printer, ", attempt %" PRIu64, packet->attempt);
    printer_addf(printer, ": ");
    printer_style(printer, packet->outcome == PATH_ANSWERED ? STYLE_GOOD : STYLE_BAD,
                  outcome_text(packet, arena));
    printer_addf(printer, "\n");
    if (packet->outcome == PATH_ANSWERED && !isnan(packet->handshake_us))
        printer_addf(printer, "  handshake %s\n", us_text(query, packet->handshake_us));
    if (packet->outcome == PATH_ANSWERED)
        printer_addf(printer, "  to the server %s, in it %s, back %s\n", us_text(query, packet->query_us),
                     us_text(server, packet->server_us), us_text(answer, packet->answer_us));
    for (size_t i = 0; i < packet->steps_count; i++) {
        const struct path_step_facts *step = &packet->steps[i];
        bool first = !last || !is_same_packet(step, last);

        if (i && printer->verbosity < 1 && is_repeated(step, step - 1))
            continue;
        if (first)
            table_group(table, packet_text(step, arena));
        last = step;
        print_step(step, before_us, first || step->rewritten, table, arena);
        before_us = step->at_us;
    }
    table_print(table, printer, 2);
    if (packet->steps_left_out)
        printer_addf(printer, "  and %" PRIu64 " steps more\n", packet->steps_left_out);
    printer_addf(printer, "\n");
}

void path_text_render_part(const void *data, struct printer *printer, struct arena *arena)
{
    const struct path_facts *facts = data;

    for (size_t i = 0; i < facts->packets_count; i++)
        print_packet(&facts->packets[i], printer, arena);
}

/* How many probes of a kind there are, and the reason of the first that is not. */
static size_t count_probes(const struct path_facts *facts, const char *kind, const char **ret_why)
{
    size_t count = 0;

    *ret_why = NULL;
    for (size_t i = 0; i < facts->probes_count; i++) {
        const struct path_probe_facts *probe = &facts->probes[i];

        if (strcmp(probe->kind, kind) != 0)
            continue;
        count += probe->attached;
        if (!probe->attached && !*ret_why)
            *ret_why = probe->why;
    }
    return count;
}

static void print_sight(const struct path_facts *facts, struct printer *printer)
{
    const char *why;
    size_t tracepoints = count_probes(facts, "tracepoint", &why),
           functions = count_probes(facts, "function", &why);

    printer_paragraph(printer, "* ", "looked at by %zu tracepoints and %zu functions of the kernel",
                      tracepoints, functions);
    if (!functions)
        printer_paragraph(
            printer, "* ",
            "not seen: netfilter's hooks and the functions between devices, since %s; what NAT did shows in "
            "the addresses, and drops with their place all the same",
            why ? why : "there are no probes");
    for (size_t i = 0; i < facts->probes_count && functions; i++)
        if (!facts->probes[i].attached && printer->verbosity > 0)
            printer_paragraph(printer, "* ", "not seen: %s: %s", facts->probes[i].name, facts->probes[i].why);
}

void path_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    const struct path_facts *facts = data;
    char buf[DURATION_TEXT];

    printer_addf(printer, "%" PRIu64 " %s followed in %s", facts->followed,
                 facts->followed == 1 ? "query" : "queries",
                 duration_format_us(buf, sizeof(buf), number_whole(facts->span_ms * 1000)));
    for (size_t i = 0; i < facts->outcomes_count; i++)
        printer_addf(printer, "%s%s %" PRIu64, i ? ", " : ": ", facts->outcomes[i].name,
                     facts->outcomes[i].count);
    printer_addf(printer, "\n");
    if (facts->skipped)
        printer_paragraph(printer, "* ", "%" PRIu64 " queries more fit, but were over --rate",
                          facts->skipped);
    if (facts->unnamed)
        printer_paragraph(printer, "* ",
                          "%" PRIu64 " over TCP are left out, since their name was not seen; they are told "
                          "without --name",
                          facts->unnamed);
    if (facts->backends_count)
        printer_paragraph(printer, "* ",
                          "sockets are led from --server to %s before there is a packet (load balancing at "
                          "the socket); all queries to %s are followed",
                          arena_join(arena, facts->backends, facts->backends_count, ", "),
                          facts->backends_count == 1 ? "it" : "these");
    if (facts->lost)
        printer_paragraph(printer, "* ",
                          "%" PRIu64 " steps were lost for want of room; --rate or a filter helps",
                          facts->lost);
    print_sight(facts, printer);
}
