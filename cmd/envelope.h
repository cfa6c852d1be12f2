/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_ENVELOPE_H
#define K8SDNS_CMD_ENVELOPE_H

#include "command.h"
#include <k8sdns/model/shape/host_facts.h>

/*
 * Write the JSON document of a run to `out`: the envelope with `data` of a shape (NULL: the command's), or
 * with the error when `status` is one of enum err_kind from 64 on (or there is no data because nothing could
 * be observed). `summary`: it is of the whole run, and no part of a stream.
 */
void envelope_write(struct text *out, const struct run *run, const struct shape *shape, const void *data,
                    int status, bool summary);

#endif
