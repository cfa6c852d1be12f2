/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/watch/history_facts.h>

static const struct shape_field tick_fields[] = {
    SHAPE_FIELD_COUNT(struct history_tick_facts, us, "us", "the slowest answer; null when nothing came"),
    SHAPE_FIELD_WORD(struct history_tick_facts, status, "status", probe_status_names,
                     "the worst outcome; null when nothing was asked"),
};
const struct shape history_tick_facts_shape = SHAPE(struct history_tick_facts, tick_fields, "history_tick");

static const struct shape_field answer_fields[] = {
    SHAPE_FIELD_TEXT(struct history_answer_facts, time, "time", "when it was asked for, RFC 3339, UTC"),
    SHAPE_FIELD_NAME(struct history_answer_facts, name, "name", "the full name"),
    SHAPE_FIELD_CHOICE(struct history_answer_facts, status, "status", probe_status_names, "what came of it"),
    SHAPE_FIELD_COUNT(struct history_answer_facts, rtt_us, "rtt_us", "null when nothing came"),
    SHAPE_FIELD_COUNT(struct history_answer_facts, size, "size", "of the answer, in bytes"),
    SHAPE_FIELD_OBJECTS(struct history_answer_facts, answers, "answers", &rr_facts_shape, "its records"),
    SHAPE_FIELD_TEXT(struct history_answer_facts, detail, "detail", "what is damaged"),
};
const struct shape history_answer_facts_shape =
    SHAPE(struct history_answer_facts, answer_fields, "history_answer");

static const struct shape_field series_fields[] = {
    SHAPE_FIELD_NAME(struct history_series_facts, target, "target", "which server: the id of a target"),
    SHAPE_FIELD_NAME(struct history_series_facts, type, "type", "A or AAAA"),
    SHAPE_FIELD_CHOICE(struct history_series_facts, role, "role", target_role_names,
                       "what it is to the cluster"),
    SHAPE_FIELD_COUNT(struct history_series_facts, sent, "sent", "queries that were decided in the window"),
    SHAPE_FIELD_COUNT(struct history_series_facts, lost, "lost", "of these, nothing that counts came"),
    SHAPE_FIELD_COUNT(struct history_series_facts, bad, "bad", "lost, damaged, or answered with an error"),
    SHAPE_FIELD_REAL(struct history_series_facts, loss_ratio, "loss_ratio", "lost of sent, 0 to 1"),
    SHAPE_FIELD_WORD(struct history_series_facts, last_status, "last_status", probe_status_names,
                     "of the last query"),
    SHAPE_FIELD_COUNT(struct history_series_facts, last_us, "last_us", "of the last query; null: no answer"),
    SHAPE_FIELD_COUNT(struct history_series_facts, p50_us, "p50_us", "half of the answers are as fast"),
    SHAPE_FIELD_COUNT(struct history_series_facts, p99_us, "p99_us", "99 of 100 answers are as fast"),
    SHAPE_FIELD_COUNT(struct history_series_facts, max_us, "max_us", "the slowest"),
    SHAPE_FIELD_TALLIES(struct history_series_facts, outcomes, "outcomes", "how many of each outcome"),
    SHAPE_FIELD_OBJECTS(struct history_series_facts, ticks, "ticks", &history_tick_facts_shape,
                        "the worst of each stretch of tick_ms, oldest first"),
    SHAPE_FIELD_OBJECTS(struct history_series_facts, answers, "answers", &history_answer_facts_shape,
                        "the last ones, newest first; in captures only"),
};
const struct shape history_series_facts_shape =
    SHAPE(struct history_series_facts, series_fields, "history_series");

static const struct shape_field fields[] = {
    SHAPE_FIELD_REAL(struct history_facts, window_ms, "window_ms", "what the numbers are of"),
    SHAPE_FIELD_REAL(struct history_facts, tick_ms, "tick_ms", "what a tick is of"),
    SHAPE_FIELD_OBJECTS(struct history_facts, series, "series", &history_series_facts_shape,
                        "by target, then type"),
};
const struct shape history_facts_shape = SHAPE(struct history_facts, fields, "history");
