/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/source/event_loop.h>
#include <stdio.h>
#include <unistd.h>

/* epoll, a timer, and a pair of sockets for signals. Source: libevent, epoll.c and signal.c. */
#define LOOP_DESCRIPTORS 4

static char last_message[200];

static void on_message(int severity, const char *message)
{
    if (severity == EVENT_LOG_ERR)
        snprintf(last_message, sizeof(last_message), "%s", message);
}

static void on_fatal(int code)
{
    (void)code;
    fprintf(stderr, "k8sdns: the event loop gave up: %s\n", last_message);
    _exit(ERR_INTERNAL);
}

int event_loop_new(bool precise, struct event_base **ret_base, struct err *err)
{
    struct event_config *config;
    struct event_base *base = NULL;
    int r;

    event_set_log_callback(on_message);
    event_set_fatal_callback(on_fatal);
    r = own_limits_take(LOOP_DESCRIPTORS, "an event loop", err);
    if (r < 0)
        return r;
    config = event_config_new();
    if (config) {
        if (precise)
            event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
        base = event_base_new_with_config(config);
        event_config_free(config);
    }
    if (!base)
        return err_set(err, ERR_UNOBSERVED, ENOMEM, "cannot set up an event loop");
    *ret_base = base;
    return 0;
}
