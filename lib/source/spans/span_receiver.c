/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../http/http_lines.h"
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/event_loop.h>
#include <k8sdns/source/spans/span_receiver.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define HEADERS_MAX (16 * 1024)
#define BACKLOG     128
/* Of the bodies that are under way: CoreDNS posts some 100 KB each second. */
#define OCTETS_MAX (16 * 1024 * 1024)

static const struct timeval tick_time = {0, 250000};

struct receiver {
    struct event_base *base;
    struct evconnlistener *listener;
    struct evhttp *http;
    struct event *tick, *signals[3];
    struct span_record *record;
    const struct span_receiver_options *options;
    struct span_receiver_facts *facts;
    struct zipkin_reader *reader;
    struct http_line places[SPAN_LINES_MAX];
    struct http_lines lines;
    uint64_t ends_ns;
    bool news;
    int result;
    struct err *err;
};

/* ---- lines ---- */

static struct bufferevent *on_connection(struct event_base *base, void *user)
{
    struct receiver *r = user;
    /* Closed with our reference, else the next connection gets its descriptor while this one still reads. */
    struct bufferevent *bev = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    http_lines_add(&r->lines, bev);
    return bev;
}

/* ---- requests ---- */

static void reply(struct evhttp_request *request, int status, const char *reason, const char *text)
{
    struct evbuffer *body = evbuffer_new();

    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain");
    if (body && *text)
        evbuffer_add_printf(body, "%s\n", text);
    evhttp_send_reply(request, status, reason, body);
    if (body)
        evbuffer_free(body);
}

static void refuse(struct receiver *r, struct evhttp_request *request, int status, const char *reason,
                   const char *text)
{
    r->facts->refused++;
    r->news = true;
    reply(request, status, reason, text);
}

static struct span_sender *sender_of(struct receiver *r, struct evhttp_request *request)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    struct span_receiver_facts *facts = r->facts;
    struct address where = {0};
    char *text = NULL;
    ev_uint16_t port;

    if (connection)
        evhttp_connection_get_peer(connection, &text, &port);
    if (!text || address_parse(text, 0, &where, NULL) < 0)
        where = (struct address){0};
    where.port = 0;
    for (size_t i = 0; i < facts->senders_count; i++)
        if (facts->senders[i].where.family == where.family &&
            address_same_host(&facts->senders[i].where, &where))
            return &facts->senders[i];
    if (facts->senders_count == SPAN_SENDERS_MAX)
        return &facts->senders[SPAN_SENDERS_MAX];
    facts->senders[facts->senders_count].where = where;
    return &facts->senders[facts->senders_count++];
}

static void take_span(void *user, const struct zipkin_span *span)
{
    struct receiver *r = user;

    span_record_add(r->record, span, clock_monotonic_ns());
}

static void take_body(struct receiver *r, struct evhttp_request *request)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    size_t len = evbuffer_get_length(body), used;
    struct span_sender *sender = sender_of(r, request);
    struct err err = {0};
    int result;

    zipkin_reader_init(r->reader, take_span, r);
    result = zipkin_reader_feed(r->reader, (const char *)evbuffer_pullup(body, -1), len, true, &used, &err);
    r->facts->malformed += r->reader->malformed;
    if (result < 0) {
        refuse(r, request, 400, "Bad Request", err.text);
        return;
    }
    sender->posts++;
    sender->octets += len;
    r->news = true;
    reply(request, 202, "Accepted", "");
}

static bool is_json(const char *type)
{
    static const char json[] = "application/json";

    return !type || (strncasecmp(type, json, sizeof(json) - 1) == 0 && strchr("; ", type[sizeof(json) - 1]));
}

static void on_request(struct evhttp_request *request, void *user)
{
    struct receiver *r = user;
    struct evkeyvalq *headers = evhttp_request_get_input_headers(request);
    const char *coding = evhttp_find_header(headers, "Content-Encoding");
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    struct evhttp_connection *connection = evhttp_request_get_connection(request);
    struct http_line *line =
        connection ? http_lines_find(&r->lines, evhttp_connection_get_bufferevent(connection)) : NULL;

    if (line)
        http_line_rest(line);
    path = path ? path : "";
    if (evhttp_request_get_command(request) != EVHTTP_REQ_POST)
        reply(request, strcmp(path, "/health") == 0 ? 200 : 405,
              strcmp(path, "/health") == 0 ? "OK" : "Not Allowed",
              "k8sdns spans: POST Zipkin's JSON to /api/v2/spans");
    else if (strcmp(path, "/api/v1/spans") == 0)
        refuse(r, request, 415, "Unsupported Media Type",
               "Zipkin's v1 format is not read: CoreDNS before 1.7.1 sends it; update it");
    else if (strcmp(path, "/api/v2/spans") != 0)
        refuse(r, request, 404, "Not Found", "spans go to /api/v2/spans");
    else if (coding && strcasecmp(coding, "identity") != 0)
        refuse(r, request, 415, "Unsupported Media Type",
               "compressed spans are not read; send them without Content-Encoding");
    else if (!is_json(evhttp_find_header(headers, "Content-Type")))
        refuse(r, request, 415, "Unsupported Media Type", "only application/json is read");
    else
        take_body(r, request);
}

/* ---- the run ---- */

static void on_signal(evutil_socket_t fd, short what, void *user)
{
    struct receiver *r = user;

    (void)fd;
    (void)what;
    event_base_loopbreak(r->base);
}

static void on_tick(evutil_socket_t fd, short what, void *user)
{
    struct receiver *r = user;
    uint64_t now_ns = clock_monotonic_ns();

    (void)fd;
    (void)what;
    http_lines_sweep(&r->lines, now_ns);
    r->news = span_record_tick(r->record, now_ns) || r->news;
    if (r->news)
        r->result = r->options->report(r->options->user);
    r->news = false;
    if (r->result < 0 || now_ns >= r->ends_ns ||
        (r->options->traces && span_record_traces(r->record) >= r->options->traces))
        event_base_loopbreak(r->base);
}

static int listen_at(struct receiver *r)
{
    char text[ADDRESS_TEXT];
    struct sockaddr_storage sa;
    socklen_t len = address_to_sockaddr(&r->options->listen, &sa);

    address_format_port(&r->options->listen, text, sizeof(text));
    r->listener = evconnlistener_new_bind(r->base, NULL, NULL,
                                          LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
                                          BACKLOG, (struct sockaddr *)&sa, (int)len);
    if (!r->listener)
        return err_set_errno(r->err, ERR_INPUT, errno, "cannot listen at %s", text);
    if (!evhttp_bind_listener(r->http, r->listener)) {
        evconnlistener_free(r->listener);
        r->listener = NULL;
        return err_set(r->err, ERR_INTERNAL, ENOMEM, "cannot serve HTTP");
    }
    r->lines = (struct http_lines){
        .items = r->places, .most = SPAN_LINES_MAX, .request_ns = SPAN_REQUEST_NS, .octets_max = OCTETS_MAX};
    http_lines_listen(&r->lines, r->listener);
    (void)!capability_keep(0); /* the port was all that any was for */
    return 0;
}

static int set_up(struct receiver *r)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    int result = event_loop_new(false, &r->base, r->err);

    if (result < 0)
        return result;
    r->reader = malloc(sizeof(*r->reader));
    r->http = r->base ? evhttp_new(r->base) : NULL;
    r->tick = r->base ? event_new(r->base, -1, EV_PERSIST, on_tick, r) : NULL;
    if (!r->reader || !r->http || !r->tick || event_add(r->tick, &tick_time) < 0)
        return err_set(r->err, ERR_INTERNAL, ENOMEM, "cannot start an event loop");
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        r->signals[i] = evsignal_new(r->base, signals[i], on_signal, r);
        if (!r->signals[i] || evsignal_add(r->signals[i], NULL) < 0)
            return err_set(r->err, ERR_INTERNAL, ENOMEM, "cannot watch for signals");
    }
    evhttp_set_max_headers_size(r->http, HEADERS_MAX);
    evhttp_set_max_body_size(r->http, SPAN_BODY_MAX);
    evhttp_set_timeout(r->http, SPAN_IDLE_S);
    evhttp_set_bevcb(r->http, on_connection, r);
    evhttp_set_gencb(r->http, on_request, r);
    return listen_at(r);
}

static void tear_down(struct receiver *r)
{
    http_lines_fini(&r->lines);
    if (r->http)
        evhttp_free(r->http);
    for (size_t i = 0; i < sizeof(r->signals) / sizeof(r->signals[0]); i++)
        if (r->signals[i])
            event_free(r->signals[i]);
    if (r->tick)
        event_free(r->tick);
    if (r->base)
        event_base_free(r->base);
    free(r->reader);
}

int span_receiver_run(struct span_record *record, const struct span_receiver_options *options,
                      struct span_receiver_facts *facts, struct err *err)
{
    struct receiver *r = calloc(1, sizeof(*r));
    int result;

    if (!r)
        return err_set(err, ERR_INTERNAL, ENOMEM, "out of memory");
    *facts = (struct span_receiver_facts){0};
    *r = (struct receiver){.record = record, .options = options, .facts = facts, .err = err};
    r->ends_ns = options->duration_us ? clock_monotonic_ns() + options->duration_us * 1000 : UINT64_MAX;
    result = set_up(r);
    if (result == 0) {
        event_base_dispatch(r->base);
        result = r->result;
    }
    tear_down(r);
    free(r);
    return result < 0 ? result : 0;
}
