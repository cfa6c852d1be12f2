/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "json_cursor.h"
#include "span_id.h"
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/wire/spans/zipkin_span.h>
#include <string.h>

/* The containers on the way to a span. */
enum json_level {
    LEVEL_TOP,    /* of the text: lists, or spans, one after another */
    LEVEL_LIST,   /* of spans, or of lists of them */
    LEVEL_EXPORT, /* Jaeger's object, whose "data" is a list of traces, or OTLP's, with lists of resources */
    LEVEL_TRACES,
    LEVEL_TRACE, /* one of these, whose "spans" is a list of spans; of OTLP there are lists of lists before */
};

/* What may come next in a container. */
enum due {
    DUE_FIRST, /* an element, or the end */
    DUE_COMMA, /* a comma, or the end */
    DUE_NEXT,  /* an element */
};

/* One span as it is read. */
struct filling {
    struct zipkin_reader *reader;
    struct zipkin_span span;
    bool has_trace, has_id, bad, of_otlp;
    uint64_t start_ns, end_ns; /* of OTLP */
    bool within_source;        /* in the document of Elasticsearch, of which the rest is about the document */
};

static bool is(const struct json_text *text, const char *word)
{
    return text->len == strlen(word) && memcmp(text->at, word, text->len) == 0;
}

static struct zipkin_text plain(struct filling *f, const struct json_text *text)
{
    struct zipkin_reader *r = f->reader;
    struct zipkin_text out = {text->at, text->len};

    if (text->escaped) {
        char *to = r->scratch + r->scratch_used;

        out.at = to;
        out.len = json_unescape(text, to, sizeof(r->scratch) - r->scratch_used);
        r->scratch_used += out.len;
    }
    return out;
}

static void take_id(struct filling *f, const struct json_text *text, uint64_t *ret_id, bool *ret_has)
{
    uint64_t high;

    if (span_id_read(text, &high, ret_id) && *ret_id)
        *ret_has = true;
    else
        f->bad = true;
}

static void take_tag(struct filling *f, const struct json_text *key, const struct json_text *value)
{
    static const char prefix[] = "coredns.io/";
    struct zipkin_span *span = &f->span;

    if (is(key, "error")) {
        span->failed = is(value, "true");
    } else if (is(key, "peer.address")) {
        span->peer = plain(f, value);
    } else if (key->len > sizeof(prefix) - 1 && memcmp(key->at, prefix, sizeof(prefix) - 1) == 0) {
        struct json_text name = {key->at + sizeof(prefix) - 1, key->len - (sizeof(prefix) - 1), false};

        span->tagged = true;
        if (is(&name, "name"))
            span->query = plain(f, value);
        else if (is(&name, "type"))
            span->type = plain(f, value);
        else if (is(&name, "proto"))
            span->protocol = plain(f, value);
        else if (is(&name, "remote"))
            span->client = plain(f, value);
        else if (is(&name, "rcode"))
            span->rcode = plain(f, value);
    }
}

/* Zipkin's {"key": "value", ...}. */
static void read_tag_object(struct filling *f, struct json_cursor *c)
{
    struct json_text key, value;

    while (json_next_key(c, &key))
        if (json_scalar(c, &value))
            take_tag(f, &key, &value);
}

/* [{"key": ..., "type": ..., "value": ...}, ...]: Jaeger's tags and fields of a log, OTLP's attributes. */
static void read_tag_list(struct filling *f, struct json_cursor *c, bool of_log)
{
    struct json_text key, text, name, value;

    while (json_next_element(c)) {
        name = value = (struct json_text){0};
        if (!json_enter(c, '{')) {
            json_skip(c);
            continue;
        }
        while (json_next_key(c, &key)) {
            if (is(&key, "value") && json_enter(c, '{')) {
                json_only_scalar(c, &value); /* OTLP's {"stringValue": ...} */
                continue;
            }
            if (!json_scalar(c, &text))
                continue;
            if (is(&key, "key"))
                name = text;
            else if (is(&key, "value"))
                value = text;
        }
        if (!name.at || !value.at)
            continue;
        if (!of_log)
            take_tag(f, &name, &value);
        else if (is(&name, "error.object") || is(&name, "message"))
            f->span.error = plain(f, &value);
    }
}

/*
 * [{"timestamp": ..., "value": "error.object:..."}, ...], Jaeger's [{"timestamp": ..., "fields": [...]},
 * ...], or OTLP's [{"name": "error.object:...", "attributes": [...]}, ...].
 */
static void read_annotations(struct filling *f, struct json_cursor *c)
{
    static const char prefix[] = "error.object:";
    struct json_text key, text;

    while (json_next_element(c)) {
        if (!json_enter(c, '{')) {
            json_skip(c);
            continue;
        }
        while (json_next_key(c, &key)) {
            if ((is(&key, "fields") || is(&key, "attributes")) && json_enter(c, '[')) {
                read_tag_list(f, c, true);
            } else if (json_scalar(c, &text) && (is(&key, "value") || is(&key, "name")) &&
                       text.len > sizeof(prefix) - 1 && memcmp(text.at, prefix, sizeof(prefix) - 1) == 0) {
                text.at += sizeof(prefix) - 1;
                text.len -= sizeof(prefix) - 1;
                f->span.error = plain(f, &text);
            }
        }
    }
}

/* OTLP's {"code": 2, "message": ...}. */
static void read_status(struct filling *f, struct json_cursor *c)
{
    struct json_text key, value;

    while (json_next_key(c, &key))
        if (json_scalar(c, &value) && is(&key, "code"))
            f->span.failed = f->span.failed || is(&value, "2") || is(&value, "STATUS_CODE_ERROR");
}

static void read_endpoint(struct filling *f, struct json_cursor *c)
{
    struct json_text key, value;

    while (json_next_key(c, &key))
        if (json_scalar(c, &value) && (is(&key, "ipv4") || is(&key, "ipv6")))
            f->span.server = plain(f, &value);
}

/* The first that it is a child of. */
static void read_references(struct filling *f, struct json_cursor *c)
{
    struct json_text key, value, kind, id;
    bool has;

    while (json_next_element(c)) {
        kind = id = (struct json_text){0};
        if (!json_enter(c, '{')) {
            json_skip(c);
            continue;
        }
        while (json_next_key(c, &key)) {
            if (!json_scalar(c, &value))
                continue;
            if (is(&key, "refType"))
                kind = value;
            else if (is(&key, "spanID"))
                id = value;
        }
        if (id.at && kind.at && is(&kind, "CHILD_OF") && !f->span.parent)
            take_id(f, &id, &f->span.parent, &has);
    }
}

static void take_trace(struct filling *f, const struct json_text *value)
{
    struct zipkin_span *span = &f->span;

    f->has_trace = span_id_read(value, &span->trace_high, &span->trace) && (span->trace_high || span->trace);
}

static void take_scalar(struct filling *f, const struct json_text *key, const struct json_text *value)
{
    struct zipkin_span *span = &f->span;
    bool has;

    switch (key->len) {
    case 2:
        if (is(key, "id"))
            take_id(f, value, &span->id, &f->has_id);
        break;
    case 4:
        if (is(key, "name"))
            span->name = plain(f, value);
        break;
    case 6:
        if (is(key, "spanID") || is(key, "spanId"))
            take_id(f, value, &span->id, &f->has_id);
        f->of_otlp = f->of_otlp || is(key, "spanId");
        break;
    case 7:
        if (is(key, "traceId") || is(key, "traceID"))
            take_trace(f, value);
        else if (is(key, "span_id"))
            take_id(f, value, &span->id, &f->has_id);
        f->of_otlp = f->of_otlp || is(key, "span_id");
        break;
    case 8:
        if (is(key, "parentId") && value->len && !is(value, "null"))
            take_id(f, value, &span->parent, &has);
        else if (is(key, "duration"))
            span->duration_us = json_number(value);
        else if (is(key, "trace_id"))
            take_trace(f, value);
        break;
    case 9:
        if (is(key, "timestamp") || is(key, "startTime"))
            span->timestamp_us = json_number(value);
        break;
    case 12:
        if ((is(key, "parentSpanID") || is(key, "parentSpanId")) && value->len && !is(value, "0"))
            take_id(f, value, &span->parent, &has);
        break;
    case 13:
        if (is(key, "operationName"))
            span->name = plain(f, value);
        break;
    case 14:
        if (is(key, "parent_span_id") && value->len)
            take_id(f, value, &span->parent, &has);
        break;
    default:
        if (is(key, "startTimeUnixNano") || is(key, "start_time_unix_nano"))
            f->start_ns = json_number(value);
        else if (is(key, "endTimeUnixNano") || is(key, "end_time_unix_nano"))
            f->end_ns = json_number(value);
        break;
    }
}

static void read_member(struct filling *f, struct json_cursor *c, const struct json_text *key)
{
    struct json_text value;

    if (is(key, "tags") && json_enter(c, '{'))
        read_tag_object(f, c);
    else if ((is(key, "tags") || is(key, "attributes")) && json_enter(c, '['))
        read_tag_list(f, c, false);
    else if (is(key, "status") && json_enter(c, '{'))
        read_status(f, c);
    else if ((is(key, "annotations") || is(key, "logs") || is(key, "events")) && json_enter(c, '['))
        read_annotations(f, c);
    else if (is(key, "localEndpoint") && json_enter(c, '{'))
        read_endpoint(f, c);
    else if (is(key, "references") && json_enter(c, '['))
        read_references(f, c);
    else if (is(key, "_source") && !f->within_source && json_enter(c, '{')) {
        f->within_source = true;
        while (json_next_key(c, &value))
            read_member(f, c, &value);
        f->within_source = false;
    } else if (json_scalar(c, &value))
        take_scalar(f, key, &value);
}

/* At a brace. What is no span of use is counted; the cursor says whether it is JSON. */
static void read_span(struct zipkin_reader *r, struct json_cursor *c)
{
    struct filling f = {.reader = r};
    struct json_text key;

    r->scratch_used = 0;
    if (!json_enter(c, '{'))
        return;
    while (json_next_key(c, &key))
        read_member(&f, c, &key);
    if (c->state != JSON_GOOD)
        return;
    if (!f.has_trace || !f.has_id || f.bad) {
        r->malformed++;
        return;
    }
    /* What collects these may leave attributes out: without one a root is not of a query that panicked. */
    f.span.tagged = f.span.tagged || f.of_otlp;
    if (f.start_ns) {
        f.span.timestamp_us = f.start_ns / 1000;
        f.span.duration_us = f.end_ns > f.start_ns ? (f.end_ns - f.start_ns) / 1000 : 0;
    }
    r->spans++;
    r->span(r->user, &f.span);
}

static void push(struct zipkin_reader *r, struct json_cursor *c, enum json_level kind)
{
    if (r->depth == ZIPKIN_LEVELS) {
        json_fail(c, "it is nested too deep");
        return;
    }
    c->within = 0; /* what the reader is in, it knows itself */
    r->levels[r->depth++] = (struct zipkin_level){(uint8_t)kind, DUE_FIRST};
}

static bool is_export(const struct json_cursor *at)
{
    static const char *const members[] = {"data",          "total",          "limit",   "offset", "errors",
                                          "resourceSpans", "resource_spans", "batches", "trace"};
    struct json_cursor ahead = *at;
    struct json_text key;

    if (!json_enter(&ahead, '{') || !json_next_key(&ahead, &key))
        return false;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (is(&key, members[i]))
            return true;
    return false;
}

/* One trace of Jaeger's by itself: a list "spans" within the first members that are no lists. */
static bool is_trace(const struct json_cursor *at)
{
    struct json_cursor ahead = *at;
    struct json_text key, value;

    if (!json_enter(&ahead, '{'))
        return false;
    while (json_next_key(&ahead, &key)) {
        if (is(&key, "spans"))
            return json_enter(&ahead, '[');
        if (!json_scalar(&ahead, &value) && !is(&key, "processes"))
            return false;
    }
    return false;
}

/* An element of a list, or of the text. */
static void read_element(struct zipkin_reader *r, struct json_cursor *c, char first)
{
    struct zipkin_level *level = &r->levels[r->depth - 1];
    enum json_level kind = (enum json_level)level->kind;

    level->due = kind == LEVEL_TOP ? DUE_FIRST : DUE_COMMA;
    if (kind == LEVEL_TRACES) {
        if (json_enter(c, '{'))
            push(r, c, LEVEL_TRACE);
        else
            json_fail(c, "a trace should be here");
    } else if (first == '[' && json_enter(c, '[')) {
        push(r, c, LEVEL_LIST);
    } else if (first != '{') {
        json_fail(c, "a span should be here");
    } else if (kind == LEVEL_TOP && is_export(c)) {
        (void)json_enter(c, '{');
        push(r, c, LEVEL_EXPORT);
    } else if (is_trace(c)) {
        (void)json_enter(c, '{');
        push(r, c, LEVEL_TRACE);
    } else {
        read_span(r, c);
    }
}

/* Lists of objects on the way to spans: Jaeger's traces; OTLP's resources, and their scopes. */
static bool is_list_of_objects(const struct json_text *key)
{
    static const char *const names[] = {"data",
                                        "resourceSpans",
                                        "resource_spans",
                                        "batches",
                                        "scopeSpans",
                                        "scope_spans",
                                        "instrumentationLibrarySpans"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (is(key, names[i]))
            return true;
    return false;
}

/* A member of Jaeger's and OTLP's objects. */
static void read_export_member(struct zipkin_reader *r, struct json_cursor *c)
{
    struct zipkin_level *level = &r->levels[r->depth - 1];
    struct json_text key;

    level->due = DUE_COMMA;
    if (!json_key(c, &key))
        return;
    if (is_list_of_objects(&key) && json_enter(c, '['))
        push(r, c, LEVEL_TRACES);
    else if (level->kind == LEVEL_TRACE && is(&key, "spans") && json_enter(c, '['))
        push(r, c, LEVEL_LIST);
    else if (level->kind == LEVEL_EXPORT && is(&key, "trace") && json_enter(c, '{'))
        push(r, c, LEVEL_TRACE);
    else
        json_skip(c);
}

/* One step: a comma, an end, an element. */
static void step(struct zipkin_reader *r, struct json_cursor *c)
{
    struct zipkin_level *level = &r->levels[r->depth - 1];
    bool object = level->kind == LEVEL_EXPORT || level->kind == LEVEL_TRACE;
    char first = *c->at;

    if (level->kind != LEVEL_TOP && level->due != DUE_NEXT && first == (object ? '}' : ']')) {
        c->at++;
        r->depth--;
    } else if (level->due == DUE_COMMA) {
        if (first != ',')
            json_fail(c, "a comma should be here");
        level->due = DUE_NEXT;
        c->at++;
    } else if (object) {
        read_export_member(r, c);
    } else {
        read_element(r, c, first);
    }
}

void zipkin_reader_init(struct zipkin_reader *reader,
                        void (*span)(void *user, const struct zipkin_span *span), void *user)
{
    memset(reader, 0, offsetof(struct zipkin_reader, scratch));
    reader->scratch_used = 0;
    reader->span = span;
    reader->user = user;
    reader->levels[0].kind = LEVEL_TOP;
    reader->depth = 1;
}

int zipkin_reader_feed(struct zipkin_reader *r, const char *bytes, size_t len, bool last, size_t *ret_used,
                       struct err *err)
{
    struct json_cursor c = {.at = bytes, .end = bytes + len};
    const char *begin = bytes;

    while (c.state == JSON_GOOD) {
        struct zipkin_reader before;

        json_blanks(&c);
        begin = c.at;
        if (c.at == c.end)
            break;
        r->began = true;
        memcpy(&before, r, offsetof(struct zipkin_reader, scratch));
        step(r, &c);
        if (c.state == JSON_CUT)
            memcpy(r, &before, offsetof(struct zipkin_reader, scratch));
    }
    if (c.state == JSON_BAD)
        return err_set(err, ERR_FORMAT, EBADMSG, "byte %" PRIu64 ": %s", r->offset + (uint64_t)(c.at - bytes),
                       c.fault);
    if (!last && (size_t)(c.end - begin) > ZIPKIN_SPAN_MAX)
        return err_set(err, ERR_FORMAT, EFBIG, "byte %" PRIu64 ": a span of over %d KB",
                       r->offset + (uint64_t)(begin - bytes), ZIPKIN_SPAN_MAX / 1024);
    *ret_used = (size_t)(begin - bytes);
    r->offset += *ret_used;
    if (last && (begin < c.end || r->depth > 1))
        return err_set(err, ERR_FORMAT, EBADMSG, "it ends in the middle of a %s, after %" PRIu64 " bytes",
                       begin < c.end ? "span" : "list", r->offset + (uint64_t)(c.end - begin));
    return 0;
}
