/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tools of BIND have in common: a query with its servers and tries, the search that stops at
 * anything but NXDOMAIN, and addresses by their PTR record. The first server has all attempts, each later one
 * a single try; SERVFAIL goes on to the next server, but not with dig.
 */
#include "bind.h"

/* lane->step counts the tries of the first server, lane->pending the servers passed. */
static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    struct bind *b = user;

    if (lane->tries) {
        bool silent = lane->status == PROBE_TIMEOUT;

        lookup_close(run, lane->socket);
        if (silent && lane->step < run->view->attempts)
            ;
        else if (lane->pending + 1 < run->view->nameservers_count)
            lane->pending++;
        else
            return false;
    }
    lane->step++;
    lane_send(run, lane, lane->pending, b->transport, run->next_socket++, rules_timeout_us(run));
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    struct bind *b = user;

    if (lane_over_tcp(run, lane, reply, run->next_socket, rules_timeout_us(run))) {
        run->next_socket++;
        b->transport = TRANSPORT_TCP;
        return LANE_WAIT;
    }
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    if (reply->status == PROBE_UNREACHABLE ||
        (reply->status == PROBE_SERVFAIL && !b->dig && lane->pending + 1 < run->view->nameservers_count))
        return LANE_AGAIN;
    return LANE_DONE;
}

struct lane bind_ask(struct lookup_run *run, struct bind *b, const char *name, uint16_t type)
{
    const struct lane_rules rules = {b, try_next, judge};
    struct lane lane = {.name = name, .type = type};

    lanes_run(run, &rules, &lane, 1);
    return lane;
}

/* The name that ends the search. `*ret_whole` is false for a name that is none. */
struct lane bind_search(struct lookup_run *run, struct bind *b, int list)
{
    struct lane lane = {.status = PROBE_NXDOMAIN};

    if (run->families == FAMILY_ANY)
        run->families = FAMILY_A;
    if (!rules_make_list(run, list)) {
        run->result->error = arena_printf(run->arena, "'%s' is not in legal name syntax", run->name);
        run->result->note = "this is no valid name: nothing is asked";
        return lane;
    }
    for (size_t i = 0; i < run->candidates_count && lane.status == PROBE_NXDOMAIN; i++)
        lane = bind_ask(run, b, run->candidates[i].name, run->candidates[i].types[0]);
    return lane;
}

int bind_list_of(const struct lookup_run *run)
{
    int list = rules_usual_list(run);

    return list & LIST_AS_IS_FIRST ? LIST_AS_IS_FIRST : list;
}

void bind_fail(struct lookup_run *run, const struct lane *lane)
{
    if (run->result->error)
        return;
    run->result->error = lane->status == PROBE_TIMEOUT ? "no servers could be reached"
                         : lane->status == PROBE_UNREACHABLE
                             ? "communications error: connection refused"
                             : arena_printf(run->arena, "%s: %s", run->name, rules_rcode_word(lane->status));
}

/* An address is looked up by its PTR record. */
bool bind_look_up_address(struct lookup_run *run, struct bind *b)
{
    const char *turned = rules_reverse_name(run->arena, run->name);
    struct lane lane;

    if (!turned)
        return false;
    lane = bind_ask(run, b, turned, DNS_TYPE_PTR);
    run->result->ok = lane.found;
    if (!lane.found)
        bind_fail(run, &lane);
    return true;
}

bool bind_is_good(const struct lane *lane)
{
    return lane->name && (lane->found || lane->status == PROBE_NODATA || lane->status == PROBE_TRUNCATED);
}
