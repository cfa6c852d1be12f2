/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "object_documents.h"
#include "yaml_json.h"
#include <ctype.h>
#include <errno.h>
#include <k8sdns/base/line.h>
#include <k8sdns/wire/capture/json_tree.h>
#include <string.h>

/* Of JSON it is what kube_shrink() has left. */
#define TEXT_MAX (32 * 1024 * 1024)

static size_t blanks(const char *bytes, size_t len)
{
    size_t at = 0;

    while (at < len && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n'))
        at++;
    return at;
}

static bool begins(const struct line *line, const char *word)
{
    size_t len = strlen(word);

    return line->len >= len && memcmp(line->text, word, len) == 0;
}

bool is_described(const char *bytes, size_t len)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;
    bool named = false, data = false;

    /* "Name:         coredns", then "Namespace:    kube-system" or "Labels:"; or "Data" with "====" below. */
    while (line_cursor_next(&cursor, &line) && line.number <= 16) {
        if (data && begins(&line, "===="))
            return true;
        data = begins(&line, "Data") && (line.len == 4 || line.text[4] == '\r' || line.text[4] == ' ');
        if (begins(&line, "Name:  "))
            named = true;
        else if (named && line.number <= 8 &&
                 (begins(&line, "Namespace:  ") || begins(&line, "Labels:  ") || begins(&line, "Roles:  ")))
            return true;
    }
    return false;
}

/* kubectl's table: "NAME   READY   STATUS". */
static bool is_table(const char *bytes, size_t len)
{
    static const char *const heads[] = {"NAME ", "NAMESPACE "};
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;

    if (!line_cursor_next(&cursor, &line))
        return false;
    return begins(&line, heads[0]) || begins(&line, heads[1]);
}

/* "Warning: v1 Endpoints is deprecated ...", "W1130 17:00:00.000000 ...": what kubectl writes beside its
 * output. */
static bool is_beside(const struct line *line)
{
    return begins(line, "Warning: ") ||
           (line->len > 5 && strchr("IWE", line->text[0]) && isdigit((unsigned char)line->text[1]) &&
            isdigit((unsigned char)line->text[4]) && line->text[5] == ' ');
}

/* How many bytes stand before the first document. */
static size_t beside_len(const char *bytes, size_t len)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct line line;
    size_t end = 0;

    while (line_cursor_next(&cursor, &line) && is_beside(&line))
        end = (size_t)(line.text - bytes) + line.len + 1;
    return end < len ? end : len;
}

/* The prompt of a shell, which was copied with the output before it: "$", "user@host:~#". */
static bool is_prompt(const char *bytes, size_t len)
{
    while (len && strchr(" \t\r\n", bytes[len - 1]))
        len--;
    return len && strchr("$#%>", bytes[len - 1]) && !memchr(bytes, '\n', len) && !memchr(bytes, '{', len);
}

/* Documents one after the other, perhaps with commas between them; `lines` stand before the first. */
static int read_json(const char *bytes, size_t len, int lines, json_t *all, struct err *err)
{
    size_t at = blanks(bytes, len), seen = 0;
    json_error_t where;

    while (at < len) {
        json_t *one;

        if (json_array_size(all) && is_prompt(bytes + at, len - at))
            return 0;
        one = json_loadb(bytes + at, len - at, JSON_DISABLE_EOF_CHECK, &where);

        for (; seen < at; seen++)
            lines += bytes[seen] == '\n';
        if (!one || json_array_append_new(all, one) < 0)
            return err_set(err, ERR_FORMAT, EBADMSG, "it is no JSON: line %d, column %d: %s",
                           lines + where.line, where.column, where.text);
        at += (size_t)where.position;
        at += blanks(bytes + at, len - at);
        while (at < len && bytes[at] == ',') {
            at++;
            at += blanks(bytes + at, len - at);
        }
    }
    return 0;
}

static int read_yaml(const char *bytes, size_t len, bool kube, size_t number, json_t *all, struct err *err)
{
    json_t *documents;
    int r = yaml_json_read(bytes, len, kube, &documents, err);

    if (r < 0)
        return number ? err_prefix(err, r, "document %zu", number + 1) : r;
    r = json_array_extend(all, documents);
    json_decref(documents);
    return r < 0 ? err_set(err, ERR_FORMAT, EBADMSG, "it is too large") : 0;
}

/* The bytes up to the next line "---", which divides documents. */
static size_t document_len(const char *bytes, size_t len)
{
    for (const char *at = bytes; at;) {
        size_t rest = len - (size_t)(at - bytes);

        if (rest >= 3 && memcmp(at, "---", 3) == 0 &&
            (rest == 3 || at[3] == '\n' || at[3] == '\r' || at[3] == ' '))
            return (size_t)(at - bytes);
        at = memchr(at, '\n', rest);
        at = at && at + 1 < bytes + len ? at + 1 : NULL;
    }
    return len;
}

static int read_documents(const char *bytes, size_t len, bool kube, json_t *all, struct err *err)
{
    size_t at = 0, number = 0;
    int lines = 0, r = 0;

    while (r == 0 && at < len) {
        size_t size = document_len(bytes + at, len - at), first = at + blanks(bytes + at, size);

        if (first < at + size && (bytes[first] == '{' || bytes[first] == '['))
            r = read_json(bytes + at, size, lines, all, err);
        else if (first < at + size)
            r = read_yaml(bytes + at, size, kube, number, all, err);
        for (size_t i = at; i < at + size; i++)
            lines += bytes[i] == '\n';
        at += size + (at + size < len ? 3 : 0);
        number++;
    }
    return r;
}

int object_documents_read(const char *bytes, size_t len, bool kube, json_t **ret, struct err *err)
{
    json_t *all;
    size_t at;
    int r;

    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        len -= 3;
    }
    at = beside_len(bytes, len);
    bytes += at;
    len -= at;
    if (len > TEXT_MAX)
        return err_set(err, ERR_FORMAT, EBADMSG,
                       "more than %d MB of it would have to be read; ask kubectl for less (-n, -l)",
                       TEXT_MAX / 1024 / 1024);
    at = blanks(bytes, len);
    if (at == len)
        return err_set(err, ERR_FORMAT, EBADMSG, "it is empty; did kubectl fail?");
    if (is_described(bytes, len))
        return err_set(err, ERR_FORMAT, EBADMSG,
                       "it is the output of kubectl describe; use kubectl get ... -o json or -o yaml");
    if (is_table(bytes, len))
        return err_set(err, ERR_FORMAT, EBADMSG,
                       "it is a table of kubectl; use kubectl get ... -o json or -o yaml");
    all = json_array();
    json_tree_begin(JSON_TREE_PEER);
    r = read_documents(bytes, len, kube, all, err);
    if (json_tree_end() && r < 0)
        r = err_set(err, ERR_FORMAT, EBADMSG,
                    "it would take more than %u MB of memory; ask kubectl for less (-n, -l)",
                    JSON_TREE_PEER / 1024 / 1024);
    if (r == 0 && !json_array_size(all))
        r = err_set(err, ERR_FORMAT, EBADMSG, "it is empty; did kubectl fail?");
    if (r < 0)
        json_decref(all);
    else
        *ret = all;
    return r;
}
