/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_CAPTURE_FILE_H
#define K8SDNS_CMD_CAPTURE_FILE_H

#include "command.h"
#include <k8sdns/model/facts.h>

/*
 * Read what `k8sdns capture` wrote ("-" is standard input) into run->captured, and take its host and its gaps
 * for those of this run. Return 0, or a negative errno with a message in run->err: kind ERR_INPUT when it
 * cannot be opened, ERR_FORMAT when it is no capture, or one of another version.
 */
int capture_file_read(struct run *run, const char *path) MUST_USE;

/*
 * Write facts as `k8sdns capture` prints them into a new file. Return 0, or a negative errno with a message:
 * there is such a file, or it cannot be written; a part of one is not left behind.
 */
int capture_file_write(const struct run *run, const char *path, const struct facts *facts,
                       struct err *err) MUST_USE;

#endif
