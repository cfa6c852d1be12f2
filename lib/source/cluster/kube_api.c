/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../http/http_get.h"
#include <errno.h>
#include <event2/http.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/number.h>
#include <k8sdns/source/cluster/kube_api.h>
#include <k8sdns/source/resolver/observed_process.h>
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_MAX (64 * 1024)
#define CA_MAX    (1024 * 1024)
#define PAGE      "100"
/* A Pod with its managed fields is some 20 KB; ConfigMaps are at most 1 MB each, and asked by name. */
#define BODY_MAX (12 * 1024 * 1024)
/* A list that goes on and on is no list of DNS servers. */
#define PAGES_MAX 100
/* What is read of all pages: 50,000 Services by name are 10 MB. */
#define OCTETS_MAX (16 * 1024 * 1024)

/* Where DNS may be, and by what it is known there where its Service is not known by its address; the
 * selectors are those of kube_objects.h. */
struct api_place {
    const char *space;
    const char *labels;   /* of Services, Pods and Deployments; NULL: all of the namespace */
    const char *services; /* whose endpoints; NULL: all */
    const char *config;   /* the ConfigMap with the Corefile */
};
static const struct api_place usual_places[] = {
    {"kube-system", "k8s-app in (kube-dns,coredns,node-local-dns)",
     "(kube-dns,coredns,kube-dns-upstream,node-local-dns)", "coredns"},
    {"openshift-dns", NULL, "(dns-default)", "dns-default"},
};

struct api {
    struct arena *arena;
    struct http_server server;
    struct kube_objects *objects;
    uint64_t end_ns; /* monotonic; 0: no end */
    size_t octets;   /* that were worth reading */
    struct err err;
};

static const char *read_trimmed(struct arena *arena, const struct kube_api_options *options, const char *name,
                                size_t max, size_t *ret_len)
{
    const char *folder = options->account ? options->account : KUBE_ACCOUNT_FOLDER;
    char *bytes;
    size_t len;

    if (observed_file_read(arena, options->process, arena_printf(arena, "%s/%s", folder, name), max, &bytes,
                           &len, NULL) < 0)
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

static int ask_page(struct api *api, struct arena *passing, const char *path, struct kube_objects *into)
{
    char *body;
    size_t len;
    int status, r = http_get(passing, &api->server, path, &status, &body, &len, &api->err);

    if (r < 0)
        return err_prefix(&api->err, r, "the API server");
    if (status != 200)
        return explain_status(api, status, body, len);
    len = kube_shrink(body, len);
    api->octets += len;
    if (api->octets > OCTETS_MAX)
        return err_set(&api->err, ERR_UNOBSERVED, E2BIG, "the lists of the API server are over %d MB",
                       OCTETS_MAX / 1024 / 1024);
    r = kube_objects_read(api->arena, body, len, into, &api->err);
    return r < 0 ? err_prefix(&api->err, r, "what the API server answers") : 0;
}

/* One page; `from` is where to go on, or NULL. */
static int read_page(struct api *api, const char *path, const char *from, struct kube_objects *into)
{
    struct arena *passing;
    int r;

    if (from) {
        char *coded = evhttp_uriencode(from, -1, 0);

        if (!coded)
            return -ENOMEM;
        path = arena_printf(api->arena, "%s&continue=%s", path, coded);
        free(coded);
    }
    if (api->end_ns) {
        uint64_t now_ns = clock_monotonic_ns();

        if (now_ns >= api->end_ns)
            return err_set(&api->err, ERR_UNOBSERVED, ETIMEDOUT,
                           "the API server takes too long for all of it");
        if (api->server.timeout_us > (api->end_ns - now_ns) / 1000 + 1)
            api->server.timeout_us = (api->end_ns - now_ns) / 1000 + 1;
    }
    /* The text of a page goes with it. */
    passing = arena_new();
    r = ask_page(api, passing, path, into);
    arena_free(passing);
    return r;
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

static const char *coded(struct arena *arena, const char *text)
{
    char *made = evhttp_uriencode(text, -1, 0);
    const char *kept = made ? arena_text(arena, made) : "";

    free(made);
    return kept;
}

/* The path of a list in a namespace, of the objects with such labels. */
static const char *list_path(struct arena *arena, const char *api, const char *space, const char *kind,
                             const char *labels)
{
    const char *path = arena_printf(arena, "%s/namespaces/%s/%s?limit=" PAGE, api, coded(arena, space), kind);

    return labels ? arena_printf(arena, "%s&labelSelector=%s", path, coded(arena, labels)) : path;
}

static bool imports_custom(const struct kube_objects *objects)
{
    for (size_t i = 0; i < objects->configs_count; i++)
        if (objects->configs[i].corefile && strstr(objects->configs[i].corefile, "/custom/"))
            return true;
    return false;
}

/* A ConfigMap, if it is there and may be read. */
static void read_config(struct api *api, const char *space, const char *name)
{
    (void)!read_list(api, arena_printf(api->arena, "/api/v1/namespaces/%s/configmaps/%s",
                                       coded(api->arena, space), coded(api->arena, name)));
}

/* Nodes are not among them: a large cluster's are megabytes. What is refused leaves the message of what was
 * not. */
static void read_state(struct api *api, const struct api_place *place)
{
    struct kube_objects *objects = api->objects;
    struct err kept = api->err;
    bool kube_dns = false;

    (void)!read_list(api, list_path(api->arena, "/apis/apps/v1", place->space, "deployments", place->labels));
    if (!objects->deployments_count)
        (void)!read_list(api,
                         list_path(api->arena, "/apis/apps/v1", place->space, "daemonsets", place->labels));
    for (size_t i = 0; i < objects->pods_count; i++)
        kube_dns = kube_dns || objects->pods[i].kube_dns;
    read_config(api, place->space, kube_dns ? "kube-dns" : place->config);
    /* What users may edit where the Corefile is the distribution's own. */
    if (imports_custom(objects))
        read_config(api, place->space, "coredns-custom");
    (void)!read_list(api,
                     arena_printf(api->arena,
                                  "/api/v1/namespaces/%s/events?limit=" PAGE "&fieldSelector=type%%3DWarning",
                                  coded(api->arena, place->space)));
    api->err = kept;
}

/*
 * The Service that has the address which Pods ask, in whatever namespace: whoever may list the Services of
 * all namespaces finds it in one request. Source: the field selectors of Services (spec.clusterIP).
 */
static const struct kube_service *find_by_address(struct api *api)
{
    const struct kube_wanted *wanted = &api->objects->wanted;
    char text[ADDRESS_TEXT];
    struct err kept = api->err;

    if (wanted->space || wanted->service || !wanted->addresses_count)
        return NULL;
    (void)!read_list(api, arena_printf(api->arena, "/api/v1/services?limit=" PAGE "&fieldSelector=%s",
                                       coded(api->arena, arena_printf(api->arena, "spec.clusterIP=%s",
                                                                      address_format(&wanted->addresses[0],
                                                                                     text, sizeof(text))))));
    api->err = kept;
    for (size_t i = 0; i < api->objects->services_count; i++)
        if (api->objects->services[i].wanted)
            return &api->objects->services[i];
    return NULL;
}

/* Where to look: where the address is, or a flag says; else where DNS usually is. */
static struct api_place first_place(struct api *api)
{
    const struct kube_wanted *wanted = &api->objects->wanted;
    const struct kube_service *found = find_by_address(api);
    const char *space = found ? found->space : wanted->space, *name = found ? found->name : wanted->service;
    struct api_place place = usual_places[0];

    for (size_t i = 0; space && i < sizeof(usual_places) / sizeof(usual_places[0]); i++)
        if (strcmp(space, usual_places[i].space) == 0)
            place = usual_places[i];
    if (space && strcmp(space, place.space) != 0)
        place = (struct api_place){.space = space, .config = "coredns"};
    /* One of another name than the usual ones: its labels and its ConfigMap may be anything. */
    if (name && (!place.services || !strstr(place.services, name))) {
        place.labels = NULL;
        place.services = NULL;
        place.config = name;
    }
    return place;
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
    api->server.body_max = BODY_MAX;
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

static int read_services(struct api *api, const struct api_place *place)
{
    /* That which was found by its address is there already. */
    for (size_t i = 0; i < api->objects->services_count; i++)
        if (api->objects->services[i].wanted && !place->labels)
            return 0;
    return read_list(api, list_path(api->arena, "/api/v1", place->space, "services", place->labels));
}

static int read_endpoints(struct api *api, const struct api_place *place)
{
    struct err kept = api->err;
    const char *services = place->services
                               ? arena_printf(api->arena, "kubernetes.io/service-name in %s", place->services)
                               : NULL;
    int r = read_list(
        api, list_path(api->arena, "/apis/discovery.k8s.io/v1", place->space, "endpointslices", services));

    /* Clusters before 1.21 have Endpoints only. */
    if (r == -ENOENT) {
        api->err = kept;
        r = read_list(api, list_path(api->arena, "/api/v1", place->space, "endpoints", place->labels));
    }
    return r;
}

enum kube_api_outcome kube_api_read(struct arena *arena, const struct kube_api_options *options,
                                    struct kube_objects *objects, const char **ret_detail)
{
    struct api api = {.arena = arena, .objects = objects};
    enum kube_api_outcome outcome = set_up(&api, options, ret_detail);
    struct api_place place;
    bool elsewhere;
    int slices, services, pods;

    if (outcome != KUBE_API_READ)
        return outcome;
    if (options->budget_us)
        api.end_ns = clock_monotonic_ns() + options->budget_us * 1000;
    place = first_place(&api);
    services = read_services(&api, &place);
    slices = read_endpoints(&api, &place);
    elsewhere = slices == -EACCES || (slices == 0 && !objects->services_count && !objects->endpoints_count);
    if (elsewhere && place.labels == usual_places[0].labels && !objects->wanted.service &&
        !objects->wanted.space && read_endpoints(&api, &usual_places[1]) == 0 && objects->endpoints_count) {
        place = usual_places[1];
        slices = 0;
        services = read_services(&api, &place);
    }
    if (slices < 0) {
        *ret_detail = arena_text(arena, api.err.text);
        return outcome_of(slices);
    }
    pods = read_list(&api, list_path(arena, "/api/v1", place.space, "pods", place.labels));
    if (options->state)
        read_state(&api, &place);
    if (services < 0 || pods < 0) {
        *ret_detail =
            arena_printf(arena, "%s%s%s not read: %s", services < 0 ? "the Service" : "",
                         services < 0 && pods < 0 ? " and " : "", pods < 0 ? "the Pods" : "", api.err.text);
        return KUBE_API_PARTLY;
    }
    return KUBE_API_READ;
}
