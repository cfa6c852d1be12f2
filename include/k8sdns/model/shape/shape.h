/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_SHAPE_H
#define K8SDNS_MODEL_SHAPE_H

#include <k8sdns/base/member.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The one description of a struct of facts.
 *
 * From it come the JSON that a command prints, the JSON Schema that `k8sdns schema` prints and the member
 * lists of k8sdns-json(5), so that these three cannot drift apart. A struct is described beside its
 * declaration:
 *
 *     struct pair { const char *name; uint64_t rtt_us; };
 *
 *     static const struct shape_field pair_fields[] = {
 *         SHAPE_FIELD_TEXT(struct pair, name, "name", "what was asked for"),
 *         SHAPE_FIELD_COUNT(struct pair, rtt_us, "rtt_us", "null when nothing came back"),
 *     };
 *     const struct shape pair_shape = SHAPE(struct pair, pair_fields, "pair");
 *
 * "Not set" is a value of every kind and becomes null: SHAPE_UNSET for counts, NAN for reals, NULL for texts
 * and pointers, -1 for words. A list is a pointer member `x` with a size_t member `x_count` beside it.
 */
enum shape_kind {
    SHAPE_BOOL,    /* bool */
    SHAPE_ANSWER,  /* int: 0 false, 1 true, -1 is null */
    SHAPE_COUNT,   /* uint64_t, SHAPE_UNSET is null */
    SHAPE_REAL,    /* double, NAN is null */
    SHAPE_TEXT,    /* const char *, NULL is null; bytes that are no UTF-8 are written as \DDD */
    SHAPE_WORD,    /* int, an index into `words`; -1 is null */
    SHAPE_TEXTS,   /* const char **x; size_t x_count */
    SHAPE_OBJECT,  /* struct x, in place */
    SHAPE_POINTER, /* struct *x, NULL is null */
    SHAPE_OBJECTS, /* struct *x; size_t x_count */
    SHAPE_TALLIES, /* struct shape_tally *x; size_t x_count: an object of counts by name */
    SHAPE_MAP,     /* struct shape_keyed *x; size_t x_count: an object of texts by name */
    SHAPE_KEYED,   /* struct shape_keyed: one member whose key is `key` + name; absent when text is NULL */
};

#define SHAPE_UNSET UINT64_MAX

struct shape_tally {
    const char *name;
    uint64_t count;
};

struct shape_keyed {
    const char *name;
    const char *text;
};

struct shape;

struct shape_field {
    const char *key; /* the JSON member, with its unit */
    enum shape_kind kind;
    size_t offset;
    size_t count_offset;
    const struct shape *of;
    const char *const *words; /* NULL-terminated */
    bool required;            /* a text or a word that is never null: code may use it as it is */
    const char *doc;          /* a phrase for the schema and the manual page */
};

struct shape {
    const char *name; /* unique; the name of the definition in the schema */
    size_t size;
    size_t field_count;
    const struct shape_field *fields;
};

#define SHAPE(type, field_array, label)                                                        \
    {                                                                                          \
        .name = (label), .size = sizeof(type),                                                 \
        .field_count = sizeof(field_array) / sizeof((field_array)[0]), .fields = (field_array) \
    }

/* Each macro takes members of one type alone (MEMBER_OFFSET): another does not compile. */
#define SHAPE_FIELD(type, member, k, shape_kind, wanted, text) \
    .key = (k), .kind = (shape_kind), .offset = MEMBER_OFFSET(type, member, wanted), .doc = (text)

#define SHAPE_FIELD_BOOL(type, member, k, text)              \
    {                                                        \
        SHAPE_FIELD(type, member, k, SHAPE_BOOL, bool, text) \
    }
#define SHAPE_FIELD_ANSWER(type, member, k, text)             \
    {                                                         \
        SHAPE_FIELD(type, member, k, SHAPE_ANSWER, int, text) \
    }
#define SHAPE_FIELD_COUNT(type, member, k, text)                  \
    {                                                             \
        SHAPE_FIELD(type, member, k, SHAPE_COUNT, uint64_t, text) \
    }
#define SHAPE_FIELD_REAL(type, member, k, text)                \
    {                                                          \
        SHAPE_FIELD(type, member, k, SHAPE_REAL, double, text) \
    }
#define SHAPE_FIELD_TEXT(type, member, k, text)                      \
    {                                                                \
        SHAPE_FIELD(type, member, k, SHAPE_TEXT, const char *, text) \
    }
#define SHAPE_FIELD_WORD(type, member, k, w, text)                        \
    {                                                                     \
        SHAPE_FIELD(type, member, k, SHAPE_WORD, int, text), .words = (w) \
    }
/* A text, or a word, that is always there. */
#define SHAPE_FIELD_NAME(type, member, k, text)                                        \
    {                                                                                  \
        SHAPE_FIELD(type, member, k, SHAPE_TEXT, const char *, text), .required = true \
    }
#define SHAPE_FIELD_CHOICE(type, member, k, w, text)                                        \
    {                                                                                       \
        SHAPE_FIELD(type, member, k, SHAPE_WORD, int, text), .words = (w), .required = true \
    }
/* A struct in place; whether it is that of the shape is seen by their names (tests/lint/shapes.py). */
#define SHAPE_FIELD_OBJECT(type, member, k, s, text)                                               \
    {                                                                                              \
        .key = (k), .kind = SHAPE_OBJECT, .offset = MEMBER_OFFSET_STRUCT(type, member), .of = (s), \
        .doc = (text)                                                                              \
    }
#define SHAPE_FIELD_POINTER(type, member, k, s, text)                                                \
    {                                                                                                \
        .key = (k), .kind = SHAPE_POINTER, .offset = MEMBER_OFFSET_POINTER(type, member), .of = (s), \
        .doc = (text)                                                                                \
    }
#define SHAPE_FIELD_KEYED(type, member, k, text)                            \
    {                                                                       \
        SHAPE_FIELD(type, member, k, SHAPE_KEYED, struct shape_keyed, text) \
    }
/* Lists: a pointer, and a size_t of its name and _count. */
#define SHAPE_FIELD_TEXTS(type, member, k, text)                        \
    {                                                                   \
        SHAPE_FIELD(type, member, k, SHAPE_TEXTS, const char **, text), \
            .count_offset = MEMBER_OFFSET(type, member##_count, size_t) \
    }
#define SHAPE_FIELD_TALLIES(type, member, k, text)                               \
    {                                                                            \
        SHAPE_FIELD(type, member, k, SHAPE_TALLIES, struct shape_tally *, text), \
            .count_offset = MEMBER_OFFSET(type, member##_count, size_t)          \
    }
#define SHAPE_FIELD_MAP(type, member, k, text)                               \
    {                                                                        \
        SHAPE_FIELD(type, member, k, SHAPE_MAP, struct shape_keyed *, text), \
            .count_offset = MEMBER_OFFSET(type, member##_count, size_t)      \
    }
#define SHAPE_FIELD_OBJECTS(type, member, k, s, text)                                                \
    {                                                                                                \
        .key = (k), .kind = SHAPE_OBJECTS, .offset = MEMBER_OFFSET_POINTER(type, member), .of = (s), \
        .doc = (text), .count_offset = MEMBER_OFFSET(type, member##_count, size_t)                   \
    }

#endif
