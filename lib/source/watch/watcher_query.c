/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flights: what goes out, what comes back, and what never does. */
#include "../probe/socket_error.h"
#include "watcher_run.h"
#include <errno.h>
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/wire/dns/dns_message.h>

static void query_finish(struct watch_run *run, struct watch_query *query, enum query_state state,
                         struct watch_outcome *outcome)
{
    struct watch_line *line = &run->lines[query->line];
    uint32_t i = (uint32_t)(query - run->queries);

    LIST_REMOVE(run->queries, &run->waiting, i);
    LIST_APPEND(run->queries, &run->resting, i);
    query->state = (uint8_t)state;
    run->in_flight--;
    run->in_flight_at[query->target]--;
    line->waiting--;
    if (state == QUERY_LOST)
        line->linger_until = query->deadline_ns + run->options->timeout_us * 1000;

    outcome->target = query->target;
    outcome->type = query->type;
    outcome->sent = query->sent;
    outcome->candidate = query->candidate;
    outcome->name = run->options->candidates[query->candidate].candidate;
    if (!probe_status_is_good(outcome->status))
        outcome->source_port = watch_line_port(line);
    watch_record_done(run->record, outcome);
    if (run->options->outcome)
        run->options->outcome(run->options->user, outcome);
}

/* Nothing is waiting on it any more: keep it for late answers, if some may come, or close it. */
static void line_settle(struct watch_run *run, struct watch_line *line)
{
    uint32_t i = (uint32_t)(line - run->lines);

    if (line->waiting || run->options->ports == PORTS_KEEP || line->fd < 0)
        return;
    if (line->linger_until)
        LIST_APPEND(run->lines, &run->lingering, i);
    else
        watch_line_give_back(run, line);
}

static void query_fails(struct watch_run *run, struct watch_query *query, int status, int unreachable,
                        const char *detail, const char *reported_by)
{
    struct watch_outcome outcome = {.status = status,
                                    .rcode = -1,
                                    .unreachable = unreachable,
                                    .reported_by = reported_by,
                                    .rtt_us = SHAPE_UNSET,
                                    .detail = detail};

    query_finish(run, query, QUERY_LOST, &outcome);
}

/* The query of a line that a datagram, or the beginning of one, has the id of, perhaps of an earlier use. */
static struct watch_query *query_near(struct watch_run *run, const struct watch_line *line,
                                      const uint8_t *bytes, size_t len)
{
    uint32_t mask = (1U << run->index_bits) - 1;
    uint32_t i = len < 2 ? NOBODY : (uint32_t)((bytes[0] << 8 | bytes[1]) ^ run->salt) & mask;
    struct watch_query *query = i < run->queries_count ? &run->queries[i] : NULL;

    if (!query || query->state == QUERY_IDLE || query->line != (uint32_t)(line - run->lines) ||
        query->line_use != line->use)
        return NULL;
    return query;
}

static bool has_id(const struct watch_query *query, const uint8_t *bytes)
{
    return query->id == (bytes[0] << 8 | bytes[1]);
}

static struct watch_query *query_of(struct watch_run *run, const struct watch_line *line,
                                    const uint8_t *bytes, size_t len)
{
    struct watch_query *query = query_near(run, line, bytes, len);

    return query && has_id(query, bytes) ? query : NULL;
}

/* An error closes the query that brought it about; all of the line when that is not known. */
static int read_errors(struct watch_line *line)
{
    struct watch_run *run = line->run;
    struct socket_error error;
    int errors = 0;

    for (; socket_error_next(line->fd, &error); errors++) {
        struct watch_query *query = query_of(run, line, error.returned, error.returned_len);

        if (query && query->state == QUERY_WAITING) {
            query_fails(run, query, error.status, error.kind, error.text, error.from);
            continue;
        }
        for (uint32_t i = run->waiting.first, next; !query && i != NOBODY; i = next) {
            next = run->queries[i].next;
            if (&run->lines[run->queries[i].line] == line)
                query_fails(run, &run->queries[i], error.status, error.kind, error.text, error.from);
        }
    }
    return errors;
}

static void query_send(struct watch_run *run, struct watch_line *line, uint32_t candidate, uint8_t type)
{
    struct question_bytes *question = &run->questions[candidate * run->options->types_count + type];
    uint32_t i = run->resting.first;
    struct watch_query *query = &run->queries[i];
    struct socket_error error;
    struct sockaddr_storage sa;
    socklen_t sa_len = address_to_sockaddr(&run->targets[line->target].where, &sa);
    ssize_t n;
    int code;

    LIST_REMOVE(run->queries, &run->resting, i);
    LIST_APPEND(run->queries, &run->waiting, i);
    query->line = (uint32_t)(line - run->lines);
    query->line_use = line->use;
    query->candidate = candidate;
    query->target = (uint16_t)line->target;
    query->type = type;
    query->state = QUERY_WAITING;
    query->mismatched = false;
    line->waiting++;
    run->in_flight++;
    run->in_flight_at[line->target]++;
    query->id = (uint16_t)(((query->id ^ run->salt) + (1U << run->index_bits)) ^ run->salt);
    question->bytes[0] = (uint8_t)(query->id >> 8);
    question->bytes[1] = (uint8_t)query->id;
    query->sent = clock_stamp_now();
    query->deadline_ns = query->sent.mono_ns + run->options->timeout_us * 1000;
    watch_record_sent(run->record, line->target, type, query->sent.mono_ns);
    n = sendto(line->fd, question->bytes, question->len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
    code = errno;
    /* What is reported here may be the ICMP error to an earlier query: then this one has not been sent. */
    if (n < 0 && read_errors(line) > 0 && query->state == QUERY_WAITING) {
        n = sendto(line->fd, question->bytes, question->len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
        code = errno;
    }
    if (n < 0 && query->state == QUERY_WAITING) {
        socket_error_of_send(code, &error);
        query_fails(run, query, error.status, error.kind, error.text, error.from);
    }
}

static void lingering_close(struct watch_run *run, uint64_t now_ns)
{
    for (uint32_t i; (i = run->lingering.first) != NOBODY && run->lines[i].linger_until <= now_ns;) {
        LIST_REMOVE(run->lines, &run->lingering, i);
        watch_line_give_back(run, &run->lines[i]);
    }
}

bool watch_send(struct watch_run *run, uint32_t target, uint32_t candidate)
{
    struct watch_line *line;

    if (run->queries_count - run->in_flight < run->options->types_count)
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
        run->own_errno = -watch_line_open(run, line, target, 0);
        if (run->own_errno) {
            watch_line_give_back(run, line);
            return false;
        }
    }
    /* Held open until all are out: the first may fail at once. */
    line->waiting++;
    for (size_t i = 0; i < run->options->types_count; i++)
        query_send(run, line, candidate, (uint8_t)i);
    line->waiting--;
    line_settle(run, line);
    return true;
}

void watch_expire(struct watch_run *run, uint64_t now_ns)
{
    lingering_close(run, now_ns);
    while (run->waiting.first != NOBODY) {
        struct watch_query *query = &run->queries[run->waiting.first];

        if (query->deadline_ns > now_ns)
            return;
        query_fails(run, query, query->mismatched ? PROBE_MISMATCH : PROBE_TIMEOUT, -1, NULL, NULL);
        line_settle(run, &run->lines[query->line]);
    }
}

static void answered(struct watch_run *run, struct watch_query *query, const struct dns_message *m,
                     uint64_t rtt_us)
{
    struct watch_outcome outcome = {
        .rtt_us = rtt_us, .rcode = -1, .unreachable = -1, .bytes = m->bytes, .bytes_len = m->len};

    outcome.status = answer_status(m, run->options->types[query->type]);
    outcome.detail = answer_detail(run->scratch, m, run->options->types[query->type]);
    if (outcome.status != PROBE_MALFORMED)
        outcome.rcode = m->rcode;
    outcome.serial = answer_service_serial(m);
    query_finish(run, query, QUERY_ANSWERED, &outcome);
}

static void judge(struct watch_line *line, const uint8_t *bytes, size_t len, struct msghdr *header,
                  uint64_t seen_ns)
{
    struct watch_run *run = line->run;
    struct watch_query *query = query_near(run, line, bytes, len);
    struct dns_message m;
    struct answer_wanted wanted;
    struct address from;
    bool is_known;

    if (!query) {
        watch_record_stray(run->record, line->target, STRAY_MISMATCH);
        return;
    }
    if (!has_id(query, bytes)) {
        watch_record_stray(run->record, line->target, STRAY_LATE);
        return;
    }
    arena_reset(run->scratch);
    (void)!dns_message_parse(run->scratch, bytes, len, &m); /* the message has its damage */
    is_known = address_from_sockaddr(header->msg_name, &from) == 0;
    wanted = (struct answer_wanted){&run->targets[line->target].where, true,
                                    run->options->candidates[query->candidate].candidate,
                                    run->options->types[query->type]};
    if (answer_classify(&m, is_known ? &from : NULL, &wanted) != ANSWER_FITS) {
        query->mismatched = true;
        watch_record_stray(run->record, line->target, STRAY_MISMATCH);
    } else if (query->state == QUERY_WAITING) {
        answered(run, query, &m, clock_elapsed_us(&query->sent, socket_stamp_ns(header), seen_ns));
    } else {
        watch_record_stray(run->record, line->target,
                           query->state == QUERY_LOST ? STRAY_LATE : STRAY_DUPLICATE);
        query->state = QUERY_ANSWERED;
    }
}

void watch_line_read(struct watch_line *line)
{
    struct watch_run *run = line->run;
    bool lingering = !line->waiting;
    uint64_t now;
    int n;

    for (size_t i = 0; i < RECEIVE_BATCH; i++) {
        run->headers[i].msg_hdr.msg_namelen = sizeof(run->froms[i]);
        run->headers[i].msg_hdr.msg_controllen = sizeof(run->controls[i]);
    }
    n = recvmmsg(line->fd, run->headers, RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    now = clock_monotonic_ns();
    if (n < 0)
        read_errors(line);
    for (int i = 0; i < n; i++)
        judge(line, run->iovs[i].iov_base, run->headers[i].msg_len, &run->headers[i].msg_hdr, now);
    if (!lingering)
        line_settle(run, line);
}
