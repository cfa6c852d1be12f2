/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/line.h>
#include <string.h>

bool line_cursor_next(struct line_cursor *cursor, struct line *ret_line)
{
    const char *from, *end;
    size_t room = cursor->len - cursor->at;

    if (room == 0)
        return false;
    from = cursor->bytes + cursor->at;
    end = memchr(from, '\n', room);
    *ret_line = (struct line){
        .number = ++cursor->number,
        .text = from,
        .len = end ? (size_t)(end - from) : room,
        .ended = end != NULL,
    };
    cursor->at += ret_line->len + ret_line->ended;
    return true;
}
