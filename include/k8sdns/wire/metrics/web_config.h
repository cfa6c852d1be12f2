/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_WEB_CONFIG_H
#define K8SDNS_WIRE_WEB_CONFIG_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * A web configuration file, as exporters of Prometheus have it: TLS and basic authentication of a server. Of
 * its members those of HTTP/2 and of cipher suites are taken note of as unknown: what is asked for and cannot
 * be done must not pass for done. Source: Prometheus, exporter-toolkit, docs/web-configuration.md.
 */
#define WEB_CONFIG_BYTES_MAX (1024 * 1024)
#define WEB_CONFIG_USERS_MAX 64

/* client_auth_type: what is asked of a client's certificate. */
enum web_client_auth {
    WEB_CLIENT_NONE,    /* NoClientCert */
    WEB_CLIENT_ASKED,   /* RequestClientCert, VerifyClientCertIfGiven */
    WEB_CLIENT_REQUIRED /* RequireAnyClientCert is refused; RequireAndVerifyClientCert */
};

struct web_user {
    const char *name, *hash; /* of bcrypt: "$2y$10$..." */
};

struct web_config {
    const char *cert_file, *key_file, *client_ca_file; /* NULL: none; both of the first two, or neither */
    int client_auth;                                   /* enum web_client_auth */
    bool tls13;                                        /* no TLS 1.2 */
    struct web_user *users;
    size_t users_count;
};

/*
 * Read one. Return 0, or -EBADMSG with a message (kind ERR_FORMAT) for what is no such file: a member that is
 * not known, a password that is no hash of bcrypt, a certificate without its key.
 */
int web_config_read(struct arena *arena, const char *bytes, size_t len, struct web_config *ret_config,
                    struct err *err) MUST_USE;

#endif
