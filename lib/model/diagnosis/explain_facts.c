/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/diagnosis/explain_facts.h>

static const struct shape_field finding_fields[] = {
    SHAPE_FIELD_NAME(struct finding_words, id, "id", "of the finding"),
    SHAPE_FIELD_NAME(struct finding_words, title, "title", "in a few words"),
    SHAPE_FIELD_CHOICE(struct finding_words, severity, "severity", severity_names, "the usual one"),
    SHAPE_FIELD_NAME(struct finding_words, cause, "cause", "why it happens, and what it does"),
    SHAPE_FIELD_OBJECTS(struct finding_words, steps, "steps", &step_shape, "what to do, safest first"),
    SHAPE_FIELD_TEXTS(struct finding_words, remedies, "remedies", "the same as texts"),
    SHAPE_FIELD_TEXTS(struct finding_words, checks, "checks", "what to run to know more"),
    SHAPE_FIELD_TEXTS(struct finding_words, explains, "explains", "findings that may be its consequences"),
};
const struct shape finding_words_shape = SHAPE(struct finding_words, finding_fields, "finding_words");

const char *const symptom_class_names[] = {
    "nx",       "nodata", "timeout", "again",  "servfail", "refused", "unreachable", "local",  "malformed",
    "mismatch", "tcp",    "config",  "limits", "upstream", "loop",    "apiserver",   "dnssec", "filtered",
    "checksum", "ipvs",   "badname", "failed", "notdns",   "vague",   "noise",       NULL};

static const struct shape_field symptom_fields[] = {
    SHAPE_FIELD_CHOICE(struct symptom_words, class, "class", symptom_class_names,
                       "what it says about DNS; notdns: the name was resolved, or the message does not tell; "
                       "failed: the program does not say why"),
    SHAPE_FIELD_TEXT(struct symptom_words, text, "text", "the line it stands in; null in the list of all"),
    SHAPE_FIELD_COUNT(struct symptom_words, line, "line", "number of that line; null in the list of all"),
    SHAPE_FIELD_COUNT(struct symptom_words, count, "count",
                      "lines that mean the same; null in the list of all"),
    SHAPE_FIELD_NAME(struct symptom_words, title, "title", "in a few words"),
    SHAPE_FIELD_NAME(struct symptom_words, meaning, "meaning", "what it means"),
    SHAPE_FIELD_NAME(struct symptom_words, said_by, "said_by", "who says it, and when"),
    SHAPE_FIELD_TEXTS(struct symptom_words, patterns, "patterns", "how it is known"),
    SHAPE_FIELD_TEXTS(struct symptom_words, likely, "likely", "findings that may be behind it"),
    SHAPE_FIELD_TEXTS(struct symptom_words, checks, "checks", "what to run"),
};
const struct shape symptom_words_shape = SHAPE(struct symptom_words, symptom_fields, "symptom_words");

static const struct shape_field threshold_fields[] = {
    SHAPE_FIELD_NAME(struct threshold_words, name, "name", "for --set"),
    SHAPE_FIELD_REAL(struct threshold_words, usual, "usual", "unless set"),
    SHAPE_FIELD_NAME(struct threshold_words, doc, "doc", "what it decides, and whose number it is"),
};
const struct shape threshold_words_shape = SHAPE(struct threshold_words, threshold_fields, "threshold_words");

static const struct shape_field fields[] = {
    SHAPE_FIELD_TEXT(struct explain_facts, asked, "asked", "null: everything"),
    SHAPE_FIELD_OBJECTS(struct explain_facts, findings, "findings", &finding_words_shape,
                        "the one asked for, or those behind the message"),
    SHAPE_FIELD_OBJECTS(struct explain_facts, symptoms, "symptoms", &symptom_words_shape,
                        "messages of applications, the first cause first"),
    SHAPE_FIELD_OBJECTS(struct explain_facts, thresholds, "thresholds", &threshold_words_shape,
                        "lines that diagnose --set can move"),
};
const struct shape explain_facts_shape = SHAPE(struct explain_facts, fields, "explain");
