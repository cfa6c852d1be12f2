/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The letters of one line that was copied from a page or through an editor. */
#include "pasted_line.h"
#include <k8sdns/wire/capture/pasted_text.h>
#include <string.h>

struct written {
    const char *as, *is;
};

static const struct written entities[] = {
    {"&lt;", "<"},   {"&gt;", ">"},   {"&amp;", "&"},   {"&quot;", "\""}, {"&apos;", "'"},
    {"&nbsp;", " "}, {"&#34;", "\""}, {"&#39;", "'"},   {"&#60;", "<"},   {"&#62;", ">"},
    {"&#38;", "&"},  {"&#160;", " "}, {"&#x22;", "\""}, {"&#x27;", "'"},  {"&#x2F;", "/"},
    {"&#x2f;", "/"}, {"&#47;", "/"},  {"&#96;", "`"},   {"&#123;", "{"},  {"&#125;", "}"},
};

static const struct written blanks[] = {
    {"\u00a0", " "}, {"\u2007", " "}, {"\u202f", " "}, {"\u200b", ""}, {"\ufeff", ""}, {"\u2060", ""},
};

static const struct written quotes[] = {
    {"\u201c", "\""}, {"\u201d", "\""}, {"\u201e", "\""}, {"\u2018", "'"}, {"\u2019", "'"},
};

static const char *const tags[] = {"pre", "code", "br", "p", "div", "span", "li", "td", "tt", "samp"};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* What one of a list is written as at `at`; the bytes that it takes there, 0 for none of them. */
static size_t find(const struct written *list, size_t count, const char *at, const char *end,
                   const char **ret_is)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(list[i].as);

        if ((size_t)(end - at) >= len && memcmp(at, list[i].as, len) == 0) {
            *ret_is = list[i].is;
            return len;
        }
    }
    return 0;
}

/* <pre>, </pre>, <br/>, <span class="x">; how many bytes that is. */
static size_t tag_len(const char *at, const char *end)
{
    const char *close = memchr(at, '>', (size_t)(end - at)), *name = at + 1;

    if (!close)
        return 0;
    name += *name == '/';
    for (size_t i = 0; i < COUNT(tags); i++) {
        size_t len = strlen(tags[i]);

        if ((size_t)(close - name) >= len && memcmp(name, tags[i], len) == 0 &&
            strchr(" />", name[len]) != NULL)
            return (size_t)(close + 1 - at);
    }
    return 0;
}

size_t pasted_letters_plain(char *text, size_t len, unsigned what)
{
    const char *at = text, *end = text + len;
    char *to = text;

    while (at < end) {
        const char *is = "";
        size_t taken = 0;

        if (*at == '&')
            taken = find(entities, COUNT(entities), at, end, &is);
        else if ((unsigned char)*at >= 0x80)
            taken = find(blanks, COUNT(blanks), at, end, &is);
        if (!taken && (unsigned char)*at >= 0x80 && what & PASTED_QUOTES)
            taken = find(quotes, COUNT(quotes), at, end, &is);
        if (!taken && *at == '<' && what & PASTED_TAGS)
            taken = tag_len(at, end);
        if (!taken) {
            *to++ = *at++;
            continue;
        }
        at += taken;
        if (*is)
            *to++ = *is;
    }
    return (size_t)(to - text);
}

size_t pasted_line_plain(char *text, size_t len)
{
    return pasted_letters_plain(text, len, PASTED_QUOTES | PASTED_TAGS);
}

bool pasted_line_is_fence(const char *text, size_t len)
{
    static const char *const marks[] = {"```", "~~~", "{noformat", "{code", "[code]", "[/code]"};

    while (len && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    for (size_t i = 0; i < COUNT(marks); i++)
        if (len >= strlen(marks[i]) && memcmp(text, marks[i], strlen(marks[i])) == 0)
            /* A word may follow that names the language, and no more. */
            return !memchr(text + strlen(marks[i]), ' ', len - strlen(marks[i]));
    return false;
}
