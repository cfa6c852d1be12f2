/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * getaddrinfo() of glibc 2.36: one socket a server and name, A and AAAA at once, servers in turn, and the
 * ladder of fallbacks when one of the two answers is missing.
 */
#include "rules/rules.h"

/* A TCP connect waits as long as the kernel does (tcp_syn_retries 6). Source: ip-sysctl, Linux. */
#define TCP_PATIENCE_US UINT64_C(127000000)

/* What came of one server. */
enum sent {
    SENT_ANSWERED,
    SENT_NEXT,     /* nothing of use: the next server */
    SENT_OVER_TCP, /* truncated: the same server over TCP */
};

struct glibc {
    struct lookup_run *run;
    bool single, reopen; /* modes that the ladder turns on for the rest of the lookup */
    size_t rotation;
    /* of the name asked for */
    const struct lookup_candidate *candidate;
    bool have_socket[RESOLV_SERVERS_MAX];
    uint64_t sockets[RESOLV_SERVERS_MAX];
    bool got_somewhere, refused, last_servfail;
    int statuses[FAMILIES_MAX]; /* by arrival, as the two answer buffers are filled; -1: none */
};

static void close_socket(struct glibc *g, size_t server)
{
    if (g->have_socket[server])
        lookup_close(g->run, g->sockets[server]);
    g->have_socket[server] = false;
}

static uint64_t socket_of(struct glibc *g, size_t server)
{
    if (!g->have_socket[server])
        g->sockets[server] = g->run->next_socket++;
    g->have_socket[server] = true;
    return g->sockets[server];
}

/* Source: resolv/res_send.c, send_dg: the wait grows with the server's number, and is shared among them. */
static uint64_t timeout_us(const struct glibc *g, size_t server)
{
    uint64_t seconds = g->run->view->timeout_ms / 1000 << server;

    if (server > 0)
        seconds /= g->run->view->nameservers_count;
    return (seconds ? seconds : 1) * 1000000;
}

static bool is_failure(const struct lookup_reply *reply)
{
    return reply->status == PROBE_SERVFAIL || reply->status == PROBE_NOTIMP ||
           reply->status == PROBE_REFUSED || (reply->status == PROBE_NODATA && reply->lame);
}

static size_t family_of(const struct glibc *g, const struct lookup_reply *reply)
{
    return g->run->result->queries[reply->query].type == g->candidate->types[0] ? 0 : 1;
}

static void send_family(struct glibc *g, size_t server, size_t family, int transport, uint64_t attempt)
{
    lookup_send(g->run, g->candidate->name, g->candidate->types[family], server, transport,
                socket_of(g, server), attempt);
}

/* An error of the socket is the end of every query that waits on it. */
static void give_up_on(struct glibc *g, const struct lookup_reply *reply, size_t first)
{
    for (size_t i = first; i < g->run->result->queries_count; i++) {
        struct lookup_query *query = &g->run->result->queries[i];

        if (query->rtt_us == SHAPE_UNSET) {
            query->rtt_us = lookup_now(g->run) - query->at_us;
            query->status = reply->status;
        }
    }
}

/* Both questions are sent and their answers read, or in single mode one after the other. */
static enum sent exchange_once(struct glibc *g, size_t server, int transport, uint64_t attempt,
                               bool *ret_partial)
{
    bool got[FAMILIES_MAX] = {false, g->candidate->types_count < 2}, tcp = transport == TRANSPORT_TCP;
    uint64_t until = lookup_now(g->run) + (tcp ? TCP_PATIENCE_US : timeout_us(g, server));
    bool both = g->candidate->types_count == 2, single = g->single && !tcp;
    size_t arrived = 0, first = g->run->result->queries_count;
    struct lookup_reply reply;

    *ret_partial = false;
    g->statuses[0] = g->statuses[1] = -1;
    g->run->result->addresses_count = 0; /* what an earlier exchange gave is given again */
    send_family(g, server, 0, transport, attempt);
    if (both && !single)
        send_family(g, server, 1, transport, attempt);
    while (!got[0] || !got[1]) {
        size_t family;

        if (!lookup_wait(g->run, until, &reply)) {
            g->got_somewhere = true;
            *ret_partial = both && arrived && g->statuses[0] >= 0;
            return SENT_NEXT;
        }
        if (reply.status == PROBE_UNREACHABLE) {
            give_up_on(g, &reply, first);
            close_socket(g, server);
            return SENT_NEXT;
        }
        family = family_of(g, &reply);
        if (got[family])
            continue;
        g->got_somewhere = true;
        g->last_servfail = reply.status == PROBE_SERVFAIL;
        if (is_failure(&reply)) {
            if (arrived)
                return g->statuses[0] >= 0 ? SENT_ANSWERED : SENT_NEXT;
            /* One after the other: the second query is not sent then, and not waited for. */
            if (!both || single) {
                close_socket(g, server);
                return SENT_NEXT;
            }
            got[family] = true;
            arrived++;
            continue;
        }
        if (reply.status == PROBE_TRUNCATED && !tcp) {
            close_socket(g, server);
            return SENT_OVER_TCP;
        }
        g->statuses[arrived++] = reply.status;
        got[family] = true;
        lookup_add_addresses(g->run, &reply);
        if (both && single && !got[1]) {
            if (g->reopen)
                close_socket(g, server);
            send_family(g, server, 1, transport, attempt);
        }
    }
    return SENT_ANSWERED;
}

/*
 * The ladder: one answer of two came, so perhaps the server or a firewall cannot do with two questions at
 * once from one port: ask one after the other, then from two ports, then take what there is.
 */
static enum sent ask_server(struct glibc *g, size_t server, uint64_t attempt)
{
    for (;;) {
        bool partial;
        enum sent sent = exchange_once(g, server, TRANSPORT_UDP, attempt, &partial);

        if (!partial)
            return sent;
        if (g->single && g->reopen)
            return SENT_ANSWERED;
        if (!g->single) {
            g->single = true;
        } else {
            g->reopen = true;
            close_socket(g, server);
        }
    }
}

/* Ask for one name at every server, as often as attempts says. */
static bool send_name(struct glibc *g)
{
    size_t servers = g->run->view->nameservers_count;
    size_t shift = resolver_view_has(g->run->view, "rotate") ? g->rotation++ % servers : 0;
    bool tcp = resolver_view_has(g->run->view, "use-vc"), answered = false, partial;

    g->got_somewhere = g->last_servfail = false;
    for (uint64_t attempt = 1; attempt <= g->run->view->attempts && !answered; attempt++) {
        for (size_t i = 0; i < servers && !answered; i++) {
            size_t server = (i + shift) % servers;
            enum sent sent = tcp ? SENT_OVER_TCP : ask_server(g, server, attempt);

            if (sent == SENT_OVER_TCP) {
                attempt = g->run->view->attempts; /* TCP is tried once a server */
                tcp = true;
                sent = exchange_once(g, server, TRANSPORT_TCP, attempt, &partial);
            }
            answered = sent == SENT_ANSWERED;
        }
    }
    for (size_t server = 0; server < servers; server++)
        close_socket(g, server);
    g->refused = !answered && !g->got_somewhere;
    return answered;
}

/* Source: resolv/res_query.c, __res_context_query. */
static enum herrno query_name(struct glibc *g, const struct lookup_candidate *candidate)
{
    int first, second;

    g->candidate = candidate;
    /* Such a query is answered on the spot, with nothing. Source: resolv/res-noaaaa.c. */
    if (candidate->types_count == 1 && candidate->types[0] == DNS_TYPE_AAAA &&
        resolver_view_has(g->run->view, "no-aaaa")) {
        g->refused = g->last_servfail = false;
        return H_NO_DATA;
    }
    if (!send_name(g))
        return H_TRY_AGAIN;
    first = g->statuses[0] >= 0 ? g->statuses[0] : g->statuses[1];
    second = g->statuses[1] >= 0 ? g->statuses[1] : first;
    if (first == PROBE_ANSWER || second == PROBE_ANSWER)
        return H_OK;
    switch (first == PROBE_NODATA ? second : first) {
    case PROBE_NXDOMAIN:
        return H_NOT_FOUND;
    case PROBE_SERVFAIL:
        return H_TRY_AGAIN;
    case PROBE_NODATA:
        return H_NO_DATA;
    default:
        return H_NO_RECOVERY;
    }
}

/* Source: resolv/res_query.c, __res_context_search. Return the h_errno of the whole. */
static enum herrno search(struct glibc *g)
{
    const struct lookup_candidate *all = g->run->candidates;
    size_t count = g->run->candidates_count;
    bool nodata = false, servfail = false, done = false;
    enum herrno saved = H_OK, got = H_NOT_FOUND;

    for (size_t i = 0; i < count; i++) {
        if (done && !all[i].as_is)
            continue;
        got = query_name(g, &all[i]);
        if (got == H_OK)
            return got;
        if (all[i].as_is) {
            if (i == 0)
                saved = got;
            continue;
        }
        if (g->refused)
            return H_TRY_AGAIN;
        nodata = nodata || got == H_NO_DATA;
        if (got == H_TRY_AGAIN && g->last_servfail)
            servfail = true;
        else
            done = got != H_NO_DATA && got != H_NOT_FOUND;
    }
    if (saved != H_OK)
        return saved;
    return nodata ? H_NO_DATA : servfail ? H_TRY_AGAIN : got;
}

static void init(struct glibc *g, struct lookup_run *run)
{
    *g = (struct glibc){.run = run, .rotation = run->chance->rotation};
    g->reopen = resolver_view_has(run->view, "single-request-reopen");
    g->single = g->reopen || resolver_view_has(run->view, "single-request");
}

int glibc_search(struct lookup_run *run)
{
    struct glibc g;
    int got;

    init(&g, run);
    g.rotation = run->rotation;
    got = search(&g);
    run->rotation = g.rotation;
    return got;
}

void lookup_glibc(struct lookup_run *run)
{
    static const char *const words[] = {
        [H_NOT_FOUND] = "Name or service not known",
        [H_TRY_AGAIN] = "Temporary failure in name resolution",
        [H_NO_RECOVERY] = "Name or service not known", /* getaddrinfo() makes no difference */
        [H_NO_DATA] = "No address associated with hostname",
    };
    static const char *const codes[] = {
        [H_NOT_FOUND] = "EAI_NONAME",
        [H_TRY_AGAIN] = "EAI_AGAIN",
        [H_NO_RECOVERY] = "EAI_NONAME",
        [H_NO_DATA] = "EAI_NODATA",
    };
    struct glibc g;
    enum herrno got;

    init(&g, run);
    got = search(&g);
    run->result->ok = got == H_OK;
    run->result->error = words[got];
    run->result->code = codes[got];
}
