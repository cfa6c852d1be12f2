/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PROCESS_ROOT_H
#define K8SDNS_SOURCE_PROCESS_ROOT_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <stdint.h>

/*
 * Files as a process sees them. Its root is the root for links, too, so that a link in a container cannot
 * lead to a file of ours; also where the kernel has no openat2(2) (before Linux 5.6), or a filter refuses it.
 */

/* Room for "/proc/18446744073709551615/environ" and more. */
#define PROC_PATH_ROOM 64

/* "/proc/PID/what"; of this process when `pid` is 0. Return `out`. */
const char *proc_path(char out[PROC_PATH_ROOM], uint64_t pid, const char *what);

/*
 * The root of process `pid` (0: of this one), to be closed, or a negative errno: without the right to look
 * into that process -EACCES (ptrace access mode of proc(5)).
 */
int process_root_open(uint64_t pid);

/*
 * Open a regular file below a root for reading, without waiting for anybody. Return the descriptor or a
 * negative errno: -EINVAL for anything but a regular file, -ELOOP for more links than path_resolution(7)
 * allows.
 */
int process_root_file(int root, const char *path) MUST_USE;

/* The bytes of such a file in the arena, followed by NUL. Return 0 or a negative errno; -EFBIG over `max`. */
int process_root_read(struct arena *arena, int root, const char *path, size_t max, char **ret_bytes,
                      size_t *ret_len) MUST_USE;

/* The same by pid, for a look at many processes in passing. */
int process_file_read(struct arena *arena, uint64_t pid, const char *path, size_t max, char **ret_bytes,
                      size_t *ret_len) MUST_USE;

#endif
