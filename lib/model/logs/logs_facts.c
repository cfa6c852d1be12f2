/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/logs/logs_facts.h>
#include <string.h>

const char *const log_event_kind_names[] = {
    "upstream-timeout",
    "upstream-refused",
    "upstream-unreachable",
    "upstream-tls",
    "upstream-closed",
    "upstream-oversize",
    "upstream-malformed",
    "upstream-address",
    "local-limit",
    "local-filtered",
    "no-plugin",
    "rate-limited",
    "errors",
    "kubernetes-forbidden",
    "kubernetes-unauthorized",
    "kubernetes-failed",
    "kubernetes-unsynced",
    "kubernetes-waiting",
    "not-ready",
    "health-slow",
    "loop",
    "panic",
    "reload",
    "reload-failed",
    "start",
    "start-failed",
    "stop",
    "file-unreadable",
    "transfer-failed",
    "setup-failed",
    "telemetry-lost",
    "dnsmasq-limit",
    "dnsmasq-silent",
    "dnsmasq-upstream",
    "dnsmasq-recursion",
    "dnsmasq-rebind",
    "debug",
    "message",
    "unknown",
    NULL,
};
const char *const log_file_state_names[] = {"read", "vanished", "failed", NULL};
const char *const log_line_kind_names[] = {"query",  "dump",  "error",   "panic", "debug",
                                           "notice", "trace", "unknown", NULL};

uint64_t logs_facts_events(const struct logs_facts *facts, int kind)
{
    for (size_t i = 0; i < facts->event_kinds_count; i++)
        if (strcmp(facts->event_kinds[i].name, log_event_kind_names[kind]) == 0)
            return facts->event_kinds[i].count;
    return 0;
}

static uint64_t tally_of(const struct shape_tally *tallies, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(tallies[i].name, name) == 0)
            return tallies[i].count;
    return 0;
}

uint64_t logs_facts_rcode(const struct logs_facts *facts, const char *rcode)
{
    return tally_of(facts->rcodes, facts->rcodes_count, rcode);
}

uint64_t logs_facts_declined(const struct logs_facts *facts, const char *rcode)
{
    return tally_of(facts->declined, facts->declined_count, rcode);
}

#define LINES(member, text) SHAPE_FIELD_COUNT(struct log_lines_facts, member, #member, text)
static const struct shape_field lines_fields[] = {
    LINES(total, "all that were read, but for those filtered: the sum of the next six"),
    LINES(query, "of the log plugin"),
    LINES(dump, "of the dump plugin"),
    LINES(error, "of the errors plugin, and of level ERROR and FATAL"),
    LINES(panic, "the first line of each panic"),
    LINES(debug, "of level DEBUG, and hex of the debug plugin"),
    LINES(other, "the rest: the next four"),
    LINES(notice, "of these: understood"),
    LINES(trace, "of these: a panic's trace, or a Corefile that node-cache prints"),
    LINES(foreign, "of these: of another program, in a log of many (minikube logs); nothing is read of them"),
    LINES(unknown, "of these: not understood; events shows them"),
    LINES(blank, "of notice: empty ones"),
    LINES(loop_probes, "of query and dump: probes of the loop plugin, which no other count has"),
    LINES(filtered, "left out by --grep, --since or --until"),
    LINES(cut, "longer than 10 MB, so that their end was not read"),
    LINES(untimed, "without a time, where one was looked for"),
};
const struct shape log_lines_facts_shape = SHAPE(struct log_lines_facts, lines_fields, "log_lines");

static const struct shape_field event_fields[] = {
    SHAPE_FIELD_CHOICE(struct log_event_facts, kind, "kind", log_event_kind_names, "what is said"),
    SHAPE_FIELD_COUNT(struct log_event_facts, count, "count", "how many say so"),
    SHAPE_FIELD_TEXT(struct log_event_facts, level, "level", "ERROR, WARNING, INFO, ..."),
    SHAPE_FIELD_TEXT(struct log_event_facts, plugin, "plugin", "the plugin that wrote the line"),
    SHAPE_FIELD_TEXT(struct log_event_facts, subject, "server", "the upstream that it is about"),
    SHAPE_FIELD_TEXT(struct log_event_facts, source, "source", "whose log the first is in"),
    SHAPE_FIELD_TEXT(struct log_event_facts, first_time, "first_time", "of the first"),
    SHAPE_FIELD_TEXT(struct log_event_facts, last_time, "last_time", "of the last"),
    SHAPE_FIELD_NAME(struct log_event_facts, text, "text", "the first of them"),
    SHAPE_FIELD_BOOL(struct log_event_facts, by_cache, "by_cache", "errors: of a node-local cache"),
    SHAPE_FIELD_BOOL(struct log_event_facts, to_itself, "to_itself",
                     "errors: sent from the server's own address"),
    SHAPE_FIELD_TEXT(struct log_event_facts, local, "local",
                     "errors: the address that the first was sent from"),
    SHAPE_FIELD_COUNT(struct log_event_facts, probes, "probes",
                      "errors: of these, probes of the loop plugin"),
    SHAPE_FIELD_COUNT(struct log_event_facts, cluster_names, "cluster_names",
                      "errors: of these, for names under the cluster domain"),
};
const struct shape log_event_facts_shape = SHAPE(struct log_event_facts, event_fields, "log_event");

static const struct shape_field state_fields[] = {
    SHAPE_FIELD_CHOICE(struct log_state_facts, kind, "kind", log_event_kind_names, "what holds"),
    SHAPE_FIELD_TEXT(struct log_state_facts, source, "source", "whose log it is"),
    SHAPE_FIELD_COUNT(struct log_state_facts, count, "count", "lines that say so, since it holds"),
    SHAPE_FIELD_TEXT(struct log_state_facts, first_time, "first_time", "of the first"),
    SHAPE_FIELD_TEXT(struct log_state_facts, last_time, "last_time", "of the last"),
    SHAPE_FIELD_REAL(struct log_state_facts, lasts_s, "lasts_s",
                     "from the first of them to the log's last line"),
    SHAPE_FIELD_REAL(struct log_state_facts, quiet_s, "quiet_s",
                     "from the last of them to the log's last line"),
    SHAPE_FIELD_NAME(struct log_state_facts, text, "text", "the last of them"),
    SHAPE_FIELD_BOOL(struct log_state_facts, by_cache, "by_cache",
                     "other lines of it are node-cache's alone"),
};
const struct shape log_state_facts_shape = SHAPE(struct log_state_facts, state_fields, "log_state");

static const struct shape_field panic_fields[] = {
    SHAPE_FIELD_TEXT(struct log_panic_facts, time, "time", "when"),
    SHAPE_FIELD_TEXT(struct log_panic_facts, source, "source", "whose"),
    SHAPE_FIELD_NAME(struct log_panic_facts, text, "text", "what it says"),
    SHAPE_FIELD_TEXT(struct log_panic_facts, where, "where", "the first function that is not the runtime's"),
    SHAPE_FIELD_TEXTS(struct log_panic_facts, trace, "trace", "the lines behind it"),
    SHAPE_FIELD_BOOL(struct log_panic_facts, recovered, "recovered", "the server went on"),
};
const struct shape log_panic_facts_shape = SHAPE(struct log_panic_facts, panic_fields, "log_panic");

static const struct shape_field query_fields[] = {
    SHAPE_FIELD_TEXT(struct log_query_facts, time, "time", "of the line, which comes behind the answer"),
    SHAPE_FIELD_TEXT(struct log_query_facts, source, "source", "whose log it is in"),
    SHAPE_FIELD_TEXT(struct log_query_facts, client, "client", "who asked"),
    SHAPE_FIELD_COUNT(struct log_query_facts, port, "port", "from which port"),
    SHAPE_FIELD_COUNT(struct log_query_facts, id, "id", "the id of the message"),
    SHAPE_FIELD_TEXT(struct log_query_facts, type, "type", "what for"),
    SHAPE_FIELD_TEXT(struct log_query_facts, name, "name", "of which name"),
    SHAPE_FIELD_TEXT(struct log_query_facts, rcode, "rcode", "the answer"),
    SHAPE_FIELD_REAL(struct log_query_facts, latency_ms, "latency_ms", "how long it took"),
};
const struct shape log_query_facts_shape = SHAPE(struct log_query_facts, query_fields, "log_query");

static const struct shape_field unanswered_fields[] = {
    SHAPE_FIELD_TEXT(struct log_unanswered_facts, time, "time", "when it came"),
    SHAPE_FIELD_TEXT(struct log_unanswered_facts, source, "source", "whose log it is in"),
    SHAPE_FIELD_TEXT(struct log_unanswered_facts, client, "client", "who asked"),
    SHAPE_FIELD_COUNT(struct log_unanswered_facts, port, "port", "from which port"),
    SHAPE_FIELD_COUNT(struct log_unanswered_facts, id, "id", "the id of the message"),
    SHAPE_FIELD_TEXT(struct log_unanswered_facts, type, "type", "what for"),
    SHAPE_FIELD_TEXT(struct log_unanswered_facts, name, "name", "of which name"),
    SHAPE_FIELD_TEXT(struct log_unanswered_facts, protocol, "protocol", "udp or tcp"),
    SHAPE_FIELD_REAL(struct log_unanswered_facts, age_ms, "age_ms",
                     "how long it had waited when the log ended"),
    SHAPE_FIELD_BOOL(struct log_unanswered_facts, at_least, "at_least",
                     "the lines have no times, and the age is what was answered since"),
    SHAPE_FIELD_BOOL(struct log_unanswered_facts, ended, "ended", "the server ended before it could answer"),
};
const struct shape log_unanswered_facts_shape =
    SHAPE(struct log_unanswered_facts, unanswered_fields, "log_unanswered");

static const struct shape_field dump_fields[] = {
    SHAPE_FIELD_COUNT(struct log_dump_facts, received, "received", "queries in dump lines"),
    SHAPE_FIELD_COUNT(struct log_dump_facts, answered, "answered", "of these: with a log line"),
    SHAPE_FIELD_COUNT(struct log_dump_facts, unanswered, "unanswered",
                      "of these: without one for longer than the threshold"),
    SHAPE_FIELD_COUNT(struct log_dump_facts, ended, "ended", "of these: the server ended before"),
    SHAPE_FIELD_COUNT(struct log_dump_facts, in_flight, "in_flight", "of these: too young to tell"),
    SHAPE_FIELD_COUNT(struct log_dump_facts, forgotten, "forgotten",
                      "of these: given up, since too many waited at once"),
    SHAPE_FIELD_REAL(struct log_dump_facts, threshold_ms, "threshold_ms",
                     "from which age on it is unanswered"),
};
const struct shape log_dump_facts_shape = SHAPE(struct log_dump_facts, dump_fields, "log_dump");

#define TOP_FIELDS(key, text)                                                                         \
    SHAPE_FIELD_NAME(struct log_top_facts, name, key, text),                                          \
        SHAPE_FIELD_COUNT(struct log_top_facts, count, "count", "how many queries"),                  \
        SHAPE_FIELD_COUNT(struct log_top_facts, error, "error", "the count is too large by no more"), \
        SHAPE_FIELD_COUNT(struct log_top_facts, nxdomain, "nxdomain", "of these: no such name"),      \
        SHAPE_FIELD_COUNT(struct log_top_facts, failed, "failed",                                     \
                          "of these: neither NOERROR nor NXDOMAIN, nor declined")
static const struct shape_field name_fields[] = {TOP_FIELDS("name", "asked for")};
const struct shape log_name_facts_shape = SHAPE(struct log_top_facts, name_fields, "log_name");
static const struct shape_field client_fields[] = {TOP_FIELDS("client", "who asked")};
const struct shape log_client_facts_shape = SHAPE(struct log_top_facts, client_fields, "log_client");
static const struct shape_field suffix_fields[] = {TOP_FIELDS("suffix", "what names end in")};
const struct shape log_suffix_facts_shape = SHAPE(struct log_top_facts, suffix_fields, "log_suffix");
static const struct shape_field upstream_fields[] = {TOP_FIELDS("server", "to whom CoreDNS forwarded")};
static const struct shape log_upstream_facts_shape =
    SHAPE(struct log_top_facts, upstream_fields, "log_upstream");

static const struct shape_field latency_fields[] = {
    SHAPE_FIELD_REAL(struct log_latency_facts, p50, "p50", "half of the answers were faster"),
    SHAPE_FIELD_REAL(struct log_latency_facts, p90, "p90", "90 % of them"),
    SHAPE_FIELD_REAL(struct log_latency_facts, p99, "p99", "99 % of them"),
    SHAPE_FIELD_REAL(struct log_latency_facts, max, "max", "the slowest"),
};
const struct shape log_latency_facts_shape = SHAPE(struct log_latency_facts, latency_fields, "log_latency");

static const struct shape_field rate_fields[] = {
    SHAPE_FIELD_TEXT(struct log_rate_facts, time, "time", "the beginning"),
    SHAPE_FIELD_COUNT(struct log_rate_facts, queries, "queries", "answered in the interval"),
    SHAPE_FIELD_COUNT(struct log_rate_facts, failed, "failed",
                      "of these: neither NOERROR nor NXDOMAIN, nor declined"),
};
const struct shape log_rate_facts_shape = SHAPE(struct log_rate_facts, rate_fields, "log_rate");

static const struct shape_field retries_fields[] = {
    SHAPE_FIELD_COUNT(struct log_retries_facts, after_5s, "after_5s",
                      "same client, name and type 5 s later: the timeout of glibc and Go"),
    SHAPE_FIELD_COUNT(struct log_retries_facts, after_2_5s, "after_2_5s", "2.5 s later: musl's"),
    SHAPE_FIELD_COUNT(struct log_retries_facts, same_id, "same_id",
                      "of these: with the same port and id, so that it is no new query"),
    SHAPE_FIELD_COUNT(struct log_retries_facts, forgotten, "forgotten",
                      "queries that made room for others before the time was up"),
    SHAPE_FIELD_OBJECTS(struct log_retries_facts, examples, "examples", &log_query_facts_shape,
                        "some of them"),
};
const struct shape log_retries_facts_shape = SHAPE(struct log_retries_facts, retries_fields, "log_retries");

static const struct shape_field loop_fields[] = {
    SHAPE_FIELD_COUNT(struct log_loop_facts, probes, "probes", "queries of the loop plugin"),
    SHAPE_FIELD_COUNT(struct log_loop_facts, names, "names",
                      "different ones: one for each start of a server"),
    SHAPE_FIELD_COUNT(struct log_loop_facts, repeated, "repeated",
                      "that came back: answered before, from another client or at another replica"),
    SHAPE_FIELD_COUNT(struct log_loop_facts, detected, "detected",
                      "the plugin found a loop, and ended the server"),
    SHAPE_FIELD_TEXT(struct log_loop_facts, example, "example", "the line"),
};
const struct shape log_loop_facts_shape = SHAPE(struct log_loop_facts, loop_fields, "log_loop");

static const struct shape_field source_fields[] = {
    SHAPE_FIELD_TEXT(struct log_source_facts, name, "source",
                     "the Pod, or the file; null when it is but one stream"),
    SHAPE_FIELD_TEXT(struct log_source_facts, version, "coredns", "CoreDNS's version, by its banner"),
    SHAPE_FIELD_COUNT(struct log_source_facts, lines, "lines", "of it"),
    SHAPE_FIELD_COUNT(struct log_source_facts, queries, "queries", "of it"),
    SHAPE_FIELD_COUNT(struct log_source_facts, failed, "failed",
                      "of these: neither NOERROR nor NXDOMAIN, nor declined"),
    SHAPE_FIELD_COUNT(struct log_source_facts, starts, "starts", "banners in it"),
    SHAPE_FIELD_COUNT(struct log_source_facts, panics, "panics", "in it"),
    SHAPE_FIELD_TEXT(struct log_source_facts, first_time, "first_time", "of its first line"),
    SHAPE_FIELD_TEXT(struct log_source_facts, last_time, "last_time", "of its last"),
};
const struct shape log_source_facts_shape = SHAPE(struct log_source_facts, source_fields, "log_source");

static const struct shape_field file_fields[] = {
    SHAPE_FIELD_NAME(struct log_file_facts, path, "path", "as named; - is standard input"),
    SHAPE_FIELD_CHOICE(struct log_file_facts, state, "state", log_file_state_names, "how it went"),
    SHAPE_FIELD_COUNT(struct log_file_facts, bytes, "bytes", "read of it"),
    SHAPE_FIELD_COUNT(struct log_file_facts, rotated, "rotated", "times that another file took its place"),
    SHAPE_FIELD_COUNT(struct log_file_facts, truncated, "truncated", "times that it was truncated"),
    SHAPE_FIELD_TEXT(struct log_file_facts, error, "error", "why no more could be read"),
};
const struct shape log_file_facts_shape = SHAPE(struct log_file_facts, file_fields, "log_file");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct logs_facts, status, "status", health_names,
                     "by the findings: of all that was read; unknown of an interval of --follow"),
    SHAPE_FIELD_BOOL(struct logs_facts, summary, "summary",
                     "of all that was read, not of one interval of --follow"),
    SHAPE_FIELD_OBJECT(struct logs_facts, lines, "lines", &log_lines_facts_shape,
                       "how many lines of which kind"),
    SHAPE_FIELD_TEXT(
        struct logs_facts, format, "format",
        "the log plugin's format, as it follows from lines of no known form; null where there are none"),
    SHAPE_FIELD_TEXT(struct logs_facts, first_time, "first_time", "the earliest time of a line"),
    SHAPE_FIELD_TEXT(struct logs_facts, last_time, "last_time", "the latest"),
    SHAPE_FIELD_REAL(struct logs_facts, span_s, "span_s", "between these"),
    SHAPE_FIELD_COUNT(struct logs_facts, queries, "queries", "query lines without the loop plugin's probes"),
    SHAPE_FIELD_REAL(struct logs_facts, qps, "qps", "queries a second, on average"),
    SHAPE_FIELD_REAL(struct logs_facts, peak_qps, "peak_qps", "in the busiest interval of rate"),
    SHAPE_FIELD_COUNT(struct logs_facts, rate_interval_s, "rate_interval_s", "the length of these intervals"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, rate, "rate", &log_rate_facts_shape, "queries over time"),
    SHAPE_FIELD_TALLIES(struct logs_facts, rcodes, "rcodes",
                        "answers by code; a forward that failed is SERVFAIL, whatever the line says"),
    SHAPE_FIELD_TALLIES(struct logs_facts, declined, "declined",
                        "of these: REFUSED and NOTIMP for ANY, AXFR and IXFR, which a server may decline"),
    SHAPE_FIELD_COUNT(struct logs_facts, server_made, "server_made",
                      "of rcodes: lines of older versions that do not say how it failed"),
    SHAPE_FIELD_TALLIES(struct logs_facts, types, "types", "queries by type"),
    SHAPE_FIELD_OBJECT(struct logs_facts, latency_ms, "latency_ms", &log_latency_facts_shape,
                       "how long answers took"),
    SHAPE_FIELD_COUNT(struct logs_facts, timed_queries, "timed_queries", "queries whose duration is known"),
    SHAPE_FIELD_REAL(struct logs_facts, slow_threshold_ms, "slow_threshold_ms",
                     "from here on an answer is slow"),
    SHAPE_FIELD_COUNT(struct logs_facts, slow_total, "slow_total", "answers that were slow"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, slow, "slow", &log_query_facts_shape, "the slowest of these"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, names, "names", &log_name_facts_shape, "most asked for"),
    SHAPE_FIELD_COUNT(struct logs_facts, names_floor, "names_floor",
                      "a name that is not counted came no more often; 0: all are"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, clients, "clients", &log_client_facts_shape, "who asked most"),
    SHAPE_FIELD_COUNT(struct logs_facts, clients_floor, "clients_floor",
                      "a client that is not counted asked no more often; 0: all are"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, suffixes, "suffixes", &log_suffix_facts_shape,
                        "what the names end in"),
    SHAPE_FIELD_TEXT(struct logs_facts, cluster_domain, "cluster_domain", "the cluster's domain"),
    SHAPE_FIELD_COUNT(struct logs_facts, cluster_queries, "cluster_queries", "queries for names under it"),
    SHAPE_FIELD_REAL(struct logs_facts, search_waste_ratio, "search_waste_ratio",
                     "of all queries: A and AAAA for names under the cluster's domain that do not exist"),
    SHAPE_FIELD_COUNT(struct logs_facts, search_waste_total, "search_waste_total", "how many these are"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, search_waste, "search_waste", &log_name_facts_shape,
                        "the names that people meant, without the search list"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, upstreams, "upstreams", &log_upstream_facts_shape,
                        "by {/forward/upstream} of --format"),
    SHAPE_FIELD_POINTER(struct logs_facts, retries, "retries", &log_retries_facts_shape,
                        "asked again after a timeout; null without times"),
    SHAPE_FIELD_POINTER(struct logs_facts, dump, "dump", &log_dump_facts_shape,
                        "received and answered; null without dump lines"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, unanswered, "unanswered", &log_unanswered_facts_shape,
                        "received and never answered, oldest first"),
    SHAPE_FIELD_OBJECT(struct logs_facts, loop, "loop", &log_loop_facts_shape, "the loop plugin"),
    SHAPE_FIELD_TALLIES(struct logs_facts, event_kinds, "event_kinds",
                        "all lines that are no queries, by what they say"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, events, "events", &log_event_facts_shape,
                        "what these lines say, alike ones together"),
    SHAPE_FIELD_COUNT(struct logs_facts, events_dropped, "events_dropped",
                      "lines of event_kinds that are not in events"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, states, "states", &log_state_facts_shape,
                        "what holds at the end of a log, since no later line undoes it"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, panics, "panics", &log_panic_facts_shape,
                        "panics, with their traces"),
    SHAPE_FIELD_COUNT(struct logs_facts, messages_total, "messages_total",
                      "messages in hex of the debug plugin"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, messages, "messages", &decoded_message_shape, "these, decoded"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, sources, "sources", &log_source_facts_shape,
                        "whose logs these are"),
    SHAPE_FIELD_OBJECTS(struct logs_facts, files, "files", &log_file_facts_shape, "what was read"),
};
const struct shape logs_facts_shape = SHAPE(struct logs_facts, fields, "logs");

static const struct shape_field line_fields[] = {
    SHAPE_FIELD_TEXT(struct log_line_facts, time, "time", "of the line"),
    SHAPE_FIELD_TEXT(struct log_line_facts, source, "source", "whose log it is in"),
    SHAPE_FIELD_CHOICE(struct log_line_facts, kind, "kind", log_line_kind_names, "what it is"),
    SHAPE_FIELD_NAME(struct log_line_facts, text, "text", "the line itself"),
    SHAPE_FIELD_TEXT(struct log_line_facts, client, "client", "who asked"),
    SHAPE_FIELD_COUNT(struct log_line_facts, port, "port", "from which port"),
    SHAPE_FIELD_COUNT(struct log_line_facts, id, "id", "the id of the message"),
    SHAPE_FIELD_TEXT(struct log_line_facts, type, "type", "what for"),
    SHAPE_FIELD_TEXT(struct log_line_facts, class_name, "class", "in which class"),
    SHAPE_FIELD_TEXT(struct log_line_facts, name, "name", "of which name"),
    SHAPE_FIELD_TEXT(struct log_line_facts, protocol, "protocol", "udp or tcp"),
    SHAPE_FIELD_TEXT(struct log_line_facts, rcode, "rcode", "the answer"),
    SHAPE_FIELD_TEXT(struct log_line_facts, flags, "flags", "of the answer"),
    SHAPE_FIELD_COUNT(struct log_line_facts, size, "size", "of the query"),
    SHAPE_FIELD_COUNT(struct log_line_facts, response_size, "response_size",
                      "of the answer, neither compressed nor cut"),
    SHAPE_FIELD_REAL(struct log_line_facts, latency_ms, "latency_ms", "how long it took"),
    SHAPE_FIELD_BOOL(struct log_line_facts, server_made, "server_made",
                     "the line itself does not say that it failed"),
    SHAPE_FIELD_TEXT(struct log_line_facts, level, "level", "ERROR, WARNING, INFO, ..."),
    SHAPE_FIELD_TEXT(struct log_line_facts, plugin, "plugin", "the plugin that wrote the line"),
    SHAPE_FIELD_MAP(struct log_line_facts, metadata, "metadata",
                    "labels of --format that have no member of their own"),
    SHAPE_FIELD_POINTER(struct log_line_facts, message, "message", &decoded_message_shape,
                        "what the hex before it was"),
};
const struct shape log_line_facts_shape = SHAPE(struct log_line_facts, line_fields, "log_line");
