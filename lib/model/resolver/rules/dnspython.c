/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dns.resolver.resolve() of dnspython 2.7, for A: no search list unless search=True. A server that gives an
 * error is not asked again; a round over the others is followed by a pause that doubles; 5 s in all.
 */
#include "rules.h"

#define LIFETIME_US UINT64_C(5000000)
#define BACKOFF_US  UINT64_C(100000)
#define BACKOFF_MAX UINT64_C(2000000)

#define DIALECT(...)                                                                            \
    {                                                                                           \
        .comments = COMMENT_IS_WORD, .ndots = true, .timeout = true, .searches_hostname = true, \
        .refuses_address = true, .numbers = NUMBER_SIGNED, .default_timeout_ms = 2000,          \
        .default_attempts = 1, __VA_ARGS__                                                      \
    }
static const struct resolv_dialect dialect = DIALECT(.ignores_search = true);
static const struct resolv_dialect search_dialect = DIALECT(.ignores_search = false);

struct attempt {
    uint64_t end_us, backoff_us;
    bool failed[RESOLV_DIALECT_SERVERS_MAX];
    bool expired;
};

static bool try_next(struct lookup_run *run, struct lane *lane, void *user)
{
    size_t servers = run->view->nameservers_count;
    struct attempt *a = user;
    uint64_t left;

    if (lane->tries) {
        lookup_close(run, lane->socket);
        a->failed[lane->server] = lane->status != PROBE_TIMEOUT;
    }
    for (size_t passed = 0;; lane->step++, passed++) {
        if (lane->step && lane->step % servers == 0 && passed <= servers) {
            bool any = false;

            for (size_t i = 0; i < servers; i++)
                any = any || !a->failed[i];
            if (!any)
                return false;
            lookup_pause(run, a->backoff_us);
            a->backoff_us = a->backoff_us * 2 < BACKOFF_MAX ? a->backoff_us * 2 : BACKOFF_MAX;
        }
        if (!a->failed[lane->step % servers])
            break;
    }
    if (lookup_now(run) >= a->end_us) {
        a->expired = true;
        lane->status = PROBE_TIMEOUT;
        return false;
    }
    left = a->end_us - lookup_now(run);
    lane_send(run, lane, lane->step++ % servers, TRANSPORT_UDP, run->next_socket++,
              left < rules_timeout_us(run) ? left : rules_timeout_us(run));
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
    lane->found = reply->status == PROBE_ANSWER;
    lookup_add_addresses(run, reply);
    return lane->found || rules_is_absent(reply->status) ? LANE_DONE : LANE_AGAIN;
}

static const char *words_of(struct lookup_run *run, int status, const char *name, bool searched)
{
    switch (status) {
    case PROBE_TIMEOUT:
        return arena_printf(run->arena, "LifetimeTimeout: The resolution lifetime expired after %.3f seconds",
                            (double)lookup_now(run) / 1e6);
    case PROBE_NXDOMAIN:
        return searched ? "NXDOMAIN: None of DNS query names exist"
                        : arena_printf(run->arena, "NXDOMAIN: The DNS query name does not exist: %s.", name);
    case PROBE_NODATA:
    case PROBE_TRUNCATED:
        return arena_printf(run->arena,
                            "NoAnswer: The DNS response does not contain an answer to the question: %s. IN A",
                            name);
    default:
        return arena_printf(run->arena, "NoNameservers: All nameservers failed to answer the query %s. IN A",
                            name);
    }
}

static void ask(struct lookup_run *run, int list)
{
    struct attempt a = {.end_us = LIFETIME_US};
    const struct lane_rules rules = {&a, try_next, judge};
    struct lane lane = {.status = PROBE_NXDOMAIN};

    if (!run->view->nameservers_count) {
        run->result->error =
            "NoResolverConfiguration: Resolver configuration could not be read or specified no nameservers";
        run->result->note = "without a nameserver line no query is sent";
        return;
    }
    if (run->families == FAMILY_ANY)
        run->families = FAMILY_A;
    if (!rules_make_list(run, list)) {
        run->result->error = "EmptyLabel: A DNS label is empty";
        run->result->note = "this is no valid name";
        return;
    }
    for (size_t i = 0; i < run->candidates_count && lane.status == PROBE_NXDOMAIN; i++) {
        lane = (struct lane){.name = run->candidates[i].name, .type = run->candidates[i].types[0]};
        a.backoff_us = BACKOFF_US;
        for (size_t s = 0; s < RESOLV_DIALECT_SERVERS_MAX; s++)
            a.failed[s] = false;
        lanes_run(run, &rules, &lane, 1);
    }
    run->result->ok = lane.found;
    if (!lane.found)
        run->result->error = words_of(run, lane.status, lane.name, run->candidates_count > 1);
}

static void look_up(struct lookup_run *run)
{
    ask(run, LIST_AS_IS_FIRST);
}

static void look_up_searching(struct lookup_run *run)
{
    ask(run, rules_usual_list(run));
}

const struct resolver_rules rules_dnspython = {
    .about = "dns.resolver.resolve() of dnspython 2.7, for A",
    .dialect = &dialect,
    .look_up = look_up,
};

const struct resolver_rules rules_dnspython_search = {
    .about = "the same with search=True",
    .dialect = &search_dialect,
    .look_up = look_up_searching,
};
