/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One group: its channels, its tries, its end. */
#include "prober_run.h"
#include <arpa/inet.h>
#include <errno.h>
#include <k8sdns/source/timer.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* Ours comes first; c-ares must not give up on its own. */
#define ARES_SLACK_MS 60000

/* The largest query: a name of 255 bytes, the header, EDNS with options. */
#define QUERY_MAX 512

static struct watcher *watcher_of(struct group *group, ares_socket_t fd)
{
    struct watcher *empty = NULL;

    for (size_t i = 0; i < WATCHERS_MAX; i++) {
        if (group->watchers[i].event && group->watchers[i].fd == fd)
            return &group->watchers[i];
        if (!group->watchers[i].event && !empty)
            empty = &group->watchers[i];
    }
    if (empty)
        empty->fd = fd;
    return empty;
}

static void on_ready(evutil_socket_t fd, short what, void *user)
{
    struct group *group = user;
    ares_socket_t none = ARES_SOCKET_BAD;

    ares_process_fd(group->channel, what & EV_READ ? fd : none, what & EV_WRITE ? fd : none);
    group_settle(group);
}

/* c-ares opens a socket, closes it, or wants to hear of something else. */
static void on_socket_state(void *user, ares_socket_t fd, int readable, int writable)
{
    struct group *group = user;
    struct watcher *watcher = watcher_of(group, fd);
    short what = (short)((readable ? EV_READ : 0) | (writable ? EV_WRITE : 0) | EV_PERSIST);

    if (!watcher)
        return;
    if (watcher->event)
        event_free(watcher->event);
    watcher->event = NULL;
    if (!readable && !writable)
        return;
    watcher->event = event_new(group->run->base, fd, what, on_ready, group);
    if (!watcher->event || event_add(watcher->event, NULL) < 0)
        err_out_of_memory();
}

static int channel_open(struct group *group)
{
    /* Everything that c-ares would otherwise read from files is given, so that it opens none. */
    struct in_addr placeholder = {htonl(INADDR_LOOPBACK)};
    char lookups[] = "b";
    struct ares_options options = {
        .flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_IGNTC | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
                 ARES_FLAG_STAYOPEN | ARES_FLAG_USEVC,
        .timeout = (int)(group->run->options->timeout_us / 1000) + ARES_SLACK_MS,
        .tries = 1,
        .ndots = 1,
        .nservers = 1,
        .servers = &placeholder,
        .lookups = lookups,
        .sock_state_cb = on_socket_state,
        .sock_state_cb_data = group,
    };
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS | ARES_OPT_SERVERS |
               ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS | ARES_OPT_SORTLIST | ARES_OPT_SOCK_STATE_CB;
    const struct address *where = &group->target->where;
    struct ares_addr_port_node server = {
        .family = where->family, .udp_port = where->port, .tcp_port = where->port};
    ares_channel channel;
    int r;

#ifdef ARES_OPT_QUERY_CACHE
    /* From 1.31 on answers are kept for an hour unless told otherwise. */
    options.qcache_max_ttl = 0;
    mask |= ARES_OPT_QUERY_CACHE;
#endif
    r = ares_init_options(&channel, &options, mask);
    if (r != ARES_SUCCESS)
        return err_set(group->run->err, ERR_INTERNAL, ENOMEM, "cannot start c-ares: %s", ares_strerror(r));
    if (where->family == AF_INET)
        memcpy(&server.addr.addr4, &where->v4, sizeof(where->v4));
    else
        memcpy(&server.addr.addr6, &where->v6, sizeof(where->v6));
    r = ares_set_servers_ports(channel, &server);
    if (r != ARES_SUCCESS) {
        ares_destroy(channel);
        return err_set(group->run->err, ERR_INTERNAL, EINVAL, "cannot give c-ares the server %s: %s",
                       group->target->id, ares_strerror(r));
    }
    ares_set_socket_functions(channel, prober_socket_functions(), group);
    group->channel = channel;
    return 0;
}

/* What came of a query; of answers the hooks have seen more than c-ares tells. */
struct tcp_wait {
    struct group *group;
    size_t question;
    unsigned try_number;
};

static void tcp_failed(struct group *group, struct question *q)
{
    int code = group->tcp_errno;

    if (q->open && (code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH || code == EPERM))
        q->facts.unreachable = (int)unreachable_of_errno(code);
    if (code == ECONNREFUSED || code == EHOSTUNREACH || code == ENETUNREACH)
        question_failed(group, q, PROBE_UNREACHABLE,
                        code == ECONNREFUSED ? "TCP connection refused" : strerror(code));
    else if (code == EPERM)
        question_failed(group, q, PROBE_ERROR, "a rule of this namespace forbids to connect there (EPERM)");
    else if (code == ECONNRESET || code == EPIPE)
        question_failed(group, q, PROBE_ERROR, "the TCP connection was reset");
    else if (code == ETIMEDOUT)
        question_failed(group, q, PROBE_TIMEOUT, "the TCP connection timed out");
    else if (code)
        question_failed(group, q, PROBE_ERROR, strerror(code));
    else
        question_failed(group, q, PROBE_ERROR, "the server closed the TCP connection without an answer");
}

static void on_tcp_answer(void *user, int status, int timeouts, unsigned char *bytes, int len)
{
    struct tcp_wait *wait = user;
    struct question *q = &wait->group->questions[wait->question];

    (void)timeouts;
    if (status == ARES_ENOMEM)
        err_out_of_memory();
    if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED || !q->open || wait->try_number != q->tries)
        return;
    if (status == ARES_SUCCESS && bytes)
        question_answered(wait->group, q, bytes, (size_t)len, clock_realtime_ns(), clock_monotonic_ns());
    else if (status == ARES_EBADNAME || status == ARES_EBADQUERY)
        question_failed(wait->group, q, PROBE_ERROR,
                        "it is no host name, and c-ares sends no other over TCP");
    else
        tcp_failed(wait->group, q);
}

static uint16_t fresh_id(const struct group *group)
{
    uint16_t id = 0;
    bool used;

    do {
        if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id))
            id = (uint16_t)(clock_monotonic_ns() >> 3);
        used = false;
        for (size_t i = 0; i < group->questions_count; i++)
            for (unsigned t = 0; t < group->questions[i].tries; t++)
                used = used || group->questions[i].ids[t] == id;
    } while (used);
    return id;
}

static void on_datagrams(evutil_socket_t fd, short what, void *user)
{
    (void)fd;
    (void)what;
    prober_receive(user);
    group_settle(user);
}

static void send_over_udp(struct group *group, struct question *q, const uint8_t *bytes, size_t len)
{
    prober_send(group, q, bytes, len);
    if (group->udp < 0 || group->udp_event)
        return;
    group->udp_event = event_new(group->run->base, group->udp, EV_READ | EV_PERSIST, on_datagrams, group);
    if (!group->udp_event || event_add(group->udp_event, NULL) < 0)
        err_out_of_memory();
}

static int send_over_tcp(struct group *group, size_t index, const uint8_t *bytes, int len)
{
    struct question *q = &group->questions[index];
    struct tcp_wait *wait = ARENA_NEW(group->run->arena, struct tcp_wait);
    int r;

    if (!group->channel && (r = channel_open(group)) < 0)
        return r;
    *wait = (struct tcp_wait){group, index, q->tries};
    ares_send(group->channel, bytes, len, on_tcp_answer, wait);
    return 0;
}

/* Send the next try of a question. */
static int question_send(struct group *group, size_t index)
{
    struct question *q = &group->questions[index];
    struct run_state *run = group->run;
    bool tcp = q->facts.transport == TRANSPORT_TCP;
    struct dns_query query = {
        .name = q->facts.candidate,
        .type = q->type,
        .class = run->options->class ? run->options->class : DNS_CLASS_IN,
        .id = fresh_id(group),
        .rd = true,
        .udp_size = run->options->udp_size,
        .nsid = run->options->nsid,
    };
    uint8_t bytes[QUERY_MAX];
    int len = dns_query_build(&query, bytes, sizeof(bytes), run->err), r = 0;

    if (len < 0)
        return len;
    q->ids[q->tries++] = query.id;
    q->open = true;
    q->sent = clock_stamp_now();
    q->deadline_ns = q->sent.mono_ns + run->options->timeout_us * 1000;
    run->matrix->sent++;
    run->tokens -= 1;
    if (tcp)
        r = send_over_tcp(group, index, bytes, len);
    else
        send_over_udp(group, q, bytes, (size_t)len);
    if (r < 0)
        return r;
    q->facts.source_port = tcp ? group->tcp_port : group->udp_port;
    q->facts.id = q->ids[q->tries - 1];
    q->facts.tries = q->tries;
    return run->failed;
}

int group_fire(struct group *group)
{
    for (size_t i = 0; i < group->questions_count; i++) {
        int r = question_send(group, i);

        if (r < 0)
            return r;
    }
    group_settle(group);
    return 0;
}

/* Ask the truncated ones again over TCP, in questions of their own behind the others. */
static int retry_over_tcp(struct group *group)
{
    size_t count = group->questions_count;

    for (size_t i = 0; i < count; i++) {
        struct question *q = &group->questions[i], *again;
        int r;

        if (!q->retry_over_tcp)
            continue;
        q->retry_over_tcp = false;
        /* The room was made when the group was. */
        again = &group->questions[group->questions_count++];
        *again = (struct question){.type = q->type, .facts = q->facts};
        again->facts = probe_facts_unanswered(q->facts.target, q->facts.name, q->facts.candidate,
                                              q->facts.type, TRANSPORT_TCP);
        r = question_send(group, group->questions_count - 1);
        if (r < 0)
            return r;
    }
    return 0;
}

/* Time is up for some questions: another try, or the end. */
static int expire(struct group *group, uint64_t now)
{
    for (size_t i = 0; i < group->questions_count; i++) {
        struct question *q = &group->questions[i];

        if (!q->open || q->deadline_ns > now)
            continue;
        if (q->tries < group->run->options->tries && q->facts.transport == TRANSPORT_UDP) {
            int r = question_send(group, i);

            if (r < 0)
                return r;
        } else {
            question_failed(group, q, q->facts.mismatches ? PROBE_MISMATCH : PROBE_TIMEOUT, NULL);
        }
    }
    return 0;
}

static void on_timer(evutil_socket_t fd, short what, void *user)
{
    (void)fd;
    (void)what;
    group_settle(user);
}

static void finish(struct group *group)
{
    struct run_state *run = group->run;

    group->done = true;
    run->finished++;
    if (run->done_last)
        run->done_last->next_done = group;
    else
        run->done_first = group;
    run->done_last = group;
    if (run->finished == run->groups_count)
        event_base_loopbreak(run->base);
    else if (run->pace)
        event_active(run->pace, EV_TIMEOUT, 0);
}

void group_settle(struct group *group)
{
    uint64_t now = clock_monotonic_ns(), next = UINT64_MAX;
    int r;

    if (group->done)
        return;
    r = expire(group, now);
    if (r >= 0)
        r = retry_over_tcp(group);
    if (r < 0) {
        group->run->failed = r;
        event_base_loopbreak(group->run->base);
        return;
    }
    for (size_t i = 0; i < group->questions_count; i++)
        if (group->questions[i].open && group->questions[i].deadline_ns < next)
            next = group->questions[i].deadline_ns;
    if (next == UINT64_MAX) {
        if (group->timer)
            event_del(group->timer);
        finish(group);
        return;
    }
    if (!group->timer)
        group->timer = evtimer_new(group->run->base, on_timer, group);
    timer_set(group->timer, next > now ? (next - now) / 1000 + 1 : 0);
}

void group_drop(struct group *group)
{
    if (group->channel)
        ares_destroy(group->channel);
    group->channel = NULL;
    if (group->udp_event)
        event_free(group->udp_event);
    group->udp_event = NULL;
    if (group->udp >= 0)
        close(group->udp);
    group->udp = -1;
    if (group->reserved >= 0)
        close(group->reserved);
    group->reserved = -1;
    stream_end(group);
    for (size_t i = 0; i < WATCHERS_MAX; i++) {
        if (group->watchers[i].event)
            event_free(group->watchers[i].event);
        group->watchers[i].event = NULL;
    }
    if (group->timer)
        event_free(group->timer);
    group->timer = NULL;
}
