/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DnsNameResolver of Netty 4.1: A and AAAA at once over one socket; NXDOMAIN goes on to the next server
 * unless the server has authority; a name without an address is asked for its CNAME. A timeout ends the
 * lookup. A truncated answer is taken as it is, since there is no TCP by default. resolve() waits for A
 * alone.
 */
#include "rules.h"

#define WAIT_US UINT64_C(5000000)

static const struct resolv_dialect dialect = {
    .comments = COMMENT_IS_WORD,
    .needs_line_start = true,
    .searches_add_up = true,
    .drops_root = true,
    .ndots = true,
    .numbers = NUMBER_OR_NOTHING,
    .default_timeout_ms = 5000,
    .default_attempts = 1,
};

struct netty {
    bool all; /* resolveAll(), which waits for AAAA too */
    bool tcp; /* it was given a type of channel for TCP */
    uint64_t socket;
    struct lane *lanes; /* of the name that is asked for now */
    size_t lanes_count;
    bool timed_out, found_a;
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    struct netty *n = user;

    if (lane->tries && lane->status == PROBE_TIMEOUT)
        n->timed_out = true;
    if (lane->step >= run->view->nameservers_count)
        return false;
    lane_send(run, lane, lane->step++, TRANSPORT_UDP, n->socket, WAIT_US);
    return true;
}

static bool is_last(const struct netty *n, const struct lane *lane)
{
    for (size_t i = 0; i < n->lanes_count; i++)
        if (&n->lanes[i] != lane && (n->lanes[i].open || n->lanes[i].found))
            return false;
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    struct netty *n = user;

    if (n->tcp && lane_over_tcp(run, lane, reply, run->next_socket, WAIT_US)) {
        run->next_socket++;
        return LANE_WAIT;
    }
    switch (reply->status) {
    case PROBE_UNREACHABLE:
        return LANE_WAIT; /* its socket is not connected */
    case PROBE_ANSWER:
        lookup_add_addresses(run, reply);
        lane->found = true;
        n->timed_out = false;
        /* A is preferred: nothing more is waited for. */
        for (size_t i = 0; !n->all && lane->type == DNS_TYPE_A && i < n->lanes_count; i++)
            n->lanes[i].open = false;
        return LANE_DONE;
    case PROBE_NODATA:
    case PROBE_TRUNCATED:
        /* The next server is asked by the query that ends last. */
        return is_last(n, lane) ? LANE_AGAIN : LANE_DONE;
    case PROBE_NXDOMAIN:
        return !reply->authoritative || is_last(n, lane) ? LANE_AGAIN : LANE_DONE;
    default:
        return LANE_AGAIN;
    }
}

/* Ask for one name, and then for its CNAME. Return whether it has an address. */
static bool ask(struct lookup_run *run, struct netty *n, const struct lookup_candidate *candidate)
{
    const struct lane_rules rules = {n, try_next, judge};
    struct lane lanes[FAMILIES_MAX] = {0}, cname = {.name = candidate->name, .type = DNS_TYPE_CNAME};

    n->lanes = lanes;
    n->lanes_count = candidate->types_count;
    n->timed_out = false;
    for (size_t i = 0; i < n->lanes_count; i++)
        lanes[i] = (struct lane){.name = candidate->name, .type = candidate->types[i]};
    lanes_run(run, &rules, lanes, n->lanes_count);
    for (size_t i = 0; i < n->lanes_count; i++)
        if (lanes[i].found)
            return true;
    if (n->timed_out)
        return false;
    n->lanes = &cname;
    n->lanes_count = 1;
    lanes_run(run, &rules, &cname, 1);
    /* An alias that leads nowhere is no address. */
    return false;
}

static void look_up_by(struct lookup_run *run, bool all, bool tcp)
{
    struct netty n = {.all = all, .tcp = tcp, .socket = run->next_socket++};
    int list = run->view->ndots || rules_rooted(run) ? rules_usual_list(run) : LIST_AS_IS_FIRST;

    if (rules_is_literal(run))
        return;
    if (!run->view->nameservers_count) {
        run->result->note =
            "Netty then asks a public resolver on the Internet, which a closed cluster does not let through";
        run->result->error = arena_printf(run->arena, "failed to resolve '%s'", run->name);
        lookup_pause(run, 2 * WAIT_US);
        return;
    }
    if (!rules_make_list(run, list)) {
        run->result->error = "Empty label is not a legal name";
        run->result->note = "this is no valid name";
        return;
    }
    for (size_t i = 0; i < run->candidates_count && !run->result->ok && !n.timed_out; i++)
        run->result->ok = ask(run, &n, &run->candidates[i]);
    if (run->result->ok)
        return;
    run->result->error =
        n.timed_out
            ? arena_printf(run->arena,
                           "Search domain query failed. Original hostname: '%s' (query via UDP timed out "
                           "after 5000 milliseconds)",
                           run->name)
            : arena_printf(run->arena, "failed to resolve '%s'", run->name);
}

static void look_up(struct lookup_run *run)
{
    look_up_by(run, false, false);
}

static void look_up_all(struct lookup_run *run)
{
    look_up_by(run, true, false);
}

static void look_up_with_tcp(struct lookup_run *run)
{
    look_up_by(run, false, true);
}

const struct resolver_rules rules_netty_tcp = {
    .about = "DnsNameResolver of Netty 4.1 with a type of channel for TCP",
    .dialect = &dialect,
    .look_up = look_up_with_tcp,
    .udp_size = 4096,
    .reads_hosts = true,
};

const struct resolver_rules rules_netty_all = {
    .about = "DnsNameResolver of Netty 4.1, resolveAll()",
    .dialect = &dialect,
    .look_up = look_up_all,
    .udp_size = 4096,
    .reads_hosts = true,
};

const struct resolver_rules rules_netty = {
    .about = "DnsNameResolver of Netty 4.1, resolve()",
    .dialect = &dialect,
    .look_up = look_up,
    .udp_size = 4096,
    .reads_hosts = true,
};
