/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../http/http_get.h"
#include "../http/tls_peer.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/text.h>
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/source/probe/encrypted_probe.h>
#include <k8sdns/wire/dns/dns_stream.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUERY_MAX      512
#define NS_OF_US       UINT64_C(1000)
#define STATUS_HTTP_OK 200

/* One query on its way. */
struct asked {
    struct probe_facts *facts;
    uint16_t type, id;
    uint8_t bytes[DNS_STREAM_LENGTH + QUERY_MAX];
    size_t len; /* of the message */
    uint64_t sent_ns;
};

struct encrypted_run {
    struct arena *arena;
    const struct encrypted_options *options;
    const struct target_facts *target;
    struct asked *asked;
    size_t count;
    uint16_t first_id;
    struct tls_session session;
    int fd;
};

static void answered(struct encrypted_run *run, struct asked *q, const uint8_t *bytes, size_t len,
                     uint64_t now_ns)
{
    const struct answer_wanted wanted = {NULL, true, q->facts->candidate, q->type};
    struct probe_facts *facts = q->facts;
    struct arena *passing = arena_new();
    struct dns_message m;

    (void)!dns_message_parse(passing, bytes, len, &m); /* the message has its damage */
    facts->rtt_us = (now_ns - q->sent_ns) / NS_OF_US;
    if (answer_classify(&m, NULL, &wanted) == ANSWER_FITS) {
        answer_to_probe(run->arena, &m, len, q->type, facts);
    } else {
        facts->size = len;
        facts->authoritative = m.aa;
        facts->status = PROBE_MISMATCH;
        facts->mismatches++;
        facts->detail = "an answer came to another question";
    }
    arena_free(passing);
}

/* What is still without an outcome has this one. */
static void fail_all(struct encrypted_run *run, int status, const char *detail)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->asked[i].facts->status == PROBE_TIMEOUT) {
            run->asked[i].facts->status = status;
            run->asked[i].facts->detail = detail ? arena_text(run->arena, detail) : NULL;
        }
}

static int prepare(struct encrypted_run *run, size_t number, struct probe_facts *facts, uint16_t type,
                   struct err *err)
{
    const struct encrypted_options *o = run->options;
    struct dns_query query = {.name = facts->candidate,
                              .type = type,
                              /* Over HTTPS the id is 0, so that a cache knows the same query again. Source:
                               * RFC 8484 section 4.1. */
                              .id = o->transport == TRANSPORT_TLS ? (uint16_t)(run->first_id + number) : 0,
                              .class = o->class ? o->class : DNS_CLASS_IN,
                              .rd = true,
                              .udp_size = o->udp_size,
                              .nsid = o->nsid};
    struct asked *q = &run->asked[number];
    int len;

    len = dns_query_build(&query, q->bytes + DNS_STREAM_LENGTH, QUERY_MAX, err);
    if (len < 0)
        return len;
    q->facts = facts;
    q->type = type;
    q->id = query.id;
    q->len = (size_t)len;
    q->bytes[0] = (uint8_t)(q->len >> 8);
    q->bytes[1] = (uint8_t)q->len;
    facts->id = query.id;
    return 0;
}

/* Wait until the socket is ready for what TLS wants; false when the time is over. */
static bool wait_for(const struct encrypted_run *run, int result, uint64_t until_ns)
{
    int wants = run->session.tls->SSL_get_error(run->session.ssl, result);
    struct pollfd ready = {.fd = run->fd, .events = wants == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};
    uint64_t now_ns = clock_monotonic_ns();

    if ((wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) || now_ns >= until_ns)
        return false;
    return poll(&ready, 1, (int)((until_ns - now_ns) / 1000000) + 1) > 0;
}

static int connect_to(struct encrypted_run *run, uint64_t until_ns)
{
    struct sockaddr_storage sa;
    socklen_t len = address_to_sockaddr(&run->target->where, &sa);
    struct pollfd ready = {.events = POLLOUT};
    uint64_t now_ns;
    int code = 0;

    run->fd = socket(run->target->where.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (run->fd < 0)
        return -errno;
    if (connect(run->fd, (struct sockaddr *)&sa, len) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -errno;
    ready.fd = run->fd;
    now_ns = clock_monotonic_ns();
    if (poll(&ready, 1, (int)((until_ns - now_ns) / 1000000) + 1) <= 0)
        return -ETIMEDOUT;
    len = sizeof(code);
    return getsockopt(run->fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0 ? -errno : -code;
}

/* Connect and shake hands; false with the outcome of all queries. */
static bool open_session(struct encrypted_run *run)
{
    const struct encrypted_options *o = run->options;
    char address[ADDRESS_TEXT];
    const struct tls_peer peer = {.address = address_format(&run->target->where, address, sizeof(address)),
                                  .name = o->name,
                                  .ca = o->ca,
                                  .ca_len = o->ca_len,
                                  .insecure = o->insecure};
    uint64_t until_ns = clock_monotonic_ns() + o->timeout_us * NS_OF_US;
    struct err err = {0};
    int r = tls_session_open(&peer, &run->session, &err);

    if (r < 0) {
        fail_all(run, PROBE_ERROR, err.text);
        return false;
    }
    r = connect_to(run, until_ns);
    if (r < 0) {
        fail_all(run, r == -ETIMEDOUT ? PROBE_TIMEOUT : PROBE_UNREACHABLE,
                 arena_printf(run->arena, "cannot connect: %s", strerror(-r)));
        return false;
    }
    run->session.tls->SSL_set_fd(run->session.ssl, run->fd);
    while ((r = run->session.tls->SSL_connect(run->session.ssl)) != 1 && wait_for(run, r, until_ns))
        ;
    if (r == 1)
        return true;
    if (tls_session_explain(&run->session, &err) < 0)
        fail_all(run, PROBE_ERROR, err.text);
    else if (clock_monotonic_ns() >= until_ns)
        fail_all(run, PROBE_TIMEOUT, "no TLS within the timeout");
    else
        fail_all(run, PROBE_ERROR, "it does not speak TLS at this port, or refuses the handshake");
    return false;
}

static void take_message(struct encrypted_run *run, const uint8_t *bytes, size_t len)
{
    uint16_t id = len >= 2 ? (uint16_t)(bytes[0] << 8 | bytes[1]) : 0;

    for (size_t i = 0; i < run->count; i++)
        if (run->asked[i].id == id && run->asked[i].facts->rtt_us == SHAPE_UNSET) {
            answered(run, &run->asked[i], bytes, len, clock_monotonic_ns());
            return;
        }
}

static bool is_open(const struct encrypted_run *run)
{
    for (size_t i = 0; i < run->count; i++)
        if (run->asked[i].facts->rtt_us == SHAPE_UNSET)
            return true;
    return false;
}

static void ask_over_tls(struct encrypted_run *run)
{
    const struct tls_library *tls;
    uint8_t *buffer = arena_alloc(run->arena, DNS_STREAM_LENGTH + DNS_MESSAGE_MAX);
    const uint8_t *message;
    size_t have = 0, took, len;
    uint64_t until_ns;
    int r = 0;

    if (!open_session(run))
        return;
    tls = run->session.tls;
    until_ns = clock_monotonic_ns() + run->options->timeout_us * NS_OF_US;
    for (size_t i = 0; i < run->count; i++) {
        struct asked *q = &run->asked[i];

        q->sent_ns = clock_monotonic_ns();
        q->facts->tries = 1;
        while ((r = tls->SSL_write(run->session.ssl, q->bytes, (int)(DNS_STREAM_LENGTH + q->len))) <= 0 &&
               wait_for(run, r, until_ns))
            ;
    }
    while (is_open(run)) {
        r = tls->SSL_read(run->session.ssl, buffer + have, (int)(DNS_STREAM_LENGTH + DNS_MESSAGE_MAX - have));
        if (r <= 0 && wait_for(run, r, until_ns))
            continue;
        if (r <= 0)
            break;
        have += (size_t)r;
        while ((took = dns_stream_read(buffer, have, &message, &len)) > 0) {
            take_message(run, message, len);
            have -= took;
            memmove(buffer, buffer + took, have);
        }
    }
    if (is_open(run) && clock_monotonic_ns() < until_ns)
        fail_all(run, PROBE_ERROR, "the server closed the connection without an answer");
}

static void keep(void *user, int status, const char *bytes, size_t len)
{
    (void)status;
    text_add_n(user, bytes, len);
}

static void ask_over_https(struct encrypted_run *run)
{
    const struct encrypted_options *o = run->options;
    const struct http_server server = {.where = run->target->where,
                                       .tls = true,
                                       .name = o->name,
                                       .ca = o->ca,
                                       .ca_len = o->ca_len,
                                       .insecure = o->insecure,
                                       .accept = "application/dns-message",
                                       .timeout_us = o->timeout_us,
                                       .body_max = DNS_MESSAGE_MAX};

    for (size_t i = 0; i < run->count; i++) {
        struct asked *q = &run->asked[i];
        struct text body = {0};
        struct http_question question = {.server = &server,
                                         .path = o->path,
                                         .post = q->bytes + DNS_STREAM_LENGTH,
                                         .post_len = q->len,
                                         .post_type = "application/dns-message",
                                         .on_body = keep,
                                         .user = &body};

        q->sent_ns = clock_monotonic_ns();
        q->facts->tries = 1;
        http_get_all(run->arena, &question, 1);
        if (question.result < 0) {
            q->facts->status = question.result == -ETIMEDOUT      ? PROBE_TIMEOUT
                               : question.result == -ECONNREFUSED ? PROBE_UNREACHABLE
                                                                  : PROBE_ERROR;
            q->facts->detail = arena_text(run->arena, question.err.text);
        } else if (question.status != STATUS_HTTP_OK) {
            q->facts->status = PROBE_ERROR;
            q->facts->detail = arena_printf(run->arena, "HTTP status %d at %s", question.status, o->path);
        } else {
            answered(run, q, (const uint8_t *)text_string(&body), body.len, question.answered_ns);
        }
        text_fini(&body);
        /* The next would fail like this one. */
        if (question.result < 0) {
            fail_all(run, q->facts->status, q->facts->detail);
            return;
        }
    }
}

int encrypted_probe_run(struct arena *arena, const struct encrypted_options *options,
                        struct matrix_facts *matrix, const struct probe_candidate *candidates,
                        size_t candidates_count, struct err *err)
{
    uint64_t began_ns = clock_monotonic_ns();
    size_t count = candidates_count * options->types_count;
    char word[DNS_WORD];

    matrix->status = -1;
    matrix->probes = arena_array(arena, matrix->targets_count * count + 1, sizeof(*matrix->probes));
    for (size_t t = 0; t < matrix->targets_count; t++) {
        struct encrypted_run run = {.arena = arena,
                                    .options = options,
                                    .target = &matrix->targets[t],
                                    .asked = arena_array(arena, count + 1, sizeof(struct asked)),
                                    .count = count,
                                    .fd = -1};
        int r = 0;

        if (getrandom(&run.first_id, sizeof(run.first_id), 0) < 0)
            return err_set_errno(err, ERR_INTERNAL, errno, "cannot get a random id");
        for (size_t i = 0; i < count && r == 0; i++) {
            const struct probe_candidate *candidate = &candidates[i / options->types_count];
            uint16_t type = options->types[i % options->types_count];
            struct probe_facts *facts = &matrix->probes[matrix->probes_count++];

            *facts = probe_facts_unanswered(run.target->id, candidate->name, candidate->candidate,
                                            arena_text(arena, dns_type_word(type, word)), options->transport);
            facts->source_port = SHAPE_UNSET;
            r = prepare(&run, i, facts, type, err);
        }
        if (r < 0)
            return r;
        if (options->transport == TRANSPORT_TLS)
            ask_over_tls(&run);
        else
            ask_over_https(&run);
        if (run.session.ssl)
            run.session.tls->SSL_free(run.session.ssl);
        if (run.session.context)
            run.session.tls->SSL_CTX_free(run.session.context);
        if (run.fd >= 0)
            close(run.fd);
        matrix->sent += count;
    }
    matrix->elapsed_ms = (double)(clock_monotonic_ns() - began_ns) / 1e6;
    return 0;
}
