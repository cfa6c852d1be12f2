/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_ENVELOPE_H
#define K8SDNS_CMD_ENVELOPE_H

#include "command.h"
#include <k8sdns/model/host_facts.h>

/*
 * Write the JSON document of a run to `out`: the envelope with `data` of a shape (NULL: the command's), or
 * with the error when `status` is one of enum err_kind from 64 on (or there is no data because nothing could
 * be observed).
 */
void envelope_write(struct text *out, const struct run *run, const struct shape *shape, const void *data,
                    int status);

#endif
