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

    /* At least once: a signal may have come while there was more to do than the interval has room for. */
    do {
        uint64_t left;
        struct timespec wait;

        now = clock_monotonic_ns();
        left = now < pause->next_ns ? pause->next_ns - now : 0;
        wait = (struct timespec){.tv_sec = (time_t)(left / UINT64_C(1000000000)),
                                 .tv_nsec = (long)(left % UINT64_C(1000000000))};
        if (sigtimedwait(&set, NULL, &wait) > 0)
            return false;
        now = clock_monotonic_ns();
    } while (now < pause->next_ns);
    /* After a standstill the missed ones are left out. */
    pause->next_ns += ((now - pause->next_ns) / pause->interval_ns + 1) * pause->interval_ns;
    return true;
}

bool pause_is_enough(void)
{
    sigset_t set = enough();

    return sigtimedwait(&set, NULL, &(struct timespec){0}) > 0;
}

void pause_end(void)
{
    sigset_t set = enough();

    while (pause_is_enough())
        ;
    sigprocmask(SIG_UNBLOCK, &set, NULL);
}
