/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The resolver directive of nginx 1.26, with the nameservers of resolv.conf: A and AAAA at once for the name
 * as it is. Each is sent again every 5 s, to the servers in turn, for 30 s. An error of either ends both;
 * FORMERR counts as silence.
 */
#include "rules.h"
#include <string.h>

#define AGAIN_US    UINT64_C(5000000)
#define PATIENCE_US UINT64_C(30000000)

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .ignores_search = true,
    .default_timeout_ms = 5000,
    .default_attempts = 6,
};

struct nginx {
    uint64_t sockets[RESOLV_DIALECT_SERVERS_MAX];
    struct lane *lanes;
    size_t lanes_count;
    int failed; /* the status that ended it; 0: none */
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    size_t server = lane->step++ % run->view->nameservers_count;
    struct nginx *n = user;

    if (lookup_now(run) >= PATIENCE_US)
        return false;
    if (n->sockets[server] == SOCKET_NONE)
        n->sockets[server] = run->next_socket++;
    lane_send(run, lane, server, TRANSPORT_UDP, n->sockets[server], AGAIN_US);
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    struct nginx *n = user;

    if (reply->status == PROBE_FORMERR || reply->status == PROBE_UNREACHABLE)
        return LANE_WAIT;
    if (lane_over_tcp(run, lane, reply, run->next_socket, AGAIN_US)) {
        run->next_socket++;
        return LANE_WAIT;
    }
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    if (!lane->found && !rules_is_absent(reply->status)) {
        n->failed = reply->status;
        for (size_t i = 0; i < n->lanes_count; i++)
            n->lanes[i].open = false;
    }
    return LANE_DONE;
}

static const char *words_of(int status)
{
    switch (status) {
    case PROBE_SERVFAIL:
        return "2: Server failure";
    case PROBE_NOTIMP:
        return "4: Unimplemented";
    case PROBE_REFUSED:
        return "5: Operation refused";
    case PROBE_TIMEOUT:
        return "110: Operation timed out";
    default:
        return "3: Host not found";
    }
}

static void look_up(struct lookup_run *run)
{
    struct lane lanes[FAMILIES_MAX] = {0};
    struct nginx n = {.lanes = lanes};
    const struct lane_rules rules = {&n, try_next, judge};
    bool silent = false, found = false;
    int status = PROBE_NXDOMAIN;

    if (rules_is_literal(run))
        return;
    if (!run->view->nameservers_count || !rules_make_list(run, LIST_AS_IS_FIRST)) {
        run->result->error =
            arena_printf(run->arena, "%.*s could not be resolved (%s)",
                         (int)(strlen(run->name) - rules_rooted(run)), run->name, words_of(PROBE_NXDOMAIN));
        run->result->note = run->view->nameservers_count ? "this is no valid name" : "no nameserver is named";
        return;
    }
    for (size_t i = 0; i < RESOLV_DIALECT_SERVERS_MAX; i++)
        n.sockets[i] = SOCKET_NONE;
    n.lanes_count = run->candidates[0].types_count;
    for (size_t i = 0; i < n.lanes_count; i++)
        lanes[i] = (struct lane){.name = run->candidates[0].name, .type = run->candidates[0].types[i]};
    lanes_run(run, &rules, lanes, n.lanes_count);
    for (size_t i = 0; i < n.lanes_count; i++) {
        found = found || lanes[i].found;
        silent = silent || lanes[i].status == PROBE_TIMEOUT;
    }
    if (n.failed)
        status = n.failed;
    else if (silent)
        status = PROBE_TIMEOUT;
    else if (found)
        status = PROBE_ANSWER;
    run->result->ok = status == PROBE_ANSWER;
    if (run->result->ok)
        return;
    run->result->addresses_count = 0;
    run->result->error =
        arena_printf(run->arena, "%.*s could not be resolved (%s)",
                     (int)(strlen(run->name) - rules_rooted(run)), run->name, words_of(status));
}

const struct resolver_rules rules_nginx = {
    .about = "the resolver directive of nginx 1.26",
    .dialect = &dialect,
    .look_up = look_up,
    .connects = true,
};
