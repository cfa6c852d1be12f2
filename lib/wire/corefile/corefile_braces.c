/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Braces that are glued to a word. For CoreDNS, which divides words at blanks alone, they are part of it;
 * here they are taken for what was meant, so that what follows is judged by that, and the line is said once.
 */
#include "corefile_word.h"
#include <ctype.h>
#include <k8sdns/base/text.h>
#include <string.h>

/* The words of one line. */
struct row {
    const struct corefile_word *words;
    size_t count;
    size_t closes; /* one more than the place of the last word that closes something */
};

struct parter {
    struct arena *arena;
    struct corefile_word *words;
    size_t count;
};

static size_t count_of(const char *text, char c)
{
    size_t count = 0;

    for (; *text; text++)
        count += *text == c;
    return count;
}

static bool is(const struct corefile_word *word, const char *text)
{
    return !word->quoted && strcmp(word->text, text) == 0;
}

/* How many closing braces stand at its end that it does not open: 1 of "2}", 0 of "{$TTL}". */
static size_t surplus(const char *text)
{
    size_t len = strlen(text), open = count_of(text, '{'), close = count_of(text, '}'), more = 0;

    while (more < len && text[len - 1 - more] == '}' && close - more > open)
        more++;
    return more;
}

/* "{{ .Name }}" has its braces for itself, and what a format of log is made of, too, though it should be in
 * quotes.
 */
static bool is_of_others(const struct row *row)
{
    if (is(row->words, "log"))
        return true;
    for (size_t i = 0; i < row->count; i++)
        if (!row->words[i].quoted && strstr(row->words[i].text, "{{"))
            return true;
    return false;
}

/* A part of a word; `apart`: it begins a line. */
static void add(struct parter *p, const struct corefile_word *word, const char *text, size_t len, bool apart)
{
    struct corefile_word *part = ARENA_PUSH(p->arena, p->words, p->count);

    *part = *word;
    part->text = arena_text_n(p->arena, text, len);
    part->apart = apart;
}

static void add_closing(struct parter *p, const struct corefile_word *word, size_t braces)
{
    for (; braces; braces--)
        add(p, word, "}", 1, true);
}

static const char before[] = "the brace must stand apart from the word before it",
                  behind[] = "the brace must stand apart from the word behind it",
                  around[] = "the brace must stand apart from the words around it",
                  closing[] = "the closing brace must stand on a line of its own";

/* "example.com{": at the end of its line, or of one that closes it again. */
static bool opens_at_end(const struct row *row, size_t at, size_t len)
{
    const char *text = row->words[at].text;

    return len > 1 && text[len - 1] == '{' && text[len - 2] != '{' && strcmp(text, "}{") != 0 &&
           (at + 1 == row->count || row->closes > at + 1);
}

/* "{success", and not "{$TTL}" nor "{remote}". */
static bool opens_at_begin(const char *text, bool others)
{
    return !others && *text == '{' && isalpha((unsigned char)text[1]) && !strchr(text, '}') &&
           !strchr(text + 1, '{');
}

/* The brace within "192.0.2.1{max_fails", on a line that closes it again; NULL. */
static const char *opens_within(const struct row *row, size_t at, bool others)
{
    const char *text = row->words[at].text, *brace = strchr(text, '{');

    return !others && brace && brace > text && isalpha((unsigned char)brace[1]) && !strchr(text, '}') &&
                   !strchr(brace + 1, '{') && row->closes > at + 1
               ? brace
               : NULL;
}

/* Part one word. Return what is wrong with it; NULL when it is whole. */
static const char *part(struct parter *p, const struct row *row, size_t at, bool others)
{
    const struct corefile_word *word = &row->words[at];
    const char *text = word->text, *brace;
    size_t len = strlen(text), more = surplus(text);

    if (word->quoted || len < 2) {
        *ARENA_PUSH(p->arena, p->words, p->count) = *word;
    } else if (opens_at_end(row, at, len)) {
        add(p, word, text, len - 1, false);
        add(p, word, "{", 1, false);
        return before;
    } else if (opens_at_begin(text, others)) {
        add(p, word, "{", 1, false);
        add(p, word, text + 1, len - 1, false);
        return behind;
    } else if ((brace = opens_within(row, at, others))) {
        add(p, word, text, (size_t)(brace - text), false);
        add(p, word, "{", 1, false);
        add(p, word, brace + 1, strlen(brace + 1), false);
        return around;
    } else if (!at && *text == '}' && (isalpha((unsigned char)text[1]) || text[1] == '.' || text[1] == '(')) {
        add_closing(p, word, 1);
        add(p, word, text + 1, len - 1, true);
        return behind;
    } else if (!others && more && (more < len || !at) &&
               (at + 1 == row->count || is(&row->words[at + 1], "}"))) {
        if (more < len)
            add(p, word, text, len - more, false);
        add_closing(p, word, more);
        return closing;
    } else {
        *ARENA_PUSH(p->arena, p->words, p->count) = *word;
    }
    return NULL;
}

static void add_word(struct text *out, const struct corefile_word *word)
{
    text_addf(out, word->quoted ? "\"%s\"" : "%s", word->text);
}

/* The line with its braces apart: "cache {, then on lines of their own: success 1000, }" */
static const char *written(struct arena *arena, const struct corefile_word *words, size_t count)
{
    struct text first = {0}, rest = {0}, *out = &first;
    size_t lines = 0;
    const char *copy;

    for (size_t i = 0; i < count; i++) {
        bool begins = i && (is(&words[i], "}") || is(&words[i - 1], "{") || is(&words[i - 1], "}"));

        if (begins && lines++)
            text_add(&rest, ", ");
        out = begins ? &rest : out;
        if (i && !begins)
            text_add(out, " ");
        add_word(out, &words[i]);
    }
    if (lines)
        text_addf(&first, ", then on %s: %s", lines > 1 ? "lines of their own" : "a line of its own",
                  text_string(&rest));
    copy = arena_text(arena, text_string(&first));
    text_fini(&first);
    text_fini(&rest);
    return copy;
}

static const char glued[] =
    "CoreDNS takes the brace for a part of the word: it refuses the file, or reads it otherwise than it was meant.";

static void add_slip(struct arena *arena, struct corefile *corefile, uint64_t line, const char *text,
                     const char *why, const char *write)
{
    /* A file that is imported twice is told of once. */
    for (size_t i = 0; i < corefile->slips_count; i++)
        if (corefile->slips[i].line == line)
            return;
    if (corefile->slips_count == COREFILE_SLIPS_MAX)
        return;
    *ARENA_PUSH(arena, corefile->slips, corefile->slips_count) =
        (struct corefile_slip){.line = line, .text = text, .why = why, .write = write};
}

/* An address whose port is a comment. */
static void take_port(struct arena *arena, struct corefile_word *word, struct corefile *corefile)
{
    const char *port = strchr(word->whole, '#') + 1, *alone = word->text;

    word->text = strchr(alone, ':') ? arena_printf(arena, "[%s]:%s", alone, port)
                                    : arena_printf(arena, "%s:%s", alone, port);
    add_slip(
        arena, corefile, word->line,
        arena_printf(arena, "'#' begins a comment: of '%s' CoreDNS reads %s alone", word->whole, alone),
        "CoreDNS asks port 53 there. A port stands behind a colon; the notation with '#' is that of dnsmasq.",
        word->text);
}

size_t corefile_braces_part(struct arena *arena, struct corefile_word **words, size_t count,
                            struct corefile *corefile)
{
    struct parter parter = {.arena = arena};
    size_t end;

    for (size_t begin = 0; begin < count; begin = end) {
        struct row row = {.words = *words + begin};
        size_t first = parter.count;
        const char *what = NULL;
        bool others;

        for (end = begin + 1; end < count && (*words)[end].line == (*words)[end - 1].end_line; end++)
            ;
        row.count = end - begin;
        for (size_t i = begin; i < end; i++)
            if ((*words)[i].whole)
                take_port(arena, &(*words)[i], corefile);
        for (size_t i = 0; i < row.count; i++)
            if (!row.words[i].quoted && surplus(row.words[i].text))
                row.closes = i + 1;
        others = is_of_others(&row);
        for (size_t i = 0; i < row.count; i++) {
            const char *found = part(&parter, &row, i, others);

            what = what ? what : found;
        }
        if (what)
            add_slip(arena, corefile, row.words[0].line, what, glued,
                     written(arena, parter.words + first, parter.count - first));
    }
    *words = parter.words;
    return parter.count;
}
