/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/wire/dnstap/frame_stream.h>
#include <string.h>

#define FIELD_CONTENT_TYPE 1

static uint32_t number_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint8_t *put_number(uint8_t *p, size_t number)
{
    p[0] = (uint8_t)(number >> 24);
    p[1] = (uint8_t)(number >> 16);
    p[2] = (uint8_t)(number >> 8);
    p[3] = (uint8_t)number;
    return p + 4;
}

/* Give the next field. Return false at the end, and behind a field that is not whole. */
static bool next_field(const struct frame *frame, size_t *at, uint32_t *ret_type, const uint8_t **ret_bytes,
                       size_t *ret_len)
{
    size_t left = frame->len - *at;

    if (left < 8)
        return false;
    *ret_type = number_at(frame->bytes + *at);
    *ret_len = number_at(frame->bytes + *at + 4);
    *ret_bytes = frame->bytes + *at + 8;
    if (*ret_len > left - 8)
        return false;
    *at += 8 + *ret_len;
    return true;
}

static bool fields_are_whole(const struct frame *frame)
{
    const uint8_t *bytes;
    size_t at = 0, len;
    uint32_t type;

    while (next_field(frame, &at, &type, &bytes, &len))
        ;
    return at == frame->len;
}

static ssize_t read_control(const uint8_t *bytes, size_t len, struct frame *ret, const char **ret_why)
{
    struct frame frame;
    size_t control;

    if (len < 8)
        return 0;
    control = number_at(bytes + 4);
    if (control < 4 || control > FRAME_CONTROL_MAX) {
        *ret_why = control < 4 ? "a control frame without a type" : "a control frame that is too large";
        return -EBADMSG;
    }
    if (len - 8 < control)
        return 0;
    frame.bytes = bytes + 12;
    frame.len = control - 4;
    frame.control = number_at(bytes + 8) < 1U << 30 ? (int)number_at(bytes + 8) : 1 << 30;
    if (frame.control == FRAME_DATA || !fields_are_whole(&frame)) {
        *ret_why = "a control frame whose fields are damaged";
        return -EBADMSG;
    }
    *ret = frame;
    return (ssize_t)(8 + control);
}

ssize_t frame_read(const uint8_t *bytes, size_t len, struct frame *ret, const char **ret_why)
{
    size_t data;

    if (len < 4)
        return 0;
    data = number_at(bytes);
    if (!data)
        return read_control(bytes, len, ret, ret_why);
    if (data > FRAME_DATA_MAX) {
        *ret_why = "a frame that is too large";
        return -EBADMSG;
    }
    if (len - 4 < data)
        return 0;
    *ret = (struct frame){.control = FRAME_DATA, .bytes = bytes + 4, .len = data};
    return (ssize_t)(4 + data);
}

bool frame_is_of(const struct frame *frame, const char *content_type)
{
    const uint8_t *bytes;
    bool named = false;
    size_t at = 0, len;
    uint32_t type;

    while (next_field(frame, &at, &type, &bytes, &len)) {
        if (type != FIELD_CONTENT_TYPE)
            continue;
        named = true;
        if (len == strlen(content_type) && memcmp(bytes, content_type, len) == 0)
            return true;
    }
    return !named;
}

void frame_content_type(const struct frame *frame, char out[FRAME_CONTENT_MAX])
{
    const uint8_t *bytes;
    size_t at = 0, len;
    uint32_t type;

    out[0] = '\0';
    while (next_field(frame, &at, &type, &bytes, &len)) {
        if (type != FIELD_CONTENT_TYPE)
            continue;
        len = len < FRAME_CONTENT_MAX ? len : FRAME_CONTENT_MAX - 1;
        memcpy(out, bytes, len);
        out[len] = '\0';
        return;
    }
}

size_t frame_control_write(int control, const char *content_type, uint8_t out[FRAME_CONTROL_MAX])
{
    size_t name = content_type ? strlen(content_type) : 0, fields;
    uint8_t *p = out;

    name = name < FRAME_CONTENT_MAX ? name : FRAME_CONTENT_MAX - 1;
    fields = name ? 8 + name : 0;
    p = put_number(p, 0);
    p = put_number(p, 4 + fields);
    p = put_number(p, (size_t)control);
    if (name) {
        p = put_number(p, FIELD_CONTENT_TYPE);
        p = put_number(p, name);
        for (size_t i = 0; i < name; i++)
            *p++ = (uint8_t)content_type[i];
    }
    return (size_t)(p - out);
}
