/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_FRAME_SYNC_H
#define K8SDNS_WIRE_FRAME_SYNC_H

#include <k8sdns/wire/dnstap/frame_stream.h>

/*
 * Frames of a stream that may be damaged within. CoreDNS's own listener (`dnstap listen`, seen in 1.14.7) has
 * several goroutines write to one stream, so that under load frames stand within each other: lengths lead
 * astray, and what they lead to is no message. The next frame is found by its look: a length, and behind it
 * the fields of a dnstap message that end where it says.
 */

/*
 * frame_read(), but that data which is no dnstap message, as far as it has come, is -EBADMSG where no frame
 * follows it either: with a frame behind it, it is one damaged message in a stream that is sound.
 */
ssize_t frame_read_checked(const uint8_t *bytes, size_t len, struct frame *ret_frame,
                           const char **ret_why) MUST_USE;

/*
 * The place of the next frame of data from `bytes` on, which do not begin with one: more than 0, and `len`
 * when there is none in them; the last three octets, which may begin one, are left.
 */
size_t frame_sync(const uint8_t *bytes, size_t len);

#endif
