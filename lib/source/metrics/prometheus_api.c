/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../http/host_address.h"
#include "../http/http_get.h"
#include <errno.h>
#include <event2/http.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/text.h>
#include <k8sdns/source/metrics/prometheus_api.h>
#include <stdlib.h>
#include <string.h>

#define URL_MAX 2048
/* The counts of 20,000 nodes by 24 windows are some 12 MB. */
#define BODY_MAX (64 * 1024 * 1024)
/* It comes as one piece, which is held until it is whole. */
#define CHUNK_MAX (32 * 1024 * 1024)
/* So much is kept of an answer that is no JSON. */
#define SAID_MAX 200

static int refuse(struct err *err, const char *text, const char *why)
{
    char shown[200];

    escape_line(shown, sizeof(shown), text, strlen(text));
    return err_set(err, ERR_USAGE, EINVAL, "%s: %s", shown, why);
}

static int read_host(struct arena *arena, const char *text, const char *host, int port,
                     struct prometheus_place *place, struct err *err)
{
    size_t len = host ? strlen(host) : 0;
    const char *bare;

    if (!len || len > 255)
        return refuse(err, text, "there is no host in it");
    bare = *host == '[' && host[len - 1] == ']' ? arena_text_n(arena, host + 1, len - 2)
                                                : arena_text(arena, host);
    if (address_parse(bare, (uint16_t)port, &place->where, NULL) == 0)
        return 0;
    place->where = (struct address){.port = (uint16_t)port};
    place->host = bare;
    return 0;
}

static int read_url(struct arena *arena, const char *text, const struct evhttp_uri *uri,
                    struct prometheus_place *place, struct err *err)
{
    const char *scheme = evhttp_uri_get_scheme(uri), *path = evhttp_uri_get_path(uri);
    int port = evhttp_uri_get_port(uri);
    size_t len = path ? strlen(path) : 0;

    place->tls = scheme && strcasecmp(scheme, "https") == 0;
    if (!place->tls && (!scheme || strcasecmp(scheme, "http") != 0))
        return refuse(err, text, "only http and https are read");
    if (evhttp_uri_get_userinfo(uri))
        return refuse(err, text, "a password in a URL is read by everybody; see --token and --basic-auth");
    if (evhttp_uri_get_query(uri) || evhttp_uri_get_fragment(uri))
        return refuse(err, text, "give the URL without what follows its path");
    if (port == 0 || port > 65535)
        return refuse(err, text, "its port is none of 1 to 65535");
    while (len && path[len - 1] == '/')
        len--;
    place->base = arena_text_n(arena, path ? path : "", len);
    return read_host(arena, text, evhttp_uri_get_host(uri),
                     port > 0     ? port
                     : place->tls ? 443
                                  : 80,
                     place, err);
}

int prometheus_place_parse(struct arena *arena, const char *text, struct prometheus_place *ret,
                           struct err *err)
{
    struct prometheus_place place = {.name = arena_text(arena, text)};
    struct evhttp_uri *uri;
    int r;

    if (!strstr(text, "://"))
        return refuse(err, text, "it is no URL: http://ADDRESS:9090");
    if (strlen(text) > URL_MAX)
        return refuse(err, text, "it is too long");
    uri = evhttp_uri_parse_with_flags(text, 0);
    if (!uri)
        return refuse(err, text, "it is no URL");
    r = read_url(arena, text, uri, &place, err);
    evhttp_uri_free(uri);
    if (r == 0)
        *ret = place;
    return r;
}

int prometheus_place_find(struct prometheus_place *place, struct err *err)
{
    uint16_t port = place->where.port;
    int r;

    if (place->where.family)
        return 0;
    r = host_address_find(place->host, place->timeout_us, &place->where, err);
    place->where.port = port;
    return r < 0 ? err_prefix(err, r, "the address of %s", place->host) : 0;
}

static const char *base64(struct arena *arena, const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(text), used = 0;
    char *out = arena_alloc(arena, len / 3 * 4 + 5);

    for (size_t i = 0; i < len; i += 3) {
        uint32_t bits = (uint32_t)(unsigned char)text[i] << 16;

        bits |= i + 1 < len ? (uint32_t)(unsigned char)text[i + 1] << 8 : 0;
        bits |= i + 2 < len ? (unsigned char)text[i + 2] : 0;
        out[used++] = digits[bits >> 18];
        out[used++] = digits[bits >> 12 & 63];
        out[used++] = i + 1 < len ? digits[bits >> 6 & 63] : '=';
        out[used++] = i + 2 < len ? digits[bits & 63] : '=';
    }
    return out;
}

static void add_field(struct text *form, const char *name, const char *value)
{
    char *coded = evhttp_uriencode(value, -1, 1);

    if (!coded)
        err_out_of_memory();
    text_addf(form, "%s%s=%s", form->len ? "&" : "", name, coded);
    free(coded);
}

/* One answer as it comes. */
struct asking {
    struct prometheus_answer *answer;
    struct err err;
    int broken; /* 0, or what the reader said */
    bool json, begun;
    char said[SAID_MAX]; /* of an answer that is no JSON */
    size_t said_len;
};

static void on_body(void *user, int status, const char *bytes, size_t len)
{
    struct asking *asking = user;
    size_t some;

    (void)status;
    if (!asking->begun && len) {
        asking->begun = true;
        asking->json = *bytes == '{';
    }
    if (asking->json && asking->broken == 0)
        asking->broken = prometheus_answer_feed(asking->answer, bytes, len, &asking->err);
    some = len < sizeof(asking->said) - asking->said_len ? len : sizeof(asking->said) - asking->said_len;
    memcpy(asking->said + asking->said_len, bytes, some);
    asking->said_len += some;
}

static int refused(const struct asking *asking, int status, const char *said, struct err *err)
{
    static const char *const ways[] = {
        "it wants a token (--token) or a name and a password (--basic-auth)",
        "it wants to know the tenant: --header 'X-Scope-OrgID: TENANT'",
        "these credentials are not enough for it",
    };
    bool tenant = strcasestr(said, "org id") || strcasestr(said, "orgid") || strcasestr(said, "tenant");

    (void)asking;
    return err_set(err, ERR_UNOBSERVED, EACCES, "it refuses to answer (HTTP %d): %s", status,
                   ways[tenant          ? 1
                        : status == 403 ? 2
                                        : 0]);
}

static bool speaks_of_limit(const char *said)
{
    return strcasestr(said, "too many") || strcasestr(said, "limit") || strcasestr(said, "max-") ||
           strcasestr(said, "exceed") || strcasestr(said, "maxUnique");
}

/* What an HTTP status that is not 200, or an error within the answer, means. */
static int explain(const struct asking *asking, int status, struct err *err)
{
    const struct prometheus_answer *answer = asking->answer;
    char said[2 * SAID_MAX];

    escape_line(said, sizeof(said), asking->json ? answer->error : asking->said,
                asking->json ? strlen(answer->error) : strcspn(asking->said, "\r\n"));
    if (status == 401 || status == 403)
        return refused(asking, status, said, err);
    if (status >= 300 && status < 400)
        return err_set(err, ERR_UNOBSERVED, ENOENT,
                       "it redirects (HTTP %d), as a login page does: give the URL behind it", status);
    if (status == 404 || status == 405)
        return err_set(
            err, ERR_UNOBSERVED, ENOENT,
            "it has no such API at this path (HTTP %d); the URL may need a prefix: /prometheus (Mimir), "
            "/select/0/prometheus (VictoriaMetrics)",
            status);
    if (strcmp(answer->error_type, "timeout") == 0 || strcmp(answer->error_type, "canceled") == 0 ||
        status == 504)
        return err_set(err, ERR_UNOBSERVED, ETIMEDOUT,
                       "it gave up on a query after its own time limit (HTTP %d); ask for less with --since",
                       status);
    if (status == 429)
        return err_set(err, ERR_UNOBSERVED, EAGAIN, "it has too many queries (HTTP 429); try again later");
    if ((status == 422 || status == 400) && speaks_of_limit(said))
        return err_set(
            err, ERR_UNOBSERVED, E2BIG,
            "a query is over a limit of it (HTTP %d: %.200s); ask for less with --since or --match", status,
            said);
    if (*said)
        return err_set(err, ERR_UNOBSERVED, EIO, "it refuses a query (HTTP %d%s%s): %.250s", status,
                       *answer->error_type ? ", " : "", answer->error_type, said);
    return err_set(err, ERR_UNOBSERVED, EIO, "it answers HTTP %d", status);
}

static int judge(const struct asking *asking, int status, struct err *err)
{
    int r;

    if (status != 200 || (asking->json && strcmp(asking->answer->status, "error") == 0))
        return explain(asking, status, err);
    if (!asking->json)
        return err_set(err, ERR_UNOBSERVED, EBADMSG,
                       asking->begun && memchr(asking->said, '<', asking->said_len)
                           ? "it answers with a web page and not with JSON: is a login in front of it?"
                           : "what it answers is no JSON");
    if (asking->broken < 0) {
        *err = asking->err;
        return asking->broken;
    }
    r = prometheus_answer_end(asking->answer, err);
    if (r < 0)
        return r;
    if (strcmp(asking->answer->type, "vector") != 0 && strcmp(asking->answer->type, "matrix") != 0)
        return err_set(err, ERR_UNOBSERVED, EBADMSG,
                       "its answer is none of a query: the type is missing or another");
    return 0;
}

/* The fields of a request: who asks, and what the person gave. */
static int fill_fields(struct arena *arena, const struct prometheus_place *place, struct http_field **ret,
                       size_t *ret_count, struct err *err)
{
    struct http_field *fields = arena_array(arena, place->headers_count + 1, sizeof(*fields));
    size_t count = 0;

    for (size_t i = 0; i < place->headers_count; i++) {
        const char *line = place->headers[i], *colon = strchr(line, ':'), *value;

        if (!colon || colon == line || strpbrk(line, "\r\n"))
            return err_set(err, ERR_USAGE, EINVAL, "--header: it must be 'NAME: VALUE'");
        value = colon + 1 + strspn(colon + 1, " \t");
        fields[count++] = (struct http_field){arena_text_n(arena, line, (size_t)(colon - line)), value};
    }
    if (place->basic)
        fields[count++] = (struct http_field){"Authorization",
                                              arena_printf(arena, "Basic %s", base64(arena, place->basic))};
    *ret = fields;
    *ret_count = count;
    return 0;
}

int prometheus_ask(struct arena *arena, const struct prometheus_place *place,
                   const struct prometheus_query *query, struct prometheus_answer *answer, struct err *err)
{
    struct http_server server = {.where = place->where,
                                 .tls = place->tls,
                                 .name = place->host,
                                 .ca = place->ca,
                                 .ca_len = place->ca_len,
                                 .bearer = place->bearer,
                                 .accept = "application/json",
                                 .timeout_us = place->timeout_us,
                                 .body_max = BODY_MAX,
                                 .chunk_max = CHUNK_MAX};
    struct asking asking = {.answer = answer};
    struct http_question question = {
        .server = &server,
        .path = arena_printf(arena, "%s/api/v1/query%s", place->base, query->step_s > 0 ? "_range" : ""),
        .post_type = "application/x-www-form-urlencoded",
        .on_body = on_body,
        .user = &asking};
    struct http_field *fields = NULL;
    struct text form = {0};
    int r = fill_fields(arena, place, &fields, &server.fields_count, err);

    if (r < 0)
        return r;
    server.fields = fields;
    add_field(&form, "query", query->text);
    if (query->step_s > 0) {
        add_field(&form, "start", arena_printf(arena, "%.3f", query->start_s));
        add_field(&form, "end", arena_printf(arena, "%.3f", query->end_s));
        add_field(&form, "step", arena_printf(arena, "%.3f", query->step_s));
    } else {
        add_field(&form, "time", arena_printf(arena, "%.3f", query->end_s));
    }
    /* It need not work longer than anybody waits. */
    add_field(&form, "timeout",
              arena_printf(arena, "%llums", (unsigned long long)(place->timeout_us / 1000)));
    question.post = (const uint8_t *)text_string(&form);
    question.post_len = form.len;
    prometheus_answer_init(answer, query->on_row, query->user);
    http_get_all(arena, &question, 1);
    text_fini(&form);
    if (question.result < 0) {
        *err = question.err;
        return question.result;
    }
    return judge(&asking, question.status, err);
}
