/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/collect/collect_spans.h>
#include <k8sdns/model/facts.h>
#include <k8sdns/source/spans/span_receiver.h>

int collect_spans(struct survey *survey, const char *const *paths, size_t count, uint64_t slow_us,
                  size_t slowest, struct spans_facts *ret)
{
    struct span_record *record = span_record_new(slow_us, slowest);
    uint64_t malformed = 0;
    int r = 0;

    for (size_t i = 0; i < count && r == 0; i++)
        r = span_file_read(paths[i], record, &malformed, &survey->err);
    span_record_finish(record);
    span_record_facts(record, true, survey->arena, ret);
    span_record_free(record);
    ret->source = arena_join(survey->arena, paths, count, ", ");
    ret->malformed = malformed;
    return r;
}

int collect_spans_if_any(struct survey *survey, const char *path, struct facts *facts)
{
    if (!path)
        return 0;
    facts->spans = ARENA_NEW(survey->arena, struct spans_facts);
    return collect_spans(survey, &path, 1, SPANS_SLOW_US, SPANS_SLOWEST, facts->spans);
}
