/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_CMD_DNSTAP_LOOK_H
#define K8SDNS_CMD_DNSTAP_LOOK_H

#include "command.h"
#include <k8sdns/model/dnstap_facts.h>

/* Read a file of dnstap frames into facts, without telling of single queries. Return 0, or a negative errno
 * with a message. */
int dnstap_look(struct run *run, const char *path, struct dnstap_facts *ret_facts) MUST_USE;

#endif
