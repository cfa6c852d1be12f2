/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "envelope.h"
#include <jansson.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/redact.h>
#include <k8sdns/model/shape/shape_json.h>
#include <k8sdns/render/page/json_dump.h>
#include <k8sdns/render/page/json_yaml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Durations are printed to a thousandth of their unit, as far as anything here is measured. */
#define REAL_DIGITS 7

/* Ids of findings, worst first, each once; without any, the addresses of the replicas that were found. */
static void write_names(struct text *out, json_t *json)
{
    json_t *data = json_object_get(json, "data"), *item, *findings = json_object_get(json, "findings");
    const char *member = "id";
    size_t i;

    if (!json_array_size(findings) && json_array_size(json_object_get(data, "findings")))
        findings = json_object_get(data, "findings"); /* of explain */
    if (!json_array_size(findings)) {
        findings = json_object_get(data, "replicas");
        member = "address";
    }
    json_array_foreach(findings, i, item)
    {
        const char *name = json_string_value(json_object_get(item, member));
        bool is_told = !name;

        for (size_t k = 0; k < i && !is_told; k++) {
            const char *before = json_string_value(json_object_get(json_array_get(findings, k), member));

            is_told = before && strcmp(before, name) == 0;
        }
        if (!is_told) {
            text_add_escaped(out, name, strlen(name));
            text_add_char(out, '\n', 1);
        }
    }
}

static void write_as(struct text *out, const struct run *run, json_t *json)
{
    /* Streams are read line by line. */
    bool is_stream = run->command && (run->command->render_part || run->command->part_shapes);
    size_t spacing = is_stream || run->globals->output == OUTPUT_JSONL ? JSON_COMPACT : JSON_INDENT(2);
    char *dump;

    if (run->globals->output == OUTPUT_NAME) {
        write_names(out, json);
        return;
    }
    if (run->globals->output == OUTPUT_YAML) {
        text_add(out, "---\n");
        json_yaml_write(out, json, REAL_DIGITS);
        return;
    }
    dump = json_dumps(json, JSON_REAL_PRECISION(REAL_DIGITS) | spacing);
    json_dump_add(out, dump ? dump : "{}");
    text_add_char(out, '\n', 1);
    free(dump);
}

void envelope_write(struct text *out, const struct run *run, const struct shape *shape, const void *data,
                    int status, bool summary)
{
    char time[CLOCK_TEXT];
    struct error_facts error = {run->err.text, (uint64_t)status};
    struct envelope_facts envelope = {
        .schema = ENVELOPE_SCHEMA,
        .command = run->command ? run->command->name : NULL,
        .version = VERSION,
        .time = clock_format(run->started_ns, time, sizeof(time)),
        .elapsed_ms = round((double)(clock_monotonic_ns() - run->began_ns) / 1e3) / 1000,
        .summary = summary,
        .host = *run->host,
        .findings = run->findings,
        .findings_count = run->findings_count,
        .unobserved = run->unobserved,
        .unobserved_count = run->unobserved_count,
    };
    const struct shape *of = shape || !run->command ? shape : run->command->shape;
    json_t *json = shape_to_json(&envelope_facts_shape, &envelope);

    if (run->err.kind != ERR_NONE)
        json_object_set_new(json, "error", shape_to_json(&error_facts_shape, &error));
    if (data && of)
        json_object_set_new(json, "data", shape_to_json(of, data));
    if (run->redact)
        json_redact(json, of, run->redact);
    write_as(out, run, json);
    json_decref(json);
}
