/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "spans_look.h"
#include <k8sdns/model/facts.h>
#include <k8sdns/source/span_receiver.h>

int spans_look(struct run *run, const char *const *paths, size_t count, uint64_t slow_us, size_t slowest,
               struct spans_facts *ret)
{
    struct trace_record *record = trace_record_new(slow_us, slowest);
    uint64_t malformed = 0;
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++)
        r = span_file_read(paths[i], record, &malformed, &run->err);
    trace_record_finish(record);
    trace_record_facts(record, true, run->arena, ret);
    trace_record_free(record);
    ret->source = arena_join(run->arena, paths, count, ", ");
    ret->malformed = malformed;
    return r;
}

int spans_look_if_any(struct run *run, const char *path, struct facts *facts)
{
    if (!path)
        return 0;
    facts->spans = ARENA_NEW(run->arena, struct spans_facts);
    return spans_look(run, &path, 1, SPANS_SLOW_US, SPANS_SLOWEST, facts->spans);
}
