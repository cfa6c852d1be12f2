/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolv.getaddresses() of Ruby 3.3: A through the whole list, then AAAA, over a socket each. Only NXDOMAIN
 * goes on; any other answer without an address ends its type. 5, 10, 20 and 40 s, whatever resolv.conf says.
 */
#include "rules.h"
#include <string.h>

#define ROUNDS   4
#define FIRST_S  5
#define FIRST_US (FIRST_S * UINT64_C(1000000))

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .needs_line_start = true,
    .searches_hostname = true,
    .ndots = true,
    .numbers = NUMBER_OR_NOTHING,
    .default_timeout_ms = 5000,
    .default_attempts = ROUNDS,
    .default_servers = {"127.0.0.1"},
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    size_t servers = run->view->nameservers_count, round = lane->step / servers;
    uint64_t *socket = user;

    if (round >= ROUNDS)
        return false;
    /* The first round takes 5 s a server, later ones are shared among them. */
    lane_send(run, lane, lane->step++ % servers, TRANSPORT_UDP, *socket,
              round ? ((uint64_t)(FIRST_S * 2 / servers) << (round - 1)) * UINT64_C(1000000) : FIRST_US);
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    uint64_t *socket = user;

    if (reply->status == PROBE_UNREACHABLE)
        return LANE_WAIT;
    if (lane_over_tcp(run, lane, reply, run->next_socket, FIRST_US)) {
        *socket = ++run->next_socket - 1;
        return LANE_WAIT;
    }
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    return LANE_DONE;
}

/* Labels are what stands between dots: empty ones vanish. */
static const char *without_empty_labels(struct arena *arena, const char *name)
{
    char *copy = arena_text(arena, name), *out = copy;

    for (const char *p = name; *p; p++)
        if (*p != '.' || (out > copy && out[-1] != '.'))
            *out++ = *p;
    *out = 0;
    return copy;
}

/* The name as it is comes last unless it stands in the list already, as with no search domain or ".". */
static bool make_list(struct lookup_run *run)
{
    bool rooted = rules_rooted(run), first = rooted || rules_dots(run) >= run->view->ndots, again = first;

    for (size_t i = 0; i < run->view->search_count; i++)
        again = again || !*run->view->search[i];
    if (rooted)
        return rules_make_list(run, LIST_AS_IS_FIRST);
    if (!rules_make_list(run, (first ? LIST_AS_IS_FIRST : 0) | LIST_SEARCH |
                                  (again && run->view->search_count ? 0 : LIST_AS_IS_LAST)))
        return false;
    return true;
}

/* `all`: AAAA is asked for though A brought addresses. */
static void look_up_by(struct lookup_run *run, bool all)
{
    uint64_t socket = 0;
    const struct lane_rules rules = {&socket, try_next, judge};
    const char *given = run->name;

    if (rules_is_literal(run))
        return;
    run->name = without_empty_labels(run->arena, run->name);
    if (run->chance->no_ipv6)
        run->families &= FAMILY_A;
    if (!make_list(run)) {
        run->result->note = "this is no valid name";
        run->candidates_count = 0;
    }
    for (size_t k = 0;
         run->candidates_count && k < run->candidates[0].types_count && (all || !run->result->ok); k++) {
        int status = PROBE_NXDOMAIN;

        socket = run->next_socket++;
        for (size_t i = 0; i < run->candidates_count && status == PROBE_NXDOMAIN; i++) {
            struct lane lane = {.name = run->candidates[i].name, .type = run->candidates[i].types[k]};

            lanes_run(run, &rules, &lane, 1);
            run->result->ok = run->result->ok || lane.found;
            status = lane.status;
        }
    }
    if (!run->result->ok)
        run->result->error = arena_printf(run->arena, "no address for %s", given);
}

static void look_up(struct lookup_run *run)
{
    look_up_by(run, true);
}

static void look_up_one(struct lookup_run *run)
{
    look_up_by(run, false);
}

const struct resolver_rules rules_ruby_one = {
    .about = "Resolv of Ruby 3.3, getaddress()",
    .dialect = &dialect,
    .look_up = look_up_one,
    .reads_hosts = true,
};

const struct resolver_rules rules_ruby = {
    .about = "Resolv of Ruby 3.3, getaddresses()",
    .dialect = &dialect,
    .look_up = look_up,
    .reads_hosts = true,
};
