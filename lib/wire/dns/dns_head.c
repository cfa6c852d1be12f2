/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/wire/dns/dns_head.h>
#include <k8sdns/wire/dns/dns_name.h>

#define HEADER 12

static uint16_t number_at(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

int dns_head_read(const uint8_t *bytes, size_t len, struct dns_head *ret)
{
    size_t at = HEADER;

    if (len < HEADER)
        return -EBADMSG;
    *ret = (struct dns_head){.id = number_at(bytes), .rcode = bytes[3] & 15};
    if (!number_at(bytes + 4))
        return 0;
    /* A first name has nothing behind it that it could be compressed with. */
    while (at < len && bytes[at] && bytes[at] < 64)
        at += 1 + (size_t)bytes[at];
    if (at >= len || bytes[at] || at + 1 - HEADER > DNS_NAME_WIRE_MAX || len - at < 5)
        return 0;
    ret->name = bytes + HEADER;
    ret->name_len = at + 1 - HEADER;
    ret->type = number_at(bytes + at + 1);
    ret->class = number_at(bytes + at + 3);
    return 0;
}
