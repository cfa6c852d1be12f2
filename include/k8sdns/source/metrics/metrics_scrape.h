/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_METRICS_SCRAPE_H
#define K8SDNS_SOURCE_METRICS_SCRAPE_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/metrics/metrics_record.h>

/* Where the prometheus plugin listens in nearly every cluster, and that of node-local-dns. */
#define METRICS_PORT            9153
#define METRICS_PORT_NODE_LOCAL 9253
#define METRICS_PATH            "/metrics"

/* A CoreDNS with a full histogram for each of a hundred zones has some 1 MB. */
#define METRICS_BODY_MAX (16 * 1024 * 1024)
#define METRICS_FILE_MAX (UINT64_C(1) << 30)

/* What goes with https. */
struct metrics_trust {
    const char *ca; /* PEM; NULL: none is given */
    size_t ca_len;
    const char *bearer; /* a token; NULL */
};

/* One place that tells: an address over HTTP, or a file. */
struct metrics_source {
    const char *name; /* for people: "10.244.1.21:9153", the URL, the file */
    const char *file; /* NULL when it is none; "-" is standard input */
    struct address where;
    const char *path;
    bool tls;
};

/* That of an address, with the usual path when `path` is NULL. */
void metrics_source_at(struct arena *arena, const struct address *where, const char *path,
                       struct metrics_source *ret_source);

/*
 * Read "http://10.244.1.21:9153/metrics", "https://...", "10.244.1.21:9153" or a file's name. The host must
 * be an address or localhost: to look a name up would take the DNS in question.
 * Return 0, or -EINVAL with a message (kind ERR_USAGE).
 */
int metrics_source_parse(struct arena *arena, const char *text, struct metrics_source *ret_source,
                         struct err *err) MUST_USE;

/*
 * Scrape all sources: those over HTTP at once, in one loop, each for `timeout_us` at the most. A record's
 * memory is from `arena`; what went wrong with one stands in its `error`. `ret_records` has room for `count`.
 *
 * Return 0, or a negative errno with a message for a file that cannot be opened or read.
 */
int metrics_scrape(struct arena *arena, const struct metrics_source *sources, size_t count,
                   const struct metrics_trust *trust, uint64_t timeout_us,
                   struct metrics_record **ret_records, struct err *err) MUST_USE;

#endif
