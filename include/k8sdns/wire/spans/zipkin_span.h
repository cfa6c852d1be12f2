/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_ZIPKIN_SPAN_H
#define K8SDNS_WIRE_ZIPKIN_SPAN_H

#include <k8sdns/base/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Spans of CoreDNS's trace plugin, in JSON: Zipkin's v2 format, as CoreDNS posts it and as Zipkin's API gives
 * it back, and what Jaeger's API and its "Download JSON" give, and OTLP's, as Jaeger 2 and Tempo
 * give it.
 *
 *     [{"traceId":"13c8...","id":"64c1...","parentId":"6e19...","name":"connect","timestamp":1795376353239769,
 *       "duration":853,"localEndpoint":{"ipv4":"10.244.0.2","port":53},"tags":{"peer.address":"..."}}, ...]
 *     [[span, ...], ...]                     lists of traces
 *     span span ...                          one a line
 *     {"data":[{"traceID":"...","spans":[{"traceID":"...","spanID":"...","operationName":"connect",
 *       "references":[{"refType":"CHILD_OF","spanID":"..."}],"startTime":1795376353239769,"duration":853,
 *       "tags":[{"key":"peer.address","value":"..."}]}, ...],"processes":{...}}]}
 *     {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"...","spanId":"...","startTimeUnixNano":"...",
 *       "attributes":[{"key":"peer.address","value":{"stringValue":"..."}}]}, ...]}]}]}    OTLP
 *
 * The reader takes bytes as they come and gives span after span; it keeps nothing but its place, so that a
 * file may be larger than memory. It reads what is asked of a span here and steps over the rest; numbers and
 * texts that it steps over are checked for their form only.
 * Source: zipkin.io/zipkin-api (v2), the JSON of Jaeger 1.x, opentelemetry-proto's trace.proto (1.0), and
 * bodies that CoreDNS 1.9.4 to 1.14.7 sent.
 */

/* A span of CoreDNS is under a kilobyte. */
#define ZIPKIN_SPAN_MAX (1024 * 1024)

/* Octets that are no longer there once the callback has returned; no NUL follows. */
struct zipkin_text {
    const char *at;
    size_t len;
};

struct zipkin_span {
    uint64_t trace_high, trace; /* the trace's id, 128 bits */
    uint64_t id, parent;        /* parent is 0 for a root */
    uint64_t timestamp_us, duration_us;
    struct zipkin_text name;
    struct zipkin_text server;      /* the address of localEndpoint; in Jaeger's form there is none */
    struct zipkin_text peer;        /* peer.address: the upstream of connect */
    struct zipkin_text query, type; /* coredns.io/name, coredns.io/type: of a root */
    struct zipkin_text client, protocol, rcode;
    struct zipkin_text error; /* the words of error.object */
    bool failed;              /* the tag error=true */
    bool tagged;              /* it has a tag of coredns.io: a root without one is of a query that panicked */
};

#define ZIPKIN_LEVELS 10

struct zipkin_level {
    uint8_t kind;
    uint8_t due; /* what may come next: an element, a comma */
};

struct zipkin_reader {
    void (*span)(void *user, const struct zipkin_span *span);
    void *user;
    uint64_t spans, malformed; /* given; left out, since they had no usable id */
    uint64_t offset;           /* octets taken so far */
    struct zipkin_level levels[ZIPKIN_LEVELS];
    size_t depth;
    bool began; /* anything but blanks was there */
    char scratch[8192];
    size_t scratch_used;
};

void zipkin_reader_init(struct zipkin_reader *reader,
                        void (*span)(void *user, const struct zipkin_span *span), void *user);

/*
 * Take bytes; with `last` no more will follow. `*ret_used` are those that need not be given again: what is
 * left, the beginning of a span, is to be given with what follows it.
 * Return 0, or -EBADMSG with a message that names the octet at which it is no such JSON.
 */
int zipkin_reader_feed(struct zipkin_reader *reader, const char *bytes, size_t len, bool last,
                       size_t *ret_used, struct err *err) MUST_USE;

#endif
