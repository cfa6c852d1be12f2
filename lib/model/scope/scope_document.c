/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/scope/scope_document.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/model/statistics/frequency.h>

static const struct shape_field finding_fields[] = {
    SHAPE_FIELD_NAME(struct scope_finding, id, "id", "as in `k8sdns explain`"),
    SHAPE_FIELD_CHOICE(struct scope_finding, severity, "severity", severity_names, "how bad it is"),
    SHAPE_FIELD_TEXT(struct scope_finding, consequence, "consequence_of", "the finding that explains it"),
};
static const struct shape scope_finding_shape = SHAPE(struct scope_finding, finding_fields, "scope_finding");

static const struct shape_field document_fields[] = {
    SHAPE_FIELD_OBJECTS(struct scope_document, findings, "findings", &scope_finding_shape, "causes"),
};
static const struct shape document_shape = SHAPE(struct scope_document, document_fields, "scope_document");

static const struct shape_field data_fields[] = {
    SHAPE_FIELD_TEXT(struct scope_document, time, "time", "when it was seen"),
    SHAPE_FIELD_TEXT(struct scope_document, node, "node", "where"),
    SHAPE_FIELD_TEXT(struct scope_document, pod, "pod", "likewise"),
    SHAPE_FIELD_WORD(struct scope_document, frequency, "frequency", frequency_names, "how often it fails"),
    SHAPE_FIELD_POINTER(struct scope_document, load, "load", &report_load_shape, "how busy it was"),
};
static const struct shape data_shape = SHAPE(struct scope_document, data_fields, "scope_document");

static const struct json_wanted data_wanted[] = {
    {"time", NULL}, {"node", NULL}, {"pod", NULL}, {"frequency", NULL}, {"load", NULL}, {NULL, NULL},
};
static const struct json_wanted finding_wanted[] = {
    {"id", NULL},
    {"severity", NULL},
    {"consequence_of", NULL},
    {NULL, NULL},
};
const struct json_wanted scope_document_wanted[] = {
    {"schema", NULL}, {"command", NULL}, {"data", data_wanted}, {"findings", finding_wanted}, {NULL, NULL},
};

int scope_document_read(struct arena *arena, json_t *document, struct scope_document *ret, struct err *err)
{
    int r;

    *ret = (struct scope_document){0};
    r = shape_from_json(arena, &document_shape, document, ret, err);
    return r < 0 ? r : shape_from_json(arena, &data_shape, json_object_get(document, "data"), ret, err);
}
