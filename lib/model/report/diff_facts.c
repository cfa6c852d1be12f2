/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/report/diff_facts.h>
#include <math.h>
#include <string.h>

const char *const diff_change_names[] = {"better", "same", "worse", NULL};

static const struct shape_field finding_fields[] = {
    SHAPE_FIELD_NAME(struct diff_finding, id, "id", "see k8sdns-findings(7)"),
    SHAPE_FIELD_NAME(struct diff_finding, title, "title", "the finding in a few words"),
    SHAPE_FIELD_TEXT(struct diff_finding, subject, "subject", "whom it is about"),
    SHAPE_FIELD_CHOICE(struct diff_finding, change, "change", diff_change_names,
                       "better: gone or less severe; worse: new or more severe"),
    SHAPE_FIELD_WORD(struct diff_finding, before, "before", severity_names, "null when it was not found"),
    SHAPE_FIELD_WORD(struct diff_finding, after, "after", severity_names, "likewise"),
};
const struct shape diff_finding_shape = SHAPE(struct diff_finding, finding_fields, "diff_finding");

static const struct shape_field server_fields[] = {
    SHAPE_FIELD_NAME(struct diff_server, server, "server", "its address"),
    SHAPE_FIELD_NAME(struct diff_server, role, "role", "what it is to the cluster"),
    SHAPE_FIELD_COUNT(struct diff_server, asked_before, "asked_before", "queries of the first look"),
    SHAPE_FIELD_COUNT(struct diff_server, failed_before, "failed_before", "of these"),
    SHAPE_FIELD_COUNT(struct diff_server, asked_after, "asked_after", "queries of the second look"),
    SHAPE_FIELD_COUNT(struct diff_server, failed_after, "failed_after", "of these"),
    SHAPE_FIELD_REAL(struct diff_server, failed_chance, "failed_chance",
                     "how likely chance alone makes such a difference, 0 to 1"),
    SHAPE_FIELD_CHOICE(struct diff_server, failed_change, "failed_change", diff_change_names,
                       "same when chance may explain it"),
    SHAPE_FIELD_COUNT(struct diff_server, p50_before_us, "p50_before_us",
                      "of the query asked again and again"),
    SHAPE_FIELD_COUNT(struct diff_server, p50_after_us, "p50_after_us", "likewise"),
    SHAPE_FIELD_COUNT(struct diff_server, p99_before_us, "p99_before_us", "likewise"),
    SHAPE_FIELD_COUNT(struct diff_server, p99_after_us, "p99_after_us", "likewise"),
    SHAPE_FIELD_REAL(struct diff_server, latency_chance, "latency_chance",
                     "how likely chance alone makes such a difference, 0 to 1; null without answers"),
    SHAPE_FIELD_CHOICE(struct diff_server, latency_change, "latency_change", diff_change_names,
                       "same when chance may explain it, or the median changed by less than twice"),
};
const struct shape diff_server_shape = SHAPE(struct diff_server, server_fields, "diff_server");

static const struct shape_field setting_fields[] = {
    SHAPE_FIELD_NAME(struct diff_setting, what, "what",
                     "of resolv.conf, the replicas, the Corefile, the node"),
    SHAPE_FIELD_TEXT(struct diff_setting, before, "before", "null when it was not there"),
    SHAPE_FIELD_TEXT(struct diff_setting, after, "after", "likewise"),
};
const struct shape diff_setting_shape = SHAPE(struct diff_setting, setting_fields, "diff_setting");

static const struct shape_field fields[] = {
    SHAPE_FIELD_CHOICE(struct diff_facts, change, "change", diff_change_names,
                       "of the whole; the exit status is 1 when it is worse"),
    SHAPE_FIELD_TEXT(struct diff_facts, time_before, "time_before", "of the first look"),
    SHAPE_FIELD_TEXT(struct diff_facts, time_after, "time_after", "of the second look"),
    SHAPE_FIELD_BOOL(struct diff_facts, reversed, "reversed", "the first look is the later one"),
    SHAPE_FIELD_WORD(struct diff_facts, health_before, "health_before", health_names, "of the first look"),
    SHAPE_FIELD_WORD(struct diff_facts, health_after, "health_after", health_names, "of the second look"),
    SHAPE_FIELD_OBJECTS(struct diff_facts, findings, "findings", &diff_finding_shape,
                        "of either look, those that are worse first"),
    SHAPE_FIELD_OBJECTS(struct diff_facts, servers, "servers", &diff_server_shape,
                        "those that both looks queried"),
    SHAPE_FIELD_OBJECTS(struct diff_facts, settings, "settings", &diff_setting_shape,
                        "what is not as it was"),
};
const struct shape diff_facts_shape = SHAPE(struct diff_facts, fields, "diff");

/* Both sides of the normal distribution beyond z. */
static double beyond(double z)
{
    return erfc(fabs(z) / sqrt(2));
}

double diff_share_chance(uint64_t part, uint64_t whole, uint64_t other_part, uint64_t other_whole)
{
    double pooled, error;

    if (!whole || !other_whole)
        return (double)NAN;
    pooled = ((double)part + (double)other_part) / ((double)whole + (double)other_whole);
    error = sqrt(pooled * (1 - pooled) * (1 / (double)whole + 1 / (double)other_whole));
    return error > 0
               ? beyond(((double)part / (double)whole - (double)other_part / (double)other_whole) / error)
               : 1;
}

/* How many of that octave. */
static uint64_t of_octave(const struct histogram_octave_facts *h, size_t count, unsigned octave)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++)
        sum += h[i].below_us && 63 - (unsigned)__builtin_clzll(h[i].below_us) == octave ? h[i].count : 0;
    return sum;
}

double diff_latency_chance(const struct histogram_octave_facts *a, size_t a_count,
                           const struct histogram_octave_facts *b, size_t b_count)
{
    double n = 0, m = 0, seen = 0, ranks = 0, ties = 0, all, variance;

    for (unsigned octave = 0; octave < 64; octave++) {
        double x = (double)of_octave(a, a_count, octave), y = (double)of_octave(b, b_count, octave),
               t = x + y;

        ranks += x * (seen + (t + 1) / 2);
        ties += t * t * t - t;
        seen += t;
        n += x;
        m += y;
    }
    if (n < 1 || m < 1)
        return (double)NAN;
    all = n + m;
    variance = n * m / 12 * (all + 1 - ties / (all * (all - 1)));
    return variance > 0 ? beyond((ranks - n * (all + 1) / 2) / sqrt(variance)) : 1;
}
