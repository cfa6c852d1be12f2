/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_EMIT_H
#define K8SDNS_CMD_EMIT_H

#include "command.h"

/*
 * What a run prints, in either form. A command that streams hands over data with emit_part() as it goes
 * along: one JSON object a line, or its live text; the last is the end's. All others print once, at the end.
 */

/* Print what is known by now. Return 0, or a negative errno with a message in run->err (kind ERR_OUTPUT). */
int emit_part(struct run *run, const void *data) MUST_USE;

/*
 * Print something that is neither all so far nor drawn over: an event, a line. `shape` is one of the
 * command's part_shapes; text is made by `render`.
 */
int emit_piece(struct run *run, const struct shape *shape, const void *data,
               void (*render)(const void *data, struct printer *printer, struct arena *arena)) MUST_USE;

/* Whether a part is drawn over the one before it, so that it should tell of all so far. */
bool emit_is_live(const struct run *run);

/* Print the end: `data` (NULL when there is none) and the exit status, or the error in run->err. */
int emit_end(struct run *run, const void *data, int status) MUST_USE;

#endif
