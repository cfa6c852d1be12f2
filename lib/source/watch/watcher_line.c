/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lines: the sockets, fresh or kept, and how many of everything there are. */
#include "../probe/socket_error.h"
#include "watcher_run.h"
#include <errno.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Ids have 16 bits. */
#define QUERIES_MAX 65536
#define QUERIES_MIN 1024
/* Descriptors that are left to the rest of the program. */
#define DESCRIPTORS_KEPT 64
#define LINES_MAX        16384
/* Larger answers over UDP come only to those who announce it. */
#define BUFFER_MIN 4096

uint16_t watch_line_port(const struct watch_line *line)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    struct address where;

    if (line->fd < 0 || getsockname(line->fd, (struct sockaddr *)&sa, &len) < 0 ||
        address_from_sockaddr((struct sockaddr *)&sa, &where) < 0)
        return 0;
    return where.port;
}

void watch_line_close(struct watch_line *line)
{
    if (line->fd < 0)
        return;
    event_del(&line->event);
    close(line->fd);
    line->fd = -1;
    line->use++;
}

int watch_line_open(struct watch_run *run, struct watch_line *line, uint32_t target, uint16_t port)
{
    const struct address *where = &run->targets[target].where;
    struct address any = {.family = where->family, .port = port};
    struct sockaddr_storage sa;
    int r = 0;

    line->fd = socket(where->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return -errno;
    /* Also without a wish: a send that finds no port says nothing that could be told from a full buffer. */
    if (bind(line->fd, (struct sockaddr *)&sa, address_to_sockaddr(&any, &sa)) < 0)
        r = -errno;
    socket_watch(line->fd, where->family);
    line->target = target;
    line->waiting = 0;
    if (r == 0 &&
        (event_assign(&line->event, run->base, line->fd, EV_READ | EV_PERSIST, run->on_readable, line) < 0 ||
         event_add(&line->event, NULL) < 0))
        r = -ENOMEM;
    if (r < 0) {
        close(line->fd);
        line->fd = -1;
    }
    return r;
}

struct watch_line *watch_line_take(struct watch_run *run)
{
    uint32_t i = run->closed.first;

    if (i != NOBODY) {
        LIST_REMOVE(run->lines, &run->closed, i);
        return &run->lines[i];
    }
    i = run->lingering.first;
    if (i == NOBODY)
        return NULL;
    LIST_REMOVE(run->lines, &run->lingering, i);
    watch_line_close(&run->lines[i]);
    return &run->lines[i];
}

void watch_line_give_back(struct watch_run *run, struct watch_line *line)
{
    uint32_t i = (uint32_t)(line - run->lines);

    watch_line_close(line);
    LIST_APPEND(run->lines, &run->closed, i);
}

static int questions_init(struct watch_run *run, struct arena *arena)
{
    const struct watcher_options *options = run->options;

    run->questions =
        arena_array(arena, options->candidates_count * options->types_count, sizeof(*run->questions));
    for (size_t c = 0; c < options->candidates_count; c++) {
        for (size_t t = 0; t < options->types_count; t++) {
            struct question_bytes *question = &run->questions[c * options->types_count + t];
            struct dns_query query = {.name = options->candidates[c].candidate,
                                      .type = options->types[t],
                                      .class = DNS_CLASS_IN,
                                      .rd = true,
                                      .udp_size = options->udp_size,
                                      .nsid = options->nsid};
            uint8_t bytes[512];
            int len = dns_query_build(&query, bytes, sizeof(bytes), run->err);

            if (len < 0)
                return len;
            question->len = (size_t)len;
            question->bytes = arena_copy(arena, bytes, question->len);
        }
    }
    return 0;
}

/* So many of the sockets that are wanted at once as this process may have. */
static uint32_t lines_allowed(uint32_t wanted)
{
    size_t left = own_limits_descriptors((size_t)wanted + DESCRIPTORS_KEPT);

    return left > 2 * DESCRIPTORS_KEPT ? (uint32_t)left - DESCRIPTORS_KEPT : (uint32_t)(left + 1) / 2;
}

static int kept_lines_open(struct watch_run *run)
{
    for (uint32_t t = 0; t < run->targets_count; t++) {
        unsigned port = run->options->source_port ? run->options->source_port + t : 0;
        int r = port > 65535 ? -EADDRNOTAVAIL : watch_line_open(run, &run->lines[t], t, (uint16_t)port);

        if (r == -EACCES)
            return err_set(run->err, ERR_UNOBSERVED, EACCES,
                           "source port %u takes CAP_NET_BIND_SERVICE; choose one from 1024 on", port);
        if (r < 0 && port)
            return err_set_errno(run->err, ERR_UNOBSERVED, -r, "cannot bind to source port %u", port);
        if (r < 0)
            return err_set_errno(run->err, ERR_UNOBSERVED, -r, "cannot open a socket towards %s",
                                 run->targets[t].id);
    }
    return 0;
}

int watch_queries_init(struct watch_run *run, struct arena *arena)
{
    const struct watcher_options *options = run->options;
    double needed = options->qps * (double)options->timeout_us / 1e6 * 1.25;
    int r = questions_init(run, arena);

    if (r < 0)
        return r;
    run->queries_count = needed > QUERIES_MAX   ? QUERIES_MAX
                         : needed > QUERIES_MIN ? (uint32_t)needed
                                                : QUERIES_MIN;
    while (1U << run->index_bits < run->queries_count)
        run->index_bits++;
    run->queries = arena_array(arena, run->queries_count, sizeof(*run->queries));
    run->in_flight_at = arena_array(arena, run->targets_count, sizeof(*run->in_flight_at));
    run->waiting = run->resting = run->lingering = run->closed = (struct list){NOBODY, NOBODY};
    if (getrandom(&run->salt, sizeof(run->salt), GRND_NONBLOCK) != sizeof(run->salt))
        run->salt = (uint16_t)(clock_monotonic_ns() >> 3);
    for (uint32_t i = 0; i < run->queries_count; i++) {
        run->queries[i].id = (uint16_t)(i ^ run->salt);
        LIST_APPEND(run->queries, &run->resting, i);
    }

    /* Twice as many: half of them may linger for late answers. */
    run->lines_count = options->ports == PORTS_KEEP ? (uint32_t)run->targets_count
                                                    : 2 * run->queries_count / (uint32_t)options->types_count;
    if (options->ports != PORTS_KEEP) {
        run->lines_count = run->lines_count < LINES_MAX ? run->lines_count : LINES_MAX;
        run->lines_count = lines_allowed(run->lines_count);
        r = run->lines_count ? 0 : own_limits_take(2, "asking again and again", run->err);
        if (r < 0)
            return r;
    }
    run->lines = arena_array(arena, run->lines_count, sizeof(*run->lines));
    for (uint32_t i = 0; i < run->lines_count; i++) {
        run->lines[i].run = run;
        run->lines[i].fd = -1;
        if (options->ports != PORTS_KEEP)
            LIST_APPEND(run->lines, &run->closed, i);
    }

    run->scratch = arena_new();
    run->buffer_size = options->udp_size > BUFFER_MIN ? options->udp_size : BUFFER_MIN;
    run->buffers = arena_array(arena, RECEIVE_BATCH, run->buffer_size);
    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        run->iovs[i] = (struct iovec){run->buffers + i * run->buffer_size, run->buffer_size};
        run->headers[i].msg_hdr = (struct msghdr){.msg_iov = &run->iovs[i],
                                                  .msg_iovlen = 1,
                                                  .msg_name = &run->froms[i],
                                                  .msg_control = run->controls[i]};
    }
    return options->ports == PORTS_KEEP ? kept_lines_open(run) : 0;
}

void watch_queries_fini(struct watch_run *run)
{
    for (uint32_t i = 0; i < run->lines_count; i++)
        watch_line_close(&run->lines[i]);
    arena_free(run->scratch);
}
