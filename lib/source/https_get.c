/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "https_get.h"
#include "tls_library.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_AGAIN_MS 200

/* One GET on its way. */
struct exchange {
    struct arena *arena;
    const struct tls_library *tls;
    const struct https_server *server;
    const char *host;
    struct event_base *base;
    SSL_CTX *context;
    SSL *ssl; /* freed with the bufferevent */
    struct bufferevent *stream;
    struct evhttp_connection *connection;
    struct event *deadline;
    bool answered, timed_out;
    int broken; /* enum evhttp_request_error, or -1 */
    int status;
    const char *body;
    size_t len;
};

static void on_answer(struct evhttp_request *request, void *user)
{
    struct exchange *x = user;

    if (request && evhttp_request_get_response_code(request) && x->broken < 0) {
        struct evbuffer *in = evhttp_request_get_input_buffer(request);
        char *body;

        x->len = evbuffer_get_length(in);
        body = arena_alloc(x->arena, x->len + 1);
        evbuffer_remove(in, body, x->len);
        x->body = body;
        x->status = evhttp_request_get_response_code(request);
        x->answered = true;
    }
    event_base_loopbreak(x->base);
}

static void on_error(enum evhttp_request_error error, void *user)
{
    struct exchange *x = user;

    x->broken = (int)error;
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
    struct exchange *x = user;

    (void)fd;
    (void)what;
    x->timed_out = true;
    event_base_loopbreak(x->base);
}

/* Believe the given authorities and no others. Return how many there are. */
static int trust(const struct exchange *x)
{
    BIO *bio = x->tls->BIO_new_mem_buf(x->server->ca, (int)x->server->ca_len);
    X509_STORE *store = x->tls->SSL_CTX_get_cert_store(x->context);
    int count = 0;
    X509 *certificate;

    if (!bio)
        return 0;
    while ((certificate = x->tls->PEM_read_bio_X509(bio, NULL, NULL, NULL))) {
        count += x->tls->X509_STORE_add_cert(store, certificate) == 1;
        x->tls->X509_free(certificate);
    }
    x->tls->ERR_clear_error(); /* the end of the file counts as one */
    x->tls->BIO_free(bio);
    return count;
}

static int set_up(struct exchange *x, struct err *err)
{
    const struct timeval timeout = {.tv_sec = (time_t)(x->server->timeout_us / 1000000),
                                    .tv_usec = (suseconds_t)(x->server->timeout_us % 1000000)};

    x->base = event_base_new();
    x->context = x->tls->SSL_CTX_new(x->tls->TLS_client_method());
    if (!x->base || !x->context)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    if (trust(x) == 0)
        return err_set(err, ERR_UNOBSERVED, EINVAL, "the file with its authority has no certificate in it");
    x->tls->SSL_CTX_set_verify(x->context, SSL_VERIFY_PEER, NULL);
    x->ssl = x->tls->SSL_new(x->context);
    if (!x->ssl || x->tls->X509_VERIFY_PARAM_set1_ip_asc(x->tls->SSL_get0_param(x->ssl), x->host) != 1)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    x->stream = x->tls->bufferevent_openssl_socket_new(x->base, -1, x->ssl, BUFFEREVENT_SSL_CONNECTING,
                                                       BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (!x->stream)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
    /* The host is an address: nothing is resolved. */
    x->connection =
        evhttp_connection_base_bufferevent_new(x->base, NULL, x->stream, x->host, x->server->where.port);
    x->deadline = evtimer_new(x->base, on_deadline, x);
    if (!x->connection || !x->deadline || evtimer_add(x->deadline, &timeout) < 0)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the connection");
    evhttp_connection_set_max_body_size(x->connection, (ev_ssize_t)x->server->body_max);
    evhttp_connection_set_retries(x->connection, 0);
    return 0;
}

static int ask(struct exchange *x, const char *path, struct err *err)
{
    struct evhttp_request *request = evhttp_request_new(on_answer, x);
    struct evkeyvalq *headers;
    char host[ADDRESS_TEXT];

    if (!request)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the request");
    evhttp_request_set_error_cb(request, on_error);
    headers = evhttp_request_get_output_headers(request);
    address_format_port(&x->server->where, host, sizeof(host));
    evhttp_add_header(headers, "Host", host);
    evhttp_add_header(headers, "Accept", "application/json");
    evhttp_add_header(headers, "User-Agent", "k8sdns");
    evhttp_add_header(headers, "Connection", "close");
    /* A token with a line break in it is refused here, so it cannot add headers. */
    if (x->server->bearer && evhttp_add_header(headers, "Authorization",
                                               arena_printf(x->arena, "Bearer %s", x->server->bearer)) < 0)
        return err_set(err, ERR_UNOBSERVED, EINVAL, "the token is damaged");
    if (evhttp_make_request(x->connection, request, EVHTTP_REQ_GET, path) < 0)
        return err_set(err, ERR_UNOBSERVED, EIO, "cannot connect");
    event_base_dispatch(x->base);
    return 0;
}

/* libevent does not tell why a connection failed, so it is tried once more. Return 0 or a negative errno. */
static int try_connect(const struct address *where)
{
    struct sockaddr_storage sa;
    socklen_t len = address_to_sockaddr(where, &sa);
    int fd = socket(where->family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), code = 0;
    struct pollfd wait = {.fd = fd, .events = POLLOUT};

    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&sa, len) < 0)
        code = errno;
    if (code == EINPROGRESS) {
        len = sizeof(code);
        if (poll(&wait, 1, CONNECT_AGAIN_MS) <= 0)
            code = ETIMEDOUT;
        else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
            code = errno;
    }
    close(fd);
    return -code;
}

/* Why there was no whole answer. */
static int explain(const struct exchange *x, struct err *err)
{
    int connected;
    long verified = x->tls->SSL_get_verify_result(x->ssl);
    unsigned long code = x->tls->bufferevent_get_openssl_error(x->stream);
    const char *reason = code ? x->tls->ERR_reason_error_string(code) : NULL;

    if (verified != X509_V_OK)
        return err_set(err, ERR_UNOBSERVED, EPERM, "its certificate is not to be trusted: %s",
                       x->tls->X509_verify_cert_error_string(verified));
    if (x->timed_out)
        return err_set(err, ERR_UNOBSERVED, ETIMEDOUT, "no answer within %.1f s",
                       (double)x->server->timeout_us / 1e6);
    if (x->broken == EVREQ_HTTP_DATA_TOO_LONG)
        return err_set(err, ERR_UNOBSERVED, E2BIG, "the answer is over %zu MB",
                       x->server->body_max / 1024 / 1024);
    if (x->broken == EVREQ_HTTP_INVALID_HEADER)
        return err_set(err, ERR_UNOBSERVED, EBADMSG, "what came is no HTTP");
    /* OpenSSL has its own words for a peer that hung up. */
    if (x->broken == EVREQ_HTTP_EOF || (reason && strstr(reason, "unexpected eof")))
        return err_set(err, ERR_UNOBSERVED, EIO, "the connection was closed in the middle of the answer");
    if (reason)
        return err_set(err, ERR_UNOBSERVED, EPROTO, "TLS failed: %s", reason);
    connected = try_connect(&x->server->where);
    if (connected < 0)
        return err_set_errno(err, ERR_UNOBSERVED, -connected, "cannot connect");
    return err_set(err, ERR_UNOBSERVED, EIO, "the connection was closed");
}

static void tear_down(struct exchange *x)
{
    if (x->deadline)
        event_free(x->deadline);
    if (x->connection)
        evhttp_connection_free(x->connection); /* and the stream */
    else if (x->stream)
        bufferevent_free(x->stream);
    if (x->context)
        x->tls->SSL_CTX_free(x->context);
    if (x->base)
        event_base_free(x->base);
}

int https_get(struct arena *arena, const struct https_server *server, const char *path, int *ret_status,
              const char **ret_body, size_t *ret_len, struct err *err)
{
    char host[ADDRESS_TEXT];
    struct exchange x = {.arena = arena,
                         .server = server,
                         .broken = -1,
                         .host = address_format(&server->where, host, sizeof(host)),
                         .tls = tls_library_load(err)};
    int r;

    if (!x.tls)
        return -ENOENT;
    r = set_up(&x, err);
    if (r == 0)
        r = ask(&x, path, err);
    if (r == 0 && !x.answered)
        r = explain(&x, err);
    if (r == 0) {
        *ret_status = x.status;
        *ret_body = x.body;
        *ret_len = x.len;
    }
    tear_down(&x);
    return r;
}
