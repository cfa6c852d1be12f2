/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_json.h"
#include <errno.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* Kubernetes objects are some ten levels deep. */
#define DEPTH_MAX 64

/* A mapping or a sequence that is being filled; the first is the array of documents. */
struct yaml_level {
    json_t *json;
    char *key;  /* of the value that comes next in a mapping, or NULL when a key is due */
    bool whole; /* whatever is below it is kept */
};

struct builder {
    yaml_parser_t parser;
    struct yaml_level levels[DEPTH_MAX];
    size_t depth;
    bool kube;
    size_t skipped; /* levels that are open within a value that is not kept */
    struct err *err;
};

static int refuse(struct builder *b, size_t line, const char *what)
{
    char text[200];

    escape_line(text, sizeof(text), what, strlen(what));
    return err_set(b->err, ERR_FORMAT, EBADMSG, "it is no YAML: line %zu: %s", line + 1, text);
}

/* Put a value where it belongs; takes `value`. */
static int put(struct builder *b, json_t *value, size_t line)
{
    struct yaml_level *level = &b->levels[b->depth - 1];
    int r;

    if (!value)
        return refuse(b, line, "a text that is no UTF-8");
    if (json_is_array(level->json))
        return json_array_append_new(level->json, value) == 0 ? 0 : refuse(b, line, "it is too large");
    if (!level->key) {
        json_decref(value);
        return refuse(b, line, "a key that is no text");
    }
    r = json_object_set_new(level->json, level->key, value);
    free(level->key);
    level->key = NULL;
    return r == 0 ? 0 : refuse(b, line, "a key that is no UTF-8");
}

/* A scalar without quotes may be of another type than a text (YAML 1.1, as kubectl writes it). */
static json_t *plain_scalar(const char *text, size_t len)
{
    char copy[24], *end;
    long long number;

    if ((len == 4 && memcmp(text, "null", 4) == 0) || (len == 1 && *text == '~') || !len)
        return json_null();
    if (len == 4 && memcmp(text, "true", 4) == 0)
        return json_true();
    if (len == 5 && memcmp(text, "false", 5) == 0)
        return json_false();
    if (len >= sizeof(copy) || (*text != '-' && (*text < '0' || *text > '9')) || (len > 1 && *text == '0'))
        return json_stringn(text, len);
    memcpy(copy, text, len);
    copy[len] = '\0';
    errno = 0;
    number = strtoll(copy, &end, 10);
    return *end || errno || end == copy ? json_stringn(text, len) : json_integer(number);
}

static int put_scalar(struct builder *b, const yaml_event_t *event)
{
    struct yaml_level *level = &b->levels[b->depth - 1];
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;

    if (!json_is_object(level->json) || level->key)
        return put(b,
                   event->data.scalar.plain_implicit && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
                       ? plain_scalar(text, len)
                       : json_stringn(text, len),
                   event->start_mark.line);
    level->key = strndup(text, len);
    return level->key ? 0 : refuse(b, event->start_mark.line, "out of memory");
}

/* Whether the value that comes next is one that nobody looks at. */
static bool is_unwanted(const struct builder *b)
{
    const struct yaml_level *level = &b->levels[b->depth - 1];

    return b->kube && !level->whole && level->key && !kube_wants(level->key, strlen(level->key));
}

/* Step over a value. Return whether that was one which is not kept. */
static bool skip(struct builder *b, yaml_event_type_t type)
{
    struct yaml_level *level = &b->levels[b->depth - 1];
    bool opens = type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT;
    bool closes = type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT;

    if (!b->skipped && (!is_unwanted(b) || (!opens && type != YAML_SCALAR_EVENT)))
        return false;
    b->skipped += opens;
    b->skipped -= closes;
    if (!b->skipped) {
        free(level->key);
        level->key = NULL;
    }
    /* What ends the text is never within a value; an alias is refused everywhere. */
    return type != YAML_ALIAS_EVENT;
}

static int open_level(struct builder *b, json_t *json, const yaml_event_t *event)
{
    const struct yaml_level *level = &b->levels[b->depth - 1];
    bool whole = level->whole || (level->key && kube_wants_whole(level->key, strlen(level->key)));
    int r;

    if (b->depth == DEPTH_MAX) {
        json_decref(json);
        return refuse(b, event->start_mark.line, "it is nested too deep");
    }
    r = put(b, json, event->start_mark.line);
    if (r == 0)
        b->levels[b->depth++] = (struct yaml_level){.json = json, .whole = whole};
    return r;
}

/* Return 1 at the end of the text. */
static int take(struct builder *b, const yaml_event_t *event)
{
    if (skip(b, event->type))
        return 0;
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return put_scalar(b, event);
    case YAML_MAPPING_START_EVENT:
        return open_level(b, json_object(), event);
    case YAML_SEQUENCE_START_EVENT:
        return open_level(b, json_array(), event);
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        free(b->levels[--b->depth].key);
        return 0;
    case YAML_ALIAS_EVENT:
        return refuse(b, event->start_mark.line, "an alias, which kubectl never writes");
    case YAML_STREAM_END_EVENT:
        return 1;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
    default:
        return 0;
    }
}

int yaml_json_read(const char *bytes, size_t len, bool kube, json_t **ret_documents, struct err *err)
{
    struct builder b = {.levels[0].json = json_array(), .depth = 1, .kube = kube, .err = err};
    yaml_event_t event;
    int r = 0;

    if (!yaml_parser_initialize(&b.parser)) {
        json_decref(b.levels[0].json);
        return refuse(&b, 0, "out of memory");
    }
    yaml_parser_set_input_string(&b.parser, (const unsigned char *)bytes, len);
    while (r == 0) {
        if (!yaml_parser_parse(&b.parser, &event)) {
            r = refuse(&b, b.parser.problem_mark.line,
                       b.parser.problem ? b.parser.problem : "it cannot be read");
            break;
        }
        r = take(&b, &event);
        yaml_event_delete(&event);
    }
    while (b.depth > 1)
        free(b.levels[--b.depth].key);
    yaml_parser_delete(&b.parser);
    if (r < 0) {
        json_decref(b.levels[0].json);
        return r;
    }
    *ret_documents = b.levels[0].json;
    return 0;
}
