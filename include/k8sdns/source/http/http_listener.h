/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HTTP_LISTENER_H
#define K8SDNS_SOURCE_HTTP_LISTENER_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/text.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * A small HTTP server on somebody else's loop, for pages that are made when they are asked for: GET and HEAD
 * alone. What a request may hold, how long it may take until its answer is out and how many connections there
 * are is bounded; when all are taken, one that asks for nothing is closed.
 */
#define HTTP_LISTENER_LINES      64
#define HTTP_LISTENER_HEADERS    (8 * 1024)
#define HTTP_LISTENER_REQUEST_NS UINT64_C(10000000000)
#define HTTP_LISTENER_IDLE_S     120

struct event_base;

/* What is asked for; the texts live as long as the call. */
struct http_asked {
    const char *path;   /* without the query; never NULL */
    const char *accept; /* as the next: the header's value; NULL without */
    const char *authorization;
};

/* The answer: at first 404 with an empty text. */
struct http_answer {
    int status;
    const char *type; /* the media type; NULL: plain text */
    struct text body;
    const char *authenticate; /* of 401: the header's value; NULL for none */
};

struct http_listener_options {
    struct address where;
    const char *web_config;  /* a file that says who may ask, and TLS; NULL: everybody, without */
    const char *const *open; /* paths that everybody may ask for all the same; ends with NULL */
    void (*answer)(void *user, const struct http_asked *asked, struct http_answer *answer);
    void *user;
};

struct http_listener;

/* Listen. Return it, or NULL with a message (kind ERR_INPUT for an address that is none of ours, or taken).
 */
struct http_listener *http_listener_new(struct event_base *base, const struct http_listener_options *options,
                                        struct err *err) MUST_USE;
void http_listener_free(struct http_listener *listener); /* NULL is allowed */

/*
 * In a process that was forked: close its sockets, and touch nothing else. A connection ends only when all
 * who have it close it, and nobody can listen at an address where another still does.
 */
void http_listener_forked(const struct http_listener *listener);

/* Where it listens. */
const struct address *http_listener_where(const struct http_listener *listener);

/* Connections there are, and requests that were ended since they took too long. */
void http_listener_counts(const struct http_listener *listener, uint64_t *ret_lines, uint64_t *ret_ended);

#endif
