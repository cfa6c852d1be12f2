/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_OUTPUT_H
#define K8SDNS_CMD_OUTPUT_H

#include "command.h"

/* No screen is larger; LINES and COLUMNS may say anything, and top draws every cell. */
#define OUTPUT_COLUMNS_MAX 1000
#define OUTPUT_ROWS_MAX    1000

/* Write everything to standard output. Return 0 or a negative errno with a message (kind ERR_OUTPUT). */
int output_write(const struct text *text, struct err *err) MUST_USE;

/* Close it, to make sure that all got there: a full disk may only show now. Return as output_write(). */
int output_close(struct err *err) MUST_USE;

/* Say on standard error that it watches from now on, for so long; 0: until somebody ends it. */
void output_watching(const struct globals *globals, uint64_t duration_us);

/* A page for standard output as it is: its width, whether it is coloured, its character set. */
void output_page(const struct globals *globals, struct text *out, struct printer *ret_page);

#endif
