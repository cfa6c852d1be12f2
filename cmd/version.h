/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_VERSION_H
#define K8SDNS_CMD_VERSION_H

#include "command.h"
#include <k8sdns/model/shape/version_facts.h>

/* What --version does; with --json it lists the libraries in use and the features built in. */
int version_run(struct run *run, const void *config, void *data);
void version_render(const void *data, struct printer *printer, struct arena *arena);

#endif
