/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_RENDER_HTML_H
#define K8SDNS_RENDER_HTML_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/text.h>
#include <stdint.h>

/*
 * HTML, written so that no text from outside can be anything but text. There are three ways to add, and no
 * other: markup is a literal of the program (html() does not compile with anything else); a text goes through
 * html_text() and its kin, which escape it for element content and for attributes in double quotes alike; a
 * number is formatted here. No text from outside goes into a tag's name, an id, a class, a style, a link or a
 * script.
 */
struct html {
    struct text *out;
    struct arena *arena;
    unsigned ids; /* given so far */
};

void html_add(struct html *html, const char *markup, size_t len);

/* Markup: a string literal. */
#define html(h, literal) html_add((h), "" literal, sizeof(literal) - 1)

/* The longest name (a DNS name, a Pod) and the longest text that is shown; what is left out is counted. */
#define HTML_NAME_MAX 255
#define HTML_TEXT_MAX 2000

/*
 * Any bytes as text: `& < > " '` as entities; controls, bidirectional and invisible characters and broken
 * UTF-8 as \DDD, a byte each (escape_line()); cut at HTML_TEXT_MAX bytes with the number of bytes that there
 * are. NULL writes nothing.
 */
void html_text(struct html *html, const char *text);
void html_textf(struct html *html, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A name, kept apart from the direction of the text around it, which may be broken behind `.`, `-`, `/` and
 * `:`. */
void html_name(struct html *html, const char *name);

/* ` NAME="TEXT"`: NAME is a literal, TEXT anything. */
#define html_attribute(h, name, text) (html(h, " " name "=\""), html_text((h), (text)), html(h, "\""))

/* A word of a class: only letters, digits, `-` and blanks of it are written. */
void html_class(struct html *html, const char *words);

/* A number for a coordinate or a size: finite, within +-100000, `decimals` digits behind the point. */
void html_number(struct html *html, double number, int decimals);

/* A duration for people, "2.4 ms", whose number and unit do not part at the end of a line. */
void html_duration_us(struct html *html, uint64_t us);

/* A text as a sentence begins: its first letter in upper case. */
void html_sentence(struct html *html, const char *text);

/* A moment for people, "2026-11-29 02:57:25 UTC", of an RFC 3339 text; any other text as it is. */
void html_time(struct html *html, const char *time);

/* The next id, a number that is on the page once. */
unsigned html_id(struct html *html);

#endif
