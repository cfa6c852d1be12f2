/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines that a terminal or a mail cut in pieces. One of CoreDNS's that is none of its kinds is held until the
 * next. They are put together when that makes a query of them, or an error whose cause is known; else each
 * stays what it is.
 */
#include "log_lines.h"
#include <k8sdns/model/logs/log_event_kind.h>
#include <k8sdns/model/logs/logs_facts.h>
#include <string.h>

/* More pieces are not put together. */
#define PIECES_MAX 4

/* Whether a line may go on in the next: what it says is not known. */
static bool may_go_on(const struct coredns_line *line)
{
    if (line->kind == COREDNS_MESSAGE)
        return (line->level == COREDNS_LEVEL_INFO || line->level == COREDNS_LEVEL_ERROR) &&
               log_event_kind(line) == LOG_MESSAGE;
    return line->kind == COREDNS_ERRORS && log_event_kind(line) == LOG_ERRORS_OTHER;
}

/* What a line is by itself; the reader may write over it. */
static int kind_of(const struct log_stream *s, struct text *copy, struct coredns_line *ret)
{
    struct container_line line;
    struct log_word values[LOG_TEMPLATE_PARTS];

    container_line_read(copy->at, copy->len, &line);
    coredns_log_read(s->log_template, line.payload, values, ret);
    return ret->kind;
}

/* The pieces that are held, and the last, in one: bit i of `blanks` puts a blank into the seam i. */
static void put_together(const struct log_wrapped *w, const char *last, size_t len, unsigned blanks,
                         struct text *ret)
{
    const char *at = text_string(&w->held), *end = at + w->held.len;

    text_clear(ret);
    for (unsigned seam = 0;; seam++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at)), *stop = newline ? newline : end;

        text_add_n(ret, at, (size_t)(stop - at));
        text_add(ret, blanks >> seam & 1 ? " " : "");
        if (!newline)
            break;
        at = newline + 1;
    }
    text_add_n(ret, last, len);
}

/* Whether what is held and this line make one, which then is in `joined`. `*ret_more`: with the next they
 * may.
 */
static bool join(struct log_stream *s, const char *text, size_t len, bool *ret_more)
{
    struct log_wrapped *w = &s->wrapped;
    struct coredns_line line;

    *ret_more = false;
    text_clear(&w->joined);
    text_add_n(&w->joined, text, len);
    /* A line that is one by itself is no piece. */
    if (!len || kind_of(s, &w->joined, &line) != COREDNS_UNKNOWN)
        return false;
    for (unsigned blanks = 0; blanks < 1U << w->pieces; blanks++) {
        int kind;

        put_together(w, text, len, blanks, &w->joined);
        kind = kind_of(s, &w->joined, &line);
        if (kind == COREDNS_QUERY || (kind == COREDNS_ERRORS && log_event_kind(&line) != LOG_ERRORS_OTHER)) {
            put_together(w, text, len, blanks, &w->joined);
            return true;
        }
    }
    *ret_more = w->pieces + 1 < PIECES_MAX;
    return false;
}

static void hold(struct log_wrapped *w, const char *name, const char *text, size_t len)
{
    if (!w->pieces++) {
        text_clear(&w->held);
        w->name = name;
    } else {
        text_add_n(&w->held, "\n", 1);
    }
    text_add_n(&w->held, text, len);
}

/* The pieces as the lines that they are, one after the other, and then another line or none. */
static void let_go(struct log_stream *s)
{
    struct log_wrapped *w = &s->wrapped;

    text_clear(&w->queue);
    text_add_n(&w->queue, text_string(&w->held), w->held.len);
    w->queued = 0;
    w->pieces = 0;
    s->more = true;
}

static bool next_queued(struct log_stream *s, struct log_entry *entry)
{
    struct log_wrapped *w = &s->wrapped;

    while (w->queued < w->queue.len) {
        char *at = w->queue.at + w->queued;
        size_t left = w->queue.len - w->queued;
        const char *newline = memchr(at, '\n', left);
        size_t len = newline ? (size_t)(newline - at) : left;

        w->queued += len + (newline != NULL);
        if (log_lines_take(s, w->name, at, len, entry))
            return true;
    }
    return false;
}

/* A line that may go on is held, and gives nothing yet. */
static bool take(struct log_stream *s, const char *name, char *text, size_t len, struct log_entry *entry)
{
    bool found = log_lines_take(s, name, text, len, entry);
    const char *end = entry->text.at ? entry->text.at + entry->text.len : NULL;

    if (!found || !s->joins || entry->line.kind == COREDNS_QUERY || !may_go_on(&entry->line) ||
        entry->text.at < text || end > text + len)
        return found;
    hold(&s->wrapped, name, text, (size_t)(end - text));
    return false;
}

static bool take_waiting(struct log_stream *s, struct log_entry *entry)
{
    struct log_wrapped *w = &s->wrapped;

    w->waits = false;
    return take(s, w->waiting_name, w->waiting.at, w->waiting.len, entry);
}

bool log_stream_take(struct log_stream *s, const char *name, char *text, size_t len, struct log_entry *entry)
{
    struct log_wrapped *w = &s->wrapped;
    bool more;

    if (!w->pieces)
        return take(s, name, text, len, entry);
    if (w->name == name) {
        if (join(s, text, len, &more)) {
            w->pieces = 0;
            return log_lines_take(s, name, w->joined.at, w->joined.len, entry);
        }
        if (more) {
            hold(w, name, text, len);
            return false;
        }
    }
    let_go(s);
    text_clear(&w->waiting);
    text_add_n(&w->waiting, text, len);
    w->waiting_name = name;
    w->waits = true;
    return next_queued(s, entry) || take_waiting(s, entry);
}

bool log_stream_next(struct log_stream *s, struct log_entry *entry)
{
    bool found =
        log_lines_more(s, entry) || next_queued(s, entry) || (s->wrapped.waits && take_waiting(s, entry));

    /* A line that is held may have come from an export that goes on. */
    s->more = found || s->file->depth;
    return found;
}

bool log_stream_end(struct log_stream *s, struct log_entry *entry)
{
    if (s->wrapped.pieces) {
        let_go(s);
        if (next_queued(s, entry))
            return true;
    }
    return log_lines_end(s, entry);
}
