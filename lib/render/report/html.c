/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"
#include <ctype.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/number.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void html_add(struct html *html, const char *markup, size_t len)
{
    text_add_n(html->out, markup, len);
}

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool is_seam(char c)
{
    return c == '.' || c == '-' || c == '/' || c == ':' || c == ',';
}

/* `len` bytes of at most `most`, with a place to break behind each seam when `breaks`. */
static void add_escaped(struct html *html, const char *text, size_t len, size_t most, bool breaks)
{
    char safe[4 * HTML_TEXT_MAX + 1]; /* a byte is four characters at the most */
    size_t taken = len < most ? len : most, count;

    /* Not within a character. */
    while (taken < len && taken && ((unsigned char)text[taken] & 0xc0) == 0x80)
        taken--;
    count = escape_line(safe, sizeof(safe), text, taken);
    for (size_t i = 0; i < count; i++) {
        const char *as = entity(safe[i]);

        if (as)
            text_add(html->out, as);
        else
            text_add_char(html->out, safe[i], 1);
        if (breaks && is_seam(safe[i]) && i + 1 < count)
            html(html, "<wbr>");
    }
    if (taken < len)
        text_addf(html->out, "\xe2\x80\xa6 (%zu bytes)", len);
}

void html_text(struct html *html, const char *text)
{
    if (text)
        add_escaped(html, text, strlen(text), HTML_TEXT_MAX, false);
}

void html_textf(struct html *html, const char *fmt, ...)
{
    char *whole;
    va_list args;

    va_start(args, fmt);
    whole = arena_vprintf(html->arena, fmt, args);
    va_end(args);
    html_text(html, whole);
}

void html_name(struct html *html, const char *name)
{
    if (!name)
        return;
    html(html, "<bdi>");
    add_escaped(html, name, strlen(name), HTML_NAME_MAX, true);
    html(html, "</bdi>");
}

void html_class(struct html *html, const char *words)
{
    for (; *words; words++)
        if (isalnum((unsigned char)*words) || *words == '-' || *words == ' ')
            text_add_char(html->out, *words, 1);
}

void html_number(struct html *html, double number, int decimals)
{
    double bound = 100000;

    if (!isfinite(number))
        number = 0;
    number = number > bound ? bound : number < -bound ? -bound : number;
    text_addf(html->out, "%.*f", decimals, number);
}

void html_duration_us(struct html *html, uint64_t us)
{
    char words[DURATION_TEXT];

    duration_format_us(words, sizeof(words), us);
    for (const char *at = words; *at; at++) {
        if (*at == ' ')
            html(html, "\xc2\xa0");
        else
            text_add_char(html->out, *at, 1);
    }
}

void html_sentence(struct html *html, const char *text)
{
    char *copy;

    if (!text)
        return;
    copy = arena_text(html->arena, text);
    copy[0] = (char)toupper((unsigned char)copy[0]);
    html_text(html, copy);
}

void html_time(struct html *html, const char *time)
{
    uint64_t ns;

    if (time && clock_parse(time, &ns))
        html_textf(html, "%.10s\xc2\xa0%.8s\xc2\xa0UTC", time, time + 11);
    else
        html_text(html, time);
}

unsigned html_id(struct html *html)
{
    return ++html->ids;
}
