/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_TIMER_H
#define K8SDNS_SOURCE_TIMER_H

#include <event2/event.h>
#include <stdint.h>

/*
 * Let an event of libevent fire in so many microseconds. Without memory for it the program ends
 * (err_out_of_memory): one that waits for a timer that never fires would hang.
 */
void timer_set(struct event *event, uint64_t us);

#endif
