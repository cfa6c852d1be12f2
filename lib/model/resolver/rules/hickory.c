/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lookup_ip() of hickory-resolver 0.24 with the system's configuration: A, and AAAA only when A gave nothing;
 * two servers at once; a new socket for each query; attempts and one more. No failure ends the search list.
 */
#include "rules.h"
#include <ctype.h>
#include <string.h>

/* Servers asked at once. */
#define AT_ONCE 2

static const char *const known[] = {"debug",
                                    "rotate",
                                    "edns0",
                                    "inet6",
                                    "ip6-bytestring",
                                    "ip6-dotint",
                                    "no-ip6-dotint",
                                    "no-check-names",
                                    "single-request",
                                    "no-tld-query",
                                    "single-request-reopen",
                                    "use-vc",
                                    "no-reload",
                                    "trust-ad",
                                    NULL};

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .drops_root = true,
    .ndots = true,
    .timeout = true,
    .attempts = true,
    .known = known,
    .refuses_address = true,
    .refuses_keyword = true,
    .numbers = NUMBER_PARSED,
    .default_timeout_ms = 5000,
    .default_attempts = 2,
};

/* lane->step counts the servers through, over all tries. */
static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    size_t servers = run->view->nameservers_count, in_round = lane->step % servers;

    (void)user;
    if (lane->step >= servers * (run->view->attempts + 1) ||
        (lane->tries && lane->status != PROBE_TIMEOUT && !in_round))
        return false;
    lane->pending = 0;
    for (size_t i = 0; i < AT_ONCE && in_round + i < servers; i++) {
        lane_send(run, lane, in_round + i, TRANSPORT_UDP, run->next_socket++, rules_timeout_us(run));
        lane->pending++;
        lane->step++;
    }
    return true;
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
    if (reply->status == PROBE_ANSWER || rules_is_absent(reply->status)) {
        lane->found = reply->status == PROBE_ANSWER;
        lookup_add_addresses(run, reply);
        return LANE_DONE;
    }
    return lane->pending > 1 ? (lane->pending--, LANE_WAIT) : LANE_AGAIN;
}

/* Labels of letters, digits and '-', and anything behind a leading '_'. */
static bool is_legal(const char *name)
{
    bool starts = true, free = false;

    for (; *name; name++) {
        free = starts ? *name == '_' : free;
        starts = *name == '.';
        if (!starts && !free && !isalnum((unsigned char)*name) && *name != '-')
            return false;
    }
    return true;
}

static void look_up(struct lookup_run *run)
{
    const struct lane_rules rules = {NULL, try_next, judge};
    struct lookup_result *result = run->result;
    int status = PROBE_NXDOMAIN;

    if (rules_is_literal(run) || rules_is_localhost(run))
        return;
    if (!run->view->nameservers_count) {
        result->error = "No connections available";
        result->note = "without a nameserver line no query is sent";
        return;
    }
    if (!is_legal(run->name) || !rules_make_list(run, rules_usual_list(run))) {
        result->error = is_legal(run->name) ? "Malformed label" : "Label contains invalid characters";
        result->note = "this is no valid name to it: nothing is asked";
        return;
    }
    for (size_t i = 0; i < run->candidates_count && !result->ok; i++)
        for (size_t k = 0; k < run->candidates[i].types_count && !result->ok; k++) {
            struct lane lane = {.name = run->candidates[i].name, .type = run->candidates[i].types[k]};

            lanes_run(run, &rules, &lane, 1);
            result->ok = lane.found;
            status = lane.status;
        }
    if (!result->ok)
        result->error =
            status == PROBE_TIMEOUT
                ? "request timed out"
                : arena_printf(run->arena,
                               "no record found for Query { name: Name(\"%s.\"), query_type: AAAA }",
                               run->candidates[run->candidates_count - 1].name);
}

const struct resolver_rules rules_hickory = {
    .about = "lookup_ip() of hickory-resolver 0.24 (Rust)",
    .dialect = &dialect,
    .look_up = look_up,
    .reads_hosts = true,
    .left_open = "which of two servers asked at once is heard first",
};
