/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_BASE64_H
#define K8SDNS_BASE_BASE64_H

#include <k8sdns/base/arena.h>

/*
 * What a text in base64 (RFC 4648, either alphabet) stands for, with a NUL behind it that is not counted;
 * NULL when it is none. Blanks and line ends are passed over.
 */
char *base64_read(struct arena *arena, const char *text, size_t len, size_t *ret_len);

#endif
