/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/text.h>
#include <k8sdns/model/shape/shape_json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Read a member of any type at its place without an aliasing cast. */
#define MEMBER(type, at, offset)                                       \
    ({                                                                 \
        type member_;                                                  \
        memcpy(&member_, (const char *)(at) + (offset), sizeof(type)); \
        member_;                                                       \
    })

static json_t *text_to_json(const char *text)
{
    struct text safe = {0};
    json_t *json = json_string(text);

    if (json)
        return json;
    /* jansson refuses what is no UTF-8: those bytes become \DDD, as they would on a terminal. */
    text_add_escaped(&safe, text, strlen(text));
    json = json_string(text_string(&safe));
    text_fini(&safe);
    return json;
}

static json_t *field_to_json(const struct shape_field *field, const void *data)
{
    size_t count = field->count_offset ? MEMBER(size_t, data, field->count_offset) : 0;
    json_t *json;

    switch (field->kind) {
    case SHAPE_BOOL:
        return json_boolean(MEMBER(bool, data, field->offset));
    case SHAPE_ANSWER: {
        int value = MEMBER(int, data, field->offset);

        return value < 0 ? json_null() : json_boolean(value);
    }
    case SHAPE_COUNT: {
        uint64_t value = MEMBER(uint64_t, data, field->offset);

        return value == SHAPE_UNSET ? json_null() : json_integer((json_int_t)value);
    }
    case SHAPE_REAL: {
        double value = MEMBER(double, data, field->offset);

        return isfinite(value) ? json_real(value) : json_null();
    }
    case SHAPE_TEXT: {
        const char *value = MEMBER(const char *, data, field->offset);

        return value ? text_to_json(value) : json_null();
    }
    case SHAPE_WORD: {
        int value = MEMBER(int, data, field->offset);

        return value < 0 ? json_null() : json_string(field->words[value]);
    }
    case SHAPE_TEXTS: {
        const char *const *items = MEMBER(const char *const *, data, field->offset);

        json = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(json, text_to_json(items[i]));
        return json;
    }
    case SHAPE_OBJECT:
        return shape_to_json(field->of, (const char *)data + field->offset);
    case SHAPE_POINTER: {
        const void *value = MEMBER(const void *, data, field->offset);

        return value ? shape_to_json(field->of, value) : json_null();
    }
    case SHAPE_OBJECTS: {
        const char *items = MEMBER(const char *, data, field->offset);

        json = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(json, shape_to_json(field->of, items + i * field->of->size));
        return json;
    }
    case SHAPE_TALLIES: {
        const struct shape_tally *items = MEMBER(const struct shape_tally *, data, field->offset);

        json = json_object();
        for (size_t i = 0; i < count; i++)
            json_object_set_new(json, items[i].name, json_integer((json_int_t)items[i].count));
        return json;
    }
    case SHAPE_MAP: {
        const struct shape_keyed *items = MEMBER(const struct shape_keyed *, data, field->offset);

        json = json_object();
        for (size_t i = 0; i < count; i++) {
            json_t *key = text_to_json(items[i].name);

            json_object_set_new(json, json_string_value(key), text_to_json(items[i].text));
            json_decref(key);
        }
        return json;
    }
    case SHAPE_KEYED:
        break;
    }
    return NULL;
}

json_t *shape_to_json(const struct shape *shape, const void *data)
{
    json_t *json = json_object();

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];

        if (field->kind == SHAPE_KEYED) {
            struct shape_keyed keyed = MEMBER(struct shape_keyed, data, field->offset);
            char key[64];

            if (!keyed.text)
                continue;
            snprintf(key, sizeof(key), "%s%s", field->key, keyed.name);
            json_object_set_new(json, key, text_to_json(keyed.text));
        } else {
            json_object_set_new(json, field->key, field_to_json(field, data));
        }
    }
    return json;
}
