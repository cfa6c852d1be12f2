/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_GO_TEMPLATE_WORD_H
#define K8SDNS_WIRE_GO_TEMPLATE_WORD_H

#include <k8sdns/wire/corefile/go_template.h>
#include <stdbool.h>

enum go_template_word_kind {
    WORD_END_OF_TEXT,
    WORD_CLOSE, /* "}}" */
    WORD_SPACE,
    WORD_IDENTIFIER,
    WORD_CONSTANT, /* a number, a character, true, false */
    WORD_STRING,
    WORD_NIL,
    WORD_DOT,
    WORD_FIELD,    /* ".Name" */
    WORD_VARIABLE, /* "$", "$x" */
    WORD_DECLARE,  /* ":=" */
    WORD_ASSIGN,   /* "=" */
    WORD_PIPE,
    WORD_COMMA,
    WORD_OPEN_BRACKET,
    WORD_CLOSE_BRACKET,
    WORD_WRONG, /* `fault` says why */
};

struct go_template_word {
    enum go_template_word_kind kind;
    const char *at;
    size_t len;
    enum go_template_fault fault;
};

/* Go behind the next "{{" that is no comment. False at the end of the text, with a fault for a bad comment.
 */
bool go_template_open(const char **at, const char *end, enum go_template_fault *ret_fault);

/* The next word inside braces, blanks among them. */
struct go_template_word go_template_word(const char **at, const char *end);

#endif
