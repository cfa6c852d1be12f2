/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/err.h>
#include <k8sdns/source/timer.h>

void timer_set(struct event *event, uint64_t us)
{
    struct timeval wait = {.tv_sec = (time_t)(us / 1000000), .tv_usec = (suseconds_t)(us % 1000000)};

    if (!event || evtimer_add(event, &wait) < 0)
        err_out_of_memory();
}
