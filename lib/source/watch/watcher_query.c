/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flights: what goes out, what comes back, and what never does. */
#include "socket_error.h"
#include "watcher_run.h"
#include <errno.h>
#include <k8sdns/wire/dns_message.h>

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
    outcome->candidate = flight->candidate;
    outcome->name = run->options->candidates[flight->candidate].candidate;
    if (!probe_status_is_good(outcome->status))
        outcome->source_port = watch_line_port(line);
    watch_record_done(run->record, outcome);
    if (run->options->outcome)
        run->options->outcome(run->options->user, outcome);
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
        watch_line_give_back(run, line);
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

static void lingering_close(struct watch_run *run, uint64_t now_ns)
{
    for (uint32_t i; (i = run->lingering.first) != NOBODY && run->lines[i].linger_until <= now_ns;) {
        LIST_REMOVE(run->lines, &run->lingering, i);
        watch_line_give_back(run, &run->lines[i]);
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
        /* Where questions fail as they are sent, none is waited for, and no timer runs. */
        lingering_close(run, clock_monotonic_ns());
        line = watch_line_take(run);
        if (!line)
            return false;
        line->linger_until = 0;
        if (watch_line_open(run, line, target, 0) < 0) {
            watch_line_give_back(run, line);
            return false;
        }
    }
    /* Held open until all are out: the first may fail at once. */
    line->waiting++;
    for (size_t i = 0; i < run->options->types_count; i++)
        flight_send(run, line, candidate, (uint8_t)i);
    line->waiting--;
    line_settle(run, line);
    return true;
}

void watch_expire(struct watch_run *run, uint64_t now_ns)
{
    lingering_close(run, now_ns);
    while (run->waiting.first != NOBODY) {
        struct flight *flight = &run->flights[run->waiting.first];

        if (flight->deadline_ns > now_ns)
            return;
        flight_fails(run, flight, flight->mismatched ? PROBE_MISMATCH : PROBE_TIMEOUT, NULL);
        line_settle(run, &run->lines[flight->line]);
    }
}

static void answered(struct watch_run *run, struct flight *flight, const struct dns_message *m, bool damaged,
                     uint64_t rtt_us)
{
    struct watch_outcome outcome = {.rtt_us = rtt_us, .rcode = -1, .bytes = m->bytes, .bytes_len = m->len};

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

void watch_line_read(evutil_socket_t fd, short what, void *user)
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
