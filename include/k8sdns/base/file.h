/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_FILE_H
#define K8SDNS_BASE_FILE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Read a whole file (or standard input, when `path` is "-") into the arena, with a NUL behind it that is not
 * counted. Works on procfs and pipes, whose size is not known beforehand.
 *
 * Return 0; -EFBIG when there are more than `max` bytes; -EISDIR; or what open() or read() said. The
 * message names the path; its kind is ERR_INPUT (ERR_FORMAT for a file that is too large).
 */
int file_read(struct arena *arena, const char *path, size_t max, char **ret_bytes, size_t *ret_len,
              struct err *err) MUST_USE;

/* The same for a text that a person saved: UTF-16 is read as UTF-8. */
int file_read_text(struct arena *arena, const char *path, size_t max, char **ret_bytes, size_t *ret_len,
                   struct err *err) MUST_USE;

/* The same into memory of its own, which the caller frees: for what is made smaller before it is kept. */
int file_take_text(const char *path, size_t max, char **ret_heap, size_t *ret_len, struct err *err) MUST_USE;
/* What malloc() gave, with no more room than for `len` bytes and the NUL that is put behind them. */
char *file_fit(char *heap, size_t len) __attribute__((returns_nonnull));

/* What a path that file_read() takes is called: itself, or "standard input". */
const char *file_shown(const char *path) __attribute__((returns_nonnull));

/*
 * Open a file for reading (O_CLOEXEC and O_NOCTTY). Return the descriptor, or a negative errno. One that
 * file_open_early() has opened by this path is given the first time that it is asked for.
 */
int file_open(const char *path) MUST_USE;

/* Open a file before privileges are given up; when it cannot be opened, file_open() will say so. */
void file_open_early(const char *path);

/*
 * From now on pipes, terminals and sockets are read until that time (monotonic, in ns), as if they ended
 * then; 0: until they end. Files are read whole.
 */
void file_deadline_set(uint64_t ns);

/* Whether one was left before its end since the deadline was set. */
bool file_deadline_has_cut(void);

/* Whether it is over; who asks leaves a pipe open. */
bool file_deadline_is_over(void);

/* read(2) under that deadline, and not ended by signals that are handled: -1 with errno, 0 at the end. */
ssize_t file_read_some(int fd, void *bytes, size_t size) MUST_USE;

/* The text of a file, "" when it is not to be had: for readers to whom an empty text says nothing. */
const char *file_text(struct arena *arena, const char *path, size_t max) __attribute__((returns_nonnull));

#endif
