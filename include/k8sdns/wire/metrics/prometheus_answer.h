/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_PROMETHEUS_ANSWER_H
#define K8SDNS_WIRE_PROMETHEUS_ANSWER_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What Prometheus's HTTP API answers to a query, and what speaks the same API (Thanos, Mimir,
 * VictoriaMetrics):
 *
 *     {"status":"success","data":{"resultType":"matrix","result":[
 *       {"metric":{"node":"n1"},"values":[[1700000000,"12.5"], ...]}, ...]},"warnings":["..."]}
 *
 * It is taken piece by piece as it comes; each row is handed over as soon as it is whole, so that the memory
 * is that of one row however many there are.
 *
 * Source: prometheus.io/docs/prometheus/latest/querying/api.
 */
#define PROMETHEUS_ROW_LABELS_MAX 8 /* those behind are left out */
#define PROMETHEUS_POINTS_MAX     64
#define PROMETHEUS_ROW_MAX        (32 * 1024) /* bytes; a longer one ends the reading */
#define PROMETHEUS_SAID_MAX       300
#define PROMETHEUS_WARNINGS_MAX   4

/* Pieces of the row: not NUL-terminated, and gone when the call is over. */
struct prometheus_row_label {
    const char *name, *value; /* the value without its escapes */
    size_t name_len, value_len;
};

struct prometheus_row {
    struct prometheus_row_label labels[PROMETHEUS_ROW_LABELS_MAX];
    size_t labels_count;
    /* Of a vector one point, of a matrix many; a value may be NAN or infinite. */
    double times[PROMETHEUS_POINTS_MAX], values[PROMETHEUS_POINTS_MAX];
    size_t points_count;
};

/* The value of a label, its length in *ret_len; NULL when the row has none of that name. */
const char *prometheus_row_label(const struct prometheus_row *row, const char *name, size_t *ret_len);

typedef void prometheus_on_row(void *user, const struct prometheus_row *row);

struct prometheus_answer {
    prometheus_on_row *on_row;
    void *user;
    /* What it says, cut and NUL-terminated; "" where it says none. */
    char status[16], type[16]; /* "success" or "error"; "vector", "matrix", ... */
    char error_type[32], error[PROMETHEUS_SAID_MAX];
    char warnings[PROMETHEUS_WARNINGS_MAX][PROMETHEUS_SAID_MAX];
    size_t warnings_count; /* all of them, those that are not kept as well */
    bool partial;          /* "isPartial": VictoriaMetrics's word for the same */
    uint64_t rows, points;
    uint64_t points_left_out; /* over the maximum of a row */
    /* of the reader */
    struct prometheus_row row;
    int level, due;
    size_t held, scratch_used;
    char window[PROMETHEUS_ROW_MAX], scratch[PROMETHEUS_ROW_MAX];
};

void prometheus_answer_init(struct prometheus_answer *answer, prometheus_on_row *on_row, void *user);

/*
 * The next piece, of any length. Return 0, or -EBADMSG with a message (kind ERR_UNOBSERVED) when it is no
 * such answer.
 */
int prometheus_answer_feed(struct prometheus_answer *answer, const char *bytes, size_t len,
                           struct err *err) MUST_USE;

/* No more comes. Return 0, or -EBADMSG with a message when the answer is not whole. */
int prometheus_answer_end(const struct prometheus_answer *answer, struct err *err) MUST_USE;

#endif
