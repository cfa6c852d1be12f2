/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_JSON_CURSOR_H
#define K8SDNS_WIRE_JSON_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A pull reader over JSON text that is in memory: it allocates nothing and gives texts where they stand. Its
 * error sticks: once the text is cut or bad every function fails, so callers check once. For streams of many
 * small objects, of which a part is wanted; everything else is jansson's.
 */
enum json_state {
    JSON_GOOD,
    JSON_CUT, /* the text ends before the value does */
    JSON_BAD, /* it is no JSON; `fault` says why */
};

struct json_cursor {
    const char *at, *end;
    const char *fault;
    int state;       /* enum json_state */
    bool key_due;    /* within an object or a list: a comma was read */
    unsigned within; /* objects and lists that were entered */
};

/* The octets of a string without its quotes, or those of another scalar as they are. */
struct json_text {
    const char *at;
    size_t len;
    bool escaped;
};

void json_fail(struct json_cursor *cursor, const char *fault);
void json_blanks(struct json_cursor *cursor);

/* Step into a value that begins with `open`, '{' or '['. False, without a step, when it is another value. */
bool json_enter(struct json_cursor *cursor, char open);
/* The next member's name, up to its value; false at the end of the object, which is then left. */
bool json_next_key(struct json_cursor *cursor, struct json_text *ret_key);
/* Whether a further element follows; false at the end of the list, which is then left. */
bool json_next_element(struct json_cursor *cursor);
/* A member's name and its colon, wherever the cursor stands. */
bool json_key(struct json_cursor *cursor, struct json_text *ret_key);

/* Read a string, a number, true, false or null. An object or a list is stepped over, and gives false. */
bool json_scalar(struct json_cursor *cursor, struct json_text *ret_value);
/* The scalar of an object that was entered and has one member; of more, the last. */
void json_only_scalar(struct json_cursor *cursor, struct json_text *ret_value);
/* Step over any value. */
void json_skip(struct json_cursor *cursor);

/* The value of a hexadecimal digit; 16 for what is none. */
unsigned json_hex(char digit);

/* A whole number, or a fraction cut to one; 0 for what is none, UINT64_MAX for what is too large. */
uint64_t json_number(const struct json_text *value);

/*
 * A string without its escapes, as UTF-8; half a surrogate pair becomes U+FFFD. What does not fit is cut.
 * Return the octets written.
 */
size_t json_unescape(const struct json_text *text, char *out, size_t size);

#endif
