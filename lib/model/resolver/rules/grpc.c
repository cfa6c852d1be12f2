/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gRPC 1.51 with its c-ares resolver (on c-ares 1.34): AAAA and A each go through the search list on their
 * own, AAAA first. After the first timeout each is sent once more, and then all is cancelled, whatever the
 * next server would say.
 */
#include "cares.h"

/* How often it looks at its timeouts. */
#define TICK_US UINT64_C(1000000)

static const char *const options[] = {"rotate", "use-vc", NULL};

static const struct resolv_dialect dialect = {
    .comments = COMMENT_ENDS_LIST,
    .tabs = TAB_LOSES,
    .first_search_counts = true,
    .searches_hostname = true,
    .res_options = true,
    .localdomain = 1,
    .ndots = true,
    .timeout = true,
    .attempts = true,
    .options = options,
    .default_timeout_ms = 2000,
    .default_attempts = 3,
    .default_servers = {"127.0.0.1"},
};

struct grpc {
    struct cares cares;
    bool nodata, cancelled; /* cancelled: a family was silent twice */
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    struct grpc *g = user;
    bool silent = lane->tries && lane->status == PROBE_TIMEOUT;

    if (silent && lane->tries > 1)
        return false;
    if (!cares_try_next(run, lane, &g->cares))
        return false;
    if (silent) {
        g->cancelled = true;
        lane->deadline_us = lookup_now(run);
    }
    return true;
}

static enum lane_verdict judge(struct lookup_run *run, struct lane *lane, const struct lookup_reply *reply,
                               void *user)
{
    struct grpc *g = user;
    enum lane_verdict verdict = cares_judge(run, lane, reply, &g->cares);

    if (verdict != LANE_DONE || lane->found || !rules_is_absent(reply->status))
        return verdict;
    g->nodata = g->nodata || reply->status == PROBE_NODATA;
    if (lane->pending + 1 >= run->candidates_count)
        return LANE_DONE;
    lane->name = run->candidates[++lane->pending].name;
    lane->tries = 0;
    return LANE_AGAIN;
}

static void look_up(struct lookup_run *run)
{
    struct grpc g = {0};
    const struct lane_rules rules = {&g, try_next, judge};
    struct lane lanes[FAMILIES_MAX] = {0};
    size_t count = 0;
    const char *words = NULL;

    if (rules_is_literal(run) || rules_is_localhost(run))
        return;
    cares_init(&g.cares, run, false);
    g.cares.first = TICK_US;
    g.cares.transport = rules_option(run, "use-vc") ? TRANSPORT_TCP : TRANSPORT_UDP;
    if (!rules_make_list(run, rules_usual_list(run))) {
        run->result->error = "Misformatted domain name";
        return;
    }
    for (size_t i = run->candidates[0].types_count; i > 0; i--)
        lanes[count++] =
            (struct lane){.name = run->candidates[0].name, .type = run->candidates[0].types[i - 1]};
    lanes_run(run, &rules, lanes, count);
    for (size_t i = 0; i < count; i++) {
        run->result->ok = run->result->ok || lanes[i].found;
        if (!lanes[i].found && (!words || !rules_is_absent(lanes[i].status)))
            words = cares_words(g.nodata && rules_is_absent(lanes[i].status) ? PROBE_NODATA : lanes[i].status,
                                false);
    }
    if (!run->result->ok)
        run->result->error =
            arena_printf(run->arena,
                         "DNS resolution failed for %s: C-ares status is not ARES_SUCCESS qtype=A name=%s "
                         "is_balancer=0: %s",
                         run->name, run->name, g.cancelled ? "DNS query cancelled" : words);
}

const struct resolver_rules rules_grpc = {
    .about = "gRPC's c-ares resolver (1.51 on c-ares 1.34)",
    .dialect = &dialect,
    .look_up = look_up,
    .connects = true,
    .reads_hosts = true,
    .left_open = "which of AAAA and A moves on first, and with rotate the server",
};
