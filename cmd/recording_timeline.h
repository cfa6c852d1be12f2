/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_RECORDING_TIMELINE_H
#define K8SDNS_CMD_RECORDING_TIMELINE_H

#include "command.h"
#include <k8sdns/base/moment.h>
#include <k8sdns/model/recorder/timeline_facts.h>

/* What began and ended in the part of a recording that ended within `window`, in run->arena. */
void recording_timeline(struct run *run, const struct recording *recording, const struct wall_moment *window,
                        struct timeline_facts *ret_facts);

#endif
