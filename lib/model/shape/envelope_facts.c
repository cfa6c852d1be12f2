/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/envelope_facts.h>

const char *const severity_words[] = {"critical", "warning", "info", NULL};
const char *const confidence_words[] = {"certain", "likely", "possible", NULL};
const char *const finding_state_words[] = {"fires", "quiet", "unknown", NULL};

static const struct shape_field unobserved_fields[] = {
    SHAPE_FIELD_NAME(struct unobserved, what, "what", "what was not seen"),
    SHAPE_FIELD_NAME(struct unobserved, why, "why", "the reason"),
    SHAPE_FIELD_NAME(struct unobserved, how, "how", "how to get it"),
};
const struct shape unobserved_shape = SHAPE(struct unobserved, unobserved_fields, "unobserved");

static const struct shape_field finding_fields[] = {
    SHAPE_FIELD_NAME(struct finding, id, "id", "as in `k8sdns explain`"),
    SHAPE_FIELD_CHOICE(struct finding, severity, "severity", severity_words, "how bad it is"),
    SHAPE_FIELD_NAME(struct finding, title, "title", "in a few words"),
    SHAPE_FIELD_TEXT(struct finding, subject, "subject", "the address, name or limit it is about"),
    SHAPE_FIELD_TEXTS(struct finding, evidence, "evidence", "the numbers behind it"),
    SHAPE_FIELD_TEXT(struct finding, cause, "cause", "why it happens"),
    SHAPE_FIELD_TEXTS(struct finding, remedy, "remedy", "what to do, safest first"),
    SHAPE_FIELD_CHOICE(struct finding, state, "state", finding_state_words, "what the rule concluded"),
    SHAPE_FIELD_CHOICE(struct finding, confidence, "confidence", confidence_words, "how sure the cause is"),
    SHAPE_FIELD_TEXT(struct finding, consequence, "consequence_of",
                     "id of the finding that explains it; null for one that leads"),
};
const struct shape finding_shape = SHAPE(struct finding, finding_fields, "finding");

static const struct shape_field error_fields[] = {
    SHAPE_FIELD_TEXT(struct error_facts, message, "message", "what went wrong, why, and what next"),
    SHAPE_FIELD_COUNT(struct error_facts, status, "status", "the exit status"),
};
const struct shape error_facts_shape = SHAPE(struct error_facts, error_fields, "error");

static const struct shape_field envelope_fields[] = {
    SHAPE_FIELD_TEXT(struct envelope_facts, schema, "schema", "version of this format"),
    SHAPE_FIELD_TEXT(struct envelope_facts, command, "command", "which subcommand"),
    SHAPE_FIELD_TEXT(struct envelope_facts, version, "version", "of k8sdns"),
    SHAPE_FIELD_TEXT(struct envelope_facts, time, "time", "start of the run, RFC 3339, UTC"),
    SHAPE_FIELD_REAL(struct envelope_facts, elapsed_ms, "elapsed_ms", "length of the run"),
    SHAPE_FIELD_OBJECT(struct envelope_facts, host, "host", &host_facts_shape, "where the run looked from"),
    SHAPE_FIELD_OBJECTS(struct envelope_facts, findings, "findings", &finding_shape, "causes, worst first"),
    SHAPE_FIELD_OBJECTS(struct envelope_facts, unobserved, "unobserved", &unobserved_shape,
                        "what could not be seen"),
};
const struct shape envelope_facts_shape = SHAPE(struct envelope_facts, envelope_fields, "envelope");
