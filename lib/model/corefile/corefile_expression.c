/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments that have a language of their own: the label selectors of kubernetes, and the expressions of
 * view.
 */
#include "corefile_judgement.h"
#include <ctype.h>
#include <string.h>

/* Brackets within brackets; an expression of a Corefile has a few. */
#define DEPTH_MAX 64

static bool is_key_byte(char byte)
{
    return isalnum((unsigned char)byte) || strchr("-_./", byte);
}

static const char *past_blanks(const char *at)
{
    return at + strspn(at, " ");
}

/* A key or a value; a key must have a byte. */
static const char *past_word(const char *at)
{
    while (*at && is_key_byte(*at))
        at++;
    return at;
}

/* "(a, b)"; NULL for what is none. */
static const char *past_set(const char *at)
{
    at = past_blanks(at);
    if (*at != '(')
        return NULL;
    do {
        at = past_blanks(past_word(past_blanks(at + 1)));
    } while (*at == ',');
    return *at == ')' ? at + 1 : NULL;
}

/* What follows a key: "", "= value", "!= value", "in (a, b)", "notin (a)". */
static const char *past_operator(const char *at)
{
    at = past_blanks(at);
    if (*at == '=' || strncmp(at, "!=", 2) == 0)
        return past_word(past_blanks(at + (at[1] == '=' ? 2 : 1)));
    if (strncmp(at, "in", 2) == 0 && !is_key_byte(at[2]))
        return past_set(at + 2);
    if (strncmp(at, "notin", 5) == 0 && !is_key_byte(at[5]))
        return past_set(at + 5);
    return at;
}

/* The library takes ">" and "<" as well, which CoreDNS's reading (ParseToLabelSelector) then refuses. */
bool label_selector_fits(const char *text)
{
    const char *at = past_blanks(text), *key;

    if (!*at)
        return true;
    for (;; at++) {
        bool absent = *(at = past_blanks(at)) == '!';

        key = past_blanks(at + absent);
        at = past_word(key);
        if (at == key)
            return false;
        if (!absent && !(at = past_operator(at)))
            return false;
        at = past_blanks(at);
        if (*at != ',')
            return !*at;
    }
}

/* Words between two operands. Source: expr-lang/expr, parser/operator. */
static bool is_operator_word(const char *at, size_t len)
{
    static const char *const words[] = {"and",      "or",         "not", "in", "contains", "matches",
                                        "endsWith", "startsWith", "let", "if", "else"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strlen(words[i]) == len && memcmp(at, words[i], len) == 0)
            return true;
    return false;
}

/* A text in quotes, or a name or number with what hangs on it; `at` goes behind it. */
static const char *past_operand(const char *at)
{
    char quote = *at;

    if (!strchr("'\"`", quote)) {
        while (*at && (isalnum((unsigned char)*at) || strchr("_.$", *at)))
            at++;
        return at;
    }
    for (at++; *at && *at != quote; at++)
        at += *at == '\\' && quote != '`' && at[1];
    return *at ? at + 1 : NULL;
}

/* Whether brackets and quotes close, and no two operands stand side by side; the rest is not looked at. */
bool expression_fits(const char *text)
{
    char open[DEPTH_MAX];
    size_t depth = 0;
    bool operand = false;

    /* Comments are words side by side. */
    if (strstr(text, "//") || strstr(text, "/*"))
        return true;
    for (const char *at = text; *at;) {
        if (isspace((unsigned char)*at)) {
            at++;
        } else if (strchr("'\"`_$", *at) || isalnum((unsigned char)*at)) {
            const char *end = past_operand(at);
            bool joins = end && is_operator_word(at, (size_t)(end - at));

            if (!end || (operand && !joins))
                return false;
            operand = !joins;
            at = end;
        } else if (strchr("([{", *at)) {
            if (depth == DEPTH_MAX)
                return true;
            open[depth++] = *at++;
            operand = false;
        } else if (strchr(")]}", *at)) {
            if (!depth || open[--depth] != (*at == ')' ? '(' : *at == ']' ? '[' : '{'))
                return false;
            at++;
            operand = true;
        } else {
            operand = false;
            at++;
        }
    }
    return !depth;
}
