/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON back into structs by their shapes: what a capture holds. What code relies on must be there. */
#include <errno.h>
#include <k8sdns/model/shape/shape_json.h>
#include <math.h>
#include <string.h>

/* A list longer than this is none of ours. */
#define ITEMS_MAX 1000000

struct shape_reading {
    struct arena *arena;
    struct err *err;
};

static int wrong(const struct shape_reading *reading, const struct shape *shape,
                 const struct shape_field *field, const char *what)
{
    return err_set(reading->err, ERR_FORMAT, EBADMSG, "'%s' of %s %s", field->key, shape->name, what);
}

static const char *copy(const struct shape_reading *reading, const json_t *json)
{
    return arena_text(reading->arena, json_string_value(json));
}

static int read_word(const struct shape_reading *reading, const struct shape *shape,
                     const struct shape_field *field, const json_t *json, void *at)
{
    const char *text = json_string_value(json);
    int value = 0;

    while (text && field->words[value] && strcmp(field->words[value], text) != 0)
        value++;
    if (!text || !field->words[value])
        return wrong(reading, shape, field, "is no word that this version knows");
    memcpy(at, &value, sizeof(value));
    return 0;
}

static int read_array(const struct shape_reading *reading, const struct shape *shape,
                      const struct shape_field *field, json_t *json, void *data)
{
    size_t count = json_array_size(json);
    size_t size = field->kind == SHAPE_TEXTS ? sizeof(const char *) : field->of->size;
    size_t room = 1;
    char *items;
    int r;

    if (!json_is_array(json) || count > ITEMS_MAX)
        return wrong(reading, shape, field, "is no list, or too long a one");
    while (room < count)
        room *= 2; /* as arena_push() would have left it, so that more can follow */
    items = arena_array(reading->arena, room, size);
    for (size_t i = 0; i < count; i++) {
        json_t *item = json_array_get(json, i);

        if (field->kind == SHAPE_TEXTS) {
            const char *text = json_is_string(item) ? copy(reading, item) : NULL;

            if (!text)
                return wrong(reading, shape, field, "has an item that is no text");
            memcpy(items + i * size, &text, sizeof(text));
            continue;
        }
        r = shape_from_json(reading->arena, field->of, item, items + i * size, reading->err);
        if (r < 0)
            return r;
    }
    memcpy((char *)data + field->offset, &items, sizeof(items));
    memcpy((char *)data + field->count_offset, &count, sizeof(count));
    return 0;
}

/* An object of counts or of texts by name. */
static int read_map(const struct shape_reading *reading, const struct shape *shape,
                    const struct shape_field *field, json_t *json, void *data)
{
    bool tallies = field->kind == SHAPE_TALLIES;
    size_t count = json_object_size(json), n = 0;
    struct shape_tally *tally = arena_array(reading->arena, count + 1, sizeof(*tally));
    struct shape_keyed *keyed = arena_array(reading->arena, count + 1, sizeof(*keyed));
    void *items = tallies ? (void *)tally : (void *)keyed;
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return wrong(reading, shape, field, "is no object");
    json_object_foreach(json, key, value)
    {
        if (tallies ? !json_is_integer(value) || json_integer_value(value) < 0 : !json_is_string(value))
            return wrong(reading, shape, field, "has a member of another type");
        if (tallies)
            tally[n] =
                (struct shape_tally){arena_text(reading->arena, key), (uint64_t)json_integer_value(value)};
        else
            keyed[n] = (struct shape_keyed){arena_text(reading->arena, key), copy(reading, value)};
        n++;
    }
    memcpy((char *)data + field->offset, &items, sizeof(items));
    memcpy((char *)data + field->count_offset, &n, sizeof(n));
    return 0;
}

static int read_number(const struct shape_reading *reading, const struct shape *shape,
                       const struct shape_field *field, const json_t *json, void *at)
{
    uint64_t count = (uint64_t)json_integer_value(json);
    double real = json_number_value(json);

    if (field->kind == SHAPE_COUNT) {
        if (!json_is_integer(json) || json_integer_value(json) < 0)
            return wrong(reading, shape, field, "is no count");
        memcpy(at, &count, sizeof(count));
        return 0;
    }
    if (!json_is_number(json))
        return wrong(reading, shape, field, "is no number");
    memcpy(at, &real, sizeof(real));
    return 0;
}

/* What null, or nothing, stands for. */
static int read_unset(const struct shape_reading *reading, const struct shape *shape,
                      const struct shape_field *field, char *at)
{
    static const uint64_t no_count = SHAPE_UNSET;
    static const double no_real = (double)NAN;
    static const int no_word = -1;

    if (field->required)
        return wrong(reading, shape, field, "is missing");
    if (field->kind == SHAPE_COUNT)
        memcpy(at, &no_count, sizeof(no_count));
    else if (field->kind == SHAPE_REAL)
        memcpy(at, &no_real, sizeof(no_real));
    else if (field->kind == SHAPE_WORD || field->kind == SHAPE_ANSWER)
        memcpy(at, &no_word, sizeof(no_word));
    else if (field->kind == SHAPE_OBJECT)
        return wrong(reading, shape, field, "is missing");
    return 0;
}

static int read_field(const struct shape_reading *reading, const struct shape *shape,
                      const struct shape_field *field, json_t *json, void *data)
{
    char *at = (char *)data + field->offset;
    const char *text;
    void *object;
    bool yes = json_is_true(json);
    int answer = yes;

    if (!json || json_is_null(json))
        return read_unset(reading, shape, field, at);
    switch (field->kind) {
    case SHAPE_BOOL:
    case SHAPE_ANSWER:
        if (!json_is_boolean(json))
            return wrong(reading, shape, field, "is neither true nor false");
        if (field->kind == SHAPE_BOOL)
            memcpy(at, &yes, sizeof(yes));
        else
            memcpy(at, &answer, sizeof(answer));
        return 0;
    case SHAPE_COUNT:
    case SHAPE_REAL:
        return read_number(reading, shape, field, json, at);
    case SHAPE_TEXT:
        if (!json_is_string(json))
            return wrong(reading, shape, field, "is no text");
        text = copy(reading, json);
        memcpy(at, &text, sizeof(text));
        return 0;
    case SHAPE_WORD:
        return read_word(reading, shape, field, json, at);
    case SHAPE_TEXTS:
    case SHAPE_OBJECTS:
        return read_array(reading, shape, field, json, data);
    case SHAPE_OBJECT:
        return shape_from_json(reading->arena, field->of, json, at, reading->err);
    case SHAPE_POINTER:
        object = arena_alloc(reading->arena, field->of->size);
        memcpy(at, &object, sizeof(object));
        return shape_from_json(reading->arena, field->of, json, object, reading->err);
    case SHAPE_TALLIES:
    case SHAPE_MAP:
        return read_map(reading, shape, field, json, data);
    case SHAPE_KEYED:
        break;
    }
    return 0;
}

/* One member whose key is `key` and more: "dataA". */
static void read_keyed(const struct shape_reading *reading, const struct shape_field *field, json_t *json,
                       void *data)
{
    struct shape_keyed keyed = {0};
    size_t len = strlen(field->key);
    const char *key;
    json_t *value;

    json_object_foreach(json, key, value)
    {
        if (strncmp(key, field->key, len) != 0 || !json_is_string(value))
            continue;
        keyed = (struct shape_keyed){arena_text(reading->arena, key + len), copy(reading, value)};
        memcpy((char *)data + field->offset, &keyed, sizeof(keyed));
    }
}

int shape_from_json(struct arena *arena, const struct shape *shape, json_t *json, void *data, struct err *err)
{
    const struct shape_reading reading = {arena, err};

    if (!json_is_object(json))
        return err_set(err, ERR_FORMAT, EBADMSG, "%s is no object", shape->name);
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];
        int r = 0;

        if (field->kind == SHAPE_KEYED)
            read_keyed(&reading, field, json, data);
        else
            r = read_field(&reading, shape, field, json_object_get(json, field->key), data);
        if (r < 0)
            return r;
    }
    return 0;
}
