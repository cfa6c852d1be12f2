/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getaddrinfo() of musl: every question to every server at once from one socket a name; the first
 * NOERROR or NXDOMAIN counts, SERVFAIL is asked again at once, anything else is as if nothing had come. From
 * 1.2.4 on a truncated answer is asked for again over TCP, at the server that gave it.
 */
#include "lookup_run.h"

#define NOT_YET  (-1)
#define OVER_TCP (-2) /* asked again, and waited for till the end */

static bool counts(int status)
{
    return status == PROBE_ANSWER || status == PROBE_NODATA || status == PROBE_NXDOMAIN ||
           status == PROBE_TRUNCATED;
}

/* Send what has no answer yet to every server. */
static void send_round(struct lookup_run *run, const struct lookup_candidate *candidate, const int *statuses,
                       uint64_t socket, uint64_t attempt)
{
    for (size_t i = 0; i < candidate->types_count; i++)
        for (size_t server = 0; statuses[i] == NOT_YET && server < run->view->nameservers_count; server++)
            lookup_send(run, candidate->name, candidate->types[i], server, TRANSPORT_UDP, socket, attempt);
}

/* Source: src/network/res_msend.c. Fill the status of each type; NOT_YET: no answer in time. */
static void ask(struct lookup_run *run, const struct lookup_candidate *candidate, int *statuses)
{
    uint64_t began = lookup_now(run), end = began + run->view->timeout_ms * 1000;
    uint64_t interval = run->view->timeout_ms * 1000 / run->view->attempts, next = began, attempt = 0;
    uint64_t socket = run->next_socket++;
    uint64_t sockets[FAMILIES_MAX] = {0}; /* over TCP; 0: none */
    size_t missing = candidate->types_count, servfail_retries = 0;

    while (missing && lookup_now(run) < end) {
        struct lookup_reply reply;
        size_t family = 0;

        if (lookup_now(run) >= next) {
            send_round(run, candidate, statuses, socket, ++attempt);
            next = lookup_now(run) + interval;
            servfail_retries = 2 * candidate->types_count;
        }
        if (!lookup_wait(run, next < end ? next : end, &reply))
            continue;
        while (family + 1 < candidate->types_count &&
               candidate->types[family] != run->result->queries[reply.query].type)
            family++;
        if (statuses[family] >= 0)
            continue;
        if (statuses[family] == OVER_TCP && run->result->queries[reply.query].transport == TRANSPORT_UDP)
            continue;
        if (reply.status == PROBE_TRUNCATED && run->view->tcp_on_truncation && statuses[family] == NOT_YET) {
            statuses[family] = OVER_TCP;
            sockets[family] = run->next_socket++;
            lookup_send(run, candidate->name, candidate->types[family],
                        run->result->queries[reply.query].server, TRANSPORT_TCP, sockets[family], attempt);
        } else if (counts(reply.status)) {
            statuses[family] = reply.status;
            missing--;
            lookup_add_addresses(run, &reply);
        } else if (reply.status == PROBE_SERVFAIL && servfail_retries) {
            servfail_retries--;
            lookup_send(run, candidate->name, candidate->types[family],
                        run->result->queries[reply.query].server, TRANSPORT_UDP, socket, attempt);
        }
    }
    for (size_t i = 0; i < candidate->types_count; i++)
        if (sockets[i])
            lookup_close(run, sockets[i]);
    lookup_close(run, socket);
}

/* Source: src/network/lookup_name.c, name_from_dns and name_from_dns_search. */
void lookup_musl(struct lookup_run *run)
{
    for (size_t c = 0; c < run->candidates_count; c++) {
        const struct lookup_candidate *candidate = &run->candidates[c];
        int statuses[FAMILIES_MAX] = {NOT_YET, NOT_YET};
        bool absent = false;

        run->result->addresses_count = 0;
        ask(run, candidate, statuses);
        for (size_t i = 0; i < candidate->types_count && !absent; i++) {
            if (statuses[i] < 0) {
                run->result->addresses_count = 0;
                run->result->error = "Try again";
                run->result->code = "EAI_AGAIN";
                return;
            }
            absent = statuses[i] == PROBE_NXDOMAIN;
        }
        if (absent) {
            run->result->addresses_count = 0;
            continue;
        }
        run->result->ok = false;
        for (size_t i = 0; i < candidate->types_count; i++)
            run->result->ok = run->result->ok || statuses[i] == PROBE_ANSWER;
        if (!run->result->ok) {
            run->result->error =
                run->view->tcp_on_truncation ? "Name has no usable address" : "Name does not resolve";
            run->result->code = run->view->tcp_on_truncation ? "EAI_NODATA" : "EAI_NONAME";
        }
        return;
    }
    run->result->error = "Name does not resolve";
    run->result->code = "EAI_NONAME";
    if (run->plan->waits_out) {
        struct lookup_reply reply;

        (void)lookup_wait(run, lookup_now(run) + run->view->timeout_ms * 1000, &reply);
        run->result->error = "Try again";
        run->result->code = "EAI_AGAIN";
    }
}
