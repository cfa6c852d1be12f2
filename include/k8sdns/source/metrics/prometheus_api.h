/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_PROMETHEUS_API_H
#define K8SDNS_SOURCE_PROMETHEUS_API_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/wire/metrics/prometheus_answer.h>

/* A Prometheus, or what speaks its API, and how it lets in. */
struct prometheus_place {
    const char *name;     /* the URL, for people: there is no password in it */
    const char *host;     /* its host's name; NULL: the URL has an address */
    struct address where; /* its family is 0 until prometheus_place_find() has run, where there is a name */
    bool tls;
    const char *base; /* the path before /api/v1: "", "/prometheus" */
    const char *ca;   /* PEM; NULL: the system's authorities */
    size_t ca_len;
    const char *bearer;   /* a token; NULL */
    const char *basic;    /* "user:password"; NULL */
    const char **headers; /* "X-Scope-OrgID: team" */
    size_t headers_count;
    uint64_t timeout_us; /* of each query */
};

/*
 * Read "http://10.96.3.4:9090", "https://prometheus.example/prometheus"; a password in it is refused.
 * Return 0, or -EINVAL with a message (kind ERR_USAGE).
 */
int prometheus_place_parse(struct arena *arena, const char *text, struct prometheus_place *ret_place,
                           struct err *err) MUST_USE;

/*
 * Find the address of its host's name, by /etc/hosts and this host's DNS. Nothing is done for an address.
 * Return 0, or a negative errno with a message (kind ERR_UNOBSERVED).
 */
int prometheus_place_find(struct prometheus_place *place, struct err *err) MUST_USE;

struct prometheus_query {
    const char *text;      /* PromQL */
    double start_s, end_s; /* since 1970; of a range */
    double step_s;         /* 0: at `end_s` alone */
    prometheus_on_row *on_row;
    void *user;
};

/*
 * Ask. Rows are handed over as they come; the rest of the answer is in `answer`, its warnings among them.
 *
 * Return 0, or a negative errno with a message in plain words (kind ERR_UNOBSERVED): -EACCES when it refuses
 * to let in, -E2BIG when the query is over a limit, -ETIMEDOUT, -ENOENT when there is no such API, -EBADMSG
 * when what came is no answer of it. Rows may have come before. Source:
 * prometheus.io/docs/prometheus/latest/querying/api.
 */
int prometheus_ask(struct arena *arena, const struct prometheus_place *place,
                   const struct prometheus_query *query, struct prometheus_answer *answer,
                   struct err *err) MUST_USE;

#endif
