/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_PRIVILEGES_H
#define K8SDNS_CMD_PRIVILEGES_H

#include "command.h"

/*
 * Give up for good all capabilities that the run needs no more once it has begun, by the table in
 * privileges.c and its command's config, and of the kernel what its command leaves to itself
 * (command->sandbox). Files named on the command line that only a capability opens are opened before:
 * file_open() gives them then.
 */
void privileges_give_up(const struct run *run, const void *config, int argc, char **argv);

#endif
