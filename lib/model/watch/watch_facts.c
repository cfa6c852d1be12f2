/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/model/watch/watch_facts.h>
#include <string.h>

const char *const watch_ports_names[] = {"fresh", "keep", NULL};

static const struct shape_field failure_fields[] = {
    SHAPE_FIELD_NAME(struct watch_failure_facts, time, "time", "when it was sent"),
    SHAPE_FIELD_NAME(struct watch_failure_facts, name, "name", "the full name asked for"),
    SHAPE_FIELD_NAME(struct watch_failure_facts, type, "type", "record type asked for"),
    SHAPE_FIELD_CHOICE(struct watch_failure_facts, status, "status", probe_status_names, "what came of it"),
    SHAPE_FIELD_TEXT(struct watch_failure_facts, detail, "detail", "words for it where it needs some"),
    SHAPE_FIELD_WORD(struct watch_failure_facts, unreachable, "unreachable", unreachable_names,
                     "why it did not get there, by the ICMP error or the kernel; null without one"),
    SHAPE_FIELD_COUNT(struct watch_failure_facts, source_port, "source_port", "port it was sent from"),
};
const struct shape watch_failure_facts_shape =
    SHAPE(struct watch_failure_facts, failure_fields, "watch_failure");

static const struct shape_field type_fields[] = {
    SHAPE_FIELD_NAME(struct watch_type_facts, type, "type", "A, AAAA, ..."),
    SHAPE_FIELD_COUNT(struct watch_type_facts, sent, "sent", "queries sent"),
    SHAPE_FIELD_COUNT(struct watch_type_facts, answered, "answered", "of these"),
    SHAPE_FIELD_COUNT(struct watch_type_facts, lost, "lost", "of these"),
    SHAPE_FIELD_REAL(struct watch_type_facts, loss_ratio, "loss_ratio", "lost of those decided, 0 to 1"),
    SHAPE_FIELD_COUNT(struct watch_type_facts, bad, "bad", "lost, damaged, or answered with an error"),
    SHAPE_FIELD_TALLIES(struct watch_type_facts, rcodes, "rcodes", "answers by code"),
    SHAPE_FIELD_COUNT(struct watch_type_facts, avg_us, "avg_us", "mean latency of the answers"),
};
const struct shape watch_type_facts_shape = SHAPE(struct watch_type_facts, type_fields, "watch_type");

static const struct shape_field window_fields[] = {
    SHAPE_FIELD_REAL(struct watch_window_facts, at_ms, "at_ms", "when it begins, since the run began"),
    SHAPE_FIELD_COUNT(struct watch_window_facts, sent, "sent", "queries sent in it"),
    SHAPE_FIELD_COUNT(struct watch_window_facts, bad, "bad",
                      "of these: lost, damaged, or answered with an error"),
    SHAPE_FIELD_COUNT(struct watch_window_facts, us, "us", "geometric mean of the latencies of its answers"),
};
const struct shape watch_window_facts_shape = SHAPE(struct watch_window_facts, window_fields, "watch_window");

static const struct shape_field target_fields[] = {
    SHAPE_FIELD_NAME(struct watch_target_facts, id, "id", "how the text names it"),
    SHAPE_FIELD_NAME(struct watch_target_facts, address, "address", "IP address"),
    SHAPE_FIELD_CHOICE(struct watch_target_facts, role, "role", target_role_names,
                       "what it is to the cluster"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, sent, "sent", "queries sent"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, answered, "answered", "with whatever response code"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, lost, "lost", "nothing that counts came in time"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, late, "late",
                      "of the lost: the answer came after the timeout"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, bad, "bad", "lost, damaged, or answered with an error"),
    SHAPE_FIELD_TEXT(struct watch_target_facts, first_bad, "first_bad", "when the first of these was sent"),
    SHAPE_FIELD_TEXT(struct watch_target_facts, last_bad, "last_bad", "when the last of these was sent"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, duplicates, "duplicates", "answers that came again"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, mismatches, "mismatches",
                      "answers with a wrong id, question or source address"),
    SHAPE_FIELD_REAL(struct watch_target_facts, loss_ratio, "loss_ratio",
                     "lost of those decided, 0 to 1; null where none was sent"),
    SHAPE_FIELD_REAL(struct watch_target_facts, bad_ratio, "bad_ratio",
                     "bad of those decided, 0 to 1; null where none was sent"),
    SHAPE_FIELD_TALLIES(struct watch_target_facts, rcodes, "rcodes", "answers by response code"),
    SHAPE_FIELD_TALLIES(struct watch_target_facts, outcomes, "outcomes", "queries by what came of them"),
    SHAPE_FIELD_TALLIES(struct watch_target_facts, unreachables, "unreachables",
                        "those that did not get there, by the ICMP error or what the kernel said"),
    SHAPE_FIELD_TEXT(
        struct watch_target_facts, rejected_by, "rejected_by",
        "the address that sent the first ICMP port unreachable of the run; null where none came"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, min_us, "min_us", "fastest answer"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, avg_us, "avg_us", "mean"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, p50_us, "p50_us", "half of the answers were as fast"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, p90_us, "p90_us", "nine of ten were as fast"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, p99_us, "p99_us", "99 of 100 were as fast"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, max_us, "max_us", "slowest answer"),
    SHAPE_FIELD_COUNT(struct watch_target_facts, longest_bad_streak, "longest_bad_streak",
                      "most bad ones in a row"),
    SHAPE_FIELD_COUNT(
        struct watch_target_facts, serial, "serial",
        "when it last saw the cluster change, by its negative answers for Services (Unix time)"),
    SHAPE_FIELD_OBJECTS(struct watch_target_facts, types, "types", &watch_type_facts_shape,
                        "the same by record type"),
    SHAPE_FIELD_POINTER(struct watch_target_facts, first_failure, "first_failure", &watch_failure_facts_shape,
                        "of the run so far"),
    SHAPE_FIELD_POINTER(struct watch_target_facts, last_failure, "last_failure", &watch_failure_facts_shape,
                        "of the run so far"),
    SHAPE_FIELD_OBJECTS(struct watch_target_facts, latency, "latency", &histogram_octave_facts_shape,
                        "histogram"),
    SHAPE_FIELD_OBJECT(struct watch_target_facts, frequency, "frequency", &frequency_facts_shape,
                       "how often it failed in the run so far"),
    SHAPE_FIELD_OBJECTS(struct watch_target_facts, windows, "windows", &watch_window_facts_shape,
                        "the whole run in equal stretches of time; empty of an interval"),
};
const struct shape watch_target_facts_shape = SHAPE(struct watch_target_facts, target_fields, "watch_target");

static const struct shape_field watch_fields[] = {
    SHAPE_FIELD_WORD(struct watch_facts, status, "status", health_names,
                     "of this interval, or of the whole run, whose exit status says the same"),
    SHAPE_FIELD_BOOL(struct watch_facts, summary, "summary", "of the whole run; else of one interval"),
    SHAPE_FIELD_COUNT(struct watch_facts, interval, "interval",
                      "its number from 1; of the summary: how many there were"),
    SHAPE_FIELD_REAL(struct watch_facts, span_ms, "span_ms", "the time that this is about"),
    SHAPE_FIELD_TEXT(struct watch_facts, began, "began", "when the run began, RFC 3339, UTC"),
    SHAPE_FIELD_OBJECTS(struct watch_facts, targets, "targets", &watch_target_facts_shape,
                        "the servers asked"),
    SHAPE_FIELD_WORD(struct watch_facts, frequency, "frequency", frequency_names,
                     "how often it failed in the run so far, over all targets"),
    SHAPE_FIELD_TEXT(struct watch_facts, frequency_text, "frequency_text", "the numbers behind the word"),
    SHAPE_FIELD_COUNT(struct watch_facts, sent, "sent", "queries sent"),
    SHAPE_FIELD_COUNT(struct watch_facts, skipped, "skipped",
                      "not asked when their time came: the program was held up or at its limits"),
    SHAPE_FIELD_CHOICE(struct watch_facts, ports, "ports", watch_ports_names, "how source ports were chosen"),
    SHAPE_FIELD_REAL(struct watch_facts, histogram_error_ratio, "histogram_error_ratio",
                     "percentiles are this near to the true value"),
    SHAPE_FIELD_POINTER(struct watch_facts, names_as, "names_as", &name_view_shape,
                        "as whom names were completed; null when as resolv.conf says"),
};
const struct shape watch_facts_shape = SHAPE(struct watch_facts, watch_fields, "watch");

const struct watch_target_facts *watch_target_find(const struct watch_facts *sampling, const char *id)
{
    for (size_t i = 0; sampling && i < sampling->targets_count; i++)
        if (strcmp(sampling->targets[i].id, id) == 0)
            return &sampling->targets[i];
    return NULL;
}

uint64_t watch_behind_s(const struct watch_facts *facts, const struct watch_target_facts *target)
{
    uint64_t newest = 0;

    for (size_t i = 0; i < facts->targets_count; i++)
        if (facts->targets[i].role == TARGET_REPLICA && facts->targets[i].serial != SHAPE_UNSET &&
            facts->targets[i].serial > newest)
            newest = facts->targets[i].serial;
    return target->role == TARGET_REPLICA && target->serial != SHAPE_UNSET &&
                   serial_is_behind(target->serial, newest)
               ? newest - target->serial
               : 0;
}

/* Queries that were answered with a record; all are asked for the same names in turn. */
static uint64_t found_by(const struct watch_target_facts *target)
{
    for (size_t i = 0; i < target->outcomes_count; i++)
        if (strcmp(target->outcomes[i].name, probe_status_names[PROBE_ANSWER]) == 0)
            return target->outcomes[i].count;
    return 0;
}

/* So many answers that are missing, and a quarter of all, are no matter of where the run was cut off. */
#define MISSING_MIN   4
#define MISSING_RATIO 0.25

bool watch_lacks_names(const struct watch_facts *facts, const struct watch_target_facts *target)
{
    double least = 1, missing;
    size_t others = 0;

    if (!facts->summary || target->role != TARGET_REPLICA || target->bad || !target->answered)
        return false;
    for (size_t i = 0; i < facts->targets_count; i++) {
        const struct watch_target_facts *other = &facts->targets[i];
        double ratio;

        if (other == target || other->role != TARGET_REPLICA || other->bad || !other->answered)
            continue;
        ratio = (double)found_by(other) / (double)other->answered;
        least = ratio < least ? ratio : least;
        others++;
    }
    missing = least * (double)target->answered - (double)found_by(target);
    return others && missing >= MISSING_MIN && missing >= MISSING_RATIO * least * (double)target->answered;
}

int watch_health(const struct watch_facts *facts)
{
    uint64_t answered = 0, lost = 0, bad = 0;

    for (size_t i = 0; i < facts->targets_count; i++) {
        answered += facts->targets[i].answered;
        lost += facts->targets[i].lost;
        bad += facts->targets[i].bad + (watch_behind_s(facts, &facts->targets[i]) > 0) +
               watch_lacks_names(facts, &facts->targets[i]);
    }
    return !answered ? lost ? HEALTH_FAILING : HEALTH_UNKNOWN : bad ? HEALTH_DEGRADED : HEALTH_OK;
}
