/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/recorder/timeline_facts.h>

const char *const timeline_kind_names[] = {"finding",   "server", "latency", "lookups", "drops",
                                           "conntrack", "gap",    "clock",   NULL};

static const struct shape_field episode_fields[] = {
    SHAPE_FIELD_CHOICE(struct timeline_episode, kind, "kind", timeline_kind_names, "what it is about"),
    SHAPE_FIELD_TEXT(struct timeline_episode, subject, "subject",
                     "the server, the Pod, or whom a finding is about"),
    SHAPE_FIELD_NAME(struct timeline_episode, reason, "reason",
                     "what was wrong: an outcome of queries, a drop's reason, a finding's id"),
    SHAPE_FIELD_TEXT(struct timeline_episode, text, "text", "the same for people"),
    SHAPE_FIELD_CHOICE(struct timeline_episode, severity, "severity", severity_names, "how bad it was"),
    SHAPE_FIELD_NAME(struct timeline_episode, began, "began", "when it began, RFC 3339, UTC"),
    SHAPE_FIELD_TEXT(struct timeline_episode, ended, "ended",
                     "when it ended; null: it still stood at the end of what was recorded or looked at"),
    SHAPE_FIELD_REAL(struct timeline_episode, lasted_s, "lasted_s", "how long it was seen"),
    SHAPE_FIELD_COUNT(struct timeline_episode, intervals, "intervals", "intervals in which it was seen"),
    SHAPE_FIELD_COUNT(struct timeline_episode, bad, "bad", "queries, lookups or packets that it took"),
    SHAPE_FIELD_COUNT(struct timeline_episode, asked, "asked", "of so many queries or lookups"),
};
const struct shape timeline_episode_shape = SHAPE(struct timeline_episode, episode_fields, "episode");

static const struct shape_field tick_fields[] = {
    SHAPE_FIELD_COUNT(struct timeline_tick, asked, "asked", "queries; 0: nothing was recorded"),
    SHAPE_FIELD_COUNT(struct timeline_tick, bad, "bad", "lost, damaged, or answered with an error"),
    SHAPE_FIELD_COUNT(struct timeline_tick, p90_us, "p90_us",
                      "90 % of the answers were as fast, in its slowest interval"),
};
const struct shape timeline_tick_shape = SHAPE(struct timeline_tick, tick_fields, "timeline_tick");

static const struct shape_field server_fields[] = {
    SHAPE_FIELD_NAME(struct timeline_server, server, "server", "its address"),
    SHAPE_FIELD_CHOICE(struct timeline_server, role, "role", target_role_names, "what it is to the cluster"),
    SHAPE_FIELD_COUNT(struct timeline_server, asked, "asked", "queries"),
    SHAPE_FIELD_COUNT(struct timeline_server, bad, "bad", "lost, damaged, or answered with an error"),
    SHAPE_FIELD_REAL(struct timeline_server, bad_ratio, "bad_ratio", "of these, 0 to 1"),
    SHAPE_FIELD_COUNT(struct timeline_server, p50_us, "p50_us", "of an interval, the median over all"),
    SHAPE_FIELD_COUNT(struct timeline_server, p90_us, "p90_us", "likewise"),
    SHAPE_FIELD_COUNT(struct timeline_server, worst_p90_us, "worst_p90_us", "of the slowest interval"),
    SHAPE_FIELD_COUNT(struct timeline_server, max_us, "max_us", "the slowest answer"),
    SHAPE_FIELD_OBJECTS(struct timeline_server, ticks, "ticks", &timeline_tick_shape,
                        "the time looked at in equal stretches of tick_s"),
};
const struct shape timeline_server_shape = SHAPE(struct timeline_server, server_fields, "timeline_server");

static const struct shape_field pod_fields[] = {
    SHAPE_FIELD_NAME(struct timeline_pod, pod, "pod", "the Pod, or a program that is in none"),
    SHAPE_FIELD_COUNT(struct timeline_pod, lookups, "lookups", "of its programs"),
    SHAPE_FIELD_COUNT(struct timeline_pod, failed, "failed", "of these"),
    SHAPE_FIELD_COUNT(struct timeline_pod, slow, "slow", "of these"),
};
const struct shape timeline_pod_shape = SHAPE(struct timeline_pod, pod_fields, "timeline_pod");

static const struct shape_field reason_fields[] = {
    SHAPE_FIELD_CHOICE(struct timeline_reason, kind, "kind", timeline_kind_names, "what it is about"),
    SHAPE_FIELD_NAME(struct timeline_reason, reason, "reason", "what was wrong"),
    SHAPE_FIELD_COUNT(struct timeline_reason, episodes, "episodes", "how often it began"),
    SHAPE_FIELD_REAL(struct timeline_reason, lasted_s, "lasted_s", "all of them together"),
    SHAPE_FIELD_COUNT(struct timeline_reason, bad, "bad", "queries, lookups or packets that it took"),
};
const struct shape timeline_reason_shape = SHAPE(struct timeline_reason, reason_fields, "timeline_reason");

static const struct shape_field capture_fields[] = {
    SHAPE_FIELD_NAME(struct timeline_capture, time, "time", "when it ended, RFC 3339, UTC"),
    SHAPE_FIELD_TEXT(struct timeline_capture, why, "why", "why it was taken"),
    SHAPE_FIELD_TEXTS(struct timeline_capture, findings, "finding_ids",
                      "findings of warning or above that it shows"),
};
const struct shape timeline_capture_shape =
    SHAPE(struct timeline_capture, capture_fields, "timeline_capture");

static const struct shape_field damage_fields[] = {
    SHAPE_FIELD_NAME(struct timeline_damage, file, "file", "its name in the folder"),
    SHAPE_FIELD_NAME(struct timeline_damage, why, "why", "what is wrong with it"),
    SHAPE_FIELD_COUNT(struct timeline_damage, at_byte, "at_byte", "up to where it was read"),
    SHAPE_FIELD_COUNT(struct timeline_damage, lost_bytes, "lost_bytes", "that were left out"),
};
const struct shape timeline_damage_shape = SHAPE(struct timeline_damage, damage_fields, "timeline_damage");

static const struct shape_field fields[] = {
    SHAPE_FIELD_WORD(struct timeline_facts, status, "status", health_names,
                     "of the worst that happened; the exit status says the same"),
    SHAPE_FIELD_TEXT(struct timeline_facts, from, "from", "beginning of what was looked at, RFC 3339, UTC"),
    SHAPE_FIELD_TEXT(struct timeline_facts, to, "to", "its end"),
    SHAPE_FIELD_REAL(struct timeline_facts, span_s, "span_s", "from the first to the last"),
    SHAPE_FIELD_TEXT(struct timeline_facts, folder, "folder", "the recording"),
    SHAPE_FIELD_TEXT(struct timeline_facts, hostname, "hostname", "where it was recorded"),
    SHAPE_FIELD_TEXT(struct timeline_facts, node, "node", "of the cluster, as far as known"),
    SHAPE_FIELD_TEXT(struct timeline_facts, pod, "pod", "likewise"),
    SHAPE_FIELD_COUNT(struct timeline_facts, intervals, "intervals", "that were read, without captures"),
    SHAPE_FIELD_REAL(struct timeline_facts, tick_s, "tick_s", "how long a tick of a server is"),
    SHAPE_FIELD_OBJECTS(struct timeline_facts, episodes, "episodes", &timeline_episode_shape,
                        "what began and ended, by its beginning"),
    SHAPE_FIELD_COUNT(struct timeline_facts, episodes_forgotten, "episodes_forgotten",
                      "episodes over the number that is kept"),
    SHAPE_FIELD_OBJECTS(struct timeline_facts, servers, "servers", &timeline_server_shape,
                        "the servers that were asked"),
    SHAPE_FIELD_OBJECTS(struct timeline_facts, pods, "pods", &timeline_pod_shape,
                        "Pods whose lookups were seen, those that failed most first"),
    SHAPE_FIELD_OBJECTS(struct timeline_facts, reasons, "reasons", &timeline_reason_shape,
                        "episodes by what was wrong, the longest first"),
    SHAPE_FIELD_OBJECTS(struct timeline_facts, captures, "captures", &timeline_capture_shape,
                        "full captures, each judged"),
    SHAPE_FIELD_OBJECTS(struct timeline_facts, damage, "damage", &timeline_damage_shape,
                        "files that are not good to their end"),
    SHAPE_FIELD_COUNT(struct timeline_facts, unread, "unread", "intervals that are not of their format"),
};
const struct shape timeline_facts_shape = SHAPE(struct timeline_facts, fields, "timeline");
