/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Corefiles that stand deeper than in a ConfigMap: in tasks of Ansible, values of Helm, other tools' objects.
 */
#include "../cluster/object_documents.h"
#include "corefile_paste.h"
#include <errno.h>
#include <k8sdns/base/line.h>
#include <k8sdns/base/text.h>
#include <string.h>

/* A playbook has its ConfigMap six levels down. */
#define DEPTH_MAX 16

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* A scalar of YAML as it is written in a Corefile. */
static void add_scalar(struct text *out, const json_t *value)
{
    if (json_is_string(value))
        text_add(out, json_string_value(value));
    else if (json_is_integer(value))
        text_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        text_addf(out, "%g", json_real_value(value));
}

static void add_block(struct text *out, const char *block, const char *indent)
{
    struct line_cursor cursor = {.bytes = block, .len = strlen(block)};
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        text_add(out, indent);
        text_add_n(out, line.text, line.len);
        text_add(out, "\n");
    }
}

static void add_zones(struct text *out, const json_t *server)
{
    const json_t *zones = json_object_get(server, "zones"), *port = json_object_get(server, "port"), *zone;
    size_t i;

    json_array_foreach(zones, i, zone)
    {
        const char *name = text_of(zone, "zone"), *scheme = text_of(zone, "scheme");

        text_addf(out, "%s%s", scheme ? scheme : "", name ? name : ".");
        if (port) {
            text_add(out, ":");
            add_scalar(out, port);
        }
        text_add(out, " ");
    }
    if (!json_array_size(zones)) {
        text_add(out, ".:");
        add_scalar(out, port);
        text_add(out, " ");
    }
}

/*
 * The Corefile that CoreDNS's Helm chart makes of its values. Source: github.com/coredns/helm, the chart's
 * values.yaml (servers: zones, port, plugins with name, parameters, configBlock).
 */
static const char *corefile_of_servers(struct arena *arena, const json_t *servers)
{
    const json_t *server, *plugin;
    struct text out = {0};
    const char *corefile;
    size_t i, k;

    json_array_foreach(servers, i, server)
    {
        const char *own = text_of(server, "configBlock");

        add_zones(&out, server);
        text_add(&out, "{\n");
        if (own)
            add_block(&out, own, "    ");
        json_array_foreach(json_object_get(server, "plugins"), k, plugin)
        {
            const json_t *parameters = json_object_get(plugin, "parameters");
            const char *block = text_of(plugin, "configBlock"), *name = text_of(plugin, "name");

            text_addf(&out, "    %s", name ? name : "");
            if (parameters) {
                text_add(&out, " ");
                add_scalar(&out, parameters);
            }
            if (block) {
                text_add(&out, " {\n");
                add_block(&out, block, "        ");
                text_add(&out, "    }");
            }
            text_add(&out, "\n");
        }
        text_add(&out, "}\n");
    }
    corefile = arena_text(arena, text_string(&out));
    text_fini(&out);
    return corefile;
}

static bool are_servers(const json_t *servers)
{
    return json_is_string(
        json_object_get(json_array_get(json_object_get(json_array_get(servers, 0), "plugins"), 0), "name"));
}

static void add(struct arena *arena, const char *corefile, struct config_maps *maps)
{
    struct config_map map = {.space = "", .name = ""};

    map.corefile = corefile_clean(arena, corefile, strlen(corefile), &maps->template);
    config_map_add(arena, &map, maps);
}

/* A Corefile has blocks, and a path to one has none. */
static bool is_text(const char *text)
{
    return text && strchr(text, '{') && strchr(text, '\n');
}

/* Text within text: rke2's and k3s's HelmChartConfig has its values so. */
static void read_inner(struct arena *arena, const char *text, unsigned depth, struct config_maps *maps)
{
    struct err ignored = {0};
    json_t *documents, *document;
    size_t i;

    if (!text || object_documents_read(text, strlen(text), false, &documents, &ignored) < 0)
        return;
    json_array_foreach(documents, i, document) config_values_read(arena, document, depth + 1, maps);
    json_decref(documents);
}

void config_values_read(struct arena *arena, const json_t *value, unsigned depth, struct config_maps *maps)
{
    const json_t *servers = json_object_get(value, "servers"), *item;
    const char *corefile = text_of(value, "Corefile"), *key;
    json_t *member;
    size_t i;

    if (depth > DEPTH_MAX)
        return;
    /* A literal of kustomize's configMapGenerator. */
    if (json_is_string(value) && strncmp(json_string_value(value), "Corefile=", 9) == 0 &&
        is_text(json_string_value(value)))
        add(arena, json_string_value(value) + 9, maps);
    json_array_foreach(value, i, item) config_values_read(arena, item, depth + 1, maps);
    corefile = is_text(corefile) ? corefile : text_of(value, "corefile");
    if (is_text(corefile))
        add(arena, corefile, maps);
    if (are_servers(servers))
        add(arena, corefile_of_servers(arena, servers), maps);
    read_inner(arena, text_of(value, "valuesContent"), depth, maps);
    json_object_foreach((json_t *)(uintptr_t)value, key, member)
        config_values_read(arena, member, depth + 1, maps);
}

/* How far a line is indented; SIZE_MAX for an empty one. */
static size_t indent_of(const struct line *line)
{
    size_t at = 0;

    while (at < line->len && line->text[at] == ' ')
        at++;
    return at == line->len || line->text[at] == '\r' ? SIZE_MAX : at;
}

/* `Corefile: |` and its like, with nothing behind. */
static bool is_block_key(const struct line *line, size_t indent)
{
    static const char key[] = "orefile";
    const char *at, *end = line->text + line->len;

    if (indent == SIZE_MAX)
        return false;
    at = line->text + indent;
    at += end - at > 1 && (*at == '"' || *at == '\'');
    if (end - at < 10 || (*at != 'C' && *at != 'c') || memcmp(at + 1, key, sizeof(key) - 1) != 0)
        return false;
    at += sizeof(key);
    at += at < end && (*at == '"' || *at == '\'');
    if (at == end || *at++ != ':')
        return false;
    while (at < end && *at == ' ')
        at++;
    if (at == end || (*at != '|' && *at != '>'))
        return false;
    while (at < end && strchr("|>+-0123456789 \r", *at))
        at++;
    return at == end;
}

const char *corefile_block(struct arena *arena, const char *bytes, size_t len)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    char *text = arena_text_n(arena, bytes, len);
    size_t key = SIZE_MAX, begin = 0, end = 0;
    bool before = false;
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        size_t indent = indent_of(&line), at = (size_t)(line.text - bytes);

        if (key != SIZE_MAX) {
            if (indent != SIZE_MAX && indent <= key)
                break;
            end = at + line.len;
        } else if (is_block_key(&line, indent) && (before || indent)) {
            key = indent;
            begin = end = at + line.len;
        }
        before = before || indent != SIZE_MAX;
    }
    if (key == SIZE_MAX || end == begin)
        return NULL;
    for (size_t i = 0; i < len; i++)
        if ((i < begin || i >= end) && text[i] != '\n')
            text[i] = ' ';
    return text;
}
