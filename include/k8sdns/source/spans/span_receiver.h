/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_SPAN_RECEIVER_H
#define K8SDNS_SOURCE_SPAN_RECEIVER_H

#include <k8sdns/base/address.h>
#include <k8sdns/model/spans/span_record.h>

/* Of a post; CoreDNS sends up to a hundred spans, some 40 KB. */
#define SPAN_BODY_MAX (2U * 1024 * 1024)
/* Lines at once; a CoreDNS keeps one open. */
#define SPAN_LINES_MAX   256
#define SPAN_SENDERS_MAX 64
/* A request that has begun must be whole by then; a line with none may be silent for that long. */
#define SPAN_REQUEST_NS UINT64_C(10000000000)
#define SPAN_IDLE_S     300

struct span_sender {
    struct address where; /* port 0; not set for all beyond the most that are kept */
    uint64_t posts, octets;
};

struct span_receiver_options {
    struct address listen;
    uint64_t duration_us, traces; /* where to end; 0: never */
    /* Called when there is something new, at most four times a second. A negative errno ends the run. */
    int (*report)(void *user);
    void *user;
};

struct span_receiver_facts {
    struct span_sender senders[SPAN_SENDERS_MAX + 1];
    size_t senders_count;
    uint64_t refused, malformed;
};

/*
 * A Zipkin server for CoreDNS's trace plugin: POST /api/v2/spans, uncompressed JSON. Runs until a signal, or
 * the end that the options say. What cannot be taken is answered with a status and a line that says why: 400
 * no such JSON, 404, 413 too large, 415 compressed, of another type, or of Zipkin's old format. Return 0, or
 * a negative errno with a message: the address cannot be listened at (ERR_INPUT), or report()'s own.
 */
int span_receiver_run(struct span_record *record, const struct span_receiver_options *options,
                      struct span_receiver_facts *ret_facts, struct err *err) MUST_USE;

/*
 * Read a file of spans, or standard input ("-"), however large. `*malformed` is counted up. Return 0, or a
 * negative errno with a message (ERR_INPUT, or ERR_FORMAT with the place).
 */
int span_file_read(const char *path, struct span_record *record, uint64_t *malformed,
                   struct err *err) MUST_USE;

#endif
