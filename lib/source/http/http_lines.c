/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http_lines.h"
#include <event2/buffer.h>
#include <k8sdns/base/clock.h>
#include <sys/socket.h>

/* Whose errors are told with the HTTP server's own data instead of ours. */
static struct http_lines *listening;

static void on_accept_error(struct evconnlistener *listener, void *server)
{
    (void)server;
    evconnlistener_disable(listener);
    listening->deaf = true;
}

void http_lines_listen(struct http_lines *lines, struct evconnlistener *listener)
{
    lines->listener = listener;
    listening = lines;
    evconnlistener_set_error_cb(listener, on_accept_error);
}

struct http_line *http_lines_find(struct http_lines *lines, const struct bufferevent *bev)
{
    for (size_t i = 0; i < lines->most; i++)
        if (lines->items[i].bev == bev)
            return &lines->items[i];
    return NULL;
}

static void forget_input(const struct http_line *line)
{
    struct evbuffer *input = bufferevent_get_input(line->bev);

    evbuffer_drain(input, evbuffer_get_length(input));
}

/* What the kernel has taken is read up to its end, or the server would not see that; none of it is kept. */
static void end(struct http_line *line)
{
    line->ended = true;
    line->octets = 0;
    shutdown(bufferevent_getfd(line->bev), SHUT_RDWR);
    forget_input(line);
}

/* So much at once is no sender's of spans: whose request has brought most so far has to go. */
static void bound(struct http_lines *lines)
{
    struct http_line *most = NULL;
    size_t sum = 0;

    for (size_t i = 0; i < lines->most; i++) {
        struct http_line *line = &lines->items[i];

        sum += line->octets;
        if (line->octets && (!most || line->octets > most->octets))
            most = line;
    }
    if (sum <= lines->octets_max || !most)
        return;
    lines->ended++;
    end(most);
}

void http_line_rest(struct http_line *line)
{
    line->began_ns = 0;
    line->octets = 0;
    line->idle_ns = clock_monotonic_ns();
}

static void on_input(struct evbuffer *buffer, const struct evbuffer_cb_info *info, void *line_at)
{
    struct http_line *line = line_at;

    (void)buffer;
    if (line->ended) {
        if (info->n_added)
            forget_input(line);
        return;
    }
    if (info->n_added && !line->began_ns)
        line->began_ns = clock_monotonic_ns();
    line->octets += info->n_added;
    if (info->n_added && line->lines->octets_max)
        bound(line->lines);
}

/* Whoever asks for something does so at once. */
#define ASKS_NS UINT64_C(250000000)

/* Whoever has asked for nothing for the longest, and for so long. Return whether there was one. */
static bool make_room(struct http_lines *lines, uint64_t since_ns)
{
    struct http_line *longest = NULL;

    for (size_t i = 0; i < lines->most; i++) {
        struct http_line *line = &lines->items[i];

        if (line->bev && !line->began_ns && line->idle_ns && line->idle_ns <= since_ns &&
            (!longest || line->idle_ns < longest->idle_ns))
            longest = line;
    }
    if (!longest)
        return false;
    end(longest);
    longest->idle_ns = 0; /* it is on its way out */
    return true;
}

void http_lines_add(struct http_lines *lines, struct bufferevent *bev)
{
    struct http_line *line = bev ? http_lines_find(lines, NULL) : NULL;

    if (!line)
        return;
    *line = (struct http_line){.lines = lines, .bev = bev, .idle_ns = clock_monotonic_ns()};
    bufferevent_incref(bev);
    evbuffer_add_cb(bufferevent_get_input(bev), on_input, line);
    if (++lines->count < lines->most)
        return;
    evconnlistener_disable(lines->listener);
    lines->crowded = true;
    if (lines->makes_room)
        make_room(lines, UINT64_MAX);
}

/* When the HTTP server is done with one it takes its callbacks away; nothing else tells. */
static bool is_over(struct bufferevent *bev)
{
    bufferevent_data_cb read = NULL;
    bufferevent_event_cb event = NULL;

    bufferevent_getcb(bev, &read, NULL, &event, NULL);
    return !read && !event;
}

static void drop(struct http_lines *lines, struct http_line *line)
{
    evbuffer_remove_cb(bufferevent_get_input(line->bev), on_input, line);
    bufferevent_decref(line->bev);
    *line = (struct http_line){0};
    if (lines->count-- == lines->most)
        evconnlistener_enable(lines->listener);
}

void http_lines_sweep(struct http_lines *lines, uint64_t now_ns)
{
    for (size_t i = 0; i < lines->most; i++) {
        struct http_line *line = &lines->items[i];

        if (!line->bev)
            continue;
        if (is_over(line->bev)) {
            drop(lines, line);
        } else if (line->began_ns && !line->ended && now_ns - line->began_ns > lines->request_ns) {
            lines->ended++;
            end(line);
        }
    }
    /* Where many hold lines open, others wait: a quarter of them goes at a time. */
    if (lines->makes_room && lines->crowded)
        for (size_t i = 0; i < lines->most / 4 && make_room(lines, now_ns - ASKS_NS); i++)
            continue;
    lines->crowded = lines->count == lines->most;
    if (lines->deaf && lines->count < lines->most)
        evconnlistener_enable(lines->listener);
    lines->deaf = false;
}

void http_lines_fini(struct http_lines *lines)
{
    for (size_t i = 0; i < lines->most; i++)
        if (lines->items[i].bev)
            drop(lines, &lines->items[i]);
}
