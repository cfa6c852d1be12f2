/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "candidate.h"
#include <k8sdns/base/text.h>
#include <string.h>

/* RFC 1035 section 2.3.4. */
enum {
    LABEL_MAX = 63,
    WIRE_MAX = 255,
};

struct joining {
    struct text out;
    size_t label, wire; /* octets of this label; of the whole so far, length bytes included */
    bool valid, hostname;
};

static void add_byte(struct joining *joining, unsigned char byte)
{
    bool ordinary = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                    (byte >= '0' && byte <= '9') || byte == '_' || (byte == '-' && joining->out.len > 0);

    joining->hostname = joining->hostname && ordinary;
    if (byte == '.' || byte == '\\')
        text_addf(&joining->out, "\\%c", byte);
    else if (byte > ' ' && byte < 0x7f)
        text_add_char(&joining->out, (char)byte, 1);
    else
        text_addf(&joining->out, "\\%03u", byte);
    joining->label++;
}

static void end_label(struct joining *joining)
{
    if (joining->label == 0 || joining->label > LABEL_MAX)
        joining->valid = false;
    joining->wire += joining->label + 1;
    joining->label = 0;
}

/* The bytes of `text`; dots divide labels. */
static void add_text(struct joining *joining, const char *text, size_t len, bool escapes)
{
    for (size_t i = 0; i < len && joining->valid; i++) {
        unsigned char byte = (unsigned char)text[i];

        /* Nothing that long is a name; the rest need not be looked at. */
        if (joining->wire + joining->label > WIRE_MAX) {
            joining->valid = false;
        } else if (byte == '.') {
            end_label(joining);
            text_add_char(&joining->out, '.', 1);
        } else if (byte == '\\' && escapes) {
            unsigned value = 0, digits = 0;

            for (; digits < 3 && i + 1 + digits < len; digits++) {
                unsigned char digit = (unsigned char)text[i + 1 + digits];

                if (digit < '0' || digit > '9')
                    break;
                value = value * 10 + (digit - '0');
            }
            if (digits == 3 && value < 256) {
                add_byte(joining, (unsigned char)value);
                i += 3;
            } else if (digits == 0 && i + 1 < len) {
                add_byte(joining, (unsigned char)text[++i]);
            } else {
                joining->valid = false;
            }
        } else {
            add_byte(joining, byte);
        }
    }
}

struct candidate candidate_make(struct arena *arena, const char *name, size_t name_len, const char *domain,
                                bool escapes)
{
    struct joining joining = {.valid = true, .hostname = true};
    struct candidate candidate = {0};

    if (name_len == 0 && !domain)
        return (struct candidate){.text = ".", .is_hostname = true};
    add_text(&joining, name, name_len, escapes);
    end_label(&joining);
    if (domain && *domain && joining.valid) {
        text_add_char(&joining.out, '.', 1);
        add_text(&joining, domain, strlen(domain), escapes);
        end_label(&joining);
    }
    if (joining.valid && joining.wire + 1 <= WIRE_MAX) {
        candidate.text = arena_text(arena, text_string(&joining.out));
        candidate.is_hostname = joining.hostname;
    }
    text_fini(&joining.out);
    return candidate;
}
