/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_HTTP_GET_H
#define K8SDNS_SOURCE_HTTP_GET_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stdint.h>

/* A header field of a request. */
struct http_field {
    const char *name, *value;
};

/* Whom to ask, and how far to trust and to wait. */
struct http_server {
    struct address where;
    bool tls;         /* its certificate must be for its address, or for `name`, and signed by `ca` */
    const char *name; /* NULL, or what it is called: of the certificate and of the Host header */
    const char *ca;   /* PEM: only certificates signed by these are believed; NULL: by the system's */
    size_t ca_len;
    bool insecure;                   /* any certificate will do */
    const char *bearer;              /* the token, NULL for none; never printed */
    const char *accept;              /* the media types wanted */
    const struct http_field *fields; /* further ones; never printed */
    size_t fields_count;
    uint64_t timeout_us;
    size_t body_max;
    size_t chunk_max; /* of the pieces that are held, of all that are asked at once; 0: as much as a body */
};

/*
 * A piece of a body, as it comes; `status` is the answer's, whatever it is. The bytes live as long as the
 * call.
 */
typedef void http_on_body(void *user, int status, const char *bytes, size_t len);

/* One GET, or a POST, and what came of it. */
struct http_question {
    const struct http_server *server;
    const char *path;
    const uint8_t *post; /* what to post; NULL: it is a GET */
    size_t post_len;
    const char *post_type; /* the media type of it */
    http_on_body *on_body;
    void *user;
    /* Filled: */
    int result; /* 0, or a negative errno with a message in `err` (kind ERR_UNOBSERVED) */
    int status;
    uint64_t answered_ns; /* when the answer was whole, monotonic */
    struct err err;
};

/*
 * Ask all of them at once, in one loop; done when each has its whole answer or its time is over. An answer
 * that is refused, silent, not to be trusted, too large or cut off is an error of its question alone.
 */
void http_get_all(struct arena *arena, struct http_question *questions, size_t count);

/*
 * GET one path. Return 0 with the HTTP status and the body (in the arena), whatever the status; or a negative
 * errno with a message (kind ERR_UNOBSERVED) when there was no whole answer.
 */
int http_get(struct arena *arena, const struct http_server *server, const char *path, int *ret_status,
             char **ret_body, size_t *ret_len, struct err *err) MUST_USE;

#endif
