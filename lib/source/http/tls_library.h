/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_TLS_LIBRARY_H
#define K8SDNS_SOURCE_TLS_LIBRARY_H

#include <event2/bufferevent_ssl.h>
#include <k8sdns/base/err.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/*
 * OpenSSL, and libevent's use of it, loaded when it is first needed.
 *
 * Only the Kubernetes API takes TLS. Linked in the ordinary way, OpenSSL would nearly double the time that
 * every command takes to start, and an image without it could run nothing at all.
 */
#define TLS_FUNCTIONS(X)              \
    X(bufferevent_openssl_socket_new) \
    X(bufferevent_get_openssl_error)  \
    X(TLS_client_method)              \
    X(SSL_CTX_new)                    \
    X(SSL_CTX_free)                   \
    X(SSL_CTX_set_verify)             \
    X(SSL_CTX_get_cert_store)         \
    X(SSL_new)                        \
    X(SSL_get0_param)                 \
    X(SSL_get_verify_result)          \
    X(X509_VERIFY_PARAM_set1_ip_asc)  \
    X(X509_STORE_add_cert)            \
    X(X509_free)                      \
    X(X509_verify_cert_error_string)  \
    X(PEM_read_bio_X509)              \
    X(BIO_new_mem_buf)                \
    X(BIO_free)                       \
    X(ERR_clear_error)                \
    X(ERR_reason_error_string)

struct tls_library {
#define TLS_MEMBER(name) __typeof__(&name) name;
    TLS_FUNCTIONS(TLS_MEMBER)
#undef TLS_MEMBER
};

/* Return it, loaded once, or NULL with a message (kind ERR_UNOBSERVED) when this image has none. */
const struct tls_library *tls_library_load(struct err *err);

#endif
