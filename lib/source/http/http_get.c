/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http_get.h"
#include "tls_peer.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/text.h>
#include <k8sdns/source/event_loop.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT_AGAIN_MS 200
/* libevent has no limit of its own. */
#define HEADERS_MAX (64 * 1024)
/* However many are asked. */
#define CHUNK_LEAST (128 * 1024)
/* So much is read ahead of what has been taken in; a server may send faster than that. */
#define INPUT_MAX (256 * 1024)

struct http_loop {
    struct arena *arena;
    struct event_base *base;
    size_t waiting; /* exchanges that are not over */
    size_t count;
};

/* One GET on its way. */
struct exchange {
    struct http_loop *loop;
    struct http_question *question;
    const struct http_server *server;
    const char *host;
    const struct tls_library *tls; /* with the next three: of a TLS server; else NULL */
    SSL_CTX *context;
    SSL *ssl; /* freed with the bufferevent */
    struct bufferevent *stream;
    struct evhttp_connection *connection;
    struct event *deadline;
    bool over, answered, timed_out, stuffed;
    bool began;   /* something of an answer came */
    bool chunked; /* so its header fields say */
    size_t room;  /* for one of its pieces */
    size_t len;   /* of its body so far */
    int broken;   /* enum evhttp_request_error, or -1 */
};

static void end(struct exchange *x)
{
    if (x->over)
        return;
    x->over = true;
    if (--x->loop->waiting == 0)
        event_base_loopbreak(x->loop->base);
}

static void hand_over(struct exchange *x, struct evhttp_request *request)
{
    struct evbuffer *in = evhttp_request_get_input_buffer(request);
    size_t len;

    x->began = true;
    while ((len = evbuffer_get_contiguous_space(in))) {
        const char *bytes = (const char *)evbuffer_pullup(in, (ev_ssize_t)len);

        if (!x->over)
            x->question->on_body(x->question->user, evhttp_request_get_response_code(request), bytes, len);
        x->len += len;
        evbuffer_drain(in, len);
    }
}

static void on_piece(struct evhttp_request *request, void *user)
{
    hand_over(user, request);
}

static void on_answer(struct evhttp_request *request, void *user)
{
    struct exchange *x = user;

    if (!x->over && request && evhttp_request_get_response_code(request) && x->broken < 0) {
        hand_over(x, request);
        x->question->status = evhttp_request_get_response_code(request);
        x->question->answered_ns = clock_monotonic_ns();
        x->answered = true;
    }
    end(x);
}

static int on_headers(struct evhttp_request *request, void *user)
{
    struct exchange *x = user;

    x->chunked = evhttp_find_header(evhttp_request_get_input_headers(request), "Transfer-Encoding") != NULL;
    /* libevent takes a chunk whole, and servers in Go send what they wrote at once as one. */
    x->room = (x->server->chunk_max ? x->server->chunk_max : x->server->body_max) / x->loop->count;
    x->room = x->room > CHUNK_LEAST ? x->room : CHUNK_LEAST;
    if (x->chunked)
        bufferevent_setwatermark(evhttp_connection_get_bufferevent(x->connection), EV_READ, 0,
                                 x->room + INPUT_MAX);
    return 0;
}

static void on_error(enum evhttp_request_error error, void *user)
{
    struct exchange *x = user;

    x->broken = (int)error;
}

/* It waits for the rest of a piece, for which there is no room. */
static bool is_stuffed(const struct exchange *x)
{
    struct bufferevent *stream = x->connection ? evhttp_connection_get_bufferevent(x->connection) : NULL;

    return stream && x->chunked && evbuffer_get_length(bufferevent_get_input(stream)) >= x->room;
}

static void on_deadline(evutil_socket_t fd, short what, void *user)
{
    struct exchange *x = user;

    (void)fd;
    (void)what;
    x->timed_out = !x->over; /* the others may still be waited for */
    x->stuffed = x->timed_out && is_stuffed(x);
    end(x);
}

static int set_up_tls(struct exchange *x, struct err *err)
{
    const struct http_server *server = x->server;
    const struct tls_peer peer = {.address = x->host,
                                  .name = server->name,
                                  .ca = server->ca,
                                  .ca_len = server->ca_len,
                                  .insecure = server->insecure};
    struct tls_session session = {0};
    int r = tls_session_open(&peer, &session, err);

    x->tls = session.tls;
    x->context = session.context;
    x->ssl = session.ssl;
    if (r < 0)
        return r;
    x->stream = x->tls->bufferevent_openssl_socket_new(x->loop->base, -1, x->ssl, BUFFEREVENT_SSL_CONNECTING,
                                                       BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    return x->stream ? 0 : err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up TLS");
}

static int set_up(struct exchange *x, struct err *err)
{
    const struct timeval timeout = {.tv_sec = (time_t)(x->server->timeout_us / 1000000),
                                    .tv_usec = (suseconds_t)(x->server->timeout_us % 1000000)};
    int r = x->server->tls ? set_up_tls(x, err) : 0;

    if (r < 0)
        return r;
    /* The host is an address: nothing is resolved. */
    x->connection = evhttp_connection_base_bufferevent_new(x->loop->base, NULL, x->stream, x->host,
                                                           x->server->where.port);
    x->deadline = evtimer_new(x->loop->base, on_deadline, x);
    if (!x->connection || !x->deadline || evtimer_add(x->deadline, &timeout) < 0)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the connection");
    evhttp_connection_set_max_body_size(x->connection, (ev_ssize_t)x->server->body_max);
    evhttp_connection_set_max_headers_size(x->connection, HEADERS_MAX);
    evhttp_connection_set_retries(x->connection, 0);
    bufferevent_setwatermark(evhttp_connection_get_bufferevent(x->connection), EV_READ, 0, INPUT_MAX);
    return 0;
}

static int send_request(struct exchange *x, struct err *err)
{
    struct evhttp_request *request = evhttp_request_new(on_answer, x);
    struct evkeyvalq *headers;
    char host[ADDRESS_TEXT];

    if (!request)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the request");
    evhttp_request_set_error_cb(request, on_error);
    evhttp_request_set_chunked_cb(request, on_piece);
    evhttp_request_set_header_cb(request, on_headers);
    headers = evhttp_request_get_output_headers(request);
    address_format_port(&x->server->where, host, sizeof(host));
    evhttp_add_header(headers, "Host", x->server->name ? x->server->name : host);
    evhttp_add_header(headers, "Accept", x->server->accept);
    evhttp_add_header(headers, "User-Agent", "k8sdns");
    evhttp_add_header(headers, "Connection", "close");
    /* A token with a line break in it is refused here, so it cannot add headers. */
    if (x->server->bearer &&
        evhttp_add_header(headers, "Authorization",
                          arena_printf(x->loop->arena, "Bearer %s", x->server->bearer)) < 0) {
        evhttp_request_free(request);
        return err_set(err, ERR_UNOBSERVED, EINVAL, "the token is damaged");
    }
    for (size_t i = 0; i < x->server->fields_count; i++)
        if (evhttp_add_header(headers, x->server->fields[i].name, x->server->fields[i].value) < 0) {
            evhttp_request_free(request);
            return err_set(err, ERR_UNOBSERVED, EINVAL, "the header field %s is damaged",
                           x->server->fields[i].name);
        }
    if (x->question->post) {
        evhttp_add_header(headers, "Content-Type", x->question->post_type);
        evbuffer_add(evhttp_request_get_output_buffer(request), x->question->post, x->question->post_len);
    }
    if (evhttp_make_request(x->connection, request, x->question->post ? EVHTTP_REQ_POST : EVHTTP_REQ_GET,
                            x->question->path) < 0)
        return err_set(err, ERR_UNOBSERVED, EIO, "cannot connect");
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

/* Why TLS went wrong; 0 when it did not. */
static int explain_tls(const struct exchange *x, const char *reason, struct err *err)
{
    const struct tls_session session = {x->tls, x->context, x->ssl};
    int r = x->server->insecure ? 0 : tls_session_explain(&session, err);

    if (r < 0)
        return r;
    /* OpenSSL has its own words for a peer that hung up. */
    if (reason && !strstr(reason, "unexpected eof") && !x->timed_out && x->broken != EVREQ_HTTP_DATA_TOO_LONG)
        return err_set(err, ERR_UNOBSERVED, EPROTO, "TLS failed: %s", reason);
    return 0;
}

/* Why there was no whole answer. */
static int explain(const struct exchange *x, struct err *err)
{
    unsigned long code = x->tls ? x->tls->bufferevent_get_openssl_error(x->stream) : 0;
    const char *reason = code ? x->tls->ERR_reason_error_string(code) : NULL;
    int r = x->tls && x->broken != EVREQ_HTTP_INVALID_HEADER ? explain_tls(x, reason, err) : 0;

    if (r < 0)
        return r;
    if (x->stuffed)
        return err_set(err, ERR_UNOBSERVED, E2BIG, "the answer comes in one piece of over %zu MB",
                       x->room / 1024 / 1024);
    if (x->timed_out)
        return err_set(err, ERR_UNOBSERVED, ETIMEDOUT, "no answer within %.1f s",
                       (double)x->server->timeout_us / 1e6);
    /* libevent has one word for both: RFC 9112, 7.1. */
    if (x->broken == EVREQ_HTTP_DATA_TOO_LONG && x->chunked && x->len < x->server->body_max)
        return err_set(
            err, ERR_UNOBSERVED, EBADMSG,
            "the answer is broken after %zu bytes: what should be the length of a chunk is none, or "
            "is over %zu MB",
            x->len, x->server->body_max / 1024 / 1024);
    if (x->broken == EVREQ_HTTP_DATA_TOO_LONG)
        return err_set(err, ERR_UNOBSERVED, E2BIG, "the answer is over %zu MB",
                       x->server->body_max / 1024 / 1024);
    if (x->broken == EVREQ_HTTP_INVALID_HEADER)
        return err_set(err, ERR_UNOBSERVED, EBADMSG, "what came is no HTTP");
    if (x->began || reason)
        return err_set(err, ERR_UNOBSERVED, EIO, "the connection was closed in the middle of the answer");
    r = try_connect(&x->server->where);
    if (r < 0)
        return err_set_errno(err, ERR_UNOBSERVED, -r, "cannot connect");
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
}

static void begin(struct exchange *x, struct http_loop *loop, struct http_question *question)
{
    char host[ADDRESS_TEXT];

    question->status = 0;
    question->err = (struct err){0};
    *x = (struct exchange){.loop = loop, .question = question, .server = question->server, .broken = -1};
    x->host = arena_text(loop->arena, address_format(&x->server->where, host, sizeof(host)));
    loop->waiting++;
    question->result = set_up(x, &question->err);
    if (question->result == 0)
        question->result = send_request(x, &question->err);
    if (question->result < 0)
        end(x);
}

void http_get_all(struct arena *arena, struct http_question *questions, size_t count)
{
    struct http_loop loop = {.arena = arena, .count = count ? count : 1};
    struct exchange *all = arena_array(arena, count, sizeof(*all));
    struct err err = {0};
    int r = event_loop_new(false, &loop.base, &err);

    if (r < 0) {
        for (size_t i = 0; i < count; i++) {
            questions[i].result = r;
            questions[i].err = err;
        }
        return;
    }
    for (size_t i = 0; i < count; i++)
        begin(&all[i], &loop, &questions[i]);
    if (loop.waiting)
        event_base_dispatch(loop.base);
    for (size_t i = 0; i < count; i++)
        if (questions[i].result == 0 && !all[i].answered)
            questions[i].result = explain(&all[i], &questions[i].err);
    for (size_t i = 0; i < count; i++)
        tear_down(&all[i]);
    /* A stream with a callback that was put off keeps its session until that has had its turn. */
    (void)event_base_loop(loop.base, EVLOOP_NONBLOCK);
    event_base_free(loop.base);
}

static void keep(void *user, int status, const char *bytes, size_t len)
{
    (void)status;
    text_add_n(user, bytes, len);
}

int http_get(struct arena *arena, const struct http_server *server, const char *path, int *ret_status,
             char **ret_body, size_t *ret_len, struct err *err)
{
    struct text body = {0};
    struct http_question question = {.server = server, .path = path, .on_body = keep, .user = &body};

    http_get_all(arena, &question, 1);
    if (question.result == 0) {
        *ret_status = question.status;
        *ret_len = body.len;
        *ret_body = file_fit(body.at, body.len);
        arena_own(arena, *ret_body);
    } else {
        *err = question.err;
        text_fini(&body);
    }
    return question.result;
}
