/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/pause.h>
#include <signal.h>
#include <time.h>

static sigset_t enough(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void pause_begin(struct pause *pause, uint64_t interval_us)
{
    sigset_t set = enough();

    sigprocmask(SIG_BLOCK, &set, NULL);
    pause->interval_ns = interval_us * 1000;
    pause->next_ns = clock_monotonic_ns() + pause->interval_ns;
}

bool pause_wait(struct pause *pause)
{
    sigset_t set = enough();
    uint64_t now;

    while ((now = clock_monotonic_ns()) < pause->next_ns) {
        uint64_t left = pause->next_ns - now;
        struct timespec wait = {.tv_sec = (time_t)(left / UINT64_C(1000000000)),
                                .tv_nsec = (long)(left % UINT64_C(1000000000))};

        if (sigtimedwait(&set, NULL, &wait) > 0)
            return false;
    }
    /* After a standstill the missed ones are left out. */
    pause->next_ns += ((now - pause->next_ns) / pause->interval_ns + 1) * pause->interval_ns;
    return true;
}

bool pause_is_enough(void)
{
    sigset_t set = enough();

    return sigtimedwait(&set, NULL, &(struct timespec){0}) > 0;
}
