/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <jansson.h>
#include <k8sdns/wire/capture/json_excerpt.h>
#include <stdlib.h>
#include <string.h>

static const struct json_wanted inner[] = {{"id", NULL}, {"b", NULL}, {NULL, NULL}};
static const struct json_wanted wanted[] = {{"a", NULL}, {"list", inner}, {"schema", NULL}, {NULL, NULL}};

/* What the excerpt should be, of the whole tree. */
static void reduce(json_t *value, const struct json_wanted *of)
{
    const struct json_wanted *each;
    const char *key;
    json_t *item;
    size_t i;
    void *next;

    if (json_is_array(value))
        json_array_foreach(value, i, item) if (json_is_object(item)) reduce(item, of);
    if (!json_is_object(value))
        return;
    json_object_foreach_safe(value, next, key, item)
    {
        for (each = of; each->key && strcmp(each->key, key) != 0; each++)
            ;
        if (!each->key)
            json_object_del(value, key);
        else if (each->of)
            reduce(item, each->of);
    }
}

/* A number that jansson has no room for, and the reader of excerpts does not look at. */
static int is_about_numbers(const json_error_t *where)
{
    return json_error_code(where) == json_error_numeric_overflow;
}

/*
 * Whole is what jansson takes, and ends where it does for it; the excerpt is the tree without the rest, but
 * for keys with escapes, which stay. What is cut becomes nothing else by being cut elsewhere.
 */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const char *at = (const char *)bytes;
    json_error_t where = {0}, in_excerpt = {0};
    struct text text = {0}, again = {0};
    size_t used, used_again;
    enum json_excerpt_end end = json_excerpt(wanted, at, len, &text, &used);
    /* Behind a number jansson loses a NUL, which is no character of JSON. */
    int is_comparable = !memchr(at, '\0', len);
    json_t *tree = is_comparable ? json_loadb(at, len, JSON_DISABLE_EOF_CHECK, &where) : NULL;
    json_t *excerpt = NULL;

    if (tree && (end != JSON_EXCERPT_WHOLE || used != (size_t)where.position))
        abort();
    if (!tree && is_comparable && !is_about_numbers(&where) && end == JSON_EXCERPT_WHOLE)
        abort();
    if (tree && !memchr(at, '\\', used)) {
        excerpt = json_loadb(text_string(&text), text.len, 0, &in_excerpt);
        reduce(tree, wanted);
        if (!excerpt || !json_equal(excerpt, tree))
            abort();
    } else if (tree) {
        excerpt = json_loadb(text_string(&text), text.len, 0, &in_excerpt);
        if (!excerpt)
            abort();
    }
    /* Any beginning of what is whole, or cut, is cut. */
    for (size_t i = 1; i < 8; i++) {
        size_t part = (end == JSON_EXCERPT_WHOLE ? used : len) * i / 8;

        text_clear(&again);
        if (end != JSON_EXCERPT_BAD && part < (end == JSON_EXCERPT_WHOLE ? used : len) &&
            json_excerpt(wanted, at, part, &again, &used_again) != JSON_EXCERPT_CUT)
            abort();
    }
    text_fini(&text);
    text_fini(&again);
    json_decref(excerpt);
    json_decref(tree);
    return 0;
}
