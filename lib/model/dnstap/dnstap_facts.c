/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/dnstap/dnstap_facts.h>

const char *const dnstap_scenario_names[] = {
    "local", "forwarded", "upstream_silent", "server_made", "stuck", "unfinished", NULL};

static const struct shape_field message_fields[] = {
    SHAPE_FIELD_COUNT(struct dnstap_message_counts, client_query, "client_query", "CLIENT_QUERY frames"),
    SHAPE_FIELD_COUNT(struct dnstap_message_counts, client_response, "client_response",
                      "CLIENT_RESPONSE frames"),
    SHAPE_FIELD_COUNT(struct dnstap_message_counts, forwarder_query, "forwarder_query",
                      "FORWARDER_QUERY frames"),
    SHAPE_FIELD_COUNT(struct dnstap_message_counts, forwarder_response, "forwarder_response",
                      "FORWARDER_RESPONSE frames"),
    SHAPE_FIELD_COUNT(struct dnstap_message_counts, other, "other",
                      "frames of other types, which CoreDNS does not send"),
    SHAPE_FIELD_COUNT(struct dnstap_message_counts, malformed, "malformed", "frames that are no dnstap"),
};
const struct shape dnstap_message_counts_shape =
    SHAPE(struct dnstap_message_counts, message_fields, "dnstap_messages");

static const struct shape_field scenario_fields[] = {
    SHAPE_FIELD_COUNT(struct dnstap_scenario_counts, by[DNSTAP_LOCAL], "local",
                      "answered, nothing was forwarded: from the cluster's records or the cache"),
    SHAPE_FIELD_COUNT(struct dnstap_scenario_counts, by[DNSTAP_FORWARDED], "forwarded",
                      "forwarded, and the upstream answered"),
    SHAPE_FIELD_COUNT(struct dnstap_scenario_counts, by[DNSTAP_UPSTREAM_SILENT], "upstream_silent",
                      "forwarded, and no upstream answered"),
    SHAPE_FIELD_COUNT(struct dnstap_scenario_counts, by[DNSTAP_SERVER_MADE], "server_made",
                      "no answer is shown: CoreDNS made one itself (SERVFAIL, REFUSED), not a loss"),
    SHAPE_FIELD_COUNT(struct dnstap_scenario_counts, by[DNSTAP_STUCK], "stuck",
                      "no answer is shown, and the frames after it say that there was none"),
    SHAPE_FIELD_COUNT(struct dnstap_scenario_counts, by[DNSTAP_UNFINISHED], "unfinished",
                      "the stream ended too soon to tell"),
};
const struct shape dnstap_scenario_counts_shape =
    SHAPE(struct dnstap_scenario_counts, scenario_fields, "dnstap_scenarios");

static const struct shape_field latency_fields[] = {
    SHAPE_FIELD_COUNT(struct dnstap_latency_facts, count, "count", "answers whose time is known"),
    SHAPE_FIELD_COUNT(struct dnstap_latency_facts, p50_us, "p50_us", "half of them were as fast"),
    SHAPE_FIELD_COUNT(struct dnstap_latency_facts, p90_us, "p90_us", "nine of ten were as fast"),
    SHAPE_FIELD_COUNT(struct dnstap_latency_facts, p99_us, "p99_us", "99 of 100 were as fast"),
    SHAPE_FIELD_COUNT(struct dnstap_latency_facts, max_us, "max_us", "slowest"),
};
const struct shape dnstap_latency_facts_shape =
    SHAPE(struct dnstap_latency_facts, latency_fields, "dnstap_latency");

static const struct shape_field rcode_fields[] = {
    SHAPE_FIELD_NAME(struct dnstap_rcode_facts, rcode, "rcode", "response code"),
    SHAPE_FIELD_COUNT(struct dnstap_rcode_facts, count, "count", "answers to clients"),
    SHAPE_FIELD_NAME(struct dnstap_rcode_facts, meaning, "meaning", "in words"),
};
const struct shape dnstap_rcode_facts_shape = SHAPE(struct dnstap_rcode_facts, rcode_fields, "dnstap_rcode");

static const struct shape_field session_fields[] = {
    SHAPE_FIELD_NAME(struct dnstap_session_facts, time, "time", "when the query came, RFC 3339, UTC"),
    SHAPE_FIELD_CHOICE(struct dnstap_session_facts, scenario, "scenario", dnstap_scenario_names,
                       "what became of it"),
    SHAPE_FIELD_NAME(struct dnstap_session_facts, identity, "identity",
                     "the server's, or where its frames came from"),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, client, "client", "address and port"),
    SHAPE_FIELD_NAME(struct dnstap_session_facts, protocol, "protocol", "UDP, TCP, ..."),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, name, "name", "null without the message (full)"),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, type, "type", "record type asked for"),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, rcode, "rcode", "null when no answer is shown"),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, meaning, "meaning", "of the rcode, in words"),
    SHAPE_FIELD_COUNT(struct dnstap_session_facts, client_us, "client_us",
                      "from the query to the answer, as the server saw it"),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, upstream, "upstream", "the last one that was asked"),
    SHAPE_FIELD_COUNT(struct dnstap_session_facts, upstream_us, "upstream_us", "until the upstream answered"),
    SHAPE_FIELD_COUNT(struct dnstap_session_facts, tries, "tries", "queries to upstreams"),
    SHAPE_FIELD_COUNT(struct dnstap_session_facts, replies, "replies", "answers of upstreams"),
    SHAPE_FIELD_TEXT(struct dnstap_session_facts, remark, "remark", "what tells the scenario"),
};
const struct shape dnstap_session_facts_shape =
    SHAPE(struct dnstap_session_facts, session_fields, "dnstap_session");

#define GROUP_FIELDS                                                                                         \
    SHAPE_FIELD_COUNT(struct dnstap_group_facts, queries, "queries", "client queries that were judged"),     \
        SHAPE_FIELD_OBJECT(struct dnstap_group_facts, scenarios, "scenarios", &dnstap_scenario_counts_shape, \
                           "what became of them"),                                                           \
        SHAPE_FIELD_COUNT(struct dnstap_group_facts, failed, "failed", "no answer is shown, or SERVFAIL"),   \
        SHAPE_FIELD_COUNT(struct dnstap_group_facts, servfail, "servfail", "answers with SERVFAIL shown"),   \
        SHAPE_FIELD_OBJECT(struct dnstap_group_facts, latency, "latency", &dnstap_latency_facts_shape,       \
                           "client-side")

static const struct shape_field replica_fields[] = {
    SHAPE_FIELD_NAME(struct dnstap_group_facts, name, "identity",
                     "as it calls itself (CoreDNS: the Pod), else where its frames came from"),
    SHAPE_FIELD_TEXT(struct dnstap_group_facts, version, "version", "null when it says none"),
    GROUP_FIELDS,
};
const struct shape dnstap_replica_facts_shape =
    SHAPE(struct dnstap_group_facts, replica_fields, "dnstap_replica");

static const struct shape_field zone_fields[] = {
    SHAPE_FIELD_NAME(struct dnstap_group_facts, name, "zone",
                     "as sent, else: behind svc or pod, or the last two labels"),
    GROUP_FIELDS,
};
const struct shape dnstap_zone_facts_shape = SHAPE(struct dnstap_group_facts, zone_fields, "dnstap_zone");

static const struct shape_field upstream_fields[] = {
    SHAPE_FIELD_NAME(struct dnstap_upstream_facts, address, "address", "IP address and port"),
    SHAPE_FIELD_COUNT(struct dnstap_upstream_facts, queries, "queries", "sent to it"),
    SHAPE_FIELD_COUNT(struct dnstap_upstream_facts, answered, "answered", "of these"),
    SHAPE_FIELD_COUNT(struct dnstap_upstream_facts, silent, "silent", "of these: no answer is shown"),
    SHAPE_FIELD_COUNT(struct dnstap_upstream_facts, failed, "failed",
                      "of the answers: neither NOERROR nor NXDOMAIN"),
    SHAPE_FIELD_OBJECT(struct dnstap_upstream_facts, latency, "latency", &dnstap_latency_facts_shape,
                       "upstream-side"),
};
const struct shape dnstap_upstream_facts_shape =
    SHAPE(struct dnstap_upstream_facts, upstream_fields, "dnstap_upstream");

static const struct shape_field stream_fields[] = {
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, accepted, "accepted", "senders, connections or files"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, most_at_once, "most_at_once", "senders at one time"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, refused, "refused",
                      "senders over the limit, without a handshake in time, or of another content type"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, broken, "broken",
                      "ended in the middle of a frame, or by a damaged one"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, ended, "ended", "by the sender's own STOP"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, reconnects, "reconnects", "of --connect"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, octets, "octets", "read"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, damages, "damages",
                      "places of damage within streams, behind which frames were found again"),
    SHAPE_FIELD_COUNT(struct dnstap_stream_facts, skipped, "skipped", "bytes of these places"),
    SHAPE_FIELD_TEXTS(struct dnstap_stream_facts, remarks, "remarks", "what went wrong, the first of it"),
};
const struct shape dnstap_stream_facts_shape =
    SHAPE(struct dnstap_stream_facts, stream_fields, "dnstap_streams");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct dnstap_facts, status, "status", health_names,
                     "the whole in one word; the exit status says the same; null when nothing was judged"),
    SHAPE_FIELD_REAL(struct dnstap_facts, span_ms, "span_ms", "from the first frame's time to the last's"),
    SHAPE_FIELD_OBJECT(struct dnstap_facts, messages, "messages", &dnstap_message_counts_shape,
                       "frames by type"),
    SHAPE_FIELD_OBJECT(struct dnstap_facts, scenarios, "scenarios", &dnstap_scenario_counts_shape,
                       "client queries by what became of them"),
    SHAPE_FIELD_TALLIES(struct dnstap_facts, rcodes, "rcodes", "answers to clients by response code"),
    SHAPE_FIELD_OBJECTS(struct dnstap_facts, codes, "codes", &dnstap_rcode_facts_shape,
                        "the same, with what each means"),
    SHAPE_FIELD_TALLIES(struct dnstap_facts, other_types, "other_types", "messages.other by type"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, failed, "failed",
                      "queries that failed for the client: no answer is shown, or SERVFAIL"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, dropped, "dropped",
                      "queries pushed out of a full table before they could be judged"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, expired, "expired",
                      "queries without an answer when their time was up; judged all the same"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, unsure, "unsure", "of server_made: nothing tells them from stuck"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, guessed, "guessed",
                      "forwarder frames given to a query by time alone while others were open"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, lone_responses, "lone_responses",
                      "answers whose query was not seen"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, lone_forwards, "lone_forwards",
                      "forwarded without a client's query seen: prefetch of the cache, or before the start"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, nameless, "nameless",
                      "frames without a DNS message: full is off, so no name and no rcode"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, damaged, "damaged", "frames whose DNS message cannot be read"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, slow, "slow", "answers slower than --slow"),
    SHAPE_FIELD_COUNT(struct dnstap_facts, untold, "untold",
                      "queries of servers, zones or upstreams beyond those listed"),
    SHAPE_FIELD_OBJECT(struct dnstap_facts, client, "client_latency", &dnstap_latency_facts_shape,
                       "from a client's query to the answer, as the server saw it"),
    SHAPE_FIELD_OBJECT(struct dnstap_facts, upstream, "upstream_latency", &dnstap_latency_facts_shape,
                       "from forwarding to the upstream's answer"),
    SHAPE_FIELD_OBJECTS(struct dnstap_facts, replicas, "replicas", &dnstap_replica_facts_shape,
                        "by the server's identity"),
    SHAPE_FIELD_OBJECTS(struct dnstap_facts, zones, "zones", &dnstap_zone_facts_shape, "by zone"),
    SHAPE_FIELD_OBJECTS(struct dnstap_facts, upstreams, "upstreams", &dnstap_upstream_facts_shape,
                        "by upstream"),
    SHAPE_FIELD_OBJECTS(struct dnstap_facts, sessions, "sessions", &dnstap_session_facts_shape,
                        "the first exceptions of each kind"),
    SHAPE_FIELD_OBJECT(struct dnstap_facts, streams, "streams", &dnstap_stream_facts_shape,
                       "the connections or files they came by"),
};
const struct shape dnstap_facts_shape = SHAPE(struct dnstap_facts, fields, "dnstap");

uint64_t dnstap_scenarios_judged(const struct dnstap_scenario_counts *counts)
{
    uint64_t sum = 0;

    for (int i = 0; i < DNSTAP_UNFINISHED; i++)
        sum += counts->by[i];
    return sum;
}
