/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A resolvers section of HAProxy 3.0 with parse-resolv-conf: every nameserver at once, AAAA first, and A when
 * AAAA brought an error or nothing; not when it is silent: then AAAA is asked again. No TCP. It goes on for
 * ever, once a second; the lookup is watched for 5 s.
 */
#include "rules.h"

#define SECOND_US UINT64_C(1000000)
#define WATCH_US  (5 * SECOND_US)
#define TRIES     3

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .ignores_search = true,
    .default_timeout_ms = 1000,
    .default_attempts = TRIES,
};

struct haproxy {
    uint64_t sockets[RESOLV_DIALECT_SERVERS_MAX];
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    struct haproxy *h = user;
    uint64_t wait = SECOND_US;

    /* A server that is silent beside others that say no only holds up what comes next. */
    if (lane->step && lane->pending < run->view->nameservers_count) {
        lane->status = PROBE_NODATA;
        return false;
    }
    if (lookup_now(run) >= WATCH_US || lane->step == TRIES)
        return false;
    if (lookup_now(run) + wait > WATCH_US)
        wait = WATCH_US - lookup_now(run);
    lane->step++;
    lane->pending = run->view->nameservers_count;
    for (size_t i = 0; i < run->view->nameservers_count; i++)
        lane_send(run, lane, i, TRANSPORT_UDP, h->sockets[i], wait);
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    (void)user;
    if (reply->status == PROBE_UNREACHABLE)
        return LANE_WAIT;
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    if (lane->found)
        return LANE_DONE;
    /* The answers of all servers are waited for. */
    return lane->pending > 1 ? (lane->pending--, LANE_WAIT) : LANE_DONE;
}

static void look_up(struct lookup_run *run)
{
    struct haproxy h;
    const struct lane_rules rules = {&h, try_next, judge};
    int asked = run->families;

    if (rules_is_literal(run))
        return;
    if (!run->view->nameservers_count || !rules_make_list(run, LIST_AS_IS_FIRST)) {
        run->result->error = "the server stays without an address";
        run->result->note = run->view->nameservers_count ? "this is no valid name" : "no nameserver is named";
        return;
    }
    for (size_t i = 0; i < run->view->nameservers_count; i++)
        h.sockets[i] = run->next_socket++;
    while (lookup_now(run) < WATCH_US && !run->result->ok) {
        uint64_t sent = lookup_now(run), next;
        bool silent = false;

        for (int family = FAMILY_AAAA; family >= FAMILY_A && !run->result->ok && !silent; family >>= 1) {
            struct lane lane = {.name = run->candidates[0].name,
                                .type = family == FAMILY_A ? DNS_TYPE_A : DNS_TYPE_AAAA};

            if (!(asked & family))
                continue;
            sent = lookup_now(run);
            lanes_run(run, &rules, &lane, 1);
            run->result->ok = lane.found;
            silent = lane.status == PROBE_TIMEOUT;
        }
        next = (silent ? lookup_now(run) : sent) + SECOND_US;
        next = next < WATCH_US ? next : WATCH_US;
        if (!run->result->ok && next > lookup_now(run))
            lookup_pause(run, next - lookup_now(run));
    }
    if (!run->result->ok)
        run->result->error = "no address within 5 s; it goes on asking, and logs nothing";
}

const struct resolver_rules rules_haproxy = {
    .about = "a resolvers section of HAProxy 3.0 with parse-resolv-conf",
    .dialect = &dialect,
    .look_up = look_up,
    .udp_size = 512,
    .connects = true,
    .left_open = "when each round begins: it was watched for 5 s, and goes on once a second",
};
