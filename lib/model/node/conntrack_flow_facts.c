/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/node/conntrack_flow_facts.h>

const char *const flow_event_names[] = {"new",   "answered",  "updated", "unanswered", "late", "ended",
                                        "stale", "rewritten", "reused",  "clash",      NULL};

const char *const conntrack_reader_names[] = {"libnetfilter_conntrack", "built-in", NULL};

static const struct shape_field flow_fields[] = {
    SHAPE_FIELD_NAME(struct conntrack_flow_facts, time, "time", "when the event was read"),
    SHAPE_FIELD_CHOICE(struct conntrack_flow_facts, event, "event", flow_event_names, "what happened"),
    SHAPE_FIELD_OBJECT(struct conntrack_flow_facts, flow, "flow", &conntrack_tuple_facts_shape, "the flow"),
    SHAPE_FIELD_POINTER(struct conntrack_flow_facts, other, "other", &conntrack_tuple_facts_shape,
                        "of reused and clash: the flow before"),
    SHAPE_FIELD_REAL(struct conntrack_flow_facts, age_ms, "age_ms",
                     "since the flow began; null for one that is older than the look"),
    SHAPE_FIELD_ANSWER(struct conntrack_flow_facts, known, "known", "its backend is a replica"),
    SHAPE_FIELD_TEXT(struct conntrack_flow_facts, pod, "pod", "of the client, where it is known"),
    SHAPE_FIELD_TEXT(struct conntrack_flow_facts, backend_pod, "backend_pod", "of the backend"),
};
const struct shape conntrack_flow_facts_shape =
    SHAPE(struct conntrack_flow_facts, flow_fields, "conntrack_flow");

static const struct shape_field peer_fields[] = {
    SHAPE_FIELD_NAME(struct conntrack_flow_peer_facts, address, "address",
                     "IP address, with an unusual port"),
    SHAPE_FIELD_TEXT(struct conntrack_flow_peer_facts, pod, "pod", "its Pod, where it is known"),
    SHAPE_FIELD_COUNT(struct conntrack_flow_peer_facts, flows, "flows", "that began"),
    SHAPE_FIELD_COUNT(struct conntrack_flow_peer_facts, answered, "answered", "within the wait"),
    SHAPE_FIELD_COUNT(struct conntrack_flow_peer_facts, unanswered, "unanswered", "after the wait"),
    SHAPE_FIELD_COUNT(struct conntrack_flow_peer_facts, late, "late", "of these: answered later"),
    SHAPE_FIELD_REAL(struct conntrack_flow_peer_facts, rate, "rate", "new flows a second"),
    SHAPE_FIELD_ANSWER(struct conntrack_flow_peer_facts, known, "known", "of a backend: it is a replica"),
};
const struct shape conntrack_flow_peer_facts_shape =
    SHAPE(struct conntrack_flow_peer_facts, peer_fields, "conntrack_flow_peer");

static const struct shape_field follow_fields[] = {
    SHAPE_FIELD_REAL(struct conntrack_follow_facts, seconds, "seconds", "how long events were read"),
    SHAPE_FIELD_REAL(struct conntrack_follow_facts, wait_s, "wait_s",
                     "a flow without a reply for so long is unanswered"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, created, "created", "flows that began (NEW)"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, updates, "updates", "changes (UPDATE)"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, ended, "ended", "flows that ended (DESTROY)"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, answered, "answered", "flows with a reply in time"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, unanswered, "unanswered", "flows without one"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, late, "late", "of these: answered later"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, waiting, "waiting", "younger than the wait at the end"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, unsure, "unsure",
                      "flows whose reply may be among the events that were lost"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, older, "older",
                      "events of flows that began before the look"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, stale, "stale", "flows to what is no replica"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, rewritten, "rewritten",
                      "flows whose source port was taken, and replaced"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, masqueraded, "masqueraded",
                      "flows whose source address is translated"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, reused, "reused",
                      "flows whose source port had another flow, with NAT"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, clash, "clash", "flows with the reply tuple of another"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, hidden, "hidden", "events counted and not shown"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, untracked, "untracked",
                      "flows counted and not followed: more than are kept in mind"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, overruns, "overruns",
                      "how often events came faster than they were read (ENOBUFS)"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, lost, "lost", "events lost by it"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, damaged, "damaged", "events that could not be read"),
    SHAPE_FIELD_COUNT(struct conntrack_follow_facts, buffer_bytes, "buffer_bytes",
                      "room for events that wait, as the kernel gave it"),
    SHAPE_FIELD_WORD(struct conntrack_follow_facts, reader, "reader", conntrack_reader_names,
                     "what read the messages"),
    SHAPE_FIELD_REAL(struct conntrack_follow_facts, rate, "rate", "new flows a second"),
    SHAPE_FIELD_OBJECTS(struct conntrack_follow_facts, by_client, "by_client",
                        &conntrack_flow_peer_facts_shape, "the clients with the most unanswered flows"),
    SHAPE_FIELD_OBJECTS(struct conntrack_follow_facts, by_backend, "by_backend",
                        &conntrack_flow_peer_facts_shape, "by who is to answer"),
    SHAPE_FIELD_OBJECTS(struct conntrack_follow_facts, unanswered_flows, "unanswered_flows",
                        &conntrack_flow_facts_shape,
                        "the first of them; none where each event is a line of its own"),
    SHAPE_FIELD_OBJECTS(struct conntrack_follow_facts, odd_flows, "odd_flows", &conntrack_flow_facts_shape,
                        "likewise those that are stale, rewritten, reused, or clash"),
};
const struct shape conntrack_follow_facts_shape =
    SHAPE(struct conntrack_follow_facts, follow_fields, "conntrack_follow");
