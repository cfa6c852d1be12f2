/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include <k8sdns/model/spans/span_record.h>
#include <k8sdns/wire/spans/zipkin_span.h>
#include <stdlib.h>
#include <string.h>

struct seen {
    struct arena *arena;
    const char *texts; /* "trace/id/parent name query" of each, joined by '|' */
};

static void on_span(void *user, const struct zipkin_span *span)
{
    struct seen *seen = user;

    seen->texts =
        arena_printf(seen->arena, "%s%s%llx.%llx/%llx/%llx %.*s %.*s", seen->texts, *seen->texts ? "|" : "",
                     (unsigned long long)span->trace_high, (unsigned long long)span->trace,
                     (unsigned long long)span->id, (unsigned long long)span->parent, (int)span->name.len,
                     span->name.at, (int)span->query.len, span->query.at);
}

/* Read in pieces of `piece` octets; NULL when it is refused. */
static const char *read_in(struct arena *arena, const char *text, size_t piece)
{
    struct seen seen = {arena, ""};
    struct zipkin_reader reader;
    size_t len = strlen(text), at = 0, held = 0, used;
    char *window = arena_alloc(arena, len + 1);

    zipkin_reader_init(&reader, on_span, &seen);
    do {
        size_t more = len - at < piece ? len - at : piece;

        memcpy(window + held, text + at, more);
        held += more;
        at += more;
        if (zipkin_reader_feed(&reader, window, held, at == len, &used, NULL) < 0)
            return NULL;
        memmove(window, window + used, held - used);
        held -= used;
    } while (at < len);
    return seen.texts;
}

static void test_read(void **state)
{
    static const struct {
        const char *text, *spans; /* NULL: refused */
    } cases[] = {
        {"[]", ""},
        {" [ ] ", ""},
        {"[[],[]]", ""},
        {"[{\"traceId\":\"a\",\"id\":\"B\",\"parentId\":\"c\",\"name\":\"x\"}]", "0.a/b/c x "},
        {"{\"id\":\"1\",\"traceId\":\"1\"}\n{\"id\":\"2\",\"traceId\":\"1\"}", "0.1/1/0  |0.1/2/0  "},
        {"[{\"traceId\":\"00000000000000010000000000000002\",\"id\":\"3\"}]", "1.2/3/0  "},
        {"[{\"traceId\":\"1\",\"id\":\"2\",\"name\":\"a\\\"\\\\\\/\\u0041\\u00e4\\ud83d\\ude00\\ud83dx\"}]",
         "0.1/2/0 a\"\\/A\xc3\xa4\xf0\x9f\x98\x80\xef\xbf\xbdx "},
        {"[{\"traceId\":\"1\",\"id\":\"2\",\"x\":{\"id\":\"9\",\"y\":[[{}],\"]\"]},\"tags\":{\"coredns.io/name\":\"q.\"}}]",
         "0.1/2/0  q."},
        {"{\"total\":0,\"data\":[{\"traceID\":\"1\",\"processes\":{\"p1\":{\"tags\":[1]}},\"spans\":[{\"traceID\":\"1\","
         "\"spanID\":\"2\",\"operationName\":\"y\",\"references\":[{\"refType\":\"FOLLOWS_FROM\",\"spanID\":\"8\"},"
         "{\"refType\":\"CHILD_OF\",\"spanID\":\"3\"}],\"tags\":[{\"key\":\"coredns.io/name\",\"type\":\"string\","
         "\"value\":\"q.\"}]}]},{\"spans\":[]}],\"errors\":null}",
         "0.1/2/3 y q."},
        /* A trace by itself, some in a list, and spans as Jaeger keeps them in Elasticsearch. */
        {"{\"traceID\":\"1\",\"spans\":[{\"traceID\":\"1\",\"spanID\":\"2\"}],\"processes\":{\"p1\":{\"tags\":[]}}}",
         "0.1/2/0  "},
        {"[{\"processes\":{},\"spans\":[{\"traceID\":\"1\",\"spanID\":\"2\"}]},{\"spans\":[{\"traceID\":\"3\",\"spanID\":\"4\"}]}]",
         "0.1/2/0  |0.3/4/0  "},
        {"{\"_index\":\"jaeger-span\",\"_source\":{\"traceID\":\"1\",\"spanID\":\"2\",\"tags\":[{\"key\":\"coredns.io/name\","
         "\"value\":\"q.\"}],\"_source\":{\"spanID\":\"9\"}}}",
         "0.1/2/0  q."},
        {"[{\"traceId\":\"1\",\"id\":\"2\",\"parentId\":null},{\"traceId\":\"1\",\"id\":\"3\",\"parentId\":\"\"}]",
         "0.1/2/0  |0.1/3/0  "},
        /* OTLP: as Jaeger 2 and Tempo give it, with ids in base64, of an older form, and in protobuf's names.
         */
        {"{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{}}]},\"scopeSpans\":[{\"scope\":{},"
         "\"spans\":[{\"traceId\":\"1\",\"spanId\":\"2\",\"parentSpanId\":\"\",\"name\":\"y\",\"attributes\":[{\"key\":"
         "\"coredns.io/name\",\"value\":{\"stringValue\":\"q.\"}}],\"events\":[{\"name\":\"x\",\"attributes\":[]}],"
         "\"status\":{\"code\":2}}]}]},{}]}\n{\"resourceSpans\":[]}",
         "0.1/2/0 y q."},
        {"{\"trace\":{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"AAAAAAAAAAEAAAAAAAAAAg==\",\"spanId\":"
         "\"AAAAAAAAAAM=\",\"parentSpanId\":\"AAAAAAAAAAQ=\"}]}]}]}}",
         "1.2/3/4  "},
        {"{\"batches\":[{\"instrumentationLibrarySpans\":[{\"spans\":[{\"traceId\":\"1\",\"spanId\":\"2\"}]}]}]}",
         "0.1/2/0  "},
        {"{\"resource_spans\":[{\"scope_spans\":[{\"spans\":[{\"trace_id\":\"1\",\"span_id\":\"2\",\"parent_span_id\":\"3\"}]}]}]}",
         "0.1/2/3  "},
        {"[{\"traceId\":\"AAAAAAAAAAEAAAAAAAA!Ag==\",\"id\":\"1\"}]", ""},
        /* Without a usable id there is no span. */
        {"[{\"traceId\":\"g\",\"id\":\"1\"},{\"traceId\":\"1\"},{\"id\":\"1\"},{\"traceId\":\"0\",\"id\":\"1\"}]",
         ""},
        {"[{\"traceId\":\"000000000000000000000000000000001\",\"id\":\"1\"}]", ""},
        {"", ""},
        {"[", NULL},
        {"[{}", NULL},
        {"[,]", NULL},
        {"[{},]", NULL},
        {"[{}]]", NULL},
        {"[{}}", NULL},
        {"[{\"a\":1,}]", NULL},
        {"[{\"a\":[1,]}]", ""}, /* stepped over: its form is not looked at so closely */
        {"[{\"a\":nul}]", NULL},
        {"[{\"a\":[}]}]", NULL},
        {"[{\"tags\":{\"a\":1,}}]", NULL},
    };

    for (size_t i = 0; i < COUNT(cases); i++)
        for (size_t piece = 1; piece < 100; piece += 13) {
            const char *got = read_in(*state, cases[i].text, piece);

            if (cases[i].spans)
                assert_string_equal(got, cases[i].spans);
            else
                assert_null(got);
        }
}

/* Held until its root has come, and for a while after it; given up without one. */
static void test_waiting(void **state)
{
    struct span_record *record = span_record_new(100, 1);
    struct zipkin_span span = {.trace = 1, .id = 2, .parent = 1, .name = {"cache", 5}, .duration_us = 5};
    struct spans_facts facts;

    span_record_add(record, &span, 1000);
    span.parent = 0;
    span.id = 1;
    span.name = (struct zipkin_text){"servedns", 8};
    span.duration_us = 200;
    span_record_add(record, &span, 2000);
    span.trace = 2;
    span.parent = 9;
    span_record_add(record, &span, 3000);
    assert_false(span_record_tick(record, 1999 + TRACE_WAIT_NS));
    assert_true(span_record_tick(record, 2000 + TRACE_WAIT_NS));
    span_record_facts(record, false, *state, &facts);
    assert_int_equal(facts.traces, 1);
    assert_int_equal(facts.incomplete, 0);
    assert_int_equal(facts.events_count, 1);
    assert_false(span_record_tick(record, 3000 + TRACE_GIVEN_UP));
    span_record_facts(record, false, *state, &facts);
    assert_int_equal(facts.incomplete, 1);
    assert_int_equal(facts.events_count, 0);
    span_record_free(record);
}

/* More than can be held: the oldest goes, and is counted. */
static void test_maximum(void **state)
{
    struct span_record *record = span_record_new(100, 1);
    struct spans_facts facts;

    for (uint64_t i = 1; i <= TRACES_HELD_MAX + 10; i++)
        span_record_add(record, &(struct zipkin_span){.trace = i, .id = i, .parent = 1, .name = {"a", 1}}, 1);
    span_record_facts(record, false, *state, &facts);
    assert_int_equal(facts.incomplete, 10);
    assert_int_equal(facts.spans, TRACES_HELD_MAX + 10);
    span_record_free(record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(test_read), ARENA_TEST(test_waiting),
                                       ARENA_TEST(test_maximum)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
