/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_TLS_PEER_H
#define K8SDNS_SOURCE_TLS_PEER_H

#include "tls_library.h"
#include <stdbool.h>

/* Whose certificate is believed, for what name. */
struct tls_peer {
    const char *address; /* in text; its certificate must be for it, unless there is a name */
    const char *name; /* NULL, or what the certificate must be for; the server is told it (SNI, RFC 6066) */
    const char *ca;   /* PEM: only certificates signed by these are believed; NULL: by the system's */
    size_t ca_len;
    bool insecure; /* any certificate will do */
};

/* A session that is not connected yet, and the context that it is of. */
struct tls_session {
    const struct tls_library *tls;
    SSL_CTX *context;
    SSL *ssl;
};

/*
 * Fill `session`. Return 0, or a negative errno with a message (kind ERR_UNOBSERVED) where this image has no
 * TLS or the authorities cannot be read. Ownership of both parts is the caller's, after an error, too.
 */
int tls_session_open(const struct tls_peer *peer, struct tls_session *session, struct err *err) MUST_USE;

/* Why its certificate is not believed: 0 where it is, or a negative errno with a message. */
int tls_session_explain(const struct tls_session *session, struct err *err);

#endif
