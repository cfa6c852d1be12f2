/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/number.h>
#include <k8sdns/wire/recorder/json_delta.h>
#include <stdio.h>

/* A list cannot grow by more than that in one interval, so a damaged count takes no memory. */
#define LIST_MAX 10000000

static json_t *replaced(json_t *now)
{
    json_t *delta = json_object();

    json_object_set(delta, "=", now);
    return delta;
}

static void set_if_changed(json_t *changed, const char *key, json_t *delta)
{
    if (json_object_size(delta) == 0)
        json_decref(delta);
    else
        json_object_set_new(changed, key, delta);
}

static json_t *object_delta(json_t *before, json_t *now)
{
    json_t *delta = json_object(), *changed = json_object(), *gone = json_array(), *value;
    const char *key;

    json_object_foreach(now, key, value)
    {
        json_t *old = json_object_get(before, key);

        set_if_changed(changed, key, old ? json_delta(old, value) : replaced(value));
    }
    json_object_foreach(before, key, value) if (!json_object_get(now, key))
        json_array_append_new(gone, json_string(key));
    if (json_object_size(changed) || json_array_size(gone))
        json_object_set(delta, "o", changed);
    if (json_array_size(gone))
        json_object_set(delta, "-", gone);
    json_decref(changed);
    json_decref(gone);
    return delta;
}

static json_t *array_delta(json_t *before, json_t *now)
{
    size_t old_count = json_array_size(before), count = json_array_size(now);
    json_t *delta = json_object(), *changed = json_object();
    char index[24];

    for (size_t i = 0; i < count; i++) {
        json_t *value = json_array_get(now, i);

        snprintf(index, sizeof(index), "%zu", i);
        set_if_changed(changed, index,
                       i < old_count ? json_delta(json_array_get(before, i), value) : replaced(value));
    }
    if (json_object_size(changed) || count != old_count) {
        json_object_set(delta, "a", changed);
        json_object_set_new(delta, "n", json_integer((json_int_t)count));
    }
    json_decref(changed);
    return delta;
}

json_t *json_delta(json_t *before, json_t *now)
{
    if (json_is_object(before) && json_is_object(now))
        return object_delta(before, now);
    if (json_is_array(before) && json_is_array(now))
        return array_delta(before, now);
    return json_equal(before, now) ? json_object() : replaced(now);
}

static json_t *refuse(json_t *before)
{
    json_decref(before);
    return NULL;
}

/* The member as the delta makes it; a new reference. */
static json_t *applied(json_t *old, json_t *delta)
{
    return json_delta_apply(old ? json_incref(old) : json_null(), delta);
}

static json_t *apply_object(json_t *before, json_t *delta)
{
    json_t *changed = json_object_get(delta, "o"), *gone = json_object_get(delta, "-"), *value;
    const char *key;
    size_t i;

    if (!json_is_object(before))
        return refuse(before);
    json_array_foreach(gone, i, value) if (json_is_string(value))
        json_object_del(before, json_string_value(value));
    json_object_foreach(changed, key, value)
    {
        json_t *now = applied(json_object_get(before, key), value);

        if (!now || json_object_set_new(before, key, now) < 0)
            return refuse(before);
    }
    return before;
}

static json_t *apply_array(json_t *before, json_t *delta)
{
    json_t *changed = json_object_get(delta, "a"), *value;
    json_int_t count = json_integer_value(json_object_get(delta, "n"));
    const char *key;

    if (!json_is_array(before) || count < 0 || count > LIST_MAX ||
        (size_t)count > json_array_size(before) + json_object_size(changed))
        return refuse(before);
    while (json_array_size(before) > (size_t)count)
        json_array_remove(before, json_array_size(before) - 1);
    while (json_array_size(before) < (size_t)count)
        if (json_array_append_new(before, json_null()) < 0)
            return refuse(before);
    json_object_foreach(changed, key, value)
    {
        uint64_t at;
        json_t *now;

        if (number_parse(key, 0, (uint64_t)LIST_MAX, &at, NULL) < 0 || at >= (uint64_t)count)
            return refuse(before);
        now = applied(json_array_get(before, (size_t)at), value);
        if (!now || json_array_set_new(before, (size_t)at, now) < 0)
            return refuse(before);
    }
    return before;
}

json_t *json_delta_apply(json_t *before, json_t *delta)
{
    json_t *now = json_object_get(delta, "=");

    if (now) {
        json_decref(before);
        return json_incref(now);
    }
    if (json_object_get(delta, "o"))
        return apply_object(before, delta);
    if (json_object_get(delta, "a"))
        return apply_array(before, delta);
    return json_is_object(delta) && json_object_size(delta) == 0 ? before : refuse(before);
}
