/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http_lines.h"
#include "web_guard.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/http/http_listener.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG  128
#define BODY_MAX 1024 /* of a GET, which nobody reads */

static const struct timeval tick_time = {0, 500000};

struct http_listener {
    struct event_base *base;
    struct http_listener_options options;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *tick;
    struct web_guard *guard; /* NULL: none */
    struct http_line places[HTTP_LISTENER_LINES];
    struct http_lines lines;
};

/* ---- connections ---- */

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    struct http_listener *l = user;

    (void)fd;
    (void)what;
    http_lines_sweep(&l->lines, clock_monotonic_ns());
}

static struct bufferevent *on_connection(struct event_base *base, void *user)
{
    struct http_listener *l = user;
    /* Closed with our reference, else the next connection gets its descriptor while this one still reads. */
    struct bufferevent *bev = l->guard ? web_guard_connection(l->guard, base)
                                       : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (!bev)
        err_out_of_memory(); /* else libevent makes one of its own, without TLS */

    http_lines_add(&l->lines, bev);
    return bev;
}

/* ---- requests ---- */

/* The answer is out: the next request has its own time. */
static void on_complete(struct evhttp_request *request, void *user)
{
    struct http_line *line = user;

    (void)request;
    http_line_rest(line);
}

static const char *reason_of(int status)
{
    return status == 200   ? "OK"
           : status == 401 ? "Unauthorized"
           : status == 404 ? "Not Found"
                           : "Service Unavailable";
}

static void reply(struct evhttp_request *request, const struct http_answer *answer)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evbuffer_new();

    if (!body || evbuffer_add(body, text_string(&answer->body), answer->body.len) < 0)
        err_out_of_memory();
    evhttp_add_header(headers, "Content-Type", answer->type ? answer->type : "text/plain; charset=utf-8");
    evhttp_add_header(headers, "Cache-Control", "no-store");
    if (answer->authenticate)
        evhttp_add_header(headers, "WWW-Authenticate", answer->authenticate);
    evhttp_send_reply(request, answer->status, reason_of(answer->status), body);
    evbuffer_free(body);
}

static bool is_open(const struct http_listener *l, const char *path)
{
    for (const char *const *open = l->options.open; open && *open; open++)
        if (strcmp(*open, path) == 0)
            return true;
    return false;
}

/* Whether it is answered; else `answer` says why not. */
static bool admits(const struct http_listener *l, const struct http_asked *asked, struct http_answer *answer)
{
    enum web_admission admission =
        l->guard && !is_open(l, asked->path)
            ? web_guard_admits(l->guard, asked->authorization, clock_monotonic_ns())
            : WEB_ADMITTED;

    if (admission == WEB_ADMITTED)
        return true;
    answer->status = admission == WEB_REFUSED ? 401 : 503;
    answer->authenticate = admission == WEB_REFUSED ? "Basic realm=\"k8sdns\"" : NULL;
    text_add(&answer->body, admission == WEB_REFUSED ? "Unauthorized\n" : "a password was wrong; wait\n");
    return false;
}

static void on_request(struct evhttp_request *request, void *user)
{
    struct http_listener *l = user;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    struct http_line *line =
        connection ? http_lines_find(&l->lines, evhttp_connection_get_bufferevent(connection)) : NULL;
    const struct http_asked asked = {.path = path ? path : "",
                                     .accept = evhttp_find_header(headers, "Accept"),
                                     .authorization = evhttp_find_header(headers, "Authorization")};
    struct http_answer answer = {.status = 404};

    if (line)
        evhttp_request_set_on_complete_cb(request, on_complete, line);
    if (admits(l, &asked, &answer))
        l->options.answer(l->options.user, &asked, &answer);
    reply(request, &answer);
    text_fini(&answer.body);
}

/* ---- begin and end ---- */

static int listen_at(struct http_listener *l, struct err *err)
{
    const struct address *where = &l->options.where;
    struct sockaddr_storage sa;
    socklen_t len = address_to_sockaddr(where, &sa);
    char text[ADDRESS_TEXT];

    l->listener = evconnlistener_new_bind(l->base, NULL, NULL,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                          BACKLOG, (struct sockaddr *)&sa, (int)len);
    if (!l->listener)
        return err_set_errno(err, ERR_INPUT, errno, "cannot listen at %s",
                             address_format_port(where, text, sizeof(text)));
    if (!evhttp_bind_listener(l->http, l->listener)) {
        evconnlistener_free(l->listener);
        l->listener = NULL;
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot serve HTTP");
    }
    l->lines = (struct http_lines){.items = l->places,
                                   .most = HTTP_LISTENER_LINES,
                                   .request_ns = HTTP_LISTENER_REQUEST_NS,
                                   .makes_room = true};
    http_lines_listen(&l->lines, l->listener);
    return 0;
}

struct http_listener *http_listener_new(struct event_base *base, const struct http_listener_options *options,
                                        struct err *err)
{
    struct http_listener *l = calloc(1, sizeof(*l));

    if (!l)
        err_out_of_memory();
    l->base = base;
    l->options = *options;
    l->http = evhttp_new(base);
    l->tick = event_new(base, -1, EV_PERSIST, on_tick, l);
    if (!l->http || !l->tick || event_add(l->tick, &tick_time) < 0)
        err_out_of_memory();
    evhttp_set_max_headers_size(l->http, HTTP_LISTENER_HEADERS);
    evhttp_set_max_body_size(l->http, BODY_MAX);
    evhttp_set_allowed_methods(l->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_timeout(l->http, HTTP_LISTENER_IDLE_S);
    evhttp_set_bevcb(l->http, on_connection, l);
    evhttp_set_gencb(l->http, on_request, l);
    if (options->web_config)
        l->guard = web_guard_new(options->web_config, err);
    if ((options->web_config && !l->guard) || listen_at(l, err) < 0) {
        http_listener_free(l);
        return NULL;
    }
    return l;
}

void http_listener_free(struct http_listener *l)
{
    if (!l)
        return;
    http_lines_fini(&l->lines);
    if (l->http)
        evhttp_free(l->http);
    if (l->tick)
        event_free(l->tick);
    web_guard_free(l->guard);
    free(l);
}

void http_listener_forked(const struct http_listener *l)
{
    close(evconnlistener_get_fd(l->listener));
    for (size_t i = 0; i < HTTP_LISTENER_LINES; i++)
        if (l->places[i].bev && bufferevent_getfd(l->places[i].bev) >= 0)
            close(bufferevent_getfd(l->places[i].bev));
}

const struct address *http_listener_where(const struct http_listener *l)
{
    return &l->options.where;
}

void http_listener_counts(const struct http_listener *l, uint64_t *ret_lines, uint64_t *ret_ended)
{
    *ret_lines = l->lines.count;
    *ret_ended = l->lines.ended;
}
