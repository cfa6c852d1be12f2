/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * search() of Perl's Net::DNS 1.57, for A: a name without a dot is only searched for; one with a dot is asked
 * as it is first, and searched for below ndots. The wait of a round is shared among the servers and doubles.
 */
#include "rules.h"
#include <string.h>

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .needs_line_start = true,
    .searches_add_up = true,
    .res_options = true,
    .localdomain = 2,
    .ndots = true,
    .numbers = NUMBER_OR_ONE,
    .timeout = true,
    .attempts = true,
    .default_timeout_ms = 5000,
    .default_attempts = 4,
    .default_servers = {"::1", "127.0.0.1"},
};

/* The state of one name: its sockets, and the servers that gave an error. */
struct perl {
    uint64_t sockets[RESOLV_DIALECT_SERVERS_MAX];
    bool failed[RESOLV_DIALECT_SERVERS_MAX];
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    size_t servers = run->view->nameservers_count;
    struct perl *p = user;

    if (lane->tries && lane->status != PROBE_TIMEOUT)
        p->failed[lane->server] = true;
    for (; lane->step < servers * run->view->attempts; lane->step++) {
        size_t server = lane->step % servers;

        if (p->failed[server])
            continue;
        if (p->sockets[server] == SOCKET_NONE)
            p->sockets[server] = run->next_socket++;
        lane_send(run, lane, server, TRANSPORT_UDP, p->sockets[server],
                  (rules_timeout_us(run) << (lane->step / servers)) / servers);
        lane->step++;
        return true;
    }
    return false;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    (void)user;
    if (reply->status == PROBE_UNREACHABLE)
        return LANE_WAIT;
    if (lane_over_tcp(run, lane, reply, run->next_socket, rules_timeout_us(run))) {
        run->next_socket++;
        return LANE_WAIT;
    }
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    return lane->found || rules_is_absent(reply->status) ? LANE_DONE : LANE_AGAIN;
}

/* "1.2.3" is taken for an address and turned round. */
static const char *reverse(struct arena *arena, const char *name)
{
    const char *whole = rules_reverse_name(arena, name);
    char *copy = arena_text(arena, name), *at = copy, *parts[4] = {0};
    size_t count = 0;

    if (whole || !strchr(name, '.') || name[strspn(name, "0123456789.")])
        return whole;
    for (char *part = strtok_r(copy, ".", &at); part && count < 4; part = strtok_r(NULL, ".", &at))
        parts[count++] = part;
    whole = "in-addr.arpa";
    for (size_t i = 0; i < count; i++)
        whole = arena_printf(arena, "%s.%s", parts[i], whole);
    return whole;
}

/* query() takes the first name of the list alone. */
static void look_up_by(struct lookup_run *run, bool first_only)
{
    size_t dots = rules_dots(run);
    bool below = dots < run->view->ndots && !rules_rooted(run);
    const char *turned = reverse(run->arena, run->name);
    int status = PROBE_NXDOMAIN;
    bool whole;

    if (run->families == FAMILY_ANY)
        run->families = FAMILY_A;
    run->name = turned ? turned : run->name;
    whole =
        rules_make_list(run, (dots || !below ? LIST_AS_IS_FIRST : 0) | (below && !turned ? LIST_SEARCH : 0));
    if (whole && !run->candidates_count)
        whole = rules_make_list(run, LIST_AS_IS_FIRST); /* there is no search list */
    if (!whole) {
        run->result->error = arena_printf(run->arena, "empty label in \"%s\"", run->name);
        run->result->note = "this is no valid name";
        return;
    }
    for (size_t i = 0; i < (first_only ? 1 : run->candidates_count) && !run->result->ok; i++) {
        struct lane lane = {.name = run->candidates[i].name, .type = run->candidates[i].types[0]};
        struct perl p = {0};
        const struct lane_rules rules = {&p, try_next, judge};

        for (size_t s = 0; s < RESOLV_DIALECT_SERVERS_MAX; s++)
            p.sockets[s] = SOCKET_NONE;
        lanes_run(run, &rules, &lane, 1);
        run->result->ok = lane.found;
        status = lane.status;
    }
    if (!run->result->ok)
        run->result->error = status == PROBE_TIMEOUT ? "query timed out" : rules_rcode_word(status);
}

static void look_up(struct lookup_run *run)
{
    look_up_by(run, false);
}

static void look_up_first(struct lookup_run *run)
{
    look_up_by(run, true);
}

const struct resolver_rules rules_perl_query = {
    .about = "Net::DNS 1.57 (Perl), query() for A",
    .dialect = &dialect,
    .look_up = look_up_first,
};

const struct resolver_rules rules_perl = {
    .about = "Net::DNS 1.57 (Perl), search() for A",
    .dialect = &dialect,
    .look_up = look_up,
};
