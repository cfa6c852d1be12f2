/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_FILE_H
#define K8SDNS_BASE_FILE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>

/*
 * Read a whole file (or standard input, when `path` is "-") into the arena, with a NUL behind it that is not
 * counted. Works on procfs and pipes, whose size is not known beforehand.
 *
 * Return 0; -EFBIG when there are more than `max` bytes; -EISDIR; or what open() or read() said. The
 * message names the path; its kind is ERR_INPUT (ERR_FORMAT for a file that is too large).
 */
int file_read(struct arena *arena, const char *path, size_t max, char **ret_bytes, size_t *ret_len,
              struct err *err) MUST_USE;

/* The text of a file, "" when it is not to be had: for readers to whom an empty text says nothing. */
const char *file_text(struct arena *arena, const char *path, size_t max) __attribute__((returns_nonnull));

#endif
