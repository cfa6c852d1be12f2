/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HTTP_LINES_H
#define K8SDNS_SOURCE_HTTP_LINES_H

#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The connections of a server that libevent's HTTP runs. It bounds what a request may be, but not how long
 * it may take nor how many there are: that is done here.
 */
struct http_line {
    struct http_lines *lines;
    struct bufferevent *bev; /* a reference of our own; NULL for a free place */
    uint64_t began_ns;       /* its request did; 0 between two */
    uint64_t idle_ns;        /* since when there is none */
    size_t octets;           /* that came of its request */
    bool ended;              /* by us: what still comes is thrown away */
};

struct http_lines {
    struct http_line *items;
    size_t most, count;
    uint64_t request_ns;             /* the most that one may take */
    size_t octets_max;               /* of all requests together; 0: no bound */
    bool makes_room;                 /* when all places are taken, whoever asks for nothing has to go */
    struct evconnlistener *listener; /* off while there is no place */
    bool crowded;                    /* all places were taken since the last sweep */
    bool deaf;                       /* it is off until the next sweep */
    uint64_t ended;                  /* of those that took too long, or too much */
};

/*
 * Take these as the connections of `listener`, which libevent's HTTP server has by now. When it cannot accept
 * (out of file descriptors, most likely) it is off until the next sweep, rather than at it all the time.
 * There is one such server in a process.
 */
void http_lines_listen(struct http_lines *lines, struct evconnlistener *listener);

/* Keep `bev`, as long as it lives, in a place. Without a place it is left alone. */
void http_lines_add(struct http_lines *lines, struct bufferevent *bev);

/* Its place; NULL: it has none. */
struct http_line *http_lines_find(struct http_lines *lines, const struct bufferevent *bev);

/* The request of a line is answered, or handed over: what comes next is another. */
void http_line_rest(struct http_line *line);

/*
 * Now and then: let those go that are over, end those whose request takes too long: reading them fails then.
 */
void http_lines_sweep(struct http_lines *lines, uint64_t now_ns);

/* Let all go. */
void http_lines_fini(struct http_lines *lines);

#endif
