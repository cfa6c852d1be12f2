/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HOST_H
#define K8SDNS_SOURCE_HOST_H

#include <k8sdns/base/arena.h>
#include <k8sdns/model/shape/host_facts.h>

/* Observe the machine and the namespace of the calling process; `libc` is left NULL. Never fails. */
void host_observe(struct arena *arena, struct host_facts *ret_host);

#endif
