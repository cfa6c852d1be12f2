/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes over TCP. c-ares carries it; it is looked at on its way, since newer ones write ids of their own,
 * and throw away an answer that they do not like, with its connection. Source: RFC 1035, 4.2.2.
 */
#include "prober_run.h"
#include <k8sdns/wire/dns_message.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH     2
#define STREAM_MAX (LENGTH + DNS_MESSAGE_MAX)

static size_t number_at(const uint8_t *at)
{
    return (size_t)(at[0] << 8 | at[1]);
}

void stream_sent(struct group *group, const struct iovec *iov, int iovcnt)
{
    uint8_t bytes[4096];
    size_t len = 0;

    for (int i = 0; i < iovcnt && len + iov[i].iov_len <= sizeof(bytes); i++) {
        memcpy(bytes + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    for (size_t at = 0; at + LENGTH <= len && number_at(bytes + at) <= len - at - LENGTH;) {
        size_t size = number_at(bytes + at);
        struct question *q = question_of_query(group, TRANSPORT_TCP, bytes + at + LENGTH, size);

        if (q && q->tries)
            q->facts.id = q->ids[q->tries - 1] = (uint16_t)number_at(bytes + at + LENGTH);
        at += LENGTH + size;
    }
}

static void take_message(struct group *group, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; len >= LENGTH && i < group->questions_count; i++) {
        struct question *q = &group->questions[i];

        if (q->open && q->facts.transport == TRANSPORT_TCP && q->ids[q->tries - 1] == number_at(bytes)) {
            question_answered(group, q, bytes, len, clock_realtime_ns(), clock_monotonic_ns());
            return;
        }
    }
}

void stream_received(struct group *group, const uint8_t *bytes, size_t len)
{
    while (len) {
        size_t part;

        if (!group->stream)
            group->stream = malloc(STREAM_MAX);
        if (!group->stream)
            err_out_of_memory();
        part = STREAM_MAX - group->stream_len < len ? STREAM_MAX - group->stream_len : len;
        memcpy(group->stream + group->stream_len, bytes, part);
        group->stream_len += part;
        bytes += part;
        len -= part;
        while (group->stream_len >= LENGTH && group->stream_len - LENGTH >= number_at(group->stream)) {
            size_t whole = LENGTH + number_at(group->stream);

            take_message(group, group->stream + LENGTH, whole - LENGTH);
            group->stream_len -= whole;
            memmove(group->stream, group->stream + whole, group->stream_len);
        }
    }
}

void stream_end(struct group *group)
{
    free(group->stream);
    group->stream = NULL;
    group->stream_len = 0;
}
