/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_OUTPUT_FILE_H
#define K8SDNS_CMD_OUTPUT_FILE_H

#include <k8sdns/base/err.h>

/*
 * Standard output becomes the file `path`, which is there whole or not at all: what is written goes to a
 * process that was forked off before this one gave its rights up, which writes a file beside `path` and gives
 * it the name when output_file_end() says so. If this program ends before, in whatever way, that file is
 * taken away and `path` stays as it was. What is no regular file (/dev/null) is written to directly. Return
 * 0, or a negative errno with a message (kind ERR_INPUT): it cannot be written there.
 */
int output_file_begin(const char *path, struct err *err) MUST_USE;

/* All was written, and standard output is closed: give the file its name. Return as output_file_begin(). */
int output_file_end(struct err *err) MUST_USE;

#endif
