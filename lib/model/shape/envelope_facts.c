/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/shape/envelope_facts.h>

const char *const severity_names[] = {"critical", "warning", "info", NULL};
const char *const health_names[] = {"ok", "degraded", "failing", "unknown", NULL};
const char *const health_titles[] = {"OK", "DEGRADED", "FAILING", "UNKNOWN", NULL};
const char *const confidence_names[] = {"certain", "likely", "possible", NULL};
const char *const finding_state_names[] = {"fires", "quiet", "unknown", NULL};

static const struct shape_field unobserved_fields[] = {
    SHAPE_FIELD_WORD(struct unobserved, id, "id", gap_names, "for programs; null of earlier versions"),
    SHAPE_FIELD_NAME(struct unobserved, what, "what", "what was not seen"),
    SHAPE_FIELD_NAME(struct unobserved, why, "why", "the reason"),
    SHAPE_FIELD_NAME(struct unobserved, how, "how", "how to get it"),
};
const struct shape unobserved_shape = SHAPE(struct unobserved, unobserved_fields, "unobserved");

static const struct shape_field step_fields[] = {
    SHAPE_FIELD_NAME(struct step, text, "text", "what for"),
    SHAPE_FIELD_TEXT(struct step, command, "command", "one line for a shell; null when there is none"),
    SHAPE_FIELD_TEXT(struct step, undo, "undo", "how to take it back; null when there is nothing to"),
};
const struct shape step_shape = SHAPE(struct step, step_fields, "step");

static const struct shape_field subject_fields[] = {
    SHAPE_FIELD_TEXT(struct finding_subject, role, "role",
                     "cluster-ip, replica, node-local, nameserver, other or node"),
    SHAPE_FIELD_TEXT(struct finding_subject, address, "address", "with the port when that is not 53"),
    SHAPE_FIELD_TEXT(struct finding_subject, pod, "pod", "its name"),
    SHAPE_FIELD_TEXT(struct finding_subject, node, "node", "where it runs"),
    SHAPE_FIELD_TEXT(struct finding_subject, space, "namespace", "of the Pod, or of the Service"),
};
const struct shape finding_subject_shape = SHAPE(struct finding_subject, subject_fields, "finding_subject");

static const struct shape_field finding_fields[] = {
    SHAPE_FIELD_NAME(struct finding, id, "id", "as in `k8sdns explain`"),
    SHAPE_FIELD_CHOICE(struct finding, severity, "severity", severity_names, "how bad it is"),
    SHAPE_FIELD_NAME(struct finding, title, "title", "in a few words"),
    SHAPE_FIELD_TEXT(struct finding, subject, "subject", "the address, name or limit it is about"),
    SHAPE_FIELD_OBJECTS(struct finding, subjects, "subjects", &finding_subject_shape,
                        "servers, Pods and nodes that it is about; none: nothing in particular"),
    SHAPE_FIELD_TEXTS(struct finding, evidence, "evidence", "the numbers behind it"),
    SHAPE_FIELD_TEXT(struct finding, cause, "cause", "why it happens"),
    SHAPE_FIELD_TEXTS(struct finding, remedy, "remedy", "what to do, safest first"),
    SHAPE_FIELD_OBJECTS(struct finding, steps, "steps", &step_shape,
                        "the same in parts, with this cluster's names"),
    SHAPE_FIELD_CHOICE(struct finding, state, "state", finding_state_names, "what the rule concluded"),
    SHAPE_FIELD_CHOICE(struct finding, confidence, "confidence", confidence_names, "how sure the cause is"),
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
    SHAPE_FIELD_BOOL(struct envelope_facts, summary, "summary",
                     "false: one part of a stream, such as an interval or an event; true: of the whole run"),
    SHAPE_FIELD_OBJECT(struct envelope_facts, host, "host", &host_facts_shape, "where the run looked from"),
    SHAPE_FIELD_OBJECTS(struct envelope_facts, findings, "findings", &finding_shape, "causes, worst first"),
    SHAPE_FIELD_OBJECTS(struct envelope_facts, unobserved, "unobserved", &unobserved_shape,
                        "what could not be seen"),
};
const struct shape envelope_facts_shape = SHAPE(struct envelope_facts, envelope_fields, "envelope");
