/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/end_signals.h>
#include <stddef.h>

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static volatile sig_atomic_t kept;

static void on_signal(int number)
{
    if (kept) {
        /* It is delivered when this returns. */
        signal(number, SIG_DFL);
        raise(number);
    }
    kept = number;
}

void end_signals_hold(struct end_signals *signals)
{
    struct sigaction mine = {.sa_handler = on_signal}; /* without SA_RESTART: a write that waits ends */
    sigset_t open;

    *signals = (struct end_signals){0};
    kept = 0;
    sigprocmask(SIG_BLOCK, NULL, &signals->mask);
    open = signals->mask;
    sigemptyset(&mine.sa_mask);
    for (size_t i = 0; i < NUMBERS; i++) {
        bool is_blocked = sigismember(&signals->mask, numbers[i]) == 1;

        if (sigaction(numbers[i], NULL, &signals->before[i]) < 0)
            continue;
        signals->is_held[i] =
            signals->before[i].sa_handler == SIG_DFL ? is_blocked : signals->before[i].sa_handler != SIG_IGN;
        if (!signals->is_held[i])
            continue;
        sigaction(numbers[i], &mine, NULL);
        sigdelset(&open, numbers[i]);
    }
    sigprocmask(SIG_SETMASK, &open, NULL);
}

void end_signals_release(const struct end_signals *signals)
{
    sigset_t all;
    int number;

    /* None comes in between, when it would end the program. */
    sigemptyset(&all);
    for (size_t i = 0; i < NUMBERS; i++)
        sigaddset(&all, numbers[i]);
    sigprocmask(SIG_BLOCK, &all, NULL);
    for (size_t i = 0; i < NUMBERS; i++)
        if (signals->is_held[i])
            sigaction(numbers[i], &signals->before[i], NULL);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
    number = kept;
    kept = 0;
    if (number)
        raise(number);
}
