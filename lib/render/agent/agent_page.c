/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/facts.h>
#include <k8sdns/render/agent/agent_page.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LABELS(...) ((const struct exposition_label[]){__VA_ARGS__, {0}})

static bool is_up(const struct agent_page_facts *facts, enum agent_part part)
{
    return facts->parts[part].up;
}

static void counter(struct exposition *page, const char *name, const char *help)
{
    exposition_family(page, name, EXPOSITION_COUNTER, NULL, help);
}

static void gauge(struct exposition *page, const char *name, const char *unit, const char *help)
{
    exposition_family(page, name, EXPOSITION_GAUGE, unit, help);
}

static void histogram(struct exposition *page, const struct exposition_label *labels,
                      const struct agent_histogram *of)
{
    exposition_histogram(page, labels, agent_bounds_s, AGENT_BOUNDS, of->buckets, (double)of->sum_us / 1e6);
}

/* ---- the node as a whole: what questions about a fleet read ---- */

static void write_totals(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct agent_counts *counts = facts->counts;
    const struct {
        const char *name, *help;
        uint64_t value;
        enum agent_part part;
    } rows[] = {
        {"k8sdns_node_queries", "Queries of the agent that have ended.", counts->queries, AGENT_PROBES},
        {"k8sdns_node_query_failures", "Queries of the agent without an answer that is of use.",
         counts->query_failures, AGENT_PROBES},
        {"k8sdns_node_lookups", "Name lookups of all programs of the node that have ended.", counts->lookups,
         AGENT_LOOKUPS},
        {"k8sdns_node_lookup_failures", "Name lookups of all programs that timed out or failed.",
         counts->lookup_failures, AGENT_LOOKUPS},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        counter(page, rows[i].name, rows[i].help);
        if (is_up(facts, rows[i].part))
            exposition_count(page, NULL, rows[i].value);
    }
}

/* ---- the agent's own queries ---- */

static void write_probes(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct agent_counts *counts = facts->counts;
    size_t servers = is_up(facts, AGENT_PROBES) ? counts->servers_count : 0;

    counter(page, "k8sdns_probe_queries", "Queries of the agent, by what came of them.");
    for (size_t i = 0; i < servers; i++) {
        const struct agent_server *server = &counts->servers[i];

        for (int type = 0; type < AGENT_TYPES; type++)
            for (int result = 0; result < AGENT_RESULTS; result++)
                exposition_count(page,
                                 LABELS({"role", target_role_names[server->role]}, {"server", server->server},
                                        {"type", agent_type_names[type]},
                                        {"result", agent_result_names[result]}),
                                 server->results[type][result]);
    }
    exposition_family(page, "k8sdns_probe_duration_seconds", EXPOSITION_HISTOGRAM, "seconds",
                      "How long answers to the agent's queries took.");
    for (size_t i = 0; i < servers; i++)
        histogram(page,
                  LABELS({"role", target_role_names[counts->servers[i].role]},
                         {"server", counts->servers[i].server}),
                  &counts->servers[i].duration);
}

/* ---- what is seen of others ---- */

/* A label set that no page has had yet comes with 0: one that appears with a count has, to Prometheus, not
 * increased. */

static void write_lookups(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct agent_counts *counts = facts->counts;
    bool up = is_up(facts, AGENT_LOOKUPS);

    counter(page, "k8sdns_lookups",
            "Name lookups of programs, by the namespace of their Pod and the result.");
    for (size_t i = 0; up && i < counts->spaces_count; i++)
        for (int result = 0; result < AGENT_LOOKUP_RESULTS; result++)
            exposition_count(page,
                             LABELS({"client_namespace", counts->spaces[i].name},
                                    {"result", agent_lookup_result_names[result]}),
                             counts->spaces[i].is_new ? 0 : counts->spaces[i].results[result]);
    exposition_family(page, "k8sdns_lookup_duration_seconds", EXPOSITION_HISTOGRAM, "seconds",
                      "How long name lookups of programs took.");
    for (int result = 0; up && result < AGENT_LOOKUP_RESULTS; result++)
        histogram(page, LABELS({"result", agent_lookup_result_names[result]}),
                  &counts->lookup_duration[result]);
}

static void write_drops(const struct agent_page_facts *facts, struct exposition *page)
{
    counter(page, "k8sdns_dropped_packets",
            "DNS packets that the kernel dropped, by its reason and the netfilter hook.");
    for (size_t i = 0; is_up(facts, AGENT_DROPS) && i < facts->counts->drops_count; i++)
        exposition_count(
            page, LABELS({"reason", facts->counts->drops[i].reason}, {"hook", facts->counts->drops[i].hook}),
            facts->counts->drops[i].is_new ? 0 : facts->counts->drops[i].count);
}

static void write_conntrack(const struct agent_page_facts *facts, struct exposition *page)
{
    /* "found" and "insert" are no faults, and the former no kernel counts any more. */
    static const struct {
        const char *event;
        enum conntrack_counter counter;
    } events[] = {
        {"insert", CONNTRACK_INSERT},
        {"invalid", CONNTRACK_INVALID},
        {"insert-failed", CONNTRACK_INSERT_FAILED},
        {"drop", CONNTRACK_DROP},
        {"early-drop", CONNTRACK_EARLY_DROP},
        {"error", CONNTRACK_ERROR},
        {"search-restart", CONNTRACK_SEARCH_RESTART},
        {"clash-resolve", CONNTRACK_CLASH_RESOLVE},
        {"chain-toolong", CONNTRACK_CHAIN_TOOLONG},
    };
    const struct conntrack_facts *conntrack = is_up(facts, AGENT_CONNTRACK) ? facts->conntrack : NULL;

    counter(page, "k8sdns_conntrack_events", "What connection tracking counts, over all CPUs.");
    for (size_t i = 0; conntrack && i < sizeof(events) / sizeof(events[0]); i++)
        if (conntrack->counters.values[events[i].counter] != SHAPE_UNSET)
            exposition_count(page, LABELS({"event", events[i].event}),
                             conntrack->counters.values[events[i].counter]);
    gauge(page, "k8sdns_conntrack_entries", NULL, "Entries of the conntrack table.");
    if (conntrack && conntrack->table.entries != SHAPE_UNSET)
        exposition_count(page, NULL, conntrack->table.entries);
    gauge(page, "k8sdns_conntrack_entries_limit", NULL, "Entries that the table may have.");
    if (conntrack && conntrack->table.max != SHAPE_UNSET)
        exposition_count(page, NULL, conntrack->table.max);
}

static void write_flows(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct agent_counts *counts = facts->counts;

    counter(page, "k8sdns_unanswered_flows",
            "DNS flows that nobody answered, by the server that they led to.");
    for (size_t i = 0; is_up(facts, AGENT_FLOWS) && i < counts->backends_count; i++)
        exposition_count(page, LABELS({"backend", counts->backends[i].address}),
                         counts->backends[i].is_new ? 0 : counts->backends[i].unanswered);
}

static void write_limits(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct node_facts *node = is_up(facts, AGENT_NODE) ? facts->node : NULL;
    size_t written = 0;

    gauge(page, "k8sdns_node_limit_ratio", "ratio",
          "How much of a limit of the node that DNS depends on is used, 1 for all.");
    for (size_t i = 0; node && i < node->limits_count && written < AGENT_LIMITS_MAX; i++) {
        if (isnan(node->limits[i].ratio))
            continue;
        exposition_value(page, LABELS({"limit", node->limits[i].id}), node->limits[i].ratio);
        written++;
    }
}

/* ---- what it comes to ---- */

/* The same id may be there for several servers. */
static bool is_told(const struct agent_page_facts *facts, size_t before)
{
    const struct active_finding_facts *of = &facts->findings[before];

    for (size_t i = 0; i < before; i++)
        if (isnan(facts->findings[i].over_s) && facts->findings[i].severity == of->severity &&
            strcmp(facts->findings[i].id, of->id) == 0)
            return true;
    return false;
}

static void write_findings(const struct agent_page_facts *facts, struct exposition *page)
{
    uint64_t standing[SEVERITY_INFO + 1] = {0};
    size_t written = 0;

    gauge(page, "k8sdns_finding", NULL, "1 while a finding stands; k8sdns explain ID tells what it means.");
    for (size_t i = 0; i < facts->findings_count; i++) {
        const struct active_finding_facts *finding = &facts->findings[i];

        if (!isnan(finding->over_s))
            continue;
        standing[finding->severity]++;
        if (is_told(facts, i) || written == AGENT_FINDINGS_MAX)
            continue;
        exposition_count(page, LABELS({"id", finding->id}, {"severity", severity_names[finding->severity]}),
                         1);
        written++;
    }
    gauge(page, "k8sdns_findings", NULL, "How many findings stand, by severity.");
    for (int severity = 0; severity <= SEVERITY_INFO; severity++)
        exposition_count(page, LABELS({"severity", severity_names[severity]}), standing[severity]);
}

/* ---- about the agent ---- */

static void write_bounds(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct {
        const char *label;
        uint64_t limit, overflow;
    } rows[] = {
        {"server", AGENT_SERVERS_MAX, facts->counts->servers_overflow},
        {"client_namespace", AGENT_SPACES_MAX, facts->counts->spaces_overflow},
        {"reason", AGENT_DROP_KINDS_MAX, facts->counts->drops_overflow},
        {"backend", AGENT_BACKENDS_MAX, facts->counts->backends[0].unanswered},
    };
    size_t count = sizeof(rows) / sizeof(rows[0]);

    gauge(page, "k8sdns_label_limit", NULL, "How many values of a label are told apart.");
    for (size_t i = 0; i < count; i++)
        exposition_count(page, LABELS({"label", rows[i].label}), rows[i].limit);
    counter(page, "k8sdns_label_overflow", "What was counted as other, since its label had too many values.");
    for (size_t i = 0; i < count; i++)
        exposition_count(page, LABELS({"label", rows[i].label}), rows[i].overflow);
}

static void write_parts(const struct agent_page_facts *facts, struct exposition *page)
{
    gauge(page, "k8sdns_agent_part_up", NULL, "1 where a part of the agent observes, 0 where it may not.");
    for (int part = 0; part < AGENT_PARTS; part++)
        exposition_count(page, LABELS({"part", agent_part_names[part]}), facts->parts[part].up);
    counter(page, "k8sdns_events_lost", "What was not counted since the agent did not keep up.");
    exposition_count(page, LABELS({"part", agent_part_names[AGENT_PROBES]}), facts->probes_skipped);
    exposition_count(page, LABELS({"part", agent_part_names[AGENT_LOOKUPS]}), facts->lookups_lost);
    exposition_count(page, LABELS({"part", agent_part_names[AGENT_DROPS]}), facts->drops_lost);
    exposition_count(page, LABELS({"part", agent_part_names[AGENT_FLOWS]}), facts->flows_lost);
    exposition_count(page, LABELS({"part", "lines"}), facts->lines_lost);
}

static void write_recorded(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct agent_recorded_facts *recorded = facts->recorded;
    const struct {
        const char *name, *unit, *help;
        enum exposition_type type;
        uint64_t value;
    } rows[] = {
        {"k8sdns_recorded_intervals", NULL, "Intervals of ten seconds that were recorded.",
         EXPOSITION_COUNTER, recorded ? recorded->intervals : 0},
        {"k8sdns_recorded_captures", NULL, "Full captures that were recorded, when something began or ended.",
         EXPOSITION_COUNTER, recorded ? recorded->captures : 0},
        {"k8sdns_record_dropped", NULL, "Intervals and captures that could not be recorded.",
         EXPOSITION_COUNTER, recorded ? recorded->dropped : 0},
        {"k8sdns_record_bytes", "bytes", "What the recording takes on the disk.", EXPOSITION_GAUGE,
         recorded ? recorded->bytes : 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        exposition_family(page, rows[i].name, rows[i].type, rows[i].unit, rows[i].help);
        if (recorded)
            exposition_count(page, NULL, rows[i].value);
    }
}

static void write_process(const struct agent_page_facts *facts, struct exposition *page)
{
    const struct {
        const char *name, *unit, *help;
        enum exposition_type type;
        double value;
    } rows[] = {
        {"process_cpu_seconds", "seconds", "CPU time of the agent and of its looks.", EXPOSITION_COUNTER,
         facts->cpu_seconds},
        {"process_start_time_seconds", "seconds", "When the agent was started, since 1970.", EXPOSITION_GAUGE,
         facts->start_time_seconds},
        {"process_resident_memory_bytes", "bytes", "Its memory that is resident.", EXPOSITION_GAUGE,
         facts->resident_bytes},
        {"process_virtual_memory_bytes", "bytes", "Its address space.", EXPOSITION_GAUGE,
         facts->virtual_bytes},
        {"process_open_fds", NULL, "Its open files.", EXPOSITION_GAUGE, facts->open_files},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        exposition_family(page, rows[i].name, rows[i].type, rows[i].unit, rows[i].help);
        if (!isnan(rows[i].value))
            exposition_value(page, NULL, rows[i].value);
    }
}

void agent_page_write(const struct agent_page_facts *facts, struct exposition *page)
{
    exposition_family(page, "k8sdns_build", EXPOSITION_INFO, NULL, "The agent's version.");
    exposition_count(page, LABELS({"version", facts->version}), 1);
    /* The label node is the scrape's own. */
    exposition_family(page, "k8sdns_node", EXPOSITION_INFO, NULL,
                      "Where the agent runs, as far as it knows.");
    exposition_count(page, LABELS({"node_name", facts->node_name}, {"zone", facts->zone}), 1);
    write_totals(facts, page);
    write_probes(facts, page);
    write_lookups(facts, page);
    write_drops(facts, page);
    write_conntrack(facts, page);
    write_flows(facts, page);
    write_limits(facts, page);
    write_findings(facts, page);
    write_parts(facts, page);
    write_bounds(facts, page);
    write_recorded(facts, page);
    write_process(facts, page);
    exposition_end(page);
}
