/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_USAGE_H
#define K8SDNS_CMD_USAGE_H

#include "command.h"

/* What `k8sdns help` prints: the commands by group, and how to begin. At most 80 columns. */
void usage_overview(struct text *out);

/* What `k8sdns COMMAND --help` prints. At most 80 columns. */
void usage_command(struct text *out, const struct command *command);

#endif
