/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes over TCP. c-ares carries it; it is looked at on its way, since newer ones write ids of their own,
 * and throw away an answer that they do not like, with its connection.
 */
#include "prober_run.h"
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_stream.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_MAX (DNS_STREAM_LENGTH + DNS_MESSAGE_MAX)

static bool read_id(const uint8_t *bytes, size_t len, uint16_t *ret_id)
{
    if (len < 2)
        return false;
    *ret_id = (uint16_t)(bytes[0] << 8 | bytes[1]);
    return true;
}

void stream_sent(struct group *group, const struct iovec *iov, int iovcnt)
{
    uint8_t bytes[4096];
    const uint8_t *message;
    size_t len = 0, at = 0, size, taken;

    for (int i = 0; i < iovcnt && len + iov[i].iov_len <= sizeof(bytes); i++) {
        memcpy(bytes + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    while ((taken = dns_stream_read(bytes + at, len - at, &message, &size)) > 0) {
        struct question *q = question_of_query(group, message, size);

        if (q && q->tries && read_id(message, size, &q->ids[q->tries - 1]))
            q->facts.id = q->ids[q->tries - 1];
        at += taken;
    }
}

static void take_message(struct group *group, const uint8_t *bytes, size_t len)
{
    uint16_t id;

    for (size_t i = 0; read_id(bytes, len, &id) && i < group->questions_count; i++) {
        struct question *q = &group->questions[i];

        if (q->open && q->facts.transport == TRANSPORT_TCP && q->ids[q->tries - 1] == id) {
            question_answered(group, q, bytes, len, clock_realtime_ns(), clock_monotonic_ns());
            return;
        }
    }
}

void stream_received(struct group *group, const uint8_t *bytes, size_t len)
{
    while (len) {
        size_t part, taken, size;
        const uint8_t *message;

        if (!group->stream)
            group->stream = malloc(STREAM_MAX);
        if (!group->stream)
            err_out_of_memory();
        part = STREAM_MAX - group->stream_len < len ? STREAM_MAX - group->stream_len : len;
        memcpy(group->stream + group->stream_len, bytes, part);
        group->stream_len += part;
        bytes += part;
        len -= part;
        while ((taken = dns_stream_read(group->stream, group->stream_len, &message, &size)) > 0) {
            take_message(group, message, size);
            group->stream_len -= taken;
            memmove(group->stream, group->stream + taken, group->stream_len);
        }
    }
}

void stream_end(struct group *group)
{
    free(group->stream);
    group->stream = NULL;
    group->stream_len = 0;
}
