/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_DROPS_LOOK_H
#define K8SDNS_CMD_DROPS_LOOK_H

#include "command.h"
#include <k8sdns/source/drop_trace.h>

/*
 * Watch what the kernel throws away of that which this process asks from here on, beside other work. Return
 * NULL where that cannot be; then it is noted in run->unobserved.
 */
struct drop_trace *drops_look_begin(struct run *run);

/* The end: what was dropped meanwhile, NULL when it was not watched. */
struct drops_facts *drops_look_end(struct run *run, struct drop_trace *trace);

#endif
