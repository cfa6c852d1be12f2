/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/model/logs_facts.h>
#include <k8sdns/render/decode_text.h>
#include <k8sdns/render/logs_text.h>
#include <string.h>

static enum paint paint_of(const struct log_line_facts *f)
{
    if (f->kind == LOG_LINE_ERROR || f->kind == LOG_LINE_PANIC)
        return PAINT_BAD;
    if (f->kind != LOG_LINE_QUERY)
        return f->kind == LOG_LINE_UNKNOWN ? PAINT_ODD : PAINT_PLAIN;
    return f->rcode && strcmp(f->rcode, "NOERROR") != 0 && strcmp(f->rcode, "NXDOMAIN") != 0 ? PAINT_BAD
                                                                                             : PAINT_PLAIN;
}

void logs_text_line(const void *data, struct page *page, struct arena *arena)
{
    const struct log_line_facts *f = data;

    if (f->time)
        page_addf(page, "%s ", f->time);
    if (f->source)
        page_addf(page, "%s ", f->source);
    page_paint(page, paint_of(f), f->text);
    if (f->server_made)
        page_addf(page, "  <- it failed: SERVFAIL, unless the next error says otherwise");
    page_addf(page, "\n");
    if (f->message) {
        struct decode_facts decoded = {.messages = f->message, .messages_count = 1};

        decode_text_render(&decoded, page, arena);
    }
}
