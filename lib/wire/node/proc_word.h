/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PROC_WORD_H
#define K8SDNS_WIRE_PROC_WORD_H

#include <k8sdns/wire/node/proc_table.h>
#include <stdbool.h>

/* Lines and words of the kernel's text files; a NUL ends each text. */

/* Behind the line's end. */
const char *proc_next_line(const char *at);

/* A word of the line at `*at`, which moves behind it; NULL at the line's end. */
const char *proc_next_word(const char **at, size_t *ret_len);

bool proc_is_word(const char *word, size_t len, const char *wanted);

/* The whole word as a number; PROC_UNSET when it is none, or NULL. */
uint64_t proc_word_number(const char *word, size_t len, int base);

#endif
