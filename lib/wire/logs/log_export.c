/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "log_export_record.h"
#include <string.h>

/* ---- JSON ---- */

static struct log_export_frame *top(struct log_export *e)
{
    return e->depth ? &e->frames[e->depth - 1] : NULL;
}

/* A list that stands in a list is a row; so is what stands alone or in a list, but for pairs of a name and a
 * value. */
static bool is_record(const struct log_export *e, char open)
{
    const struct log_export_frame *parent = e->depth ? &e->frames[e->depth - 1] : NULL;

    if (!parent)
        return open == '{';
    if (open == '[')
        return parent->open == '[';
    return parent->open == '[' && !parent->is_record && !export_is_list_of_pairs(parent->key);
}

static bool open_frame(struct log_export *e, char open)
{
    struct log_export_frame *parent = top(e), *frame;
    bool record = is_record(e, open);

    if (e->depth == LOG_EXPORT_DEPTH)
        return false;
    if (record && e->records_count == LOG_EXPORT_RECORDS)
        record = false;
    frame = &e->frames[e->depth++];
    frame->open = open;
    frame->element = 0;
    frame->is_record = record;
    /* A list, and an object in one, are called what their member is. */
    if (parent)
        memcpy(frame->key, parent->key, sizeof(frame->key));
    else
        frame->key[0] = '\0';
    e->gave = e->gave && parent;
    if (record)
        export_record_begin(e);
    if (open == '[' && strcmp(frame->key, "columns") == 0)
        e->columns_count = 0;
    return true;
}

/* What is read of a value of the member or the column that it stands in. */
static void take_value(struct log_export *e)
{
    const struct log_export_frame *frame = top(e), *parent = e->depth > 1 ? &e->frames[e->depth - 2] : NULL;
    const char *value = text_string(&e->token);
    size_t len = e->token.len;

    if (!frame || !e->records_count)
        return;
    if (frame->open == '[' && frame->is_record) {
        export_take_column(e, frame->element, value, len);
        return;
    }
    if (parent && parent->open == '[' && strcmp(parent->key, "columns") == 0 &&
        strcmp(frame->key, "name") == 0) {
        export_add_column(e, value, len);
        return;
    }
    export_take_member(e, frame->key, parent ? parent->key : "", value, len);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The escape behind a backslash; `*at` stands on its letter, and goes behind it. */
static void add_escape(struct text *text, const char **at, const char *end)
{
    static const char from[] = "nrtbf", into[] = "\n\r\t\b\f";
    const char *known = **at ? strchr(from, **at) : NULL;
    unsigned code = 0;

    if (**at != 'u' || end - *at < 5) {
        text_add_char(text, known ? into[known - from] : **at, 1);
        ++*at;
        return;
    }
    for (int i = 1; i < 5; i++) {
        char c = (*at)[i];

        code = code << 4 | (unsigned)(c >= '0' && c <= '9'                 ? c - '0'
                                      : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                                           : 0);
    }
    *at += 5;
    /* Halves of a pair stay apart: a log of DNS has none, and they are no more readable together. */
    if (code >= 0x800)
        text_add_char(text, (char)(0xe0 | code >> 12), 1);
    if (code >= 0x80) {
        text_add_char(text, (char)(code >= 0x800 ? 0x80 | (code >> 6 & 0x3f) : 0xc0 | code >> 6), 1);
        text_add_char(text, (char)(0x80 | (code & 0x3f)), 1);
    } else {
        text_add_char(text, (char)code, 1);
    }
}

/* A string from behind its quote. False when it does not end on this line, which JSON does not allow. */
static bool read_string(struct log_export *e, const char **at, const char *end)
{
    text_clear(&e->token);
    while (*at < end && **at != '"') {
        const char *stop = *at;

        while (stop < end && *stop != '"' && *stop != '\\')
            stop++;
        text_add_n(&e->token, *at, (size_t)(stop - *at));
        *at = stop;
        if (*at < end && **at == '\\') {
            if (++*at == end)
                return false;
            add_escape(&e->token, at, end);
        }
    }
    if (*at == end)
        return false;
    ++*at;
    return true;
}

static void read_scalar(struct log_export *e, const char **at, const char *end)
{
    const char *from = *at;

    while (*at < end && !strchr(",]} \t\r", **at))
        ++*at;
    text_clear(&e->token);
    text_add_n(&e->token, from, (size_t)(*at - from));
}

/* Whether what was read is a member's name: a colon comes. */
static bool is_key(const struct log_export *e, const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return e->depth && e->frames[e->depth - 1].open == '{' && at < end && *at == ':';
}

/* Close an object or a list. Return whether that gives a record, or ends a text that gave none. */
static int close_frame(struct log_export *e, struct log_exported *ret)
{
    bool record;

    if (!e->depth)
        return 0;
    record = e->frames[--e->depth].is_record && export_record_end(e, ret);
    e->gave = e->gave || record;
    if (e->depth)
        return record;
    e->form = EXPORT_FORM_NONE;
    if (!e->gave)
        *ret = (struct log_exported){.is_none = true};
    return record || !e->gave;
}

/* Whether the string that was read is a line by itself, or all lines of a log. */
static bool is_line(struct log_export *e)
{
    const struct log_export_frame *frame = top(e);

    return !frame || (frame->open == '[' && !frame->is_record && e->records_count < LOG_EXPORT_RECORDS &&
                      export_is_list_of_lines(frame->key));
}

/* A string: the name of a member, or a value; return 1 for one that is a record. */
static int json_string(struct log_export *e, const char **at, const char *end, struct log_exported *ret)
{
    if (!read_string(e, at, end))
        return -1;
    if (is_key(e, *at, end)) {
        export_normal_key(top(e)->key, text_string(&e->token), e->token.len);
        return 0;
    }
    if (!is_line(e)) {
        take_value(e);
        return 0;
    }
    e->gave = true;
    export_record_begin(e);
    export_take_member(e, "line", "", text_string(&e->token), e->token.len);
    return export_record_end(e, ret);
}

/* One token. Return 1 when `ret` is set, 0 when not, -1 when it is no JSON. */
static int json_token(struct log_export *e, const char **at, const char *end, struct log_exported *ret)
{
    char c = **at;

    if (c == '{' || c == '[') {
        ++*at;
        return open_frame(e, c) ? 0 : -1;
    }
    if (!e->depth && c != ',' && c != '"')
        return -1;
    if (strchr("}],:\"", c))
        ++*at;
    switch (c) {
    case '}':
    case ']':
        return close_frame(e, ret);
    case ',':
        if (e->depth)
            top(e)->element++;
        return 0;
    case ':':
        return 0;
    case '"':
        return json_string(e, at, end, ret);
    default:
        read_scalar(e, at, end);
        if (e->token.len && strcmp(text_string(&e->token), "null") != 0)
            take_value(e);
        return e->token.len ? 0 : -1;
    }
}

static bool json_next(struct log_export *e, const char **at, const char *end, struct log_exported *ret)
{
    while (*at < end) {
        int r = 0;

        if (is_blank(**at))
            ++*at;
        else
            r = json_token(e, at, end, ret);
        if (r < 0) {
            log_export_restart(e);
            *at = end;
            *ret = (struct log_exported){.is_none = true};
        }
        if (r)
            return true;
    }
    return false;
}

/* One string with the ends of several lines in it. */
static bool is_whole_log(const char *text, size_t len)
{
    while (len && is_blank(text[len - 1]))
        len--;
    return len > 4 && text[len - 1] == '"' && memmem(text, len - 3, "\\n", 2);
}

/* What an object or a list may go on with, so that no line of a log is taken for one. */
static bool begins_json(const char *text, size_t len)
{
    size_t i = 0;
    char open;

    while (i < len && is_blank(text[i]))
        i++;
    if (i < len && text[i] == '"')
        return is_whole_log(text + i, len - i);
    if (i == len || (text[i] != '{' && text[i] != '['))
        return false;
    open = text[i++];
    while (i < len && is_blank(text[i]))
        i++;
    return i == len || strchr(open == '{' ? "\"}" : "{[]\"", text[i]);
}

bool log_export_begins(struct log_export *e, const char *text, size_t len)
{
    if (e->form == EXPORT_FORM_CSV) {
        e->row_done = false;
        return true;
    }
    if (e->form == EXPORT_FORM_JSON) {
        /* Where a member's name is due an object says that the one before was cut. */
        if (len < 2 || memcmp(text, "{\"", 2) != 0 || !e->depth || e->frames[e->depth - 1].open == '[')
            return true;
        log_export_restart(e);
    }
    if (e->form == EXPORT_FORM_YAML && export_yaml_begins(e, text, len))
        return true;
    if (begins_json(text, len)) {
        e->form = EXPORT_FORM_JSON;
        return true;
    }
    return export_yaml_begins(e, text, len) || export_csv_begins(e, text, len);
}

bool log_export_next(struct log_export *e, const char **at, const char *end, struct log_exported *ret)
{
    bool found;

    if (e->form == EXPORT_FORM_CSV)
        return export_csv_next(e, at, end, ret);
    if (e->form == EXPORT_FORM_YAML)
        return export_yaml_next(e, at, end, ret);
    if (*at == end)
        return false;
    e->form = EXPORT_FORM_JSON;
    found = json_next(e, at, end, ret);
    if (!e->depth)
        e->form = EXPORT_FORM_NONE;
    return found;
}

bool log_export_end(struct log_export *e, struct log_exported *ret)
{
    return export_yaml_end(e, ret);
}

void log_export_fini(struct log_export *e)
{
    for (size_t i = 0; i < LOG_EXPORT_RECORDS; i++) {
        text_fini(&e->records[i].line);
        for (size_t k = 0; k < EXPORT_FIELDS; k++)
            text_fini(&e->records[i].values[k]);
    }
    text_fini(&e->token);
}
