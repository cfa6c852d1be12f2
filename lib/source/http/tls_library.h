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
 * Only the Kubernetes API, probes of TLS and a guarded agent take it. Linked in the ordinary way, OpenSSL
 * would nearly double the time that every command takes to start, and an image without it could run nothing
 * at all.
 */
#define TLS_FUNCTIONS(X)                  \
    X(bufferevent_openssl_socket_new)     \
    X(bufferevent_get_openssl_error)      \
    X(OPENSSL_init_ssl)                   \
    X(TLS_client_method)                  \
    X(TLS_server_method)                  \
    X(SSL_CTX_check_private_key)          \
    X(SSL_CTX_ctrl)                       \
    X(SSL_CTX_load_verify_locations)      \
    X(SSL_CTX_use_certificate_chain_file) \
    X(SSL_CTX_use_PrivateKey_file)        \
    X(ERR_get_error)                      \
    X(SSL_CTX_new)                        \
    X(SSL_CTX_free)                       \
    X(SSL_CTX_set_verify)                 \
    X(SSL_CTX_set_default_verify_paths)   \
    X(SSL_connect)                        \
    X(SSL_ctrl)                           \
    X(SSL_free)                           \
    X(SSL_get_error)                      \
    X(SSL_read)                           \
    X(SSL_set1_host)                      \
    X(SSL_set_fd)                         \
    X(SSL_write)                          \
    X(SSL_CTX_get_cert_store)             \
    X(SSL_new)                            \
    X(SSL_get0_param)                     \
    X(SSL_get_verify_result)              \
    X(X509_VERIFY_PARAM_set1_ip_asc)      \
    X(X509_STORE_add_cert)                \
    X(X509_free)                          \
    X(X509_verify_cert_error_string)      \
    X(PEM_read_bio_X509)                  \
    X(BIO_new_mem_buf)                    \
    X(BIO_free)                           \
    X(ERR_clear_error)                    \
    X(ERR_reason_error_string)

struct tls_library {
#define TLS_MEMBER(name) __typeof__(&name) name;
    TLS_FUNCTIONS(TLS_MEMBER)
#undef TLS_MEMBER
};

/* Return it, loaded once, or NULL with a message (kind ERR_UNOBSERVED) when this image has none. */
const struct tls_library *tls_library_load(struct err *err);

#endif
