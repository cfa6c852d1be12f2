/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands around a whole text that was copied: margins, fences, the command before it. */
#include "pasted_line.h"
#include <k8sdns/base/line.h>
#include <k8sdns/wire/capture/pasted_text.h>
#include <string.h>

struct pasted {
    struct line *lines;
    size_t count;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool is_empty(const struct line *line)
{
    for (size_t i = 0; i < line->len; i++)
        if (!is_blank(line->text[i]))
            return false;
    return true;
}

static bool begins(const struct line *line, const char *with)
{
    return line->len >= strlen(with) && memcmp(line->text, with, strlen(with)) == 0;
}

static void cut_front(struct line *line, size_t count)
{
    count = count < line->len ? count : line->len;
    line->text += count;
    line->len -= count;
}

/* ---- margins ---- */

/* "> " of a letter, "+" of a diff's new file, "│ " of a terminal's box; how many bytes that is, 0 for none.
 */
static size_t mark_len(const struct line *line, const char *mark)
{
    size_t len = strlen(mark);

    if (!begins(line, mark))
        return 0;
    /* Behind a mark of its own a blank belongs to it; a diff has none. */
    return len + (*mark != '+' && line->len > len && line->text[len] == ' ');
}

static bool has_margin(const struct pasted *pasted, const char *mark)
{
    size_t seen = 0;

    for (size_t i = 0; i < pasted->count; i++) {
        if (is_empty(&pasted->lines[i]))
            continue;
        if (!mark_len(&pasted->lines[i], mark))
            return false;
        seen++;
    }
    return seen > 1;
}

/* The other side of a box. */
static void cut_back(struct line *line, const char *mark)
{
    size_t len = strlen(mark);

    while (line->len && is_blank(line->text[line->len - 1]))
        line->len--;
    if (line->len >= len && memcmp(line->text + line->len - len, mark, len) == 0)
        line->len -= len;
}

static void cut_marks(struct pasted *pasted)
{
    static const char *const marks[] = {">", "+", "\u2502"};

    for (size_t m = 0; m < sizeof(marks) / sizeof(marks[0]); m++) {
        if (!has_margin(pasted, marks[m]))
            continue;
        for (size_t i = 0; i < pasted->count; i++) {
            struct line *line = &pasted->lines[i];

            cut_front(line, mark_len(line, marks[m]));
            if (marks[m][0] == (char)0xe2)
                cut_back(line, marks[m]);
        }
        return;
    }
}

/* "   12\tTEXT" of cat -n, "12:TEXT" of grep, "12 | TEXT" of an editor; how many bytes that is, 0 for none.
 */
static size_t number_len(const struct line *line, size_t *ret_number)
{
    size_t at = 0, number = 0, digits;

    while (at < line->len && line->text[at] == ' ')
        at++;
    for (digits = at; at < line->len && at - digits < 6 && line->text[at] >= '0' && line->text[at] <= '9';
         at++)
        number = number * 10 + (size_t)(line->text[at] - '0');
    if (at == digits)
        return 0;
    *ret_number = number;
    if (at == line->len)
        return at;
    if (line->text[at] == '\t' || line->text[at] == ':')
        return at + 1;
    for (digits = at; at < line->len && at - digits < 2 && line->text[at] == ' ';)
        at++;
    if (at == digits)
        return 0;
    if (at < line->len && line->text[at] == '|')
        at += 1 + (at + 1 < line->len && line->text[at + 1] == ' ');
    return at;
}

/* Lines that are numbered one after the other; an empty one may have lost its number. */
static void cut_numbers(struct pasted *pasted)
{
    size_t seen = 0, first = 0, number, len;

    for (size_t i = 0; i < pasted->count; i++) {
        if (is_empty(&pasted->lines[i]))
            continue;
        if (!number_len(&pasted->lines[i], &number) || (seen && number != first + i))
            return;
        first = seen++ ? first : number - i;
    }
    for (size_t i = 0; i < pasted->count && seen > 2; i++) {
        len = number_len(&pasted->lines[i], &number);
        cut_front(&pasted->lines[i], len);
    }
}

/* ---- what is inside something ---- */

/* Leave the lines from `from` up to `to` alone, and empty the rest. */
static void keep(struct pasted *pasted, size_t from, size_t to)
{
    for (size_t i = 0; i < pasted->count; i++)
        if (i < from || i >= to)
            pasted->lines[i].len = 0;
}

/*
 * The word behind "<<" of a command; NULL for none. What is indented is a script in a text of its own, but
 * for a value of Terraform's.
 */
static const char *here_word(const struct line *line, size_t *ret_len)
{
    const char *mark = memmem(line->text, line->len, "<<", 2), *end = line->text + line->len, *word;

    if (!mark || mark - line->text < 2 || (is_blank(line->text[0]) && memcmp(mark - 2, "= ", 2) != 0))
        return NULL;
    for (mark += 2; mark < end && strchr("-~ '\"\\", *mark); mark++)
        ;
    for (word = mark; mark < end && ((*mark >= 'A' && *mark <= 'Z') || *mark == '_'); mark++)
        ;
    *ret_len = (size_t)(mark - word);
    return *ret_len > 1 ? word : NULL;
}

static bool is_word(const struct line *line, const char *word, size_t len)
{
    const char *at = line->text, *end = at + line->len;

    while (at < end && is_blank(*at))
        at++;
    while (end > at && is_blank(end[-1]))
        end--;
    return (size_t)(end - at) == len && memcmp(at, word, len) == 0;
}

/* cat <<EOF > FILE, and what Terraform has of it. */
static bool keep_here_document(struct pasted *pasted)
{
    for (size_t i = 0; i < pasted->count; i++) {
        size_t len;
        const char *word = here_word(&pasted->lines[i], &len);

        for (size_t k = i + 1; word && k < pasted->count; k++)
            if (is_word(&pasted->lines[k], word, len)) {
                keep(pasted, i + 1, k);
                return true;
            }
    }
    return false;
}

/* One that is indented is part of a text within the text. */
static bool is_fence(const struct line *line)
{
    return line->len && !is_blank(line->text[0]) && pasted_line_is_fence(line->text, line->len);
}

/* What is between fences; with one alone, what is on its side. */
static void keep_fenced(struct pasted *pasted)
{
    size_t fences = 0, first = 0;
    bool inside = false, text_before = false;

    for (size_t i = 0; i < pasted->count; i++) {
        if (is_fence(&pasted->lines[i]))
            first = fences++ ? first : i;
        else
            text_before = text_before || (!fences && !is_empty(&pasted->lines[i]));
    }
    if (!fences)
        return;
    if (fences == 1) {
        keep(pasted, text_before ? 0 : first + 1, text_before ? first : pasted->count);
        return;
    }
    for (size_t i = 0; i < pasted->count; i++) {
        bool fence = is_fence(&pasted->lines[i]);

        if (fence || !inside)
            pasted->lines[i].len = 0;
        inside = inside != fence;
    }
}

/* "$ kubectl get ...", "root@node:~# oc get ...", "% cat Corefile" */
static bool is_command(const struct line *line)
{
    static const char *const prompts[] = {"$ ", "# ", "% "};
    static const char *const commands[] = {"kubectl ", "oc ",     "k3s ", "cat ",
                                           "helm ",    "docker ", "aws ", "sudo "};

    if (begins(line, "$ "))
        return true;
    if (is_empty(line) || is_blank(line->text[0]) || line->text[0] == '#')
        return false;
    for (size_t i = 0; i < sizeof(prompts) / sizeof(prompts[0]); i++) {
        const char *at = memmem(line->text, line->len, prompts[i], 2);
        size_t rest = at ? line->len - (size_t)(at + 2 - line->text) : 0;
        /* A blank stands before a comment, and none before the end of a prompt. */
        bool prompt = at && at > line->text && !is_blank(at[-1]);

        for (size_t k = 0; prompt && k < sizeof(commands) / sizeof(commands[0]); k++)
            if (rest > strlen(commands[k]) && memcmp(at + 2, commands[k], strlen(commands[k])) == 0)
                return true;
    }
    return false;
}

static const char *read_text(struct arena *arena, const char *bytes, size_t len, bool letters,
                             size_t *ret_len)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct pasted pasted = {0};
    struct line line;
    char *text, *to;

    *ret_len = len;
    if (len > PASTED_TEXT_MAX)
        return bytes;
    to = text = arena_alloc(arena, len + 1);
    while (line_cursor_next(&cursor, &line))
        *ARENA_PUSH(arena, pasted.lines, pasted.count) = line;
    cut_marks(&pasted);
    cut_numbers(&pasted);
    keep_fenced(&pasted);
    if (!keep_here_document(&pasted))
        for (size_t i = 0; i < pasted.count; i++)
            if (is_command(&pasted.lines[i]))
                pasted.lines[i].len = 0;
    for (size_t i = 0; i < pasted.count; i++) {
        memcpy(to, pasted.lines[i].text, pasted.lines[i].len);
        to += letters ? pasted_letters_plain(to, pasted.lines[i].len, 0) : pasted.lines[i].len;
        if (pasted.lines[i].ended)
            *to++ = '\n';
    }
    *to = '\0';
    *ret_len = (size_t)(to - text);
    return text;
}

const char *pasted_text_read(struct arena *arena, const char *bytes, size_t len, size_t *ret_len)
{
    return read_text(arena, bytes, len, true, ret_len);
}

const char *pasted_frame_read(struct arena *arena, const char *bytes, size_t len, size_t *ret_len)
{
    return read_text(arena, bytes, len, false, ret_len);
}
