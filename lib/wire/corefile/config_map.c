/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../cluster/object_documents.h"
#include "corefile_paste.h"
#include <errno.h>
#include <k8sdns/base/base64.h>
#include <k8sdns/base/line.h>
#include <k8sdns/wire/corefile/config_map.h>
#include <string.h>
#include <strings.h>

/* Lists within lists are not what kubectl writes. */
#define DEPTH_MAX 3

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t blanks(const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len && is_blank(bytes[at]))
        at++;
    return at;
}

static bool begins_json(const char *bytes, size_t len)
{
    size_t at = blanks(bytes, len);

    if (at == len || bytes[at] != '{')
        return false;
    at++;
    at += blanks(bytes + at, len - at);
    return at < len && (bytes[at] == '"' || bytes[at] == '}');
}

bool config_map_is_one(const char *bytes, size_t len)
{
    static const char *const keys[] = {"apiVersion:", "kind:", "data:", "items:", "metadata:"};
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;
    bool first = true;

    if (begins_json(bytes, len))
        return true;
    while (line_cursor_next(&cursor, &line)) {
        size_t indent = first ? blanks(line.text, line.len) : 0;

        /* All of it may be indented, as a page has it in a list. */
        line.text += indent;
        line.len -= indent;
        first = first && !line.len;
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            size_t key = strlen(keys[i]);

            /* A Corefile's "data:53 {" has its port at once behind the colon. */
            if (line.len >= key && memcmp(line.text, keys[i], key) == 0 &&
                (line.len == key || is_blank(line.text[key])))
                return true;
        }
    }
    return false;
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void read_object(struct arena *arena, const json_t *object, unsigned depth, struct config_maps *maps);

/*
 * What aws eks prints of an add-on, and what it takes: {"corefile": "...", "replicaCount": 3}, as an object
 * or as the text of one. Source: docs.aws.amazon.com/eks, describe-addon-configuration of coredns.
 */
static void read_addon(struct arena *arena, const json_t *object, unsigned depth, struct config_maps *maps)
{
    const char *corefile = text_of(object, "corefile"), *values = text_of(object, "configurationValues");
    const json_t *addon = json_object_get(object, "addon");
    struct config_map map = {.space = "", .name = ""};
    struct err ignored = {0};
    json_t *documents, *document;
    size_t i;

    corefile = corefile ? corefile : text_of(object, "Corefile");
    if (corefile) {
        map.corefile = arena_text(arena, corefile);
        config_map_add(arena, &map, maps);
    }
    if (addon && depth < DEPTH_MAX)
        read_object(arena, addon, depth + 1, maps);
    if (!values || depth >= DEPTH_MAX ||
        object_documents_read(values, strlen(values), false, &documents, &ignored) < 0)
        return;
    json_array_foreach(documents, i, document) read_object(arena, document, depth + 1, maps);
    json_decref(documents);
}

/* "corefile", "Corefile.txt": a key that no usual Deployment mounts, as --from-file may leave it. */
static void take_misnamed(struct arena *arena, struct config_map *map, bool *ret_template)
{
    for (size_t i = 0; i < map->keys_count && !map->corefile; i++) {
        const struct corefile_file *key = &map->keys[i];

        if (strncasecmp(key->name, "corefile", 8) != 0 || (key->name[8] && key->name[8] != '.') ||
            !strchr(key->text, '{'))
            continue;
        map->misnamed = key->name;
        map->corefile = corefile_clean(arena, key->text, key->len, ret_template);
    }
}

static void add_key(struct arena *arena, struct config_map *map, const char *key, const char *text,
                    bool *ret_template)
{
    if (strcmp(key, "Corefile") == 0)
        map->corefile = corefile_clean(arena, text, strlen(text), ret_template);
    else
        *ARENA_PUSH(arena, map->keys, map->keys_count) =
            (struct corefile_file){arena_text(arena, key), arena_text(arena, text), strlen(text)};
}

/* What kubectl put in base64, since some octet of it is no UTF-8. */
static void read_binary(struct arena *arena, const json_t *data, struct config_map *map, bool *ret_template)
{
    const char *key, *text;
    json_t *value;
    size_t len;

    json_object_foreach((json_t *)(uintptr_t)data, key, value)
    {
        text = json_string_value(value);
        text = text ? base64_read(arena, text, strlen(text), &len) : NULL;
        if (text)
            add_key(arena, map, key, text, ret_template);
    }
}

static void read_object(struct arena *arena, const json_t *object, unsigned depth, struct config_maps *maps)
{
    const json_t *items = json_object_get(object, "items"), *item, *data = json_object_get(object, "data");
    const json_t *addons = json_object_get(object, "addons"); /* of eksctl's file of a cluster */
    const json_t *metadata = json_object_get(object, "metadata");
    const char *name = text_of(metadata, "name"), *space = text_of(metadata, "namespace"), *key;
    const char *kind = text_of(object, "kind");
    struct config_map map = {0};
    json_t *value;
    size_t i;

    if (depth < DEPTH_MAX)
        json_array_foreach(items, i, item) read_object(arena, item, depth + 1, maps);
    if (depth < DEPTH_MAX)
        json_array_foreach(addons, i, item) read_object(arena, item, depth + 1, maps);
    /* A Secret has data, too; whatever has a Corefile is taken for a ConfigMap. */
    if (kind && strcmp(kind, "ConfigMap") != 0 && !text_of(data, "Corefile"))
        return;
    map.space = arena_text(arena, space ? space : "");
    map.name = arena_text(arena, name ? name : "");
    json_object_foreach((json_t *)(uintptr_t)data, key, value)
    {
        const char *text = json_string_value(value);

        if (text)
            add_key(arena, &map, key, text, &maps->template);
    }
    read_binary(arena, json_object_get(object, "binaryData"), &map, &maps->template);
    if (kind && !map.corefile)
        take_misnamed(arena, &map, &maps->template);
    /* GKE's has no keys until somebody writes one. */
    if (map.corefile || map.keys_count || (kind && strcmp(map.name, "kube-dns") == 0))
        config_map_add(arena, &map, maps);
    else
        read_addon(arena, object, depth, maps);
}

/* The bytes without what a shell leaves around them: quotes that are none of JSON's. */
static const char *within_quotes(const char *bytes, size_t len, size_t *ret_len)
{
    size_t at = blanks(bytes, len);

    while (len > at && is_blank(bytes[len - 1]))
        len--;
    if (len - at > 1 && bytes[at] == '\'' && bytes[len - 1] == '\'') {
        at++;
        len--;
    }
    *ret_len = len - at;
    return bytes + at;
}

/* A text as a string of JSON: what is in it already but for its quotes. */
static const char *quoted(struct arena *arena, const char *bytes, size_t len)
{
    char *text = arena_alloc(arena, 2 * len + 3), *to = text;

    *to++ = '"';
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '"' && (!i || bytes[i - 1] != '\\'))
            *to++ = '\\';
        *to++ = bytes[i];
    }
    *to++ = '"';
    *to = '\0';
    return text;
}

/*
 * A Corefile as one string on one line, as jq prints one without -r and some shells do: quotes may be
 * missing, and the ends of its lines are written as "\n".
 */
static const char *unquoted(struct arena *arena, const char *bytes, size_t len)
{
    const char *text = NULL, *at = within_quotes(bytes, len, &len);
    json_t *string;

    if (!len || *at == '{' || *at == '[' || memchr(at, '\n', len) || !memmem(at, len, "\\n", 2))
        return NULL;
    at = *at == '"' ? arena_text_n(arena, at, len) : quoted(arena, at, len);
    string = json_loads(at, JSON_DECODE_ANY, NULL);
    if (json_is_string(string) && strchr(json_string_value(string), '\n'))
        text = arena_text(arena, json_string_value(string));
    json_decref(string);
    return text;
}

/*
 * A line "corefile: |": a Corefile's "corefile:53 {" has its port at once behind the colon. `*ret_string` is
 * whether all of it stands on that line, in quotes.
 */
static bool has_corefile_key(const char *bytes, size_t len, bool *ret_string)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;

    while (line_cursor_next(&cursor, &line))
        if (line.len > 9 &&
            (memcmp(line.text, "corefile:", 9) == 0 || memcmp(line.text, "Corefile:", 9) == 0) &&
            is_blank(line.text[9])) {
            size_t at = 9 + blanks(line.text + 9, line.len - 9);

            *ret_string = at < line.len && line.text[at] == '"';
            return true;
        }
    return false;
}

/* Values in YAML that hold the Corefile: the EKS add-on's. One key alone is a Corefile with its key left on.
 */
static bool read_values(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps)
{
    size_t before = maps->maps_count;
    struct err ignored = {0};
    bool string = false;
    json_t *documents;

    if (!has_corefile_key(bytes, len, &string) ||
        object_documents_read(bytes, len, false, &documents, &ignored) < 0)
        return false;
    if (string || json_object_size(json_array_get(documents, 0)) > 1)
        read_object(arena, json_array_get(documents, 0), 0, maps);
    json_decref(documents);
    return maps->maps_count > before;
}

/* A Corefile within a text of no known form, else all of the text as one. */
static void read_text(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps)
{
    const char *block = corefile_block(arena, bytes, len);

    maps->text = corefile_clean(arena, block ? block : bytes, len, &maps->template);
}

/* Objects and lists that are no ConfigMap. Return whether something was in them. */
static bool read_deep(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps)
{
    size_t before = maps->maps_count;
    struct err ignored = {0};
    json_t *documents, *document;
    size_t i;

    if (object_documents_read(bytes, len, false, &documents, &ignored) < 0)
        return false;
    json_array_foreach(documents, i, document) config_values_read(arena, document, 0, maps);
    json_decref(documents);
    return maps->maps_count > before;
}

/* Whether it may be YAML or JSON that holds a Corefile, or what one is made of: one itself has no such line.
 */
static bool may_be_deep(const char *bytes, size_t len)
{
    static const char *const keys[] = {"orefile:", "orefile\"", "servers:", "\"servers\"", "valuesContent"};
    static const char alone[] = "Corefile:";

    /* The key of a ConfigMap in front of a Corefile, whose lines stay where they are. */
    if (len > sizeof(alone) - 1 && memcmp(bytes, alone, sizeof(alone) - 1) == 0)
        return false;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (memmem(bytes, len, keys[i], strlen(keys[i])))
            return true;
    return false;
}

int config_map_read(struct arena *arena, const char *bytes, size_t len, struct config_maps *maps,
                    struct err *err)
{
    json_t *documents, *document;
    const char *text;
    size_t i, before;
    int r;

    if (read_values(arena, bytes, len, maps))
        return 0;
    text = unquoted(arena, bytes, len);
    if (text) {
        maps->text = corefile_clean(arena, text, strlen(text), &maps->template);
        return 0;
    }
    if (is_described(bytes, len)) {
        described_read(arena, bytes, len, maps);
        return 0;
    }
    if (!config_map_is_one(bytes, len)) {
        if (!may_be_deep(bytes, len) || !read_deep(arena, bytes, len, maps))
            read_text(arena, bytes, len, maps);
        return 0;
    }
    before = maps->maps_count + maps->parts_count + maps->kube_dns_count;
    r = object_documents_read(bytes, len, false, &documents, err);
    if (r < 0) {
        /* A template need not be YAML. */
        if (!corefile_block(arena, bytes, len))
            return r;
        *err = (struct err){0};
        read_text(arena, bytes, len, maps);
        return 0;
    }
    json_array_foreach(documents, i, document) read_object(arena, document, 0, maps);
    json_decref(documents);
    if (maps->maps_count + maps->parts_count + maps->kube_dns_count == before)
        (void)read_deep(arena, bytes, len, maps);
    return 0;
}
