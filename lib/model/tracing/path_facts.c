/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/tracing/path_facts.h>

const char *const path_step_names[] = {"queue", "send",   "arrive", "receive", "function",
                                       "hook",  "socket", "read",   "drop",    NULL};
const char *const path_leg_names[] = {"query", "answer", NULL};
const char *const path_segment_names[] = {"data", "SYN", "SYN ACK", "RST", NULL};
const char *const path_outcome_names[] = {"answered",   "query-dropped", "answer-dropped", "refused",
                                          "unanswered", "query-gone",    "answer-gone",    NULL};

static const struct shape_field step_fields[] = {
    SHAPE_FIELD_REAL(struct path_step_facts, at_us, "at_us", "since the first step"),
    SHAPE_FIELD_REAL(struct path_step_facts, after_us, "after_us", "since the step before"),
    SHAPE_FIELD_CHOICE(struct path_step_facts, leg, "leg", path_leg_names, "of which packet"),
    SHAPE_FIELD_CHOICE(
        struct path_step_facts, kind, "kind", path_step_names,
        "asked of a device, sent by its driver, brought by one, taken in, in a function, at a netfilter "
        "hook, in a socket's queue, read by a program, thrown away"),
    SHAPE_FIELD_CHOICE(struct path_step_facts, segment, "segment", path_segment_names,
                       "what the packet is: a message's bytes, or of a TCP connection"),
    SHAPE_FIELD_COUNT(struct path_step_facts, fragment, "fragment",
                      "of a later piece of a fragmented packet: its place there, in bytes"),
    SHAPE_FIELD_NAME(struct path_step_facts, function, "function", "the kernel's function or tracepoint"),
    SHAPE_FIELD_TEXT(struct path_step_facts, hook, "hook", "of netfilter: PREROUTING, ..."),
    SHAPE_FIELD_TEXT(struct path_step_facts, device, "device", "network device"),
    SHAPE_FIELD_COUNT(struct path_step_facts, netns, "netns", "inode of the network namespace"),
    SHAPE_FIELD_TEXT(struct path_step_facts, place, "place", "name of that namespace, or of its Pod"),
    SHAPE_FIELD_TEXT(struct path_step_facts, src, "src", "source address"),
    SHAPE_FIELD_COUNT(struct path_step_facts, src_port, "src_port", "source port"),
    SHAPE_FIELD_TEXT(struct path_step_facts, dst, "dst", "destination address"),
    SHAPE_FIELD_COUNT(struct path_step_facts, dst_port, "dst_port", "destination port"),
    SHAPE_FIELD_BOOL(struct path_step_facts, rewritten, "rewritten",
                     "addresses or ports are not those of the step before: NAT"),
    SHAPE_FIELD_TEXT(struct path_step_facts, reason, "reason", "of a drop, in the kernel's words"),
    SHAPE_FIELD_TEXT(struct path_step_facts, process, "process", "the program, of sends and reads"),
    SHAPE_FIELD_COUNT(struct path_step_facts, pid, "pid", "its number"),
};
const struct shape path_step_facts_shape = SHAPE(struct path_step_facts, step_fields, "path_step");

static const struct shape_field packet_fields[] = {
    SHAPE_FIELD_NAME(struct path_packet_facts, time, "time", "of the first step"),
    SHAPE_FIELD_TEXT(struct path_packet_facts, name, "name", "asked for"),
    SHAPE_FIELD_TEXT(struct path_packet_facts, type, "type", "record type"),
    SHAPE_FIELD_CHOICE(struct path_packet_facts, transport, "transport", probe_transport_names, "udp or tcp"),
    SHAPE_FIELD_COUNT(struct path_packet_facts, id, "id", "of the message"),
    SHAPE_FIELD_COUNT(struct path_packet_facts, attempt, "attempt",
                      "from 1: the same query, or SYN, again, from the same port"),
    SHAPE_FIELD_CHOICE(struct path_packet_facts, outcome, "outcome", path_outcome_names,
                       "dropped: by the kernel; refused: the connection was reset; gone: last seen on the "
                       "way; unanswered: a program had it"),
    SHAPE_FIELD_TEXT(struct path_packet_facts, rcode, "rcode", "of the answer"),
    SHAPE_FIELD_TEXT(struct path_packet_facts, client, "client", "address and port, as first seen"),
    SHAPE_FIELD_TEXT(struct path_packet_facts, server, "server", "address and port, as first seen"),
    SHAPE_FIELD_TEXT(struct path_packet_facts, replica, "replica",
                     "address and port behind NAT, where there was any"),
    SHAPE_FIELD_REAL(struct path_packet_facts, handshake_us, "handshake_us",
                     "over TCP: from the SYN until the query was sent"),
    SHAPE_FIELD_REAL(struct path_packet_facts, query_us, "query_us", "from then until the server had it"),
    SHAPE_FIELD_REAL(struct path_packet_facts, server_us, "server_us", "until it answered"),
    SHAPE_FIELD_REAL(struct path_packet_facts, answer_us, "answer_us", "until the client had the answer"),
    SHAPE_FIELD_REAL(struct path_packet_facts, total_us, "total_us", "from the first step to the last"),
    SHAPE_FIELD_OBJECTS(struct path_packet_facts, steps, "steps", &path_step_facts_shape, "in order"),
    SHAPE_FIELD_COUNT(struct path_packet_facts, steps_left_out, "steps_left_out",
                      "over the number that is kept"),
};
const struct shape path_packet_facts_shape = SHAPE(struct path_packet_facts, packet_fields, "path_packet");

static const struct shape_field probe_fields[] = {
    SHAPE_FIELD_NAME(struct path_probe_facts, name, "name", "of the function or tracepoint"),
    SHAPE_FIELD_NAME(struct path_probe_facts, kind, "kind", "tracepoint or function"),
    SHAPE_FIELD_BOOL(struct path_probe_facts, attached, "attached", "it is looked at"),
    SHAPE_FIELD_TEXT(struct path_probe_facts, why, "why", "why it is not"),
};
const struct shape path_probe_facts_shape = SHAPE(struct path_probe_facts, probe_fields, "path_probe");

static const struct shape_field path_fields[] = {
    SHAPE_FIELD_BOOL(struct path_facts, summary, "summary", "of the whole run; else one packet's way"),
    SHAPE_FIELD_REAL(struct path_facts, span_ms, "span_ms", "the time that this is about"),
    SHAPE_FIELD_OBJECTS(struct path_facts, packets, "packets", &path_packet_facts_shape,
                        "the query that has just ended, with its answer; none in the summary"),
    SHAPE_FIELD_TALLIES(struct path_facts, outcomes, "outcomes", "queries by how they ended"),
    SHAPE_FIELD_COUNT(struct path_facts, followed, "followed", "queries whose way was told so far"),
    SHAPE_FIELD_COUNT(struct path_facts, skipped, "skipped", "queries over --rate"),
    SHAPE_FIELD_COUNT(struct path_facts, unnamed, "unnamed",
                      "over TCP, left out by --name since their name was not seen"),
    SHAPE_FIELD_COUNT(struct path_facts, lost, "lost", "steps for which there was no room"),
    SHAPE_FIELD_TEXTS(struct path_facts, backends, "backends",
                      "where sockets lead in place of --server, before there is a packet (load balancing at "
                      "the socket): followed in its place; in the summary"),
    SHAPE_FIELD_OBJECTS(struct path_facts, probes, "probes", &path_probe_facts_shape,
                        "where in the kernel was looked; in the summary"),
};
const struct shape path_facts_shape = SHAPE(struct path_facts, path_fields, "path");
