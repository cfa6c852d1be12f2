/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_EVENT_LOOP_H
#define K8SDNS_SOURCE_EVENT_LOOP_H

#include <event2/event.h>
#include <k8sdns/base/err.h>
#include <stdbool.h>

/*
 * A loop of libevent, to be freed with event_base_free(). libevent ends a program by itself where it gets no
 * descriptors for a loop, with a status that means something else here: so these are counted first
 * (ERR_UNOBSERVED), and what it gives up for all the same ends the program with a line and ERR_INTERNAL. Its
 * warnings are kept from stderr. `precise`: timers by the microsecond.
 */
int event_loop_new(bool precise, struct event_base **ret_base, struct err *err) MUST_USE;

#endif
