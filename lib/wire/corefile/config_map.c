/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kube_reader.h"
#include "yaml_json.h"
#include <errno.h>
#include <k8sdns/base/line.h>
#include <k8sdns/wire/config_map.h>
#include <string.h>

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

    if (begins_json(bytes, len))
        return true;
    while (line_cursor_next(&cursor, &line))
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
            size_t key = strlen(keys[i]);

            /* A Corefile's "data:53 {" has its port at once behind the colon. */
            if (line.len >= key && memcmp(line.text, keys[i], key) == 0 &&
                (line.len == key || is_blank(line.text[key])))
                return true;
        }
    return false;
}

static void read_object(struct arena *arena, const json_t *object, unsigned depth, struct config_map **maps,
                        size_t *count)
{
    const json_t *items = json_object_get(object, "items"), *item;
    const json_t *metadata = json_object_get(object, "metadata");
    const char *corefile = kube_text(json_object_get(object, "data"), "Corefile");
    const char *name = kube_text(metadata, "name"), *space = kube_text(metadata, "namespace");
    size_t i;

    if (depth < DEPTH_MAX)
        json_array_foreach(items, i, item) read_object(arena, item, depth + 1, maps, count);
    if (!corefile)
        return;
    *ARENA_PUSH(arena, *maps, *count) =
        (struct config_map){arena_text(arena, space ? space : ""), arena_text(arena, name ? name : ""),
                            arena_text(arena, corefile)};
}

int config_map_read(struct arena *arena, const char *bytes, size_t len, struct config_map **ret_maps,
                    size_t *ret_count, struct err *err)
{
    struct config_map *maps = NULL;
    size_t count = 0, i;
    json_error_t where;
    json_t *root, *document;

    if (begins_json(bytes, len)) {
        root = json_loadb(bytes, len, 0, &where);
        if (!root)
            return err_set(err, ERR_FORMAT, EBADMSG, "it is no JSON: line %d, column %d: %s", where.line,
                           where.column, where.text);
        read_object(arena, root, 0, &maps, &count);
    } else {
        int r = yaml_json_read(bytes, len, &root, err);

        if (r < 0)
            return r;
        json_array_foreach(root, i, document) read_object(arena, document, 0, &maps, &count);
    }
    json_decref(root);
    *ret_maps = maps;
    *ret_count = count;
    return 0;
}
