/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lookup_run.h"

uint64_t lookup_now(const struct lookup_run *run)
{
    return run->wire->now_us(run->wire->user) - run->began_us;
}

size_t lookup_send(struct lookup_run *run, const char *name, uint16_t type, size_t server, int transport,
                   uint64_t socket, uint64_t attempt)
{
    struct lookup_result *result = run->result;
    size_t number = result->queries_count;
    struct lookup_query *query = ARENA_PUSH(run->arena, result->queries, result->queries_count);

    *query = (struct lookup_query){
        .at_us = lookup_now(run),
        .rtt_us = SHAPE_UNSET,
        .server = server,
        .name = name,
        .type = type,
        .transport = transport,
        .socket = socket,
        .attempt = attempt,
        .status = PROBE_TIMEOUT,
        .udp_size = run->udp_size,
    };
    run->wire->send(run->wire->user, number, query);
    return number;
}

bool lookup_wait(struct lookup_run *run, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct lookup_query *query;

    *ret_reply = (struct lookup_reply){0};
    if (!run->wire->wait(run->wire->user, until_us + run->began_us, ret_reply))
        return false;
    query = &run->result->queries[ret_reply->query];
    if (query->rtt_us == SHAPE_UNSET) {
        query->rtt_us = lookup_now(run) - query->at_us;
        query->status = ret_reply->status;
    }
    return true;
}

void lookup_pause(struct lookup_run *run, uint64_t time_us)
{
    uint64_t until = lookup_now(run) + time_us;
    struct lookup_reply reply;

    while (lookup_wait(run, until, &reply))
        continue;
}

void lookup_close(struct lookup_run *run, uint64_t socket)
{
    run->wire->close(run->wire->user, socket);
}

void lookup_add_addresses(struct lookup_run *run, const struct lookup_reply *reply)
{
    for (size_t i = 0; i < reply->addresses_count; i++)
        *ARENA_PUSH(run->arena, run->result->addresses, run->result->addresses_count) = reply->addresses[i];
}
