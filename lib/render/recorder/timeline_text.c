/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/model/recorder/timeline_facts.h>
#include <k8sdns/render/page/first_screen.h>
#include <k8sdns/render/page/status_line.h>
#include <k8sdns/render/page/table.h>
#include <k8sdns/render/recorder/timeline_text.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a kind without -v, and where all is too long for the first screen. */
enum {
    EPISODES_SHOWN = 40,
    EPISODES_FEW = 6,
    SERVERS_SHOWN = 20,
    SERVERS_FEW = 3,
    ROWS_SHOWN = 10,
    CAPTURES_FEW = 2,
    STRIP = 30,
};

/* The characters of "2026-01-31T14:32:10": its day, and its time. */
enum {
    DAY_CHARS = 10,
    TIME_CHARS = 8,
};

static const char *const cells[] = {" ",      "\u2581", "\u2582", "\u2583", "\u2584",
                                    "\u2585", "\u2586", "\u2587", "\u2588"};
static const char ascii_cells[] = " _.-:=+*#";
#define LEVELS 8

/* "14:32:10", and the day before it where more than one is looked at. */
static const char *time_text(const struct timeline_facts *facts, const char *time, struct arena *arena)
{
    bool one_day = facts->from && facts->to && strncmp(facts->from, facts->to, DAY_CHARS) == 0;

    if (!time)
        return "stands";
    if (strlen(time) < DAY_CHARS + 1 + TIME_CHARS)
        return time;
    return one_day ? arena_text_n(arena, time + DAY_CHARS + 1, TIME_CHARS)
                   : arena_printf(arena, "%.5s %.8s", time + 5, time + DAY_CHARS + 1);
}

static const char *seconds_text(double seconds, struct arena *arena)
{
    char buf[DURATION_TEXT];

    if (seconds < 1)
        return "under 1 s";
    if (seconds < 100)
        return arena_printf(arena, "%.0f s", seconds);
    return arena_text(arena, duration_format_us(buf, sizeof(buf), number_whole(seconds * 1e6)));
}

static const char *us_text(uint64_t us, struct arena *arena)
{
    char buf[DURATION_TEXT];

    return us == SHAPE_UNSET ? "-" : arena_text(arena, duration_format_us(buf, sizeof(buf), us));
}

/* ---- episodes ---- */

const char *timeline_episode_text(const struct timeline_episode *e, struct arena *arena)
{
    const char *counted = "";

    if (e->bad != SHAPE_UNSET && e->asked != SHAPE_UNSET)
        counted = arena_printf(arena, ", %" PRIu64 " of %" PRIu64, e->bad, e->asked);
    else if (e->bad != SHAPE_UNSET)
        counted = arena_printf(arena, ", %" PRIu64, e->bad);
    switch ((enum timeline_kind)e->kind) {
    case TIMELINE_FINDING:
        return arena_printf(arena, "%s%s%s (%s)", e->text ? e->text : e->reason, e->subject ? ": " : "",
                            e->subject ? e->subject : "", e->reason);
    case TIMELINE_SERVER:
        return arena_printf(arena, "%s: %s%s queries", e->subject, e->reason, counted);
    case TIMELINE_LATENCY:
        return arena_printf(arena, "%s: %s", e->subject, e->text);
    case TIMELINE_LOOKUPS:
        return arena_printf(arena, "%s: %s%s", e->subject, e->text, counted);
    case TIMELINE_DROPS:
        return arena_printf(arena, "kernel drops DNS at %s: %s (%s)%s packet%s",
                            e->subject ? e->subject : "?", e->text, e->reason, counted,
                            e->bad == 1 ? "" : "s");
    case TIMELINE_CONNTRACK:
        return arena_printf(arena, "%s (%s)%s", e->text, e->reason, counted);
    case TIMELINE_GAP:
    case TIMELINE_CLOCK:
    case TIMELINE_KINDS:
        break;
    }
    return e->text ? e->text : e->reason;
}

/* What is merely information waits for -v, unless nothing is worse; what was not recorded is always told. */
static bool is_shown(const struct timeline_facts *facts, const struct timeline_episode *e, bool whole)
{
    return whole || facts->status == HEALTH_OK || e->severity < SEVERITY_INFO || e->kind == TIMELINE_GAP ||
           e->kind == TIMELINE_CLOCK;
}

/* Which of two says more: the worse one, one that still stands, one of which more failed for longer. */
static double weight_of(const struct timeline_episode *e)
{
    bool counts = e->bad != SHAPE_UNSET && e->asked != SHAPE_UNSET && e->asked;
    /* A finding stands or not; packets that were dropped are a share of nothing known. */
    double share = counts ? (double)e->bad / (double)e->asked : e->kind == TIMELINE_DROPS ? 0.1 : 0.5;

    return (SEVERITY_INFO - e->severity) * 1e9 + (e->ended ? 0 : 1e8) + share * fmin(e->lasted_s + 1, 1e7);
}

struct weighed_episode {
    double weight;
    size_t index;
};

static int by_weight(const void *a, const void *b)
{
    const struct weighed_episode *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return x->index > y->index ? -1 : 1; /* the newer one */
}

/* Mark the `most` of those shown that say most; return how many are left out. */
static size_t choose_episodes(const struct timeline_facts *facts, bool whole, size_t most, bool *chosen,
                              struct arena *arena)
{
    struct weighed_episode *all = arena_array(arena, facts->episodes_count, sizeof(*all));
    size_t count = 0;

    for (size_t i = 0; i < facts->episodes_count; i++)
        if (is_shown(facts, &facts->episodes[i], whole))
            all[count++] = (struct weighed_episode){weight_of(&facts->episodes[i]), i};
    qsort(all, count, sizeof(*all), by_weight);
    for (size_t i = 0; i < count && i < most; i++)
        chosen[all[i].index] = true;
    return count > most ? count - most : 0;
}

static void print_episodes(const struct timeline_facts *facts, bool condensed, struct printer *printer,
                           struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "BEGAN"},
                                                  {.heading = "ENDED"},
                                                  {.heading = "LASTED", .right = true},
                                                  {.heading = "WHAT", .elastic = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    bool whole = printer->verbosity > 0, any = false;
    bool *chosen = arena_array(arena, facts->episodes_count + 1, sizeof(*chosen));
    size_t left = choose_episodes(facts, whole,
                                  whole       ? SIZE_MAX
                                  : condensed ? EPISODES_FEW
                                              : EPISODES_SHOWN,
                                  chosen, arena);

    for (size_t i = 0; i < facts->episodes_count; i++) {
        const struct timeline_episode *e = &facts->episodes[i];

        if (!chosen[i])
            continue;
        any = true;
        table_row(table);
        table_cell(table, STYLE_PLAIN, time_text(facts, e->began, arena));
        table_cell(table, e->ended ? STYLE_PLAIN : STYLE_STRONG, time_text(facts, e->ended, arena));
        table_cell(table, STYLE_PLAIN, seconds_text(e->lasted_s, arena));
        table_cell(table,
                   e->severity == SEVERITY_CRITICAL  ? STYLE_BAD
                   : e->severity == SEVERITY_WARNING ? STYLE_ODD
                                                     : STYLE_FAINT,
                   timeline_episode_text(e, arena));
    }
    if (!any)
        return;
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (left)
        printer_addf(printer, "and %zu of less weight: -v\n", left);
}

/* ---- servers ---- */

/* How high a cell is: of failures their share, of latencies their logarithm between the usual and the worst.
 */
static unsigned level_of(const struct timeline_tick *tick, const struct timeline_server *server, bool latency)
{
    if (!latency)
        return tick->bad ? 1 + (unsigned)((LEVELS - 1) * (double)tick->bad / (double)tick->asked + 0.5) : 0;
    if (tick->p90_us == SHAPE_UNSET || !tick->p90_us)
        return 0;
    if (server->worst_p90_us <= server->p90_us || tick->p90_us <= server->p90_us || !server->p90_us)
        return 1;
    return 1 + (unsigned)((LEVELS - 1) * log((double)tick->p90_us / (double)server->p90_us) /
                              log((double)server->worst_p90_us / (double)server->p90_us) +
                          0.5);
}

/* Of neighbours that share a cell the worse; a dot where nothing was recorded. */
static const char *strip_text(const struct timeline_server *server, bool latency,
                              const struct printer *printer, struct arena *arena)
{
    size_t width = server->ticks_count < STRIP ? server->ticks_count : STRIP;
    const char **texts = arena_array(arena, width + 1, sizeof(*texts));

    for (size_t x = 0; x < width; x++) {
        size_t first = x * server->ticks_count / width, end = (x + 1) * server->ticks_count / width;
        unsigned level = 0;
        bool known = false;

        for (size_t i = first; i < end; i++) {
            unsigned one = level_of(&server->ticks[i], server, latency);

            known = known || server->ticks[i].asked;
            level = one > level ? one : level;
        }
        level = level > LEVELS ? LEVELS : level;
        texts[x] = !known          ? "?"
                   : printer->utf8 ? cells[level ? level : 1]
                                   : arena_text_n(arena, &ascii_cells[level ? level : 1], 1);
        if (known && !level)
            texts[x] = printer->utf8 ? "\u00b7" : ".";
    }
    return arena_join(arena, texts, width, "");
}

static void print_servers(const struct timeline_facts *facts, bool condensed, struct printer *printer,
                          struct arena *arena)
{
    static const struct table_column columns[] = {
        {.heading = "SERVER"},
        {.heading = "FAILED", .right = true},
        {.heading = "P90", .right = true},
        {.heading = "WORST", .right = true},
        {.heading = "FAILED, P90 OVER TIME"},
    };
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t most = printer->verbosity > 0 ? SIZE_MAX : condensed ? SERVERS_FEW : SERVERS_SHOWN;

    if (!facts->servers_count)
        return;
    for (size_t i = 0; i < facts->servers_count && i < most; i++) {
        const struct timeline_server *s = &facts->servers[i];

        table_row(table);
        table_cellf(table, STYLE_PLAIN, "%s %s", s->server, s->role >= 0 ? target_role_names[s->role] : "");
        if (isnan(s->bad_ratio))
            table_cell(table, STYLE_FAINT, "-");
        else
            table_cellf(table, s->bad ? STYLE_BAD : STYLE_GOOD, "%.*f %%",
                        s->bad && s->bad_ratio < 0.1 ? 2 : 0, s->bad_ratio * 100);
        table_cell(table, STYLE_PLAIN, us_text(s->p90_us, arena));
        table_cell(table, STYLE_PLAIN, us_text(s->worst_p90_us, arena));
        table_cell(table, s->bad ? STYLE_BAD : STYLE_PLAIN, strip_text(s, false, printer, arena));
        table_row(table);
        for (int k = 0; k < 4; k++)
            table_cell(table, STYLE_PLAIN, "");
        table_cell(table, STYLE_PLAIN, strip_text(s, true, printer, arena));
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (facts->servers_count > most)
        printer_addf(printer, "and %zu more server%s: -v\n", facts->servers_count - most,
                     facts->servers_count - most == 1 ? "" : "s");
}

/* ---- Pods, reasons, captures ---- */

static void print_pods(const struct timeline_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "POD"},
                                                  {.heading = "LOOKUPS", .right = true},
                                                  {.heading = "FAILED", .right = true},
                                                  {.heading = "SLOW", .right = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t most = printer->verbosity > 0 ? SIZE_MAX : ROWS_SHOWN;

    if (!facts->pods_count)
        return;
    for (size_t i = 0; i < facts->pods_count && i < most; i++) {
        const struct timeline_pod *pod = &facts->pods[i];

        table_row(table);
        table_cell(table, STYLE_PLAIN, pod->pod);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64, pod->lookups);
        table_cellf(table, pod->failed ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, pod->failed);
        table_cellf(table, pod->slow ? STYLE_ODD : STYLE_PLAIN, "%" PRIu64, pod->slow);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (facts->pods_count > most)
        printer_addf(printer, "and %zu more Pods: -v\n", facts->pods_count - most);
}

static void print_reasons(const struct timeline_facts *facts, struct printer *printer, struct arena *arena)
{
    static const struct table_column columns[] = {{.heading = "REASON"},
                                                  {.heading = "OF"},
                                                  {.heading = "BEGAN", .right = true},
                                                  {.heading = "LASTED", .right = true},
                                                  {.heading = "COUNT", .right = true}};
    struct table *table = table_new(arena, columns, sizeof(columns) / sizeof(columns[0]));
    size_t most = printer->verbosity > 0 ? SIZE_MAX : ROWS_SHOWN;

    if (!facts->reasons_count)
        return;
    for (size_t i = 0; i < facts->reasons_count && i < most; i++) {
        const struct timeline_reason *r = &facts->reasons[i];

        table_row(table);
        table_cell(table, STYLE_PLAIN, r->reason);
        table_cell(table, STYLE_PLAIN, timeline_kind_names[r->kind]);
        table_cellf(table, STYLE_PLAIN, "%" PRIu64 " x", r->episodes);
        table_cell(table, STYLE_PLAIN, seconds_text(r->lasted_s, arena));
        if (r->bad == SHAPE_UNSET)
            table_cell(table, STYLE_FAINT, "-");
        else
            table_cellf(table, STYLE_PLAIN, "%" PRIu64, r->bad);
    }
    printer_addf(printer, "\n");
    table_print(table, printer, 0);
    if (facts->reasons_count > most)
        printer_addf(printer, "and %zu more reasons: -v\n", facts->reasons_count - most);
}

/* The one that shows most; of those that show as much the newest. */
static size_t telling_capture(const struct timeline_facts *facts)
{
    size_t best = 0;

    for (size_t i = 0; i < facts->captures_count; i++)
        if (facts->captures[i].findings_count >= facts->captures[best].findings_count)
            best = i;
    return best;
}

/* Those that show something before the newest ones; each is a command away. */
static void print_captures(const struct timeline_facts *facts, bool condensed, struct printer *printer,
                           struct arena *arena)
{
    size_t most = printer->verbosity > 0 ? SIZE_MAX : condensed ? CAPTURES_FEW : ROWS_SHOWN, count = 0;
    bool *chosen = arena_array(arena, facts->captures_count + 1, sizeof(*chosen));

    if (!facts->captures_count)
        return;
    for (int telling = 1; telling >= 0; telling--)
        for (size_t i = facts->captures_count; i > 0 && count < most; i--)
            if ((facts->captures[i - 1].findings_count > 0) == telling) {
                chosen[i - 1] = true;
                count++;
            }
    printer_addf(printer, "\nFull captures (%zu%s)\n", facts->captures_count,
                 count < facts->captures_count ? "; all: -v" : "");
    for (size_t i = 0; i < facts->captures_count; i++) {
        const struct timeline_capture *c = &facts->captures[i];

        if (!chosen[i])
            continue;
        printer_paragraph(printer, "  ", "%s  %s: %s", time_text(facts, c->time, arena), c->why ? c->why : "",
                          c->findings_count ? arena_join(arena, c->findings, c->findings_count, ", ")
                                            : "no finding");
    }
    printer_addf(printer, "Judge one    k8sdns diagnose --from %s --at %.19sZ\n", facts->folder,
                 facts->captures[telling_capture(facts)].time);
}

static void print_status(const struct timeline_facts *facts, struct printer *printer, struct arena *arena)
{
    size_t worse = 0, standing = 0;

    for (size_t i = 0; i < facts->episodes_count; i++) {
        worse += facts->episodes[i].severity < SEVERITY_INFO;
        standing += facts->episodes[i].severity < SEVERITY_INFO && !facts->episodes[i].ended;
    }
    if (!facts->intervals)
        status_line(printer, facts->status, "nothing was recorded in the time looked at");
    else if (!worse)
        status_line(printer, facts->status, "nothing failed in %s", seconds_text(facts->span_s, arena));
    else
        status_line(printer, facts->status, "%zu time%s something began in %s; %zu still stand%s at its end",
                    worse, worse == 1 ? "" : "s", seconds_text(facts->span_s, arena), standing,
                    standing == 1 ? "s" : "");
}

static void print_all(const void *data, bool condensed, struct printer *printer, struct arena *arena)
{
    const struct timeline_facts *facts = data;

    print_status(facts, printer, arena);
    if (facts->intervals)
        printer_paragraph(printer, "Recorded    ", "%.10s %.8s to %s (UTC), %" PRIu64 " interval%s%s%s",
                          facts->from, facts->from + DAY_CHARS + 1, time_text(facts, facts->to, arena),
                          facts->intervals, facts->intervals == 1 ? "" : "s",
                          facts->node || facts->hostname ? " on " : "",
                          facts->node       ? facts->node
                          : facts->hostname ? facts->hostname
                                            : "");
    for (size_t i = 0; i < facts->damage_count; i++)
        printer_paragraph(printer, "Not read    ", "%s: %" PRIu64 " bytes from byte %" PRIu64 " on: %s",
                          facts->damage[i].file, facts->damage[i].lost_bytes, facts->damage[i].at_byte,
                          facts->damage[i].why);
    if (facts->unread)
        printer_paragraph(printer, "Not read    ", "%" PRIu64 " intervals that are not of their format",
                          facts->unread);
    print_episodes(facts, condensed, printer, arena);
    print_servers(facts, condensed, printer, arena);
    if (!condensed) {
        print_pods(facts, printer, arena);
        print_reasons(facts, printer, arena);
    }
    print_captures(facts, condensed, printer, arena);
    if (condensed)
        printer_addf(printer, "\nAll of it, by Pod and by reason: -v\n");
}

void timeline_text_render(const void *data, struct printer *printer, struct arena *arena)
{
    if (printer->verbosity < 0)
        print_status(data, printer, arena);
    else
        first_screen(printer, print_all, data, arena);
}
