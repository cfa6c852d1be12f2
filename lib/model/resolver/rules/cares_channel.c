/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A channel of c-ares: which server a query goes to next and how long it waits, what an answer means, and the
 * words for it. 1.18 asks the servers in turn; 1.34 takes the server that failed least. gRPC and Node.js have
 * channels of their own.
 */
#include "cares.h"

void cares_init(struct cares *c, struct lookup_run *run, bool old)
{
    *c = (struct cares){.old = old, .rotate = rules_option(run, "rotate")};
    c->next_server = run->chance->rotation;
    for (size_t i = 0; i < RESOLV_DIALECT_SERVERS_MAX; i++)
        c->udp[i] = c->tcp[i] = SOCKET_NONE;
}

static uint64_t socket_of(struct cares *c, struct lookup_run *run, size_t server, int transport)
{
    uint64_t *socket = transport == TRANSPORT_TCP ? &c->tcp[server] : &c->udp[server];

    if (*socket == SOCKET_NONE)
        *socket = run->next_socket++;
    return *socket;
}

/* 1.34: the server with the fewest failures, the first of the file among equals; any of them with rotate. */
static size_t choose_server(struct cares *c, const struct lookup_run *run)
{
    size_t count = run->view->nameservers_count, best = c->rotate ? c->next_server++ % count : 0;

    for (size_t i = 0; i < count; i++)
        if (c->failures[i] < c->failures[best])
            best = i;
    return best;
}

static uint64_t wait_us(const struct cares *c, const struct lookup_run *run, size_t tries)
{
    uint64_t wait = rules_timeout_us(run), least = wait;
    size_t round = tries / run->view->nameservers_count;

    wait <<= round < 16 ? round : 16;
    /* 1.34 takes up to half of it off by chance in later rounds; this is what two such waits come to. */
    if (!c->old && round)
        wait = wait * 4 / 5;
    return (wait < least ? least : wait) + (tries ? 0 : c->first);
}

/* 1.18: the servers in turn, without those that gave an error, unless there is but one. */
static bool try_next_old(struct lookup_run *run, struct lane *lane, struct cares *c)
{
    size_t count = run->view->nameservers_count;

    if (!lane->tries) {
        lane->step = c->rotate ? c->next_server++ : 0;
    } else {
        lane->pending++;
        if (lane->status != PROBE_TIMEOUT && count > 1)
            lane->skipped |= UINT64_C(1) << lane->server;
    }
    for (; lane->pending < run->view->attempts * count; lane->pending++) {
        size_t server = (lane->step + lane->pending) % count;

        if (lane->skipped >> server & 1)
            continue;
        lane_send(run, lane, server, c->transport, socket_of(c, run, server, c->transport),
                  wait_us(c, run, lane->pending));
        return true;
    }
    return false;
}

bool cares_try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    struct cares *c = user;
    size_t count = run->view->nameservers_count, server;

    if (c->old)
        return try_next_old(run, lane, c);
    if (lane->tries) {
        bool silent = lane->status == PROBE_TIMEOUT;

        /* A silent socket is not used again; those who waited on it with this one are not counted. */
        if (!silent || c->udp[lane->server] == lane->socket)
            c->failures[lane->server]++;
        if (silent && c->udp[lane->server] == lane->socket)
            c->udp[lane->server] = SOCKET_NONE;
    }
    if (lane->tries >= run->view->attempts * count || (c->no_retry && lane->type == DNS_TYPE_AAAA))
        return false;
    server = choose_server(c, run);
    lane_send(run, lane, server, c->transport, socket_of(c, run, server, c->transport),
              wait_us(c, run, lane->tries));
    return true;
}

enum lane_verdict cares_judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                              void *user)
{
    struct cares *c = user;
    const struct lookup_query *query = &run->result->queries[reply->query];

    if (reply->status == PROBE_TRUNCATED && query->transport == TRANSPORT_UDP) {
        lane_over_tcp(run, lane, reply, socket_of(c, run, query->server, TRANSPORT_TCP),
                      wait_us(c, run, lane->tries - 1));
        return LANE_WAIT;
    }
    if (reply->status == PROBE_ANSWER || rules_is_absent(reply->status)) {
        c->failures[query->server] = 0;
        lane->found = reply->status == PROBE_ANSWER;
        lookup_add_addresses(run, reply);
        if (lane->found && lane->type == DNS_TYPE_A && !c->old)
            c->no_retry = true;
        return LANE_DONE;
    }
    if (reply->status == PROBE_FORMERR) {
        /* Perhaps it does not know EDNS. */
        if (c->old || c->plain || !query->udp_size)
            return LANE_DONE;
        run->udp_size = 0;
        lane_send(run, lane, query->server, query->transport, query->socket,
                  wait_us(c, run, lane->tries - 1));
        return LANE_WAIT;
    }
    return c->plain && reply->status != PROBE_UNREACHABLE ? LANE_DONE : LANE_AGAIN;
}

const char *cares_words(int status, bool old)
{
    switch (status) {
    case PROBE_TIMEOUT:
        return "Timeout while contacting DNS servers";
    case PROBE_NXDOMAIN:
        return "Domain name not found";
    case PROBE_NODATA:
    case PROBE_TRUNCATED:
        return "DNS server returned answer with no data";
    case PROBE_FORMERR:
        return "DNS server claims query was misformatted";
    case PROBE_SERVFAIL:
        return old ? "Could not contact DNS servers" : "DNS server returned general failure";
    case PROBE_REFUSED:
        return old ? "Could not contact DNS servers" : "DNS server refused query";
    case PROBE_NOTIMP:
        return old ? "Could not contact DNS servers" : "DNS server does not implement requested operation";
    default:
        return "Could not contact DNS servers";
    }
}
