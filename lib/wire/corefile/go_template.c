/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "go_template_word.h"
#include <string.h>

/* Of ours; a template in a Corefile has two levels at most. */
#define DEPTH_MAX     64
#define VARIABLES_MAX 64

/* What an {{end}} may close. */
enum template_block {
    BLOCK_IF,
    BLOCK_RANGE,
    BLOCK_WITH,
    BLOCK_DEFINE,
    BLOCK_BLOCK,
};

struct template_reader {
    const char *text, *at, *end;
    struct go_template_word word;
    enum go_template_fault fault;
    const char *fault_at;
    size_t fault_len;
    struct {
        enum template_block kind;
        bool has_else;
        size_t variables; /* that were there before it */
    } blocks[DEPTH_MAX];
    size_t depth;
    struct {
        const char *at;
        size_t len;
    } variables[VARIABLES_MAX];
    size_t variables_count, brackets;
};

static void fail(struct template_reader *r, enum go_template_fault fault)
{
    if (r->fault)
        return;
    r->fault = r->word.kind == WORD_WRONG || r->word.kind == WORD_END_OF_TEXT ? r->word.fault : fault;
    r->fault_at = r->word.at;
    r->fault_len = r->word.len;
}

static void next(struct template_reader *r)
{
    if (r->fault)
        return;
    r->word = go_template_word(&r->at, r->end);
    if (r->word.kind == WORD_WRONG || r->word.kind == WORD_END_OF_TEXT)
        fail(r, GO_TEMPLATE_SYNTAX);
}

static void next_unblank(struct template_reader *r)
{
    do
        next(r);
    while (!r->fault && r->word.kind == WORD_SPACE);
}

static bool is_kind(const struct template_reader *r, enum go_template_word_kind kind)
{
    return !r->fault && r->word.kind == kind;
}

static bool word_is(const struct go_template_word *word, const char *text)
{
    return word->kind == WORD_IDENTIFIER && word->len == strlen(text) &&
           memcmp(word->at, text, word->len) == 0;
}

static bool is_function(const struct go_template_word *word)
{
    static const char *const functions[] = {
        "and", "or",       "not",  "len", "index", "slice", "print", "printf", "println", "html",
        "js",  "urlquery", "call", "eq",  "ne",    "lt",    "le",    "gt",     "ge",      "parseInt"};

    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        if (word_is(word, functions[i]))
            return true;
    return false;
}

static bool is_known(const struct template_reader *r, const struct go_template_word *word)
{
    if (word->len == 1)
        return true;
    for (size_t i = 0; i < r->variables_count; i++)
        if (r->variables[i].len == word->len && memcmp(r->variables[i].at, word->at, word->len) == 0)
            return true;
    return false;
}

static void declare(struct template_reader *r, const struct go_template_word *word)
{
    if (r->variables_count == VARIABLES_MAX) {
        fail(r, GO_TEMPLATE_DEEP);
        return;
    }
    r->variables[r->variables_count].at = word->at;
    r->variables[r->variables_count++].len = word->len;
}

static void read_pipeline(struct template_reader *r, enum go_template_word_kind until, bool ranges);

/* A value, with the fields of it that follow. False where there is none. */
static bool read_operand(struct template_reader *r, bool *ret_executable)
{
    enum go_template_word_kind kind = r->word.kind;

    switch (kind) {
    case WORD_IDENTIFIER:
        if (!is_function(&r->word))
            fail(r, GO_TEMPLATE_FUNCTION);
        break;
    case WORD_VARIABLE:
        if (!is_known(r, &r->word))
            fail(r, GO_TEMPLATE_VARIABLE);
        break;
    case WORD_OPEN_BRACKET:
        if (++r->brackets > DEPTH_MAX) {
            fail(r, GO_TEMPLATE_DEEP);
            break;
        }
        next_unblank(r);
        read_pipeline(r, WORD_CLOSE_BRACKET, false);
        r->brackets--;
        break;
    case WORD_DOT:
    case WORD_NIL:
    case WORD_CONSTANT:
    case WORD_STRING:
    case WORD_FIELD:
        break;
    case WORD_END_OF_TEXT:
    case WORD_CLOSE:
    case WORD_SPACE:
    case WORD_DECLARE:
    case WORD_ASSIGN:
    case WORD_PIPE:
    case WORD_COMMA:
    case WORD_CLOSE_BRACKET:
    case WORD_WRONG:
    default:
        return false;
    }
    *ret_executable =
        kind == WORD_IDENTIFIER || kind == WORD_VARIABLE || kind == WORD_FIELD || kind == WORD_OPEN_BRACKET;
    next(r);
    if (is_kind(r, WORD_FIELD) &&
        (kind == WORD_DOT || kind == WORD_NIL || kind == WORD_CONSTANT || kind == WORD_STRING))
        fail(r, GO_TEMPLATE_SYNTAX);
    while (is_kind(r, WORD_FIELD))
        next(r);
    return true;
}

/* The values between pipes. */
static void read_command(struct template_reader *r, bool first)
{
    bool executable = false, any = false, begins_executable = false;

    while (!r->fault) {
        while (is_kind(r, WORD_SPACE))
            next(r);
        if (!read_operand(r, &executable))
            break;
        begins_executable = any ? begins_executable : executable;
        any = true;
        if (!is_kind(r, WORD_SPACE))
            break;
    }
    while (is_kind(r, WORD_SPACE))
        next(r);
    if (!any)
        fail(r, GO_TEMPLATE_EMPTY);
    else if (!first && !begins_executable)
        fail(r, GO_TEMPLATE_SYNTAX);
}

/* "$x :=", "$x =", "$i, $x :=": `ranges` where there may be two. Where there is none all stays as it was. */
static void read_declaration(struct template_reader *r, bool ranges)
{
    struct go_template_word names[2];
    struct template_reader before = *r;
    size_t count = 0;

    while (is_kind(r, WORD_VARIABLE) && count < 2) {
        names[count++] = r->word;
        next_unblank(r);
        if (is_kind(r, WORD_COMMA) && ranges && count == 1)
            next_unblank(r);
        else
            break;
    }
    /* Go's parser takes "=" for a declaration, too; that there was none shows when the template is used. */
    if ((is_kind(r, WORD_DECLARE) || is_kind(r, WORD_ASSIGN)) && count) {
        for (size_t i = 0; i < count; i++)
            declare(r, &names[i]);
        next_unblank(r);
    } else {
        *r = before;
    }
}

/* From its first word, which is no blank, to the one that ends it. */
static void read_pipeline(struct template_reader *r, enum go_template_word_kind until, bool ranges)
{
    bool first = true;

    read_declaration(r, ranges);
    while (!r->fault) {
        read_command(r, first);
        first = false;
        if (is_kind(r, until))
            return;
        if (!is_kind(r, WORD_PIPE)) {
            fail(r, GO_TEMPLATE_SYNTAX);
            return;
        }
        next_unblank(r);
        /* Go takes a pipe that leads nowhere. */
        if (is_kind(r, until))
            return;
    }
}

static void expect_close(struct template_reader *r)
{
    if (!is_kind(r, WORD_CLOSE))
        fail(r, GO_TEMPLATE_SYNTAX);
}

static void open_block(struct template_reader *r, enum template_block kind)
{
    if (r->depth == DEPTH_MAX) {
        fail(r, GO_TEMPLATE_DEEP);
        return;
    }
    r->blocks[r->depth].kind = kind;
    r->blocks[r->depth].has_else = false;
    r->blocks[r->depth++].variables = r->variables_count;
}

/* At {{template "name" VALUE}}, {{block "name" VALUE}} or {{define "name"}}. */
static void read_named(struct template_reader *r, enum template_block kind, bool opens)
{
    next_unblank(r);
    if (!is_kind(r, WORD_STRING)) {
        fail(r, GO_TEMPLATE_SYNTAX);
        return;
    }
    next_unblank(r);
    if (opens && kind == BLOCK_DEFINE && r->depth)
        fail(r, GO_TEMPLATE_SYNTAX);
    if (opens)
        open_block(r, kind);
    if (!is_kind(r, WORD_CLOSE) && !r->fault && kind != BLOCK_DEFINE)
        read_pipeline(r, WORD_CLOSE, false);
    else if (opens && kind == BLOCK_BLOCK)
        fail(r, GO_TEMPLATE_EMPTY);
    else
        expect_close(r);
}

static void read_else(struct template_reader *r)
{
    enum template_block kind = r->depth ? r->blocks[r->depth - 1].kind : BLOCK_DEFINE;

    if (kind == BLOCK_DEFINE || kind == BLOCK_BLOCK || r->blocks[r->depth - 1].has_else) {
        fail(r, GO_TEMPLATE_STRAY_END);
        return;
    }
    next_unblank(r);
    if ((kind == BLOCK_IF && word_is(&r->word, "if")) || (kind == BLOCK_WITH && word_is(&r->word, "with"))) {
        next_unblank(r);
        read_pipeline(r, WORD_CLOSE, false);
        return;
    }
    r->blocks[r->depth - 1].has_else = true;
    expect_close(r);
}

static bool in_range(const struct template_reader *r)
{
    for (size_t i = r->depth; i > 0; i--)
        if (r->blocks[i - 1].kind == BLOCK_RANGE)
            return true;
    return false;
}

static void read_action(struct template_reader *r)
{
    next_unblank(r);
    if (word_is(&r->word, "if") || word_is(&r->word, "with") || word_is(&r->word, "range")) {
        enum template_block kind = word_is(&r->word, "if")     ? BLOCK_IF
                                   : word_is(&r->word, "with") ? BLOCK_WITH
                                                               : BLOCK_RANGE;

        open_block(r, kind);
        next_unblank(r);
        read_pipeline(r, WORD_CLOSE, kind == BLOCK_RANGE);
    } else if (word_is(&r->word, "else")) {
        read_else(r);
    } else if (word_is(&r->word, "end")) {
        if (!r->depth) {
            fail(r, GO_TEMPLATE_STRAY_END);
            return;
        }
        r->variables_count = r->blocks[--r->depth].variables;
        next_unblank(r);
        expect_close(r);
    } else if (word_is(&r->word, "break") || word_is(&r->word, "continue")) {
        if (!in_range(r))
            fail(r, GO_TEMPLATE_STRAY_END);
        next_unblank(r);
        expect_close(r);
    } else if (word_is(&r->word, "define")) {
        read_named(r, BLOCK_DEFINE, true);
    } else if (word_is(&r->word, "block")) {
        read_named(r, BLOCK_BLOCK, true);
    } else if (word_is(&r->word, "template")) {
        read_named(r, BLOCK_BLOCK, false);
    } else {
        read_pipeline(r, WORD_CLOSE, false);
    }
}

enum go_template_fault go_template_check(const char *text, size_t len, size_t *ret_at, size_t *ret_len)
{
    struct template_reader r = {.text = text, .at = text, .end = text + len};

    r.fault_at = text;
    while (!r.fault && go_template_open(&r.at, r.end, &r.fault))
        read_action(&r);
    if (!r.fault && r.depth) {
        r.fault = GO_TEMPLATE_NO_END;
        r.fault_at = text;
        r.fault_len = len;
    }
    if (r.fault) {
        *ret_at = (size_t)(r.fault_at - text);
        *ret_len = r.fault_len;
    }
    return r.fault;
}

static bool is_one_of(const struct go_template_word *field, const char *const *known)
{
    for (; *known; known++)
        if (strlen(*known) + 1 == field->len && memcmp(*known, field->at + 1, field->len - 1) == 0)
            return true;
    return false;
}

/* Words that give the dot another value, or stand in front of a text that is used with another. */
static bool moves_dot(const struct go_template_word *word)
{
    static const char *const words[] = {"range", "with", "define", "block", "template"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (word_is(word, words[i]))
            return true;
    return false;
}

bool go_template_unknown_field(const char *text, size_t len, const char *const *known, size_t *ret_at,
                               size_t *ret_len)
{
    const char *at = text, *end = text + len;
    struct go_template_word unknown = {0};
    enum go_template_fault fault = GO_TEMPLATE_FINE;

    while (go_template_open(&at, end, &fault)) {
        enum go_template_word_kind before = WORD_SPACE;

        for (;;) {
            struct go_template_word word = go_template_word(&at, end);

            if (word.kind == WORD_CLOSE)
                break;
            if (word.kind == WORD_WRONG || word.kind == WORD_END_OF_TEXT || moves_dot(&word))
                return false;
            /* A field of a field, of a variable or of what stands in brackets is another matter. */
            if (word.kind == WORD_FIELD && !unknown.at && before != WORD_FIELD && before != WORD_VARIABLE &&
                before != WORD_CLOSE_BRACKET && before != WORD_IDENTIFIER && !is_one_of(&word, known))
                unknown = word;
            before = word.kind;
        }
    }
    if (fault || !unknown.at)
        return false;
    *ret_at = (size_t)(unknown.at - text);
    *ret_len = unknown.len;
    return true;
}
