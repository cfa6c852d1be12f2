/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.Resolver of Go 1.19 with its own resolver: A and AAAA in lanes of their own, each with a socket a
 * question; servers in turn, attempts times.
 */
#include "lookup_run.h"
#include <errno.h>

/* One family of one name: tryOneName() of net/dnsclient_unix.go. */
struct go_lane {
    uint16_t type;
    size_t offset; /* of the first server */
    size_t step;   /* attempts times servers, counted through */
    bool open, found;
    int transport;
    size_t query;
    uint64_t deadline_us;
    const char *error;
};

static void send_step(struct lookup_run *run, const struct lookup_candidate *candidate, struct go_lane *lane,
                      int transport)
{
    size_t servers = run->view->nameservers_count;

    lane->transport = transport;
    lane->query = lookup_send(run, candidate->name, lane->type, (lane->offset + lane->step) % servers,
                              transport, run->next_socket++, lane->step / servers + 1);
    lane->deadline_us = lookup_now(run) + run->view->timeout_ms * 1000;
}

/* The question of a lane is over without an answer: on to the next server or attempt. */
static void fail_step(struct lookup_run *run, const struct lookup_candidate *candidate, struct go_lane *lane,
                      const char *error)
{
    lookup_close(run, run->result->queries[lane->query].socket);
    lane->error = error;
    lane->step++;
    if (lane->step < run->view->attempts * run->view->nameservers_count)
        send_step(run, candidate, lane,
                  resolver_view_has(run->view, "use-vc") ? TRANSPORT_TCP : TRANSPORT_UDP);
    else
        lane->open = false;
}

/* The end of the message, as the kernel's error is named there. */
static const char *errno_text(int code)
{
    switch (code) {
    case ENETUNREACH:
        return "connect: network is unreachable";
    case EHOSTUNREACH:
        return "connect: no route to host";
    case EACCES:
        return "connect: permission denied";
    case EPERM:
        return "write: operation not permitted";
    default:
        return "connection refused";
    }
}

static void take_reply(struct lookup_run *run, const struct lookup_candidate *candidate, struct go_lane *lane,
                       const struct lookup_reply *reply)
{
    if (reply->status == PROBE_TRUNCATED && lane->transport == TRANSPORT_UDP) {
        lookup_close(run, run->result->queries[lane->query].socket);
        send_step(run, candidate, lane, TRANSPORT_TCP);
    } else if (reply->status == PROBE_ANSWER || reply->status == PROBE_TRUNCATED) {
        lookup_add_addresses(run, reply);
        lane->found = reply->status == PROBE_ANSWER;
        lane->open = false;
    } else if (reply->status == PROBE_NXDOMAIN || (reply->status == PROBE_NODATA && !reply->lame)) {
        lane->error = "no such host";
        lane->open = false;
    } else {
        fail_step(run, candidate, lane,
                  reply->status == PROBE_UNREACHABLE ? errno_text(reply->code) : "server misbehaving");
    }
    if (!lane->open)
        lookup_close(run, run->result->queries[lane->query].socket);
}

/* Let the open lanes run to their ends. */
static void run_lanes(struct lookup_run *run, const struct lookup_candidate *candidate, struct go_lane *lanes,
                      size_t count)
{
    for (;;) {
        struct go_lane *first = NULL;
        struct lookup_reply reply;

        for (size_t i = 0; i < count; i++)
            if (lanes[i].open && (!first || lanes[i].deadline_us < first->deadline_us))
                first = &lanes[i];
        if (!first)
            return;
        if (!lookup_wait(run, first->deadline_us, &reply)) {
            fail_step(run, candidate, first, "i/o timeout");
            continue;
        }
        for (size_t i = 0; i < count; i++)
            if (lanes[i].open && lanes[i].query == reply.query) {
                take_reply(run, candidate, &lanes[i], &reply);
                break;
            }
    }
}

void lookup_go(struct lookup_run *run)
{
    bool single = resolver_view_has(run->view, "single-request") ||
                  resolver_view_has(run->view, "single-request-reopen");
    int transport = resolver_view_has(run->view, "use-vc") ? TRANSPORT_TCP : TRANSPORT_UDP;
    bool rotate = resolver_view_has(run->view, "rotate");
    size_t rotation = run->chance->rotation;

    for (size_t c = 0; c < run->candidates_count && !run->result->ok; c++) {
        const struct lookup_candidate *candidate = &run->candidates[c];
        struct go_lane lanes[FAMILIES_MAX] = {0};

        for (size_t i = 0; i < candidate->types_count; i++) {
            lanes[i] = (struct go_lane){
                .type = candidate->types[i], .open = true, .offset = rotate ? rotation++ : 0};
            send_step(run, candidate, &lanes[i], transport);
            if (single)
                run_lanes(run, candidate, &lanes[i], 1);
        }
        run_lanes(run, candidate, lanes, candidate->types_count);
        for (size_t i = 0; i < candidate->types_count; i++) {
            run->result->ok = run->result->ok || lanes[i].found;
            /* The name as it was given speaks last only when nothing else did. */
            if (lanes[i].error && (!run->result->error || !candidate->as_is))
                run->result->error = lanes[i].error;
        }
    }
    if (run->result->ok)
        run->result->error = NULL;
}
