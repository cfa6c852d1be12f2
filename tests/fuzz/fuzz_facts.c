/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/diag/diagnose.h>
#include <k8sdns/model/shape/shape_json.h>
#include <stdlib.h>

/* A capture from anywhere: what can be read can be judged, each rule once, and written again. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    json_t *json = json_loadb((const char *)bytes, len, 0, NULL), *data = json_object_get(json, "data");
    struct arena *arena = arena_new();
    struct facts *facts = ARENA_NEW(arena, struct facts);
    struct diagnose_facts verdict;
    struct thresholds thresholds;
    struct finding *findings;
    size_t count, rules_count = 0;
    struct err err = {0};

    thresholds_init(&thresholds);
    while (rules[rules_count])
        rules_count++;
    if (shape_from_json(arena, &facts_shape, data ? data : json, facts, &err) == 0) {
        diagnose(arena, facts, &thresholds, &findings, &count, &verdict);
        if (verdict.checks_count != rules_count || !verdict.verdict)
            abort();
        json_decref(shape_to_json(&facts_shape, facts));
    }
    json_decref(json);
    arena_free(arena);
    return 0;
}
