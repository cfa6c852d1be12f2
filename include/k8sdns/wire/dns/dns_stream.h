/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_DNS_STREAM_H
#define K8SDNS_WIRE_DNS_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* The length that stands before each message over TCP, in octets. Source: RFC 1035 section 4.2.2. */
#define DNS_STREAM_LENGTH 2

/*
 * The message that a stream begins with. Return the octets that it takes, with its length before it; 0: it is
 * not whole yet. The message lies inside of `bytes`, and may be empty.
 */
size_t dns_stream_read(const uint8_t *bytes, size_t len, const uint8_t **ret_message, size_t *ret_len);

#endif
