/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The receiving end of frame streams: many senders at once on one loop, idle ones first to go. */
#include "dnstap_server_run.h"
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/source/event_loop.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_US        100000
#define RETRY_FIRST_NS UINT64_C(500000000)
#define RETRY_LAST_NS  UINT64_C(8000000000)

/* ---- those who come ---- */

static void on_accept(evutil_socket_t fd, short what, void *user)
{
    struct dnstap_listener *listener = user;
    struct dnstap_serving *serving = listener->serving;
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    char name[ADDRESS_TEXT + 8], peer[ADDRESS_TEXT + 128];
    struct address address;
    int sender = accept4(fd, (struct sockaddr *)&sa, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)what;
    if (sender < 0) {
        /* The connection stays in the queue, and would wake us again at once. */
        if (errno == EMFILE || errno == ENFILE) {
            serving->streams->refused++;
            dnstap_stream_remark(serving->arena, serving->streams, "%s: no descriptors are left",
                                 listener->endpoint->text);
            event_del(listener->event);
            listener->resting = true;
        }
        return;
    }
    if (listener->endpoint->path || address_from_sockaddr((struct sockaddr *)&sa, &address) < 0) {
        snprintf(peer, sizeof(peer), "%s", listener->endpoint->text);
        snprintf(name, sizeof(name), "%s", listener->endpoint->text);
    } else {
        address_format(&address, peer, sizeof(peer));
        address_format_port(&address, name, sizeof(name));
    }
    if (listener->endpoint->path && !dnstap_socket_admits(sender, serving->options->socket_mode)) {
        serving->streams->refused++;
        dnstap_stream_remark(serving->arena, serving->streams, "%s: refused, it is another user's", name);
        close(sender);
        return;
    }
    if (serving->senders_count >= serving->options->senders_max &&
        !dnstap_senders_make_room(serving, clock_monotonic_ns())) {
        serving->streams->refused++;
        dnstap_stream_remark(serving->arena, serving->streams, "%s: refused, %zu senders are here already",
                             name, serving->senders_count);
        dnstap_serving_say(serving, name, "one sender too many");
        close(sender);
        return;
    }
    dnstap_sender_add(serving, sender, peer, name, NULL);
}

static int listeners_init(struct dnstap_serving *serving, struct err *err)
{
    const struct dnstap_server_options *options = serving->options;

    serving->listeners = arena_array(serving->arena, options->listens_count + 1, sizeof(*serving->listeners));
    for (size_t i = 0; i < options->listens_count; i++)
        serving->listeners[i].fd = -1;
    for (size_t i = 0; i < options->listens_count; i++) {
        struct dnstap_listener *listener = &serving->listeners[i];

        listener->serving = serving;
        listener->endpoint = &options->listens[i];
        listener->fd = dnstap_socket_listen(listener->endpoint, options->socket_mode, listener, err);
        if (listener->fd < 0)
            return listener->fd;
        listener->event = event_new(serving->base, listener->fd, EV_READ | EV_PERSIST, on_accept, listener);
        if (!listener->event || event_add(listener->event, NULL) < 0)
            return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    }
    return 0;
}

static void listeners_wake(struct dnstap_serving *serving)
{
    for (size_t i = 0; i < serving->options->listens_count; i++)
        if (serving->listeners[i].resting) {
            serving->listeners[i].resting = false;
            if (event_add(serving->listeners[i].event, NULL) < 0)
                err_out_of_memory();
        }
}

/* ---- those to whom we go ---- */

static void retry_later(struct dnstap_client *client, int error)
{
    bool first = client->wait_ns == 0;

    client->wait_ns = first ? RETRY_FIRST_NS : client->wait_ns * 2;
    client->wait_ns = client->wait_ns < RETRY_LAST_NS ? client->wait_ns : RETRY_LAST_NS;
    client->next_ns = clock_monotonic_ns() + client->wait_ns;
    if (first)
        dnstap_stream_remark(client->serving->arena, client->serving->streams, "%s: cannot connect: %s",
                             client->endpoint->text, strerror(error));
    dnstap_serving_say(client->serving, client->endpoint->text, strerror(error));
}

static void on_connected(evutil_socket_t fd, short what, void *user)
{
    struct dnstap_client *client = user;
    socklen_t len = sizeof(int);
    int error = 0;

    (void)what;
    event_free(client->event);
    client->event = NULL;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error) {
        close(fd);
        retry_later(client, error);
        return;
    }
    client->connected = true;
    client->wait_ns = 0;
    client->next_ns = clock_monotonic_ns() + RETRY_FIRST_NS;
    dnstap_sender_add(client->serving, fd, client->endpoint->text, client->endpoint->text, client);
}

static void clients_check(struct dnstap_serving *serving, uint64_t now_ns)
{
    for (size_t i = 0; i < serving->options->connects_count; i++) {
        struct dnstap_client *client = &serving->clients[i];
        int fd;

        if (client->connected || client->event || now_ns < client->next_ns)
            continue;
        fd = dnstap_socket_connect(client->endpoint);
        if (fd < 0) {
            retry_later(client, -fd);
            continue;
        }
        client->event = event_new(serving->base, fd, EV_WRITE, on_connected, client);
        client->fd = fd;
        if (!client->event || event_add(client->event, NULL) < 0)
            err_out_of_memory();
    }
}

static void clients_init(struct dnstap_serving *serving)
{
    const struct dnstap_server_options *options = serving->options;

    serving->clients = arena_array(serving->arena, options->connects_count + 1, sizeof(*serving->clients));
    for (size_t i = 0; i < options->connects_count; i++) {
        serving->clients[i].serving = serving;
        serving->clients[i].endpoint = &options->connects[i];
    }
    clients_check(serving, clock_monotonic_ns());
}

/* ---- the run ---- */

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    struct dnstap_serving *serving = user;
    uint64_t now_ns = clock_monotonic_ns();

    (void)fd;
    (void)what;
    dnstap_senders_check(serving, now_ns);
    listeners_wake(serving);
    clients_check(serving, now_ns);
    serving->failed = serving->sink->pause(serving->sink->user);
    if (serving->failed < 0)
        event_base_loopbreak(serving->base);
}

static void on_end(evutil_socket_t fd, short what, void *user)
{
    struct dnstap_serving *serving = user;

    (void)fd;
    (void)what;
    event_base_loopbreak(serving->base);
}

enum {
    EVENT_TICK,
    EVENT_DURATION,
    EVENT_SIGNALS,
    EVENTS = EVENT_SIGNALS + 3,
};

static bool events_init(struct dnstap_serving *serving, struct event *events[EVENTS])
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    uint64_t duration_us = serving->options->duration_us;
    struct timeval tick = {.tv_usec = TICK_US};
    struct timeval duration = {.tv_sec = (time_t)(duration_us / 1000000),
                               .tv_usec = (suseconds_t)(duration_us % 1000000)};

    events[EVENT_TICK] = event_new(serving->base, -1, EV_PERSIST, on_tick, serving);
    events[EVENT_DURATION] = evtimer_new(serving->base, on_end, serving);
    if (!events[EVENT_TICK] || !events[EVENT_DURATION] || event_add(events[EVENT_TICK], &tick) < 0)
        return false;
    if (duration_us && evtimer_add(events[EVENT_DURATION], &duration) < 0)
        return false;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        events[EVENT_SIGNALS + i] = evsignal_new(serving->base, signals[i], on_end, serving);
        if (!events[EVENT_SIGNALS + i] || evsignal_add(events[EVENT_SIGNALS + i], NULL) < 0)
            return false;
    }
    return true;
}

static void serving_fini(struct dnstap_serving *serving, struct event *events[EVENTS])
{
    while (serving->senders)
        dnstap_sender_remove(serving->senders);
    for (size_t i = 0; serving->clients && i < serving->options->connects_count; i++)
        if (serving->clients[i].event) {
            event_free(serving->clients[i].event);
            close(serving->clients[i].fd);
        }
    for (size_t i = 0; serving->listeners && i < serving->options->listens_count; i++) {
        if (serving->listeners[i].event)
            event_free(serving->listeners[i].event);
        dnstap_socket_remove(&serving->listeners[i]);
        if (serving->listeners[i].fd >= 0)
            close(serving->listeners[i].fd);
    }
    for (size_t i = 0; i < EVENTS; i++)
        if (events[i])
            event_free(events[i]);
    if (serving->base)
        event_base_free(serving->base);
}

int dnstap_server_run(struct arena *arena, const struct dnstap_server_options *options,
                      const struct dnstap_sink *sink, struct dnstap_stream_facts *streams, struct err *err)
{
    struct dnstap_serving serving = {.arena = arena, .options = options, .sink = sink, .streams = streams};
    struct event *events[EVENTS] = {0};
    int r = event_loop_new(false, &serving.base, err);

    if (r == 0 && !events_init(&serving, events))
        r = err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the event loop");
    if (r == 0)
        r = listeners_init(&serving, err);
    if (r == 0) {
        /* What was needed to listen; sockets of whatever owner are connected to again and again. */
        (void)!capability_keep(options->connects_count ? CAPABILITY(CAP_DAC_OVERRIDE) : 0);
        clients_init(&serving);
        event_base_dispatch(serving.base);
        r = serving.failed;
    }
    serving_fini(&serving, events);
    return r;
}
