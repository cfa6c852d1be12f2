/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flights and their lines: what goes out, what comes back. */
#include "socket_error.h"
#include "watcher_run.h"
#include <errno.h>
#include <k8sdns/wire/dns_message.h>
#include <k8sdns/wire/dns_words.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

/* Ids have 16 bits. */
#define FLIGHTS_MAX 65536
#define FLIGHTS_MIN 1024
/* Descriptors that are left to the rest of the program. */
#define DESCRIPTORS_KEPT 64
#define LINES_MAX        16384
/* Larger answers over UDP come only to those who announce it. */
#define BUFFER_MIN 4096

/* The two doubly linked lists of flights and of lines, by index. */
#define LIST_REMOVE(items, list, i)                          \
    do {                                                     \
        if ((items)[i].prev == NOBODY)                       \
            (list)->first = (items)[i].next;                 \
        else                                                 \
            (items)[(items)[i].prev].next = (items)[i].next; \
        if ((items)[i].next == NOBODY)                       \
            (list)->last = (items)[i].prev;                  \
        else                                                 \
            (items)[(items)[i].next].prev = (items)[i].prev; \
    } while (0)

#define LIST_APPEND(items, list, i)           \
    do {                                      \
        (items)[i].next = NOBODY;             \
        (items)[i].prev = (list)->last;       \
        if ((list)->last == NOBODY)           \
            (list)->first = (i);              \
        else                                  \
            (items)[(list)->last].next = (i); \
        (list)->last = (i);                   \
    } while (0)

static void line_read(evutil_socket_t fd, short what, void *user);

/* ---- lines ---- */

static uint16_t line_port(const struct line *line)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    struct address where;

    if (line->fd < 0 || getsockname(line->fd, (struct sockaddr *)&sa, &len) < 0 ||
        address_from_sockaddr((struct sockaddr *)&sa, &where) < 0)
        return 0;
    return where.port;
}

static void line_close(struct line *line)
{
    if (line->fd < 0)
        return;
    event_del(&line->event);
    close(line->fd);
    line->fd = -1;
    line->use++;
}

/* Return 0 or a negative errno. */
static int line_open(struct watch_run *run, struct line *line, uint32_t target, uint16_t port)
{
    const struct address *where = &run->targets[target].where;
    struct address any = {.family = where->family, .port = port};
    struct sockaddr_storage sa;
    int r = 0;

    line->fd = socket(where->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return -errno;
    if (port && bind(line->fd, (struct sockaddr *)&sa, address_to_sockaddr(&any, &sa)) < 0)
        r = -errno;
    socket_watch(line->fd, where->family);
    line->target = target;
    line->waiting = 0;
    if (r == 0 &&
        (event_assign(&line->event, run->base, line->fd, EV_READ | EV_PERSIST, line_read, line) < 0 ||
         event_add(&line->event, NULL) < 0))
        r = -ENOMEM;
    if (r < 0) {
        close(line->fd);
        line->fd = -1;
    }
    return r;
}

/* A closed line, else the one that has lingered longest; NULL when all are in use. */
static struct line *line_take(struct watch_run *run)
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
    line_close(&run->lines[i]);
    return &run->lines[i];
}

static void line_give_back(struct watch_run *run, struct line *line)
{
    uint32_t i = (uint32_t)(line - run->lines);

    line_close(line);
    LIST_APPEND(run->lines, &run->closed, i);
}

/* ---- flights ---- */

static void flight_land(struct watch_run *run, struct flight *flight, enum flight_state state,
                        struct watch_outcome *outcome)
{
    struct line *line = &run->lines[flight->line];
    uint32_t i = (uint32_t)(flight - run->flights);

    LIST_REMOVE(run->flights, &run->waiting, i);
    LIST_APPEND(run->flights, &run->resting, i);
    flight->state = (uint8_t)state;
    run->in_flight--;
    run->in_flight_at[flight->target]--;
    line->waiting--;
    if (state == FLIGHT_LOST)
        line->linger_until = flight->deadline_ns + run->options->timeout_us * 1000;

    outcome->target = flight->target;
    outcome->type = flight->type;
    outcome->sent = flight->sent;
    outcome->name = run->options->candidates[flight->candidate].candidate;
    if (!probe_status_is_good(outcome->status))
        outcome->source_port = line_port(line);
    watch_record_done(run->record, outcome);
}

/* Nothing is waiting on it any more: keep it for late answers, if some may come, or close it. */
static void line_settle(struct watch_run *run, struct line *line)
{
    uint32_t i = (uint32_t)(line - run->lines);

    if (line->waiting || run->options->ports == PORTS_KEEP || line->fd < 0)
        return;
    if (line->linger_until)
        LIST_APPEND(run->lines, &run->lingering, i);
    else
        line_give_back(run, line);
}

static void flight_fails(struct watch_run *run, struct flight *flight, int status, const char *detail)
{
    struct watch_outcome outcome = {.status = status, .rcode = -1, .rtt_us = SHAPE_UNSET, .detail = detail};

    flight_land(run, flight, FLIGHT_LOST, &outcome);
}

/* The waiting flight of a line that a datagram, or the beginning of one, has the id of. */
static struct flight *flight_of(struct watch_run *run, const struct line *line, const uint8_t *bytes,
                                size_t len)
{
    uint32_t i = len < 2 ? NOBODY : (uint32_t)((bytes[0] << 8 | bytes[1]) ^ run->salt);
    struct flight *flight = i < run->flights_count ? &run->flights[i] : NULL;

    if (!flight || flight->state == FLIGHT_IDLE || flight->line != (uint32_t)(line - run->lines) ||
        flight->line_use != line->use)
        return NULL;
    return flight;
}

/* An error closes the flight that brought it about; all of the line when that is not known. */
static int read_errors(struct line *line)
{
    struct watch_run *run = line->run;
    struct socket_error error;
    int errors = 0;

    for (; socket_error_next(line->fd, &error); errors++) {
        struct flight *flight = flight_of(run, line, error.returned, error.returned_len);

        if (flight && flight->state == FLIGHT_WAITING) {
            flight_fails(run, flight, error.status, error.text);
            continue;
        }
        for (uint32_t i = run->waiting.first, next; !flight && i != NOBODY; i = next) {
            next = run->flights[i].next;
            if (&run->lines[run->flights[i].line] == line)
                flight_fails(run, &run->flights[i], error.status, error.text);
        }
    }
    return errors;
}

static void flight_send(struct watch_run *run, struct line *line, uint32_t candidate, uint8_t type)
{
    struct question_bytes *question = &run->questions[candidate * run->options->types_count + type];
    uint32_t i = run->resting.first;
    struct flight *flight = &run->flights[i];
    uint16_t id = (uint16_t)(i ^ run->salt);
    struct socket_error error;
    struct sockaddr_storage sa;
    socklen_t sa_len = address_to_sockaddr(&run->targets[line->target].where, &sa);
    ssize_t n;
    int code;

    LIST_REMOVE(run->flights, &run->resting, i);
    LIST_APPEND(run->flights, &run->waiting, i);
    flight->line = (uint32_t)(line - run->lines);
    flight->line_use = line->use;
    flight->candidate = candidate;
    flight->target = (uint16_t)line->target;
    flight->type = type;
    flight->state = FLIGHT_WAITING;
    flight->mismatched = false;
    line->waiting++;
    run->in_flight++;
    run->in_flight_at[line->target]++;
    question->bytes[0] = (uint8_t)(id >> 8);
    question->bytes[1] = (uint8_t)id;
    flight->sent = clock_stamp_now();
    flight->deadline_ns = flight->sent.mono_ns + run->options->timeout_us * 1000;
    watch_record_sent(run->record, line->target, type, flight->sent.mono_ns);
    n = sendto(line->fd, question->bytes, question->len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
    code = errno;
    /* What is reported here may be the ICMP error to an earlier query: then this one has not been sent. */
    if (n < 0 && read_errors(line) > 0 && flight->state == FLIGHT_WAITING) {
        n = sendto(line->fd, question->bytes, question->len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
        code = errno;
    }
    if (n < 0 && flight->state == FLIGHT_WAITING) {
        socket_error_of_send(code, &error);
        flight_fails(run, flight, error.status, error.text);
    }
}

bool watch_shoot(struct watch_run *run, uint32_t target, uint32_t candidate)
{
    struct line *line;

    if (run->flights_count - run->in_flight < run->options->types_count)
        return false;
    if (run->options->ports == PORTS_KEEP) {
        line = &run->lines[target];
    } else {
        line = line_take(run);
        if (!line)
            return false;
        line->linger_until = 0;
        if (line_open(run, line, target, 0) < 0) {
            line_give_back(run, line);
            return false;
        }
    }
    /* Held open until all are out: the first may fail at once. */
    line->waiting++;
    for (uint8_t i = 0; i < run->options->types_count; i++)
        flight_send(run, line, candidate, i);
    line->waiting--;
    line_settle(run, line);
    return true;
}

uint64_t watch_expire(struct watch_run *run, uint64_t now_ns)
{
    for (uint32_t i; (i = run->lingering.first) != NOBODY && run->lines[i].linger_until <= now_ns;) {
        LIST_REMOVE(run->lines, &run->lingering, i);
        line_give_back(run, &run->lines[i]);
    }
    while (run->waiting.first != NOBODY) {
        struct flight *flight = &run->flights[run->waiting.first];

        if (flight->deadline_ns > now_ns)
            return flight->deadline_ns;
        flight_fails(run, flight, flight->mismatched ? PROBE_MISMATCH : PROBE_TIMEOUT, NULL);
        line_settle(run, &run->lines[flight->line]);
    }
    return UINT64_MAX;
}

/* ---- answers ---- */

static void answered(struct watch_run *run, struct flight *flight, const struct dns_message *m, bool damaged,
                     uint64_t rtt_us)
{
    struct watch_outcome outcome = {.rtt_us = rtt_us, .rcode = -1};

    /* A truncated answer may end anywhere: what counts is that it says so. */
    if (damaged && !m->tc) {
        outcome.status = PROBE_MALFORMED;
        outcome.detail = m->damage;
    } else {
        outcome.status = probe_status_of_message(m, run->options->types[flight->type]);
        outcome.rcode = m->rcode;
        if (m->edns.ede_code >= 0)
            outcome.detail =
                arena_printf(run->scratch, "the server explains: extended error %d%s%s", m->edns.ede_code,
                             m->edns.ede_text[0] ? ", " : "", m->edns.ede_text);
    }
    flight_land(run, flight, FLIGHT_ANSWERED, &outcome);
}

static void judge(struct line *line, const uint8_t *bytes, size_t len, struct msghdr *header,
                  uint64_t seen_ns)
{
    struct watch_run *run = line->run;
    struct flight *flight = flight_of(run, line, bytes, len);
    struct dns_message m;
    struct address from;
    bool damaged;

    if (!flight) {
        watch_record_stray(run->record, line->target, STRAY_MISMATCH);
        return;
    }
    arena_reset(run->scratch);
    damaged = dns_message_parse(run->scratch, bytes, len, &m) < 0;
    if (address_from_sockaddr(header->msg_name, &from) < 0 ||
        !address_equal(&from, &run->targets[line->target].where) || (len >= 12 && !m.qr) ||
        (len >= 12 && !dns_message_answers(&m, run->options->candidates[flight->candidate].candidate,
                                           run->options->types[flight->type]))) {
        flight->mismatched = true;
        watch_record_stray(run->record, line->target, STRAY_MISMATCH);
    } else if (flight->state == FLIGHT_WAITING) {
        answered(run, flight, &m, damaged, clock_elapsed_us(&flight->sent, socket_stamp_ns(header), seen_ns));
    } else {
        watch_record_stray(run->record, line->target,
                           flight->state == FLIGHT_LOST ? STRAY_LATE : STRAY_DUPLICATE);
        flight->state = FLIGHT_ANSWERED;
    }
}

static void line_read(evutil_socket_t fd, short what, void *user)
{
    struct line *line = user;
    struct watch_run *run = line->run;
    bool lingering = !line->waiting;
    uint64_t now;
    int n;

    (void)what;
    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        run->headers[i].msg_hdr.msg_namelen = sizeof(run->froms[i]);
        run->headers[i].msg_hdr.msg_controllen = sizeof(run->controls[i]);
    }
    n = recvmmsg(fd, run->headers, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    now = clock_monotonic_ns();
    if (n < 0)
        read_errors(line);
    for (int i = 0; i < n; i++)
        judge(line, run->iovs[i].iov_base, run->headers[i].msg_len, &run->headers[i].msg_hdr, now);
    if (!lingering)
        line_settle(run, line);
    watch_settle(run);
}

/* ---- beginning and end ---- */

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

/* So many sockets at once as this process may have; its own soft limit is raised for that. */
static uint32_t lines_allowed(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return 256;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
            (void)!getrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur > LINES_MAX + DESCRIPTORS_KEPT)
        return LINES_MAX;
    return limit.rlim_cur > DESCRIPTORS_KEPT + 16 ? (uint32_t)limit.rlim_cur - DESCRIPTORS_KEPT : 16;
}

static int kept_lines_open(struct watch_run *run)
{
    for (uint32_t t = 0; t < run->targets_count; t++) {
        unsigned port = run->options->source_port ? run->options->source_port + t : 0;
        int r = port > 65535 ? -EADDRNOTAVAIL : line_open(run, &run->lines[t], t, (uint16_t)port);

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

int watch_flights_init(struct watch_run *run, struct arena *arena)
{
    const struct watcher_options *options = run->options;
    double needed = options->qps * (double)options->timeout_us / 1e6 * 1.25;
    int r = questions_init(run, arena);

    if (r < 0)
        return r;
    run->flights_count = needed > FLIGHTS_MAX   ? FLIGHTS_MAX
                         : needed > FLIGHTS_MIN ? (uint32_t)needed
                                                : FLIGHTS_MIN;
    run->flights = arena_array(arena, run->flights_count, sizeof(*run->flights));
    run->in_flight_at = arena_array(arena, run->targets_count, sizeof(*run->in_flight_at));
    run->waiting = run->resting = run->lingering = run->closed = (struct flights){NOBODY, NOBODY};
    for (uint32_t i = 0; i < run->flights_count; i++)
        LIST_APPEND(run->flights, &run->resting, i);
    if (getrandom(&run->salt, sizeof(run->salt), GRND_NONBLOCK) != sizeof(run->salt))
        run->salt = (uint16_t)(clock_monotonic_ns() >> 3);

    /* Twice as many: half of them may linger for late answers. */
    run->lines_count = options->ports == PORTS_KEEP ? (uint32_t)run->targets_count
                                                    : 2 * run->flights_count / (uint32_t)options->types_count;
    if (options->ports != PORTS_KEEP && run->lines_count > lines_allowed())
        run->lines_count = lines_allowed();
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

void watch_flights_fini(struct watch_run *run)
{
    for (uint32_t i = 0; i < run->lines_count; i++)
        line_close(&run->lines[i]);
    arena_free(run->scratch);
}
