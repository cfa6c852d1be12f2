/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_DNSTAP_STREAM_H
#define K8SDNS_SOURCE_DNSTAP_STREAM_H

#include <k8sdns/base/address.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/model/dnstap/dnstap_facts.h>

/*
 * Where frames of dnstap come from: a file, senders that connect to us, and senders to which we connect
 * (CoreDNS's `dnstap listen`). They go to a sink.
 */
struct dnstap_sink {
    /* One frame's payload, from `peer`. Return 0, or a negative errno that ends it all. */
    int (*frame)(void *user, const char *peer, const uint8_t *bytes, size_t len);
    /* Frames of a peer were lost: what is open may never be told to its end. May be NULL. */
    void (*lost)(void *user, const char *peer);
    /* Some time went by. Return likewise; not called for files. */
    int (*pause)(void *user);
    /* A file is at its end; `stopped` when its sender said so. Return likewise; not called by a server. */
    int (*end)(void *user, bool stopped);
    void *user;
};

/* What went wrong is counted, and the first so many are put into words. */
#define DNSTAP_REMARKS 16

/*
 * Read a file of frames, or standard input for "-". Return 0; a negative errno of the sink; -EBADMSG for what
 * is no frame stream of dnstap (kind ERR_FORMAT), or what open() said (ERR_INPUT). One that ends in the
 * middle, or goes wrong on the way for good, is read up to there and counted as broken in `streams`; where
 * frames follow the damage they are read.
 */
int dnstap_file_read(struct arena *arena, const char *path, const struct dnstap_sink *sink,
                     struct dnstap_stream_facts *streams, struct err *err) MUST_USE;

struct dnstap_endpoint {
    const char *text; /* as it was given */
    const char *path; /* of a unix socket; NULL for TCP */
    struct address address;
};

/*
 * Read "unix:PATH", "tcp:ADDRESS:PORT", or "tcp:PORT" for the loopback address. Return 0 or -EINVAL with a
 * message.
 */
int dnstap_endpoint_parse(const char *text, struct dnstap_endpoint *ret_endpoint, struct err *err) MUST_USE;

#define DNSTAP_SENDERS      256
#define DNSTAP_HANDSHAKE_US 5000000

struct dnstap_server_options {
    const struct dnstap_endpoint *listens, *connects;
    size_t listens_count, connects_count;
    unsigned socket_mode;  /* of unix sockets that are made here */
    uint64_t senders_max;  /* at one time */
    uint64_t handshake_us; /* for READY and START */
    uint64_t duration_us;  /* 0: until SIGINT, SIGTERM or SIGHUP */
    bool verbose;          /* say on stderr who comes and goes */
};

/*
 * Serve until the end. A socket file that nobody listens at any more and that is ours is replaced, any other
 * file never; at the end it is removed.
 * Return 0; a negative errno of the sink; or with a message that of an endpoint that cannot be listened at.
 */
int dnstap_server_run(struct arena *arena, const struct dnstap_server_options *options,
                      const struct dnstap_sink *sink, struct dnstap_stream_facts *streams,
                      struct err *err) MUST_USE;

/* Put a remark into words, as long as there is room for it. */
void dnstap_stream_remark(struct arena *arena, struct dnstap_stream_facts *streams, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

#endif
