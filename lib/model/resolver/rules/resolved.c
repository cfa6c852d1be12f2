/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd-resolved 257 with the nameservers and domains of resolv.conf: a name with a dot is asked as it is
 * and never searched for, a short one only searched for; A and AAAA at once, over a socket each. SERVFAIL is
 * asked three times a server. After four silences it tries TCP; a caller waits 45 s.
 */
#include "resolved.h"

#define AGAIN_US     UINT64_C(5200000)
#define PATIENCE_US  UINT64_C(45000000)
#define LAST_WAIT_US UINT64_C(1000000)
#define SERVFAIL_MAX 3
#define SILENCES     4 /* before TCP */
#define SILENCES_TCP 2 /* before UDP again */

const struct resolv_dialect resolved_dialect = {
    .comments = COMMENT_ENDS_LIST,
    .default_timeout_ms = 5000,
    .default_attempts = 1,
    .default_servers = {"127.0.0.1"},
};

/* How often a server that gives this is asked. An error in form may be because of EDNS. */
static size_t tries_of(int status)
{
    return status == PROBE_REFUSED || status == PROBE_UNREACHABLE ? 1
           : status == PROBE_SERVFAIL                             ? SERVFAIL_MAX
                                                                  : SERVFAIL_MAX - 1;
}

/* lane->step counts the silences of this name and type, lane->skipped the errors of the server asked now. */
bool resolved_try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    struct resolved *r = user;
    size_t servers = run->view->nameservers_count;
    bool silent = lane->tries && lane->status == PROBE_TIMEOUT, moved = false;
    size_t round = lane->step / servers % (SILENCES + SILENCES_TCP);
    int transport;
    uint64_t wait;

    if (lookup_now(run) >= r->end_us)
        return false;
    if (silent) {
        lane->step++;
        moved = servers > 1;
    } else if (lane->tries && ++lane->skipped >= tries_of(lane->status)) {
        if (++lane->pending >= servers)
            return false;
        lane->skipped = 0;
        moved = true;
    }
    if (moved && r->server == lane->server)
        r->server = (r->server + 1) % servers;
    round = lane->step / servers % (SILENCES + SILENCES_TCP);
    transport = round >= SILENCES ? TRANSPORT_TCP : TRANSPORT_UDP;
    wait = transport == TRANSPORT_TCP ? RESOLVED_TCP_US : r->again_us;
    /* The other type is there already: this is the last try, and it is not waited for. */
    for (size_t i = 0; silent && i < r->lanes_count; i++)
        if (&r->lanes[i] != lane && !r->lanes[i].open && r->lanes[i].found) {
            wait = LAST_WAIT_US;
            r->end_us = lookup_now(run) + LAST_WAIT_US;
        }
    if (lookup_now(run) + wait > r->end_us)
        wait = r->end_us - lookup_now(run);
    if (!lane->tries || moved || transport != lane->transport || transport == TRANSPORT_TCP)
        lane->socket = run->next_socket++;
    /* The last try of a server that gives errors goes out without EDNS, which it may not know. */
    run->udp_size = lane->skipped && lane->skipped + 1 == tries_of(lane->status) ? 0 : RESOLVED_UDP_SIZE;
    lane_send(run, lane, r->server, transport, lane->socket, wait);
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    (void)user;
    if (lane_over_tcp(run, lane, reply, run->next_socket, RESOLVED_TCP_US)) {
        run->next_socket++;
        return LANE_WAIT;
    }
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    return lane->found || rules_is_absent(reply->status) ? LANE_DONE : LANE_AGAIN;
}

/* Return the status that the name came to. */
static int ask(struct lookup_run *run, struct resolved *r, const struct lookup_candidate *candidate)
{
    const struct lane_rules rules = {r, resolved_try_next, judge};
    struct lane lanes[FAMILIES_MAX] = {0};
    int status = PROBE_NXDOMAIN;

    r->lanes = lanes;
    r->lanes_count = candidate->types_count;
    for (size_t i = 0; i < r->lanes_count; i++)
        lanes[i] = (struct lane){.name = candidate->name, .type = candidate->types[i]};
    lanes_run(run, &rules, lanes, r->lanes_count);
    for (size_t i = 0; i < r->lanes_count; i++) {
        if (lanes[i].found)
            return PROBE_ANSWER;
        if (lanes[i].status != PROBE_NXDOMAIN)
            status = lanes[i].status;
    }
    return status;
}

static void look_up(struct lookup_run *run)
{
    struct resolved r = {.end_us = PATIENCE_US, .again_us = AGAIN_US};
    bool dotted = rules_dots(run) > 0;
    int status = PROBE_NXDOMAIN;

    if (rules_is_literal(run) || rules_is_localhost(run))
        return;
    if (!rules_make_list(run, dotted ? LIST_AS_IS_FIRST : LIST_SEARCH)) {
        run->candidates_count = 0;
        run->result->note = "this is no valid name";
    } else if (!run->candidates_count) {
        run->result->note = "a name without a dot is only searched for, and there is no search list";
    }
    for (size_t i = 0; i < run->candidates_count; i++) {
        status = ask(run, &r, &run->candidates[i]);
        if (status == PROBE_ANSWER || status == PROBE_NODATA || status == PROBE_TIMEOUT)
            break;
    }
    run->result->ok = status == PROBE_ANSWER;
    if (run->result->ok)
        return;
    run->result->error =
        status == PROBE_TIMEOUT  ? "Timer expired"
        : status == PROBE_NODATA ? "io.systemd.Resolve.NoSuchResourceRecord"
        : run->candidates_count && status != PROBE_NXDOMAIN
            ? arena_printf(run->arena, "io.systemd.Resolve.DNSError: %s", rules_rcode_word(status))
            : "io.systemd.Resolve.DNSError: NXDOMAIN";
}

const struct resolver_rules rules_resolved = {
    .about = "systemd-resolved 257, through nss-resolve or resolvectl",
    .dialect = &resolved_dialect,
    .look_up = look_up,
    .udp_size = RESOLVED_UDP_SIZE,
    .connects = true,
    .hears_routes = true,
    .reads_hosts = true,
    .left_open = "which of A and AAAA goes first, and some of the waits",
};
