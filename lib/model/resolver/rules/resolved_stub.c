/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * glibc with systemd-resolved's stub (127.0.0.53) for a server, as programs of a node and in Pods with
 * hostNetwork: glibc goes through the search list with ndots:1, since the stub's resolv.conf has no ndots,
 * and each of its queries is one of resolved, which asks on and remembers what came while glibc gives up or
 * asks again. A name without a dot is refused by the stub with SERVFAIL.
 */
#include "resolved.h"
#include <string.h>

/* Both wait 5 s; resolved's timer was set first. */
#define AGAIN_US UINT64_C(5000000)
/* Queries of glibc that wait for one of resolved: two tries, and those of the ladder. */
#define WAITERS_MAX 8

/* What resolved asks for one name and type. */
struct transaction {
    struct lane lane;
    struct lookup_reply reply; /* once the lane is closed */
    size_t waiters[WAITERS_MAX], waiters_count;
};

struct stub {
    struct lookup_run *run; /* over the true servers */
    struct resolved resolved;
    struct transaction *transactions;
    size_t transactions_count;
    struct lookup_reply *ready; /* for glibc, in order */
    size_t ready_count, taken;
};

static void reply_with(struct stub *stub, size_t query, const struct lookup_reply *reply)
{
    struct lookup_reply *ret = ARENA_PUSH(stub->run->arena, stub->ready, stub->ready_count);

    *ret = *reply;
    ret->query = query;
}

/* The transaction has come to its end: all who wait for it hear so. */
static void end(struct stub *stub, struct transaction *t, const struct lookup_reply *reply)
{
    t->lane.open = false;
    t->reply = *reply;
    if (reply->status != PROBE_ANSWER && !rules_is_absent(reply->status))
        t->reply = (struct lookup_reply){.status = PROBE_SERVFAIL};
    for (size_t i = 0; i < t->waiters_count; i++)
        reply_with(stub, t->waiters[i], &t->reply);
}

static void try_again(struct stub *stub, struct transaction *t)
{
    const struct lookup_reply failure = {.status = PROBE_SERVFAIL};

    if (!resolved_try_next(stub->run, &t->lane, &stub->resolved))
        end(stub, t, &failure);
}

static struct transaction *find(struct stub *stub, const char *name, uint16_t type)
{
    for (size_t i = 0; i < stub->transactions_count; i++)
        if (stub->transactions[i].lane.type == type && strcmp(stub->transactions[i].lane.name, name) == 0)
            return &stub->transactions[i];
    return NULL;
}

static uint64_t stub_now(void *user)
{
    const struct stub *stub = user;

    return stub->run->wire->now_us(stub->run->wire->user);
}

static void stub_send(void *user, size_t number, const struct lookup_query *query)
{
    const struct lookup_reply refused = {.status = PROBE_SERVFAIL};
    struct stub *stub = user;
    struct transaction *t = find(stub, query->name, query->type);

    if (!strchr(query->name, '.')) {
        reply_with(stub, number, &refused);
        return;
    }
    if (t && !t->lane.open) {
        reply_with(stub, number, &t->reply); /* from its cache, which keeps failures, too */
        return;
    }
    if (!t) {
        t = ARENA_PUSH(stub->run->arena, stub->transactions, stub->transactions_count);
        *t = (struct transaction){
            .lane = {.name = query->name, .type = query->type, .status = PROBE_TIMEOUT, .open = true}};
        t->waiters[t->waiters_count++] = number;
        try_again(stub, t);
    } else if (t->waiters_count < WAITERS_MAX) {
        t->waiters[t->waiters_count++] = number;
    }
}

static void take(struct stub *stub, const struct lookup_reply *reply)
{
    const struct lookup_query *query = &stub->run->result->queries[reply->query];
    struct transaction *t = find(stub, query->name, query->type);

    if (!t || !t->lane.open)
        return;
    if (lane_over_tcp(stub->run, &t->lane, reply, stub->run->next_socket, RESOLVED_TCP_US)) {
        stub->run->next_socket++;
        return;
    }
    t->lane.status = reply->status;
    if (reply->status == PROBE_ANSWER || rules_is_absent(reply->status))
        end(stub, t, reply);
    else
        try_again(stub, t);
}

/* Let resolved go on until there is something for glibc. */
static bool stub_wait(void *user, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct stub *stub = user;
    uint64_t until = until_us - stub->run->began_us;

    while (stub->taken == stub->ready_count) {
        struct transaction *first = NULL;
        struct lookup_reply reply;
        bool mine;

        for (size_t i = 0; i < stub->transactions_count; i++)
            if (stub->transactions[i].lane.open &&
                (!first || stub->transactions[i].lane.deadline_us < first->lane.deadline_us))
                first = &stub->transactions[i];
        mine = first && first->lane.deadline_us <= until;
        if (lookup_wait(stub->run, mine ? first->lane.deadline_us : until, &reply)) {
            take(stub, &reply);
        } else if (mine) {
            first->lane.status = PROBE_TIMEOUT;
            try_again(stub, first);
        } else {
            return false;
        }
    }
    *ret_reply = stub->ready[stub->taken++];
    return true;
}

static void stub_close(void *user, uint64_t socket)
{
    (void)user;
    (void)socket;
}

static void look_up(struct lookup_run *run)
{
    static const char *server[] = {"127.0.0.53"};
    struct stub stub = {.run = run, .resolved = {.again_us = AGAIN_US, .end_us = UINT64_MAX}};
    const struct lookup_wire wire = {&stub, stub_now, stub_send, stub_wait, stub_close};
    struct resolver_view view = *run->view;
    struct lookup_result result = {0};
    struct lookup_run glibc = *run;

    if (rules_is_classic_address(run) || rules_is_localhost(run))
        return;
    view.nameservers = server;
    view.nameservers_count = 1;
    view.timeout_ms = 5000;
    view.attempts = 2;
    if (!rules_make_list(run, rules_usual_list(run)) && !run->candidates_count)
        run->result->note = "this is no valid name";
    glibc.candidates = run->candidates;
    glibc.candidates_count = run->candidates_count;
    glibc.view = &view;
    glibc.wire = &wire;
    glibc.result = &result;
    lookup_glibc(&glibc);
    run->result->ok = result.ok;
    run->result->error = result.error;
    run->result->addresses = result.addresses;
    run->result->addresses_count = result.addresses_count;
}

const struct resolver_rules rules_resolved_stub = {
    .about = "glibc with systemd-resolved's stub (127.0.0.53), for its upstreams and domains",
    .dialect = &resolved_dialect,
    .look_up = look_up,
    .udp_size = RESOLVED_UDP_SIZE,
    .connects = true,
    .hears_routes = true,
    .reads_hosts = true,
    .reads_nsswitch = true,
    .left_open = "which of A and AAAA goes first",
};
