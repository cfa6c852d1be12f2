/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_MODEL_LOG_QUERIES_H
#define K8SDNS_MODEL_LOG_QUERIES_H

#include <k8sdns/model/logs/log_rate.h>
#include <k8sdns/model/logs/log_retry.h>
#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/model/statistics/heavy_hitters.h>
#include <k8sdns/model/statistics/histogram.h>

/* What is counted of query lines, in constant memory. */

#define LOG_NAMES    4096
#define LOG_CLIENTS  4096
#define LOG_SUFFIXES 1024
/* Different codes and types that have a count of their own; the rest shares the last. */
#define LOG_WORDS    64
#define LOG_SLOW_MAX 20

struct log_words {
    char words[LOG_WORDS][24];
    uint8_t lens[LOG_WORDS];
    uint64_t counts[LOG_WORDS];
    size_t count;
};

/* Clients whose search is followed at once; others displace them. */
#define LOG_SEARCHES 1024
struct log_search {
    uint64_t client;
    uint8_t len;
    char base[TOP_TEXT];
};

struct log_queries {
    struct arena *arena;
    const char *domain; /* the cluster's, "cluster.local" */
    size_t domain_len;
    uint64_t slow_ns;
    uint64_t count, failed, own, server_made, waste, slow_total, timed;
    struct log_words rcodes, types;
    struct log_words declined; /* of the rcodes: to queries that a server may decline */
    struct histogram latency;  /* in tenths of a microsecond, up to 7 minutes */
    uint64_t max_ns;
    struct heavy_hitters *names, *clients, *suffixes, *wasted, *upstreams;
    struct heavy_hitters *namespaces;          /* that have a Service, or that a search list has */
    struct log_search *searches;               /* the last name of a client that was not there */
    int upstream_part, namespace_part;         /* of the format; -1 without */
    struct log_query_facts slow[LOG_SLOW_MAX]; /* texts are in slow_text */
    char slow_text[LOG_SLOW_MAX][4][TOP_TEXT + 1];
    uint64_t slow_time_ns[LOG_SLOW_MAX];
    size_t slow_count, slow_least;
    struct log_rate rate;
    struct log_retry *retry; /* NULL until a query has a time */
};

/* `domain`: the cluster's, "cluster.local"; answers from `slow_ns` on are slow; `format` may be NULL. */
void log_queries_init(struct log_queries *queries, struct arena *arena, const char *domain, uint64_t slow_ns,
                      const struct log_template *format);

void log_queries_add(struct log_queries *queries, const struct log_entry *entry);

/* One answer was counted as SERVFAIL, and is of another code. */
void log_queries_correct(struct log_queries *queries, const char *rcode);

/* The code that a query line stands for. */
struct log_word log_rcode(const struct coredns_line *line);

void log_queries_facts(const struct log_queries *queries, struct arena *arena, struct logs_facts *facts);

#endif
