/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/render/page/json_dump.h>
#include <k8sdns/render/page/json_yaml.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

struct writing {
    struct text *out;
    int digits;
};

/* Member names are ours; what stands for itself in every version of YAML begins with two letters. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "null", "yes", "no", "on", "off", NULL};

    for (size_t i = 0; words[i]; i++)
        if (strcasecmp(words[i], text) == 0)
            return false;
    return strspn(text, "abcdefghijklmnopqrstuvwxyz") > 1 && text[strspn(text, PLAIN)] == '\0';
}

static void write_scalar(const struct writing *w, json_t *json)
{
    char *dump;

    if (json_is_string(json) && is_plain(json_string_value(json))) {
        text_add(w->out, json_string_value(json));
        return;
    }
    dump = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION((size_t)w->digits));
    json_dump_add(w->out, dump ? dump : "null");
    free(dump);
}

static bool is_block(json_t *json)
{
    return (json_is_array(json) && json_array_size(json)) || (json_is_object(json) && json_object_size(json));
}

static void write_block(const struct writing *w, json_t *json, size_t indent);

/* What follows a key or a dash. The first member of an object stands behind its dash. */
static void write_value(const struct writing *w, json_t *json, size_t indent, bool in_list)
{
    if (!is_block(json)) {
        text_add_char(w->out, ' ', 1);
        write_scalar(w, json);
        text_add_char(w->out, '\n', 1);
        return;
    }
    if (in_list && json_is_object(json)) {
        struct text inner = {0};
        const struct writing below = {&inner, w->digits};

        write_block(&below, json, indent);
        text_add_char(w->out, ' ', 1);
        text_add(w->out, text_string(&inner) + indent);
        text_fini(&inner);
        return;
    }
    text_add_char(w->out, '\n', 1);
    write_block(w, json, indent);
}

static void write_block(const struct writing *w, json_t *json, size_t indent)
{
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach(json, i, value)
    {
        text_add_char(w->out, ' ', indent);
        text_add_char(w->out, '-', 1);
        write_value(w, value, indent + 2, true);
    }
    json_object_foreach(json, key, value)
    {
        json_t *name = json_string(key);

        text_add_char(w->out, ' ', indent);
        write_scalar(w, name);
        text_add_char(w->out, ':', 1);
        write_value(w, value, indent + 2, false);
        json_decref(name);
    }
}

void json_yaml_write(struct text *out, json_t *json, int digits)
{
    const struct writing w = {out, digits};

    if (is_block(json)) {
        write_block(&w, json, 0);
        return;
    }
    write_scalar(&w, json);
    text_add_char(out, '\n', 1);
}
