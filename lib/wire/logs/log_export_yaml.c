/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records out of YAML, as gcloud logging read prints them without --format and az with -o yaml: documents
 * behind "---", or the items of a list, with "KEY: VALUE" on a line each. Values may be in quotes, go on in
 * lines that stand further in, or be a block behind "|". Source: YAML 1.2, chapters 6.5, 7.3 and 8.1.
 */
#include "log_export_record.h"
#include <string.h>

/* A value is no longer. */
#define VALUE_MAX (1U << 20)

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static size_t indent_of(const char *at, const char *end)
{
    size_t n = 0;

    while (at + n < end && at[n] == ' ')
        n++;
    return n;
}

static bool is_empty(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    return at == end;
}

static bool is_division(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "---", 3) == 0 && is_empty(at + 3, end);
}

static bool is_item(const char *at, const char *end)
{
    return end - at >= 2 && at[0] == '-' && at[1] == ' ';
}

/* Behind the colon of "KEY:" and "'KEY':"; NULL where the line is none. The key is without its quotes. */
static const char *key_end(const char *at, const char *end, const char **ret_key, size_t *ret_len)
{
    char quote = at < end && (*at == '"' || *at == '\'') ? *at : '\0';
    const char *key = at + (quote != 0), *stop = key;

    while (stop < end && (quote ? *stop != quote : *stop != ':' || (stop + 1 < end && !is_blank(stop[1]))))
        if (!quote && is_blank(*stop++))
            return NULL;
        else
            stop += quote != 0;
    if (stop == key || stop == end)
        return NULL;
    *ret_key = key;
    *ret_len = (size_t)(stop - key);
    stop += quote != 0;
    return stop < end && *stop == ':' ? stop + 1 : NULL;
}

/* ---- values ---- */

static void add(struct log_export *e, const char *text, size_t len)
{
    if (e->token.len + len <= VALUE_MAX)
        text_add_n(&e->token, text, len);
}

static void end_value(struct log_export *e)
{
    if (e->yaml.style && e->records_count)
        export_take_member(e, e->yaml.key, "", text_string(&e->token), e->token.len);
    e->yaml.style = '\0';
    text_clear(&e->token);
}

static void add_escape(struct log_export *e, char c)
{
    static const char from[] = "nrt0", into[] = "\n\r\t ";
    const char *known = strchr(from, c);

    add(e, known && c ? into + (known - from) : &c, 1);
}

/* What stands on one line of a value in quotes, from behind the first or from its indent on. */
static void take_quoted(struct log_export *e, const char *at, const char *end)
{
    char quote = e->yaml.style;

    while (end > at && is_blank(end[-1]))
        end--;
    e->yaml.joined = false;
    for (; at < end; at++) {
        if (*at == '\\' && quote == '"') {
            /* At the end of a line it takes the end away. */
            if (at + 1 == end)
                e->yaml.joined = true;
            else
                add_escape(e, *++at);
        } else if (*at != quote) {
            add(e, at, 1);
        } else if (quote == '\'' && at + 1 < end && at[1] == quote) {
            add(e, at++, 1);
        } else {
            end_value(e);
            return;
        }
    }
}

static void begin_value(struct log_export *e, size_t indent, const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    e->yaml.indent = indent;
    e->yaml.block_indent = 0;
    e->yaml.empty = 0;
    text_clear(&e->token);
    if (at == end)
        return;
    e->yaml.style = *at;
    if (*at == '"' || *at == '\'') {
        take_quoted(e, at + 1, end);
    } else if (*at != '|' && *at != '>') {
        e->yaml.style = 'p';
        add(e, at, (size_t)(end - at));
    }
}

/* One end of a line within a value is a blank, further ones are ends of lines. */
static void fold(struct log_export *e)
{
    if (e->yaml.empty)
        for (; e->yaml.empty; e->yaml.empty--)
            add(e, "\n", 1);
    else if (!e->yaml.joined && e->token.len)
        add(e, " ", 1);
    e->yaml.empty = 0;
}

/* Whether a line belongs to the value that is open; it is taken then. */
static bool goes_on(struct log_export *e, const char *at, const char *end)
{
    size_t indent = indent_of(at, end);
    bool quoted = e->yaml.style == '"' || e->yaml.style == '\'';

    if (!e->yaml.style || is_division(at, end))
        return false;
    if (is_empty(at, end)) {
        e->yaml.empty++;
        return true;
    }
    if (!quoted && indent <= e->yaml.indent)
        return false;
    if (e->yaml.style == '|') {
        if (!e->yaml.block_indent)
            e->yaml.block_indent = indent;
        for (; e->yaml.empty; e->yaml.empty--)
            add(e, "\n", 1);
        if (e->token.len)
            add(e, "\n", 1);
        indent = indent < e->yaml.block_indent ? indent : e->yaml.block_indent;
        add(e, at + indent, (size_t)(end - at) - indent);
        return true;
    }
    fold(e);
    at += indent;
    if (quoted)
        take_quoted(e, at, end);
    else
        add(e, at, (size_t)(end - at));
    return true;
}

/* ---- lines ---- */

static void take_line(struct log_export *e, const char *at, const char *end)
{
    size_t indent = indent_of(at, end), len;
    const char *key, *value;

    if (goes_on(e, at, end))
        return;
    end_value(e);
    at += indent;
    for (; is_item(at, end); indent += 2)
        at += 2;
    value = key_end(at, end, &key, &len);
    if (!value)
        return;
    export_normal_key(e->yaml.key, key, len);
    begin_value(e, indent, value, end);
}

/* What such an export has in its first line, and no log. */
static bool is_first(const char *at, const char *end)
{
    static const char *const names[] = {"insertid",   "logname",      "textpayload", "jsonpayload",
                                        "logmessage", "logentry",     "computer",    "tablename",
                                        "podname",    "timegenerated"};
    char name[EXPORT_KEY];
    const char *key;
    size_t len;

    if (is_division(at, end))
        return true;
    at += is_item(at, end) ? 2 : 0;
    if (!key_end(at, end, &key, &len))
        return false;
    export_normal_key(name, key, len);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool export_yaml_begins(struct log_export *e, const char *text, size_t len)
{
    const char *end = text + len, *key;
    size_t key_len;

    if (e->form != EXPORT_FORM_YAML) {
        if (!len || !is_first(text, end))
            return false;
        e->form = EXPORT_FORM_YAML;
        e->records_count = 0;
        e->yaml.style = '\0';
    } else if (!is_empty(text, end) && *text != ' ' && !is_division(text, end) && !is_item(text, end) &&
               e->yaml.style != '"' && e->yaml.style != '\'' && !key_end(text, end, &key, &key_len)) {
        log_export_restart(e);
        return false;
    }
    e->row_done = false;
    return true;
}

bool export_yaml_next(struct log_export *e, const char **at, const char *end, struct log_exported *ret)
{
    bool quoted = e->yaml.style == '"' || e->yaml.style == '\'';

    if (e->row_done)
        return false;
    if (is_division(*at, end) || (is_item(*at, end) && !quoted))
        if (export_yaml_end(e, ret))
            return true;
    e->row_done = true;
    if (!e->records_count)
        export_record_begin(e);
    take_line(e, *at, end);
    *at = end;
    return false;
}

bool export_yaml_end(struct log_export *e, struct log_exported *ret)
{
    if (e->form != EXPORT_FORM_YAML || !e->records_count)
        return false;
    end_value(e);
    return export_record_end(e, ret);
}
