/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_WEB_GUARD_H
#define K8SDNS_SOURCE_WEB_GUARD_H

#include <event2/bufferevent.h>
#include <k8sdns/base/err.h>
#include <k8sdns/wire/metrics/web_config.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Who may ask a server of ours, and under what certificate: by a web configuration file, which is read again
 * when it, the certificate or the key has changed, and stays as it was where the new one cannot be used.
 */
struct web_guard;

/* Return it, or NULL with a message: the file, what it names, or a library that it takes is not to be had. */
struct web_guard *web_guard_new(const char *path, struct err *err) MUST_USE;
void web_guard_free(struct web_guard *guard); /* NULL is allowed */

/* For the next connection: with TLS where that is wanted. NULL: there is no memory. */
struct bufferevent *web_guard_connection(struct web_guard *guard, struct event_base *base);

enum web_admission {
    WEB_ADMITTED,
    WEB_REFUSED,
    WEB_BUSY, /* a password was wrong a moment ago: to check one costs much, and guessing is kept slow */
};

/*
 * Whether an Authorization header (NULL: none) is that of a user. A right one is remembered, so that to check
 * it again costs nothing.
 */
enum web_admission web_guard_admits(struct web_guard *guard, const char *authorization, uint64_t now_ns);

#endif
