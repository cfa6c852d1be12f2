/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_DISPATCH_H
#define K8SDNS_CMD_DISPATCH_H

#include "command.h"

/* The command of that name, or NULL with a message that suggests the nearest (kind ERR_USAGE). */
const struct command *dispatch_find(const char *name, struct err *err);

#endif
