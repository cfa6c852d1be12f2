/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inet_res of Erlang/OTP 27, gethostbyname() for A and then for AAAA: a name without a dot is only searched
 * for, never asked as it is; one with a dot is asked as it is first. ndots, timeout and attempts are not
 * read. A truncated answer counts as an empty one.
 */
#include "rules.h"

/* inet_db's defaults: 2 s, three tries, each try with a third of it times 1, 2, 4. */
#define TRIES          3
#define WAIT_US        UINT64_C(2000000)
#define SERVFAIL_PAUSE UINT64_C(1500000)

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .searches_hostname = true,
    .default_timeout_ms = 2000,
    .default_attempts = TRIES,
    .default_servers = {"127.0.0.1"},
};

/* lane->step counts the servers through; lane->pending is whether the round saw SERVFAIL. */
static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    size_t servers = run->view->nameservers_count, round = lane->step / servers;

    (void)user;
    if (lane->tries)
        lookup_close(run, lane->socket);
    if (lane->step && lane->step % servers == 0) {
        /* Every server was asked: again after silence, and after SERVFAIL with a pause. */
        if (lane->status == PROBE_SERVFAIL && round < TRIES)
            lookup_pause(run, SERVFAIL_PAUSE);
        else if (lane->status != PROBE_TIMEOUT)
            return false;
    }
    if (round >= TRIES)
        return false;
    lane_send(run, lane, lane->step++ % servers, TRANSPORT_UDP, run->next_socket++,
              (WAIT_US << round) / TRIES);
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    (void)user;
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    return lane->found || rules_is_absent(reply->status) || reply->status == PROBE_TRUNCATED ? LANE_DONE
                                                                                             : LANE_AGAIN;
}

static const char *word_of(int status)
{
    switch (status) {
    case PROBE_TIMEOUT:
        return "timeout";
    case PROBE_REFUSED:
        return "refused";
    case PROBE_SERVFAIL:
        return "servfail";
    case PROBE_FORMERR:
        return "formerr";
    case PROBE_NOTIMP:
        return "notimp";
    case PROBE_UNREACHABLE:
        return "econnrefused";
    default:
        return "nxdomain";
    }
}

static void look_up(struct lookup_run *run)
{
    const struct lane_rules rules = {NULL, try_next, judge};
    bool dotted = rules_dots(run) > 0, rooted = rules_rooted(run);
    int status = PROBE_NXDOMAIN;

    if (rules_is_literal(run))
        return;
    if (!rules_make_list(run, (dotted ? LIST_AS_IS_FIRST : 0) | (rooted ? 0 : LIST_SEARCH))) {
        run->candidates_count = 0;
        status = PROBE_FORMERR;
        run->result->note = "this is no valid name";
    } else if (!run->candidates_count) {
        rules_make_list(run, LIST_AS_IS_FIRST); /* there is no search list */
    }
    for (size_t k = 0; run->candidates_count && k < run->candidates[0].types_count; k++)
        for (size_t i = 0; i < run->candidates_count; i++) {
            struct lane lane = {.name = run->candidates[i].name, .type = run->candidates[i].types[k]};

            lanes_run(run, &rules, &lane, 1);
            status = lane.status;
            run->result->ok = run->result->ok || lane.found;
            if (lane.found)
                break;
        }
    if (!run->result->ok)
        run->result->error = word_of(status);
}

const struct resolver_rules rules_erlang = {
    .about = "inet_res of Erlang/OTP 27",
    .dialect = &dialect,
    .look_up = look_up,
    .connects = true,
};
