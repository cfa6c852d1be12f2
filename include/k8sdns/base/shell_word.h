/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_SHELL_WORD_H
#define K8SDNS_BASE_SHELL_WORD_H

#include <k8sdns/base/arena.h>

/*
 * A name as one word of a shell's command, for people to paste; NULL for NULL. A capture may be anybody's, so
 * every name that comes from facts goes through here.
 *
 * Where only letters, digits and `._/:-%=,@+` are in it, it stays as it is; else it is in single quotes, and
 * control characters are left out. No word is an option: dashes at the beginning are left out, too. In quotes
 * a `{` begins no word of braces.h, so that a command may be expanded after its names were put in.
 */
const char *shell_word(struct arena *arena, const char *name);

/* The same of a text that is no name, such as a template: with its dashes and braces. */
const char *shell_text(struct arena *arena, const char *text);

#endif
