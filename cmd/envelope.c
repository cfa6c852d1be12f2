/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "envelope.h"
#include <jansson.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/envelope_facts.h>
#include <k8sdns/model/redact.h>
#include <k8sdns/model/shape_json.h>
#include <math.h>
#include <stdlib.h>

/* Durations are printed to a thousandth of their unit, as far as anything here is measured. */
#define REAL_DIGITS 7

void envelope_write(struct text *out, const struct run *run, const struct shape *shape, const void *data,
                    int status)
{
    char time[CLOCK_TEXT], *dump;
    struct error_facts error = {run->err.text, (uint64_t)status};
    struct envelope_facts envelope = {
        .schema = ENVELOPE_SCHEMA,
        .command = run->command ? run->command->name : NULL,
        .version = VERSION,
        .time = clock_format(run->started_ns, time, sizeof(time)),
        .elapsed_ms = round((double)(clock_monotonic_ns() - run->began_ns) / 1e3) / 1000,
        .host = *run->host,
        .findings = run->findings,
        .findings_count = run->findings_count,
        .unobserved = run->unobserved,
        .unobserved_count = run->unobserved_count,
    };
    json_t *json = shape_to_json(&envelope_facts_shape, &envelope);

    if (run->err.kind != ERR_NONE)
        json_object_set_new(json, "error", shape_to_json(&error_facts_shape, &error));
    if (data)
        json_object_set_new(json, "data", shape_to_json(shape ? shape : run->command->shape, data));
    if (run->redact)
        json_redact(json, run->redact);
    /* Streams are read line by line. */
    dump = json_dumps(json, JSON_REAL_PRECISION(REAL_DIGITS) |
                                (run->command && (run->command->render_part || run->command->part_shapes)
                                     ? JSON_COMPACT
                                     : JSON_INDENT(2)));
    text_add(out, dump ? dump : "{}");
    text_add_char(out, '\n', 1);
    free(dump);
    json_decref(json);
}
