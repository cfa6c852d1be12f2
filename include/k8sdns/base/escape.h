/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_ESCAPE_H
#define K8SDNS_BASE_ESCAPE_H

#include <stddef.h>

/*
 * Make `len` bytes of untrusted text safe for one terminal line: printable ASCII and well-formed UTF-8
 * outside the control ranges pass; every other byte (controls, ESC, DEL, C1, bidirectional overrides,
 * broken UTF-8) becomes \DDD, three decimal digits, as in DNS names.
 *
 * The result is NUL-terminated and cut at a whole character when `size` is too small.
 * Return: the bytes written, without the NUL. Source: RFC 4343 section 2.1 for \DDD.
 */
size_t escape_line(char *out, size_t size, const char *in, size_t len);

#endif
