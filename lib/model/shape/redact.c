/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "redact_words.h"
#include <arpa/inet.h>
#include <inttypes.h>
#include <k8sdns/base/address.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/shape/envelope_facts.h>
#include <k8sdns/model/shape/redact.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may be inside a name or an address, beside whatever is no ASCII. */
#define TOKEN "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:%"
/* What ends a token and is none of it. */
#define TRAILING   ".:%-_"
#define SHAPES_MAX 256

enum {
    DIGITS_OF_A_PART = 3, /* as of a version: 6.1.0-18-amd64 */
    DIGITS_OF_A_NAME = 5, /* more are a customer's number, or a telephone's */
    DIGITS_OF_A_COUNT = 9,
};

/* One run of redaction: its word, and the words of all enums, which are this program's own. */
struct redaction {
    const char *word;
    const char **words; /* sorted */
    size_t words_count;
    const struct shape *seen[SHAPES_MAX]; /* while they are gathered */
    size_t seen_count;
};

/* How a text is read: what it is, and whether it is a sentence. */
struct redact_reading {
    const struct redaction *redaction;
    enum redact_manner manner;
    bool sentence;
};

/* A keyed hash by two rounds of SplitMix64 a word: enough to hide names from eyes, and no more is promised.
 */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash ^= value + UINT64_C(0x9E3779B97F4A7C15) + (hash << 6) + (hash >> 2);
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94D049BB133111EB);
    return hash ^ (hash >> 31);
}

static uint64_t hash_text(const char *word, const char *text, size_t len)
{
    uint64_t hash = mix(0, strlen(word));

    for (const char *at = word; *at; at++)
        hash = mix(hash, (unsigned char)*at);
    for (size_t i = 0; i < len; i++)
        hash = mix(hash, (unsigned char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]));
    return hash;
}

static void add_address(struct text *out, const struct address *address, const char *word)
{
    char plain[ADDRESS_TEXT];
    uint64_t hash;

    address_format(address, plain, sizeof(plain));
    hash = hash_text(word, plain, strlen(plain));
    if (address_is_loopback(address) || address_is_link_local(address))
        text_add(out, plain);
    else if (address->family == AF_INET)
        text_addf(out, "%u.%u.%u.%u", 240 + (unsigned)(hash >> 24 & 15), (unsigned)(hash >> 16 & 255),
                  (unsigned)(hash >> 8 & 255), (unsigned)(hash & 255));
    else
        text_addf(out, "2001:db8::%x:%x:%x:%x", (unsigned)(hash >> 48), (unsigned)(hash >> 32 & 0xffff),
                  (unsigned)(hash >> 16 & 0xffff), (unsigned)(hash & 0xffff));
}

static bool unspecified(const struct address *address)
{
    static const struct in6_addr none;

    return address->family == AF_INET ? address->v4.s_addr == 0
                                      : memcmp(&address->v6, &none, sizeof(none)) == 0;
}

static bool is_number(const char *text, size_t len, size_t max)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return len && len <= max;
}

/* "10.96.0.10", or with ":53" behind it. */
static bool add_if_address(struct text *out, const char *token, size_t len, const char *word)
{
    char copy[ADDRESS_TEXT];
    struct address address;
    const char *port = NULL;

    if (len >= sizeof(copy))
        return false;
    memcpy(copy, token, len);
    copy[len] = '\0';
    if (inet_pton(AF_INET6, copy, &address.v6) != 1) {
        char *colon = strchr(copy, ':');

        if (colon) {
            *colon = '\0';
            port = token + (colon - copy);
        }
    }
    if (port && !is_number(port + 1, (size_t)(token + len - port - 1), DIGITS_OF_A_NAME))
        return false;
    if (strchr(copy, '%') || address_parse(copy, 0, &address, NULL) < 0)
        return false;
    if (unspecified(&address))
        text_add(out, copy);
    else
        add_address(out, &address, word);
    if (port)
        text_addf(out, "%.*s", (int)(token + len - port), port);
    return true;
}

/* "12", "5.00ms", "v1.11.1", "100Mi": a number with what is counted. */
static bool is_quantity(const char *text, size_t len)
{
    static const char *const units[] = {"",  "ns", "us", "ms", "s",  "m",  "h",  "d",  "%",  "k",
                                        "K", "M",  "G",  "kB", "KB", "MB", "GB", "Ki", "Mi", "Gi"};
    size_t at = text[0] == 'v' ? 1 : 0, digits;

    do {
        digits = 0;
        while (at < len && text[at] >= '0' && text[at] <= '9' && digits < DIGITS_OF_A_COUNT)
            at++, digits++;
        if (!digits)
            return false;
    } while (at < len && text[at] == '.' && ++at < len);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strlen(units[i]) == len - at && memcmp(units[i], text + at, len - at) == 0)
            return true;
    return false;
}

/* TYPE65, CLASS3, RCODE23 (RFC 3597). */
static bool is_numbered(const char *text, size_t len)
{
    static const char *const heads[] = {"TYPE", "CLASS", "RCODE", "OPCODE"};

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        size_t head = strlen(heads[i]);

        if (len > head && memcmp(text, heads[i], head) == 0 &&
            is_number(text + head, len - head, DIGITS_OF_A_NAME))
            return true;
    }
    return false;
}

static bool is_own_word(const struct redaction *r, const char *text, size_t len)
{
    size_t low = 0, high = r->words_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strncmp(text, r->words[middle], len);

        order = order ? order : r->words[middle][len] ? -1 : 0;
        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

/* Whether a token, or a label, may stand as it is. */
static bool is_known(const struct redact_reading *reading, const char *text, size_t len)
{
    if (redact_is_usual(text, len))
        return true;
    if (reading->manner == REDACT_NAME && !reading->sentence)
        return false;
    if (is_quantity(text, len) || is_numbered(text, len) || redact_is_term(text, len) ||
        is_own_word(reading->redaction, text, len))
        return true;
    return (reading->sentence || reading->manner == REDACT_ID) && redact_is_plain(text, len);
}

static void add_hidden(struct text *out, const char *label, size_t len, const char *word)
{
    text_addf(out, "x%08" PRIx32, (uint32_t)hash_text(word, label, len));
}

/* What a piece of a token is: it says what more is hidden. */
enum piece {
    PIECE_TOKEN,
    PIECE_PART,  /* between hyphens: a long number is a name's */
    PIECE_LABEL, /* of a domain name: any number is one, and words of sentences are names */
};

static void add_piece(struct text *out, const char *text, size_t len, const struct redact_reading *reading,
                      enum piece piece);

/* The pieces between the bytes of `marks`, each by itself. */
static void add_pieces(struct text *out, const char *text, size_t len, const struct redact_reading *reading,
                       const char *marks, enum piece piece)
{
    for (size_t at = 0; at <= len;) {
        size_t size = 0;

        while (at + size < len && !strchr(marks, text[at + size]))
            size++;
        add_piece(out, text + at, size, reading, piece);
        if (at + size < len)
            text_add_char(out, text[at + size], 1);
        at += size + 1;
    }
}

static bool has(const char *text, size_t len, char c)
{
    return memchr(text, c, len) != NULL;
}

static bool may_stand(const char *text, size_t len, const struct redact_reading *reading, enum piece piece)
{
    switch (piece) {
    case PIECE_LABEL:
        return redact_is_usual(text, len) || (reading->manner == REDACT_WORD && redact_is_term(text, len));
    case PIECE_PART:
        if (is_number(text, len, DIGITS_OF_A_COUNT))
            return len <= DIGITS_OF_A_PART;
        break;
    case PIECE_TOKEN:
        break;
    }
    return is_known(reading, text, len) || is_number(text, len, DIGITS_OF_A_NAME);
}

static void add_piece(struct text *out, const char *text, size_t len, const struct redact_reading *reading,
                      enum piece piece)
{
    const char *word = reading->redaction->word;

    if (!len || (piece != PIECE_LABEL && add_if_address(out, text, len, word)))
        return;
    if (may_stand(text, len, reading, piece))
        text_addf(out, "%.*s", (int)len, text);
    else if (has(text, len, ':') || has(text, len, '%'))
        add_pieces(out, text, len, reading, ":%", PIECE_TOKEN);
    else if (reading->manner != REDACT_NAME && has(text, len, '-') && piece == PIECE_TOKEN)
        add_pieces(out, text, len, reading, "-", PIECE_PART);
    else if (has(text, len, '.'))
        add_pieces(out, text, len, reading, ".", PIECE_LABEL);
    else
        add_hidden(out, text, len, word);
}

static size_t token_at(const char *text)
{
    size_t len = 0;

    while (text[len] && ((unsigned char)text[len] >= 0x80 || strchr(TOKEN, text[len])))
        len++;
    return len;
}

static json_t *redacted(const char *text, const struct redaction *r, enum redact_manner manner, bool strict)
{
    const struct redact_reading reading = {r, manner, !strict && strpbrk(text, " \t\n") != NULL};
    struct text out = {0};
    uint64_t ignored;
    json_t *json;

    if (clock_parse(text, &ignored))
        return json_string(text);
    for (const char *at = text; *at;) {
        size_t len = token_at(at), kept = len;

        if (!len) {
            text_add_char(&out, *at++, 1);
            continue;
        }
        while (kept && strchr(TRAILING, at[kept - 1]))
            kept--;
        /* "::" is an address. */
        if (!add_if_address(&out, at, len, r->word)) {
            add_piece(&out, at, kept, &reading, PIECE_TOKEN);
            text_addf(&out, "%.*s", (int)(len - kept), at + kept);
        }
        at += len;
    }
    json = json_string(text_string(&out));
    text_fini(&out);
    return json;
}

/* Counts, or texts, by a name that may be somebody's; equal ones are put together. */
static json_t *redacted_map(const struct redaction *r, json_t *map, enum redact_manner manner)
{
    json_t *hidden = json_object(), *value;
    const char *key;

    json_object_foreach(map, key, value)
    {
        json_t *other = redacted(key, r, manner, false);
        json_t *before = json_object_get(hidden, json_string_value(other)), *after;

        if (json_is_string(value))
            after = redacted(json_string_value(value), r, manner, false);
        else
            after = json_integer(json_integer_value(value) + json_integer_value(before));
        json_object_set_new(hidden, json_string_value(other), after);
        json_decref(other);
    }
    return hidden;
}

/* One member whose key is `key` and a type: "rdataTXT". */
static void redact_keyed(const struct redaction *r, const char *key, json_t *from, json_t *into)
{
    size_t len = strlen(key);
    const char *name;
    json_t *value;

    json_object_foreach(from, name, value)
    {
        char whole[128];
        json_t *type;

        if (strncmp(name, key, len) != 0 || !json_is_string(value) || json_object_get(into, name))
            continue;
        type = redacted(name + len, r, REDACT_WORD, true);
        snprintf(whole, sizeof(whole), "%s%s", key, json_string_value(type));
        json_object_set_new(into, whole, redacted(json_string_value(value), r, REDACT_NAME, true));
        json_decref(type);
    }
}

static json_t *redacted_object(const struct redaction *r, const struct shape *shape, json_t *json);

static json_t *redacted_list(const struct redaction *r, const struct shape_field *field, json_t *json,
                             enum redact_manner manner)
{
    json_t *list = json_array(), *item;
    size_t i;

    json_array_foreach(json, i, item)
    {
        if (manner == REDACT_DROP)
            break;
        json_array_append_new(list, field->kind == SHAPE_TEXTS
                                        ? redacted(json_string_value(item), r, manner, false)
                                        : redacted_object(r, field->of, item));
    }
    return list;
}

static json_t *redacted_field(const struct redaction *r, const struct shape *shape,
                              const struct shape_field *field, json_t *json)
{
    enum redact_manner manner = redact_manner_of(shape->name, field->key);

    if (!json || json_is_null(json))
        return json_null();
    switch (field->kind) {
    case SHAPE_TEXT:
        if (manner == REDACT_DROP)
            return field->required ? json_string("(redacted)") : json_null();
        return redacted(json_string_value(json), r, manner, false);
    case SHAPE_TEXTS:
    case SHAPE_OBJECTS:
        return redacted_list(r, field, json, manner);
    case SHAPE_TALLIES:
    case SHAPE_MAP:
        return manner == REDACT_DROP ? json_object() : redacted_map(r, json, manner);
    case SHAPE_POINTER:
        return manner == REDACT_DROP ? json_null() : redacted_object(r, field->of, json);
    case SHAPE_OBJECT:
        return redacted_object(r, field->of, json);
    case SHAPE_BOOL:
    case SHAPE_ANSWER:
    case SHAPE_COUNT:
    case SHAPE_REAL:
    case SHAPE_WORD:
    case SHAPE_KEYED:
        break;
    }
    return json_incref(json);
}

/* What the shape does not know is left out. */
static json_t *redacted_object(const struct redaction *r, const struct shape *shape, json_t *json)
{
    json_t *hidden = json_object();

    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];

        if (field->kind != SHAPE_KEYED)
            json_object_set_new(hidden, field->key,
                                redacted_field(r, shape, field, json_object_get(json, field->key)));
    }
    for (size_t i = 0; i < shape->field_count; i++)
        if (shape->fields[i].kind == SHAPE_KEYED)
            redact_keyed(r, shape->fields[i].key, json, hidden);
    return hidden;
}

static void gather(struct redaction *r, const struct shape *shape, size_t *room)
{
    for (size_t i = 0; i < r->seen_count; i++)
        if (r->seen[i] == shape)
            return;
    if (r->seen_count == SHAPES_MAX)
        return;
    r->seen[r->seen_count++] = shape;
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];

        for (size_t k = 0; field->kind == SHAPE_WORD && field->words[k]; k++) {
            if (r->words_count == *room) {
                const char **more;

                *room = *room ? *room * 2 : 256;
                more = realloc(r->words, *room * sizeof(*r->words));
                if (!more)
                    err_out_of_memory();
                r->words = more;
            }
            r->words[r->words_count++] = field->words[k];
        }
        if (field->of)
            gather(r, field->of, room);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void json_redact(json_t *json, const struct shape *shape, const char *word)
{
    /* What this program says of itself. */
    static const char *const own[] = {"schema", "command", "version"};
    struct redaction r = {.word = word};
    size_t room = 0;
    json_t *kept, *data = json_object_get(json, "data"), *error = json_object_get(json, "error");

    gather(&r, &envelope_facts_shape, &room);
    if (shape)
        gather(&r, shape, &room);
    qsort(r.words, r.words_count, sizeof(*r.words), by_text);
    kept = redacted_object(&r, &envelope_facts_shape, json);
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        json_object_set(kept, own[i], json_object_get(json, own[i]));
    if (error)
        json_object_set_new(kept, "error", redacted_object(&r, &error_facts_shape, error));
    if (data && shape)
        json_object_set_new(kept, "data", redacted_object(&r, shape, data));
    json_object_clear(json);
    json_object_update(json, kept);
    json_decref(kept);
    free(r.words);
}
