/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_OPTIONS_H
#define K8SDNS_CMD_OPTIONS_H

#include "command.h"

/*
 * The rows of a parse: each set of rows fills its own struct. A command's own rows, the target rows where
 * the command takes them, and the global rows are looked through in this order.
 */
struct option_set {
    const struct option_row *rows;
    void *into;
};

#define OPTION_SETS_MAX 3

extern const struct option_row target_option_rows[];

/*
 * Parse argv[1..argc) into the sets. With `stop_at_word` parsing ends at the first argument that is no
 * option (the subcommand), else options and arguments may be mixed and "--" ends the options. Long options
 * must be written out whole, so that a later option never changes what a runbook means.
 *
 * `*ret_first` is the index of the first argument that is no option; argv is permuted.
 * Return 0, or -EINVAL or -ERANGE with a message (kind ERR_USAGE).
 */
int options_parse(struct arena *arena, int argc, char **argv, bool stop_at_word,
                  const struct option_set *sets, size_t sets_count, int *ret_first, struct err *err) MUST_USE;

#endif
