/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/render/page/json_dump.h>
#include <stdbool.h>

void json_dump_add(struct text *out, const char *dump)
{
    const char *from = dump, *at = dump;

    for (; *at; at++) {
        bool c1 = (unsigned char)*at == 0xC2 && ((unsigned char)at[1] & 0xE0) == 0x80;

        if (*at != 0x7f && !c1)
            continue;
        text_add_n(out, from, (size_t)(at - from));
        text_addf(out, "\\u%04x", c1 ? (unsigned char)at[1] : 0x7fU);
        at += c1;
        from = at + 1;
    }
    text_add(out, from);
}
