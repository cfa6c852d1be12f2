/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PASTED_LINE_H
#define K8SDNS_WIRE_PASTED_LINE_H

#include <stddef.h>

/* What else but entities and blanks is undone. */
#define PASTED_QUOTES 1U
#define PASTED_TAGS   2U

/* Undo in place what became of letters. Return the length then. */
size_t pasted_letters_plain(char *text, size_t len, unsigned what);

#endif
