/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_CAPTURE_FILE_H
#define K8SDNS_CMD_CAPTURE_FILE_H

#include "command.h"
#include <k8sdns/model/facts.h>

/*
 * Read what `k8sdns capture` wrote ("-" is standard input), or of a recording (a folder) the facts at
 * globals->at, into run->captured, and take its host and its gaps for those of this run. Return 0, or a
 * negative errno with a message in run->err: kind ERR_INPUT when it cannot be opened, ERR_FORMAT when it is
 * no capture, or one of another version, ERR_UNOBSERVED when nothing was recorded at that time.
 */
int capture_file_read(struct run *run, const char *path) MUST_USE;

/* Likewise of "DIR@TIME", the facts of a recording at that time, as --at has it; or of a path as above. */
int capture_moment_read(struct run *run, const char *path_at) MUST_USE;

/*
 * Open a recording for this run, and say on stderr which segments of it are damaged. Return it, which lives
 * in `arena`, or NULL with a message in run->err.
 */
const struct recording *capture_recording_open(struct run *run, struct arena *arena,
                                               const char *path) MUST_USE;

/*
 * Take facts for what this run judges: check what the shapes cannot say, and set run->captured. Return 0, or
 * -EBADMSG with a message.
 */
int capture_take(struct run *run, const struct facts *facts) MUST_USE;

/*
 * Write facts as `k8sdns capture` prints them into a new file. Return 0, or a negative errno with a message:
 * there is such a file, or it cannot be written; a part of one is not left behind.
 */
int capture_file_write(const struct run *run, const char *path, const struct facts *facts,
                       struct err *err) MUST_USE;

#endif
