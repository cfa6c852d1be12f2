/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_FRAME_STREAM_H
#define K8SDNS_WIRE_FRAME_STREAM_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Frame Streams: how dnstap travels, in files and over sockets. All numbers are big endian.
 *
 *     data      | length (not 0) | payload
 *     control   | 0 | length | type | fields: | field type | field length | octets
 *
 *     file      START data ... STOP
 *     socket    sender: READY        START data ... STOP
 *               reader:       ACCEPT                     FINISH
 *
 * Source: fstrm's documentation of the format (fstrm_control(3) of libfstrm).
 */
#define FRAME_CONTROL_MAX 512
/* A dnstap frame is a DNS message of at most 64 kB and little else; more means that it is none. */
#define FRAME_DATA_MAX    (256 << 10)
#define FRAME_CONTENT_MAX 256

enum frame_control {
    FRAME_DATA = 0,
    FRAME_ACCEPT,
    FRAME_START,
    FRAME_STOP,
    FRAME_READY,
    FRAME_FINISH,
};

struct frame {
    int control;          /* enum frame_control; a type that is not known is skipped by readers */
    const uint8_t *bytes; /* the payload, or the fields */
    size_t len;
};

/*
 * Take the next frame from `bytes`. Return how many octets it took; 0 when it is not all there (at most
 * FRAME_DATA_MAX + 4 octets are ever waited for); or -EBADMSG, and then `*ret_why` is a constant phrase. The
 * frame points into `bytes`.
 */
ssize_t frame_read(const uint8_t *bytes, size_t len, struct frame *ret_frame, const char **ret_why) MUST_USE;

/* The fields allow this content type: they name it, or name none at all. */
bool frame_is_of(const struct frame *frame, const char *content_type);

/* The first content type that the fields name, into text of which no more than fits is given; "" for none. */
void frame_content_type(const struct frame *frame, char out[FRAME_CONTENT_MAX]);

/* Write a control frame, with the content type unless that is NULL. Return its length. */
size_t frame_control_write(int control, const char *content_type, uint8_t out[FRAME_CONTROL_MAX]);

#endif
