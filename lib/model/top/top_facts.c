/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/top/top_facts.h>

static const struct shape_field active_finding_fields[] = {
    SHAPE_FIELD_NAME(struct active_finding_facts, id, "id", "the finding's id; see k8sdns-findings(7)"),
    SHAPE_FIELD_NAME(struct active_finding_facts, title, "title", "the finding in a few words"),
    SHAPE_FIELD_TEXT(struct active_finding_facts, subject, "subject", "whom it is about"),
    SHAPE_FIELD_CHOICE(struct active_finding_facts, severity, "severity", severity_names, "how bad it is"),
    SHAPE_FIELD_TEXT(struct active_finding_facts, since, "since", "when it was first seen, RFC 3339, UTC"),
    SHAPE_FIELD_REAL(struct active_finding_facts, stood_s, "stood_s", "for how long it has stood, or stood"),
    SHAPE_FIELD_REAL(struct active_finding_facts, over_s, "over_s",
                     "since when it is over; null while it stands"),
    SHAPE_FIELD_TEXTS(struct active_finding_facts, evidence, "evidence", "what was seen of it last"),
};
const struct shape active_finding_facts_shape =
    SHAPE(struct active_finding_facts, active_finding_fields, "standing");

static const struct shape_field fields[] = {
    SHAPE_FIELD_TEXT(struct top_facts, time, "time", "of the newest that was seen, RFC 3339, UTC"),
    SHAPE_FIELD_TEXT(struct top_facts, verdict, "verdict", "one sentence; null before anything is known"),
    SHAPE_FIELD_WORD(struct top_facts, frequency, "frequency", frequency_names,
                     "how often queries failed since the beginning"),
    SHAPE_FIELD_TEXT(struct top_facts, frequency_text, "frequency_text", "the same in words, with numbers"),
    SHAPE_FIELD_OBJECTS(
        struct top_facts, active_findings, "standing", &active_finding_facts_shape,
        "the findings that stand, worst first and causes above consequences, then those that ended lately"),
    SHAPE_FIELD_COUNT(struct top_facts, active_findings_forgotten, "standing_forgotten",
                      "findings that there was no room to remember"),
    SHAPE_FIELD_POINTER(struct top_facts, history, "history", &history_facts_shape,
                        "the last minutes of the queries"),
    SHAPE_FIELD_POINTER(struct top_facts, flows, "flows", &conntrack_follow_facts_shape,
                        "DNS flows of others in this network namespace, since the beginning; null when they "
                        "cannot be followed"),
    SHAPE_FIELD_COUNT(struct top_facts, flows_unanswered_lately, "flows_unanswered_lately",
                      "flows without a reply in the last minute"),
};
const struct shape top_facts_shape = SHAPE(struct top_facts, fields, "top");
