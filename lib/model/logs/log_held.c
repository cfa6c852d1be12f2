/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What waits for the rest: lines that the kubelet cut in pieces, and blocks of hex. */
#include "log_lines.h"
#include <k8sdns/model/logs/log_stream.h>
#include <string.h>

/* However many sources there are: beyond it what waits for the rest is cut. */
#define HELD_MAX (12U << 20)

/* What the last line was read from is not kept for the next long one: it may be another source's. */
void log_held_give_back(struct log_stream *s)
{
    for (size_t i = 0; i < sizeof(s->read) / sizeof(s->read[0]); i++) {
        if (s->read[i])
            text_fini(s->read[i]);
        s->read[i] = NULL;
    }
}

static void drop_hex(struct log_stream *s, struct log_source *source)
{
    s->held -= source->hex.len;
    text_fini(&source->hex);
}

/* Put a piece behind those before it. Return whether the line is whole now, which then is in `payload`. */
bool log_held_join(struct log_stream *s, struct log_source *source, struct container_line *line)
{
    struct text *before = &source->partial[line->stderr_stream];
    size_t room = before->len < LOG_LINE_MAX ? LOG_LINE_MAX - before->len : 0;

    /* A line that is whole at once is not held. */
    if (line->partial || before->len)
        room = room < HELD_MAX - s->held ? room : HELD_MAX - s->held;
    if (!line->partial && !before->len)
        return true;
    if (line->payload.len > room) {
        s->cut += before->len <= LOG_LINE_MAX && room > 0;
        line->payload.len = room;
    }
    s->partials += !before->len && line->partial && line->payload.len;
    text_add_n(before, line->payload.at, line->payload.len);
    s->held += line->payload.len;
    line->payload = (struct log_word){text_string(before), before->len};
    if (line->partial)
        return false;
    s->partials -= before->len > 0;
    s->held -= before->len;
    before->len = 0;
    /* Until the next line it is read where it stands. */
    s->read[0] = before;
    return true;
}

/* Keep the hex of a message until its last line, which is an offset alone. */
bool log_held_hex(struct log_stream *s, struct log_source *source, struct log_word text)
{
    static const size_t marker = 7, offset = 6; /* "debug: 000000" */

    if (text.len >= marker + offset && memcmp(text.at + marker, "000000", offset) == 0 &&
        text.len > marker + offset)
        drop_hex(s, source);
    if (source->hex.len + text.len + 1 > LOG_HEX_MAX || text.len + 1 > HELD_MAX - s->held) {
        s->hex_lost += source->hex.len > 0;
        drop_hex(s, source);
        return false;
    }
    text_add_n(&source->hex, text.at, text.len);
    text_add_n(&source->hex, "\n", 1);
    s->held += text.len + 1;
    if (text.len > marker + offset)
        return false;
    s->held -= source->hex.len;
    s->read[1] = &source->hex;
    return true;
}
