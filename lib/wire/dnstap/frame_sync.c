/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "protobuf_cursor.h"
#include <errno.h>
#include <k8sdns/wire/dnstap/frame_sync.h>

/* Shorter is no message: a type and a message with a type of its own. */
#define DATA_MIN 6
/* Of a frame that is not all there so much must be, so that it is more than a likely length. */
#define SEEN_MIN 4

static uint32_t number_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Keys of dnstap's fields: identity, version, extra and message are of octets, type is a number. Source:
 * dnstap.proto. */
static bool is_key(uint8_t key)
{
    return key == 0x0a || key == 0x12 || key == 0x1a || key == 0x72 || key == 0x78;
}

/* Whether `seen` octets can begin, or be, a message of `len`. */
static bool is_message(const uint8_t *bytes, size_t seen, size_t len)
{
    struct protobuf_cursor c = {.at = bytes, .end = bytes + seen};

    if (len < DATA_MIN)
        return false;
    while (c.at < c.end) {
        size_t at = (size_t)(c.at - bytes);
        uint64_t value;

        if (!is_key(*c.at))
            return false;
        if (*c.at == 0x72 && c.end - c.at > 2 && !(c.at[1] & 0x80) && c.at[2] != 0x08)
            return false;
        c.at++;
        value = protobuf_varint(&c);
        if (c.failed)
            return seen < len && seen - at < 10;
        if (bytes[at] == 0x78)
            continue;
        if (value > len - (size_t)(c.at - bytes))
            return false;
        if (value > (size_t)(c.end - c.at))
            return seen < len;
        c.at += value;
    }
    return true;
}

/* Whether a frame of data, or the end of a stream, may begin here, as far as it is seen. */
static bool is_frame(const uint8_t *bytes, size_t len)
{
    size_t data, seen;

    if (len < 4)
        return true;
    data = number_at(bytes);
    if (!data)
        return len < 8 || (number_at(bytes + 4) >= 4 && number_at(bytes + 4) <= FRAME_CONTROL_MAX);
    if (data > FRAME_DATA_MAX)
        return false;
    seen = len - 4 < data ? len - 4 : data;
    return is_message(bytes + 4, seen, data);
}

/* So many damaged messages may stand one behind another in a stream that is sound. */
#define CHAIN 8

/* Whether lengths lead from frame to frame to one that is a message, or to the end of what has come. */
static bool leads_on(const uint8_t *bytes, size_t len)
{
    for (int i = 0; i < CHAIN; i++) {
        size_t data;

        if (is_frame(bytes, len))
            return true;
        data = number_at(bytes);
        if (data > FRAME_DATA_MAX || len - 4 < data)
            return false;
        bytes += 4 + data;
        len -= 4 + data;
    }
    return false;
}

ssize_t frame_read_checked(const uint8_t *bytes, size_t len, struct frame *ret, const char **ret_why)
{
    ssize_t n = frame_read(bytes, len, ret, ret_why);
    static const char why[] = "a frame that is no dnstap message";

    if (n < 0 || len < 4 || !number_at(bytes))
        return n;
    if (n == 0) {
        if (is_frame(bytes, len))
            return 0;
        *ret_why = why;
        return -EBADMSG;
    }
    if (is_message(ret->bytes, ret->len, ret->len) || leads_on(bytes + n, len - (size_t)n))
        return n;
    *ret_why = why;
    return -EBADMSG;
}

size_t frame_sync(const uint8_t *bytes, size_t len)
{
    for (size_t at = 1; at + 4 + SEEN_MIN <= len; at++) {
        size_t data = number_at(bytes + at), seen = len - at - 4;

        if (data && data <= FRAME_DATA_MAX && is_message(bytes + at + 4, seen < data ? seen : data, data))
            return at;
    }
    return len > 4 + SEEN_MIN ? len - 4 - SEEN_MIN + 1 : len;
}
