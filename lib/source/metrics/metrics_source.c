/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where metrics come from: a URL, an address, a file. */
#include <errno.h>
#include <event2/http.h>
#include <k8sdns/base/escape.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/metrics/metrics_scrape.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_MAX_BYTES 2048

void metrics_source_at(struct arena *arena, const struct address *where, const char *path,
                       struct metrics_source *ret)
{
    char text[ADDRESS_TEXT];

    *ret = (struct metrics_source){.where = *where, .path = path ? path : METRICS_PATH};
    ret->name = arena_text(arena, address_format_port(where, text, sizeof(text)));
}

static int refuse(struct err *err, const char *text, const char *why)
{
    char shown[200];

    escape_line(shown, sizeof(shown), text, strlen(text));
    return err_set(err, ERR_USAGE, EINVAL, "%s: %s", shown, why);
}

/* The address of a URL's host. */
static int read_host(const char *text, const char *host, int port, struct address *ret, struct err *err)
{
    char bare[ADDRESS_TEXT];
    size_t len = host ? strlen(host) : 0;

    if (!len || len >= sizeof(bare))
        return refuse(err, text, "there is no host in it");
    if (*host == '[' && host[len - 1] == ']') {
        memcpy(bare, host + 1, len - 2);
        bare[len - 2] = '\0';
    } else {
        memcpy(bare, host, len + 1);
    }
    if (strcmp(bare, "localhost") == 0)
        strcpy(bare, "127.0.0.1");
    if (address_parse(bare, (uint16_t)port, ret, NULL) < 0 || ret->port != port)
        return refuse(err, text,
                      "the host must be an address; to look a name up would take the DNS in query");
    return 0;
}

static int read_url(struct arena *arena, const char *text, const struct evhttp_uri *uri,
                    struct metrics_source *ret, struct err *err)
{
    const char *scheme = evhttp_uri_get_scheme(uri), *path = evhttp_uri_get_path(uri),
               *query = evhttp_uri_get_query(uri);
    bool tls = strcasecmp(scheme, "https") == 0;
    int port = evhttp_uri_get_port(uri), r;
    struct address where;

    if (!tls && strcasecmp(scheme, "http") != 0)
        return refuse(err, text, "only http and https are read");
    if (evhttp_uri_get_userinfo(uri))
        return refuse(err, text, "a password in a URL is read by everybody; see --token");
    if (strlen(text) > PATH_MAX_BYTES)
        return refuse(err, text, "it is too long");
    if (port == 0 || port > 65535)
        return refuse(err, text, "its port is none of 1 to 65535");
    r = read_host(text, evhttp_uri_get_host(uri), port > 0 ? port : tls ? 443 : 80, &where, err);
    if (r < 0)
        return r;
    *ret = (struct metrics_source){.name = arena_text(arena, text), .where = where, .tls = tls};
    ret->path = arena_printf(arena, "%s%s%s", path && *path ? path : METRICS_PATH, query ? "?" : "",
                             query ? query : "");
    return 0;
}

int metrics_source_parse(struct arena *arena, const char *text, struct metrics_source *ret, struct err *err)
{
    struct address where;
    int r;

    if (strstr(text, "://")) {
        struct evhttp_uri *uri = evhttp_uri_parse_with_flags(text, 0);

        if (!uri)
            return refuse(err, text, "it is no URL");
        r = read_url(arena, text, uri, ret, err);
        evhttp_uri_free(uri);
        return r;
    }
    if (strcmp(text, "-") != 0 && access(text, F_OK) < 0 &&
        address_parse(text, METRICS_PORT, &where, NULL) == 0) {
        metrics_source_at(arena, &where, NULL, ret);
        return 0;
    }
    *ret =
        (struct metrics_source){.name = arena_text(arena, file_shown(text)), .file = arena_text(arena, text)};
    return 0;
}
