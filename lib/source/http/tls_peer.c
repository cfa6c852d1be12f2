/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_peer.h"
#include <errno.h>

/* Believe the given authorities and no others. Return how many there are. */
static int trust(const struct tls_session *s, const struct tls_peer *peer)
{
    BIO *bio = s->tls->BIO_new_mem_buf(peer->ca, (int)peer->ca_len);
    X509_STORE *store = s->tls->SSL_CTX_get_cert_store(s->context);
    int count = 0;
    X509 *certificate;

    if (!bio)
        return 0;
    while ((certificate = s->tls->PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        count += s->tls->X509_STORE_add_cert(store, certificate) == 1;
        s->tls->X509_free(certificate);
    }
    s->tls->ERR_clear_error(); /* the end of the file counts as one */
    s->tls->BIO_free(bio);
    return count;
}

static int expect(const struct tls_session *s, const struct tls_peer *peer)
{
    /* The address is none that may be told as a name. Source: RFC 6066 section 3. */
    if (!peer->name)
        return s->tls->X509_VERIFY_PARAM_set1_ip_asc(s->tls->SSL_get0_param(s->ssl), peer->address);
    return s->tls->SSL_set1_host(s->ssl, peer->name) == 1 &&
           s->tls->SSL_ctrl(s->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                            (void *)(uintptr_t)peer->name) == 1;
}

int tls_session_open(const struct tls_peer *peer, struct tls_session *s, struct err *err)
{
    s->tls = tls_library_load(err);
    if (!s->tls)
        return -ENOENT;
    /* No openssl.cnf and no OPENSSL_CONF: they can name code to load. Source: OPENSSL_init_crypto(3). */
    if (s->tls->OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    s->context = s->tls->SSL_CTX_new(s->tls->TLS_client_method());
    if (!s->context)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    if (peer->ca && trust(s, peer) == 0)
        return err_set(err, ERR_UNOBSERVED, EINVAL, "the file with its authority has no certificate in it");
    if (!peer->ca && !peer->insecure && s->tls->SSL_CTX_set_default_verify_paths(s->context) != 1)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    s->tls->SSL_CTX_set_verify(s->context, peer->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    s->ssl = s->tls->SSL_new(s->context);
    if (!s->ssl || expect(s, peer) != 1)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    return 0;
}

int tls_session_explain(const struct tls_session *s, struct err *err)
{
    long verified = s->tls->SSL_get_verify_result(s->ssl);

    if (verified == X509_V_OK)
        return 0;
    return err_set(err, ERR_UNOBSERVED, EPERM, "its certificate is not to be trusted: %s",
                   s->tls->X509_verify_cert_error_string(verified));
}
