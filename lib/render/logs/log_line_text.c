/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event of a followed log as a line. */
#include <k8sdns/model/logs/logs_facts.h>
#include <k8sdns/render/logs/logs_text.h>
#include <k8sdns/render/probe/decode_text.h>
#include <string.h>

static enum style style_of(const struct log_line_facts *f)
{
    if (f->kind == LOG_LINE_ERROR || f->kind == LOG_LINE_PANIC)
        return STYLE_BAD;
    if (f->kind != LOG_LINE_QUERY)
        return f->kind == LOG_LINE_UNKNOWN ? STYLE_ODD : STYLE_PLAIN;
    return f->rcode && strcmp(f->rcode, "NOERROR") != 0 && strcmp(f->rcode, "NXDOMAIN") != 0 ? STYLE_BAD
                                                                                             : STYLE_PLAIN;
}

void logs_text_line(const void *data, struct printer *printer, struct arena *arena)
{
    const struct log_line_facts *f = data;

    if (f->time)
        printer_addf(printer, "%s ", f->time);
    if (f->source)
        printer_addf(printer, "%s ", f->source);
    printer_style(printer, style_of(f), f->text);
    if (f->server_made)
        printer_addf(printer, "  <- it failed: SERVFAIL, unless the next error says otherwise");
    printer_addf(printer, "\n");
    if (f->message) {
        struct decode_facts decoded = {.messages = f->message, .messages_count = 1};

        decode_text_render(&decoded, printer, arena);
    }
}
