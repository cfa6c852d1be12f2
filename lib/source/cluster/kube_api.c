/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "http_get.h"
#include <errno.h>
#include <event2/http.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/source/kube_api.h>
#include <k8sdns/source/resolver_probe.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX (64 * 1024)
#define CA_MAX    (1024 * 1024)
#define PAGE      "250"
/* A list that goes on and on is no list of DNS servers. */
#define PAGES_MAX 40

/* What is asked for; the selectors are those of kube_objects.h. */
#define SYSTEM   "/namespaces/kube-system/"
#define BY_LABEL "?limit=" PAGE "&labelSelector=k8s-app%20in%20(kube-dns%2Ccoredns%2Cnode-local-dns)"
#define SLICES   "/apis/discovery.k8s.io/v1" SYSTEM "endpointslices"
#define SLICES_SELECT                                                    \
    "?limit=" PAGE "&labelSelector=kubernetes.io%2Fservice-name%20in%20" \
    "(kube-dns%2Ccoredns%2Ckube-dns-upstream%2Cnode-local-dns)"

struct api {
    struct arena *arena;
    struct http_server server;
    struct kube_objects *objects;
    struct err err;
};

static const char *read_trimmed(struct arena *arena, const struct kube_api_options *options, const char *name,
                                size_t max, size_t *ret_len)
{
    const char *folder = options->account ? options->account : KUBE_ACCOUNT_FOLDER;
    char *bytes;
    size_t len;

    if (resolver_file_read(arena, options->pid, arena_printf(arena, "%s/%s", folder, name), max, &bytes, &len,
                           NULL) < 0)
        return NULL;
    while (len && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r' || bytes[len - 1] == ' '))
        len--;
    bytes = arena_text_n(arena, bytes, len);
    if (ret_len)
        *ret_len = len;
    return len ? bytes : NULL;
}

/* What a status that is not 200 means; the server's own words are in its Status object. */
static int explain_status(struct api *api, int status, const char *body, size_t len)
{
    struct kube_objects answer = {0};
    struct err ignored = {0};
    const char *said = "";

    if (kube_objects_read(api->arena, body, len, &answer, &ignored) == 0 && answer.status)
        said = answer.status;
    if (status == 401 || status == 403)
        return err_set(&api->err, ERR_UNOBSERVED, EACCES, "the API server refuses (%d%s%.200s)", status,
                       *said ? ": " : "", said);
    return err_set(&api->err, ERR_UNOBSERVED,
                   status == 404   ? ENOENT
                   : status == 410 ? ESTALE
                                   : EIO,
                   "the API server answers %d%s%.200s", status, *said ? ": " : "", said);
}

/* One page; `from` is where to go on, or NULL. */
static int read_page(struct api *api, const char *path, const char *from, struct kube_objects *into)
{
    const char *body;
    size_t len;
    int status, r;

    if (from) {
        char *coded = evhttp_uriencode(from, -1, 0);

        if (!coded)
            return -ENOMEM;
        path = arena_printf(api->arena, "%s&continue=%s", path, coded);
        free(coded);
    }
    r = http_get(api->arena, &api->server, path, &status, &body, &len, &api->err);
    if (r < 0)
        return err_prefix(&api->err, r, "the API server");
    if (status != 200)
        return explain_status(api, status, body, len);
    r = kube_objects_read(api->arena, body, len, into, &api->err);
    return r < 0 ? err_prefix(&api->err, r, "what the API server answers") : 0;
}

/*
 * A whole list. A page token may expire between two pages (410): then the list is begun again, once, since
 * what has been read is of another moment.
 */
static int read_list(struct api *api, const char *path)
{
    struct kube_objects kept = *api->objects, list;
    int r = -ESTALE;

    for (int again = 0; again < 2 && r == -ESTALE; again++) {
        const char *from = NULL;
        int pages = 0;

        list = kept;
        do {
            r = read_page(api, path, from, &list);
            from = list.continue_from;
        } while (r == 0 && from && ++pages < PAGES_MAX);
    }
    if (r == 0)
        *api->objects = list;
    return r;
}

/* Nodes are not among them: a large cluster's are megabytes. What is refused leaves the message of what was
 * not. */
static void read_state(struct api *api)
{
    static const char *const paths[] = {
        "/apis/apps/v1" SYSTEM "deployments" BY_LABEL,
        "/api/v1" SYSTEM "configmaps/coredns",
        "/api/v1" SYSTEM "events?limit=" PAGE "&fieldSelector=type%3DWarning",
    };
    struct err kept = api->err;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        (void)!read_list(api, paths[i]);
    api->err = kept;
}

static enum kube_api_outcome outcome_of(int r)
{
    return r == -EACCES ? KUBE_API_REFUSED : KUBE_API_FAILED;
}

/* Find the server and the account; KUBE_API_READ when all is there to ask. */
static enum kube_api_outcome set_up(struct api *api, const struct kube_api_options *options,
                                    const char **ret_detail)
{
    struct arena *arena = api->arena;
    uint64_t port;

    *ret_detail = NULL;
    if (!options->host || !*options->host) {
        *ret_detail = "KUBERNETES_SERVICE_HOST is not set: this is no Pod";
        return KUBE_API_ABSENT;
    }
    api->server.tls = true;
    api->server.accept = "application/json";
    api->server.timeout_us = options->timeout_us;
    api->server.body_max = KUBE_JSON_MAX;
    api->server.bearer = read_trimmed(arena, options, "token", TOKEN_MAX, NULL);
    api->server.ca = read_trimmed(arena, options, "ca.crt", CA_MAX, &api->server.ca_len);
    if (!api->server.bearer || !api->server.ca) {
        *ret_detail = arena_printf(arena, "there is no %s in %s", api->server.bearer ? "ca.crt" : "token",
                                   options->account ? options->account : KUBE_ACCOUNT_FOLDER);
        return KUBE_API_ABSENT;
    }
    if (number_parse(options->port ? options->port : "443", 1, 65535, &port, NULL) < 0 ||
        address_parse(options->host, (uint16_t)port, &api->server.where, &api->err) < 0) {
        /* To look the name up would take the DNS that is in question. */
        *ret_detail =
            arena_printf(arena, "KUBERNETES_SERVICE_HOST is %.100s, which is no address", options->host);
        return KUBE_API_FAILED;
    }
    api->server.where.port = (uint16_t)port;
    return KUBE_API_READ;
}

enum kube_api_outcome kube_api_read_names(struct arena *arena, const struct kube_api_options *options,
                                          uint64_t budget_us, struct kube_objects *objects)
{
    struct api api = {.arena = arena, .objects = objects};
    uint64_t end_ns = clock_monotonic_ns() + budget_us * 1000;
    const char *from = NULL, *ignored;
    enum kube_api_outcome outcome = set_up(&api, options, &ignored);
    int r;

    if (outcome != KUBE_API_READ)
        return outcome;
    do {
        uint64_t now_ns = clock_monotonic_ns();

        if (now_ns >= end_ns)
            return KUBE_API_PARTLY;
        api.server.timeout_us = (end_ns - now_ns) / 1000;
        r = read_page(&api, "/api/v1/services?limit=" PAGE, from, objects);
        from = objects->continue_from;
    } while (r == 0 && from);
    return r == 0 ? KUBE_API_READ : objects->names_count ? KUBE_API_PARTLY : outcome_of(r);
}

enum kube_api_outcome kube_api_read(struct arena *arena, const struct kube_api_options *options,
                                    struct kube_objects *objects, const char **ret_detail)
{
    struct api api = {.arena = arena, .objects = objects};
    enum kube_api_outcome outcome = set_up(&api, options, ret_detail);
    int slices, services, pods;

    if (outcome != KUBE_API_READ)
        return outcome;
    slices = read_list(&api, SLICES SLICES_SELECT);
    /* Clusters before 1.21 have Endpoints only. */
    if (slices == -ENOENT)
        slices = read_list(&api, "/api/v1" SYSTEM "endpoints" BY_LABEL);
    if (slices < 0) {
        *ret_detail = arena_text(arena, api.err.text);
        return outcome_of(slices);
    }
    services = read_list(&api, "/api/v1" SYSTEM "services" BY_LABEL);
    pods = read_list(&api, "/api/v1" SYSTEM "pods" BY_LABEL);
    if (options->state)
        read_state(&api);
    if (services < 0 || pods < 0) {
        *ret_detail =
            arena_printf(arena, "%s%s%s not read: %s", services < 0 ? "the Service" : "",
                         services < 0 && pods < 0 ? " and " : "", pods < 0 ? "the Pods" : "", api.err.text);
        return KUBE_API_PARTLY;
    }
    return KUBE_API_READ;
}
