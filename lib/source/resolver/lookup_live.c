/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <ifaddrs.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/own_limits.h>
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/source/resolver/lookup_live.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_stream.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUERY_MAX 512
/* No resolver of these is of use with more; a server may send thousands. */
#define ADDRESSES_MAX 512

/* A socket of the lookup, by its number. */
struct channel {
    uint64_t number;
    int fd; /* -1: closed */
    int transport;
    bool ended;   /* the peer has closed the connection, or reset it: told once */
    uint8_t *out; /* over TCP: frames not yet written */
    size_t out_len;
    uint8_t *in;
    size_t in_len;
};

/* A question that may still be answered. */
struct live_query {
    uint64_t channel;
    size_t number, server;
    uint16_t id, type;
    const char *name;
};

struct live {
    struct arena *arena;
    const struct resolver_view *view;
    struct channel *channels;
    size_t channels_count;
    struct pollfd *polls; /* beside the channels; poll(2) passes over a negative fd */
    size_t polls_count;
    struct live_query *asked;
    size_t asked_count;
    uint8_t *buffer;       /* DNS_MESSAGE_MAX */
    struct arena *passing; /* for the message that is judged */
    /* What could not even be sent: told one by one at the next waits. */
    struct failed_send {
        size_t number;
        uint64_t socket;
        int code;
        bool told;
    } * failed;
    size_t failed_count;
    uint64_t end_us;  /* of the real clock; 0: no end */
    uint64_t skew_us; /* what the resolver's clock is ahead of it: time that was not waited for */
    bool cut;
    int own_errno; /* why no socket could be had: a fault of this program, not of the way to the server */
};

static uint64_t live_now(void *user)
{
    const struct live *live = user;

    return clock_monotonic_ns() / 1000 + live->skew_us;
}

/* After the end the resolver hears nothing and its clock runs, so that it soon gives up by itself. */
static bool pass_over(struct live *live, uint64_t until_us)
{
    uint64_t now = live_now(live);

    live->cut = true;
    live->skew_us += until_us > now ? until_us - now : 0;
    return false;
}

static struct channel *find_channel(struct live *live, uint64_t number)
{
    for (size_t i = live->channels_count; i > 0; i--)
        if (live->channels[i - 1].number == number && live->channels[i - 1].fd >= 0)
            return &live->channels[i - 1];
    return NULL;
}

/* glibc hears of unreachable hosts, not only of closed ports. Source: glibc resolv/res_enable_icmp.c, ip(7).
 */
static void hear_errors(const struct live *live, int fd, int family)
{
    int on = 1;

    if (!resolver_entry(live->view->resolver)->hears_routes)
        return;
    if (family == AF_INET6)
        (void)!setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
    else
        (void)!setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
}

static struct channel *open_channel(struct live *live, const struct lookup_query *query)
{
    const struct address *server = &live->view->servers[query->server];
    struct sockaddr_storage sa;
    socklen_t len = address_to_sockaddr(server, &sa);
    bool tcp = query->transport == TRANSPORT_TCP;
    int fd = socket(server->family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct channel *channel;

    if (fd < 0) {
        if (errno != EAFNOSUPPORT)
            live->own_errno = errno;
        return NULL;
    }
    /* A UDP socket gets its port with connect(2), which says EAGAIN when none is left; TCP EADDRNOTAVAIL. */
    hear_errors(live, fd, server->family);
    if ((tcp || resolver_entry(live->view->resolver)->connects) &&
        connect(fd, (struct sockaddr *)&sa, len) < 0 && errno != EINPROGRESS) {
        int code = errno;

        if (own_limits_are_met(code) || (tcp && server->family == AF_INET && code == EADDRNOTAVAIL))
            live->own_errno = code;
        close(fd);
        errno = code;
        return NULL;
    }
    channel = ARENA_PUSH(live->arena, live->channels, live->channels_count);
    *channel = (struct channel){.number = query->socket, .fd = fd, .transport = query->transport};
    *ARENA_PUSH(live->arena, live->polls, live->polls_count) = (struct pollfd){.fd = fd};
    if (tcp) {
        channel->out = arena_alloc(live->arena, 2 * (size_t)(QUERY_MAX + 2));
        channel->in = arena_alloc(live->arena, DNS_MESSAGE_MAX + 2);
    }
    return channel;
}

static void flush(struct channel *channel)
{
    ssize_t n = channel->out_len ? send(channel->fd, channel->out, channel->out_len, MSG_NOSIGNAL) : 0;

    if (n <= 0)
        return;
    channel->out_len -= (size_t)n;
    memmove(channel->out, channel->out + n, channel->out_len);
}

static bool put(struct live *live, struct channel *channel, const struct lookup_query *query,
                const uint8_t *bytes, size_t len)
{
    struct sockaddr_storage sa;
    socklen_t sa_len;

    if (channel->transport == TRANSPORT_TCP) {
        if (channel->ended) {
            errno = ECONNRESET;
            return false;
        }
        if (channel->out_len + len + 2 > 2 * (size_t)(QUERY_MAX + 2))
            return false;
        channel->out[channel->out_len] = (uint8_t)(len >> 8);
        channel->out[channel->out_len + 1] = (uint8_t)len;
        memcpy(channel->out + channel->out_len + 2, bytes, len);
        channel->out_len += len + 2;
        flush(channel);
        return true;
    }
    if (resolver_entry(live->view->resolver)->connects)
        return send(channel->fd, bytes, len, MSG_NOSIGNAL) >= 0;
    sa_len = address_to_sockaddr(&live->view->servers[query->server], &sa);
    /* musl takes no notice of what cannot be sent. */
    (void)!sendto(channel->fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&sa, sa_len);
    return true;
}

static void live_send(void *user, size_t number, const struct lookup_query *query)
{
    struct live *live = user;
    struct channel *channel = find_channel(live, query->socket);
    struct dns_query question = {.name = query->name,
                                 .type = query->type,
                                 .class = DNS_CLASS_IN,
                                 .rd = true,
                                 .udp_size = query->udp_size};
    uint8_t bytes[QUERY_MAX];
    int len, code;

    if (live->cut)
        return;
    if (getrandom(&question.id, sizeof(question.id), 0) < 0)
        question.id = (uint16_t)clock_monotonic_ns();
    len = dns_query_build(&question, bytes, sizeof(bytes), NULL);
    if (len < 0)
        return; /* plans hold only names that can be sent */
    *ARENA_PUSH(live->arena, live->asked, live->asked_count) =
        (struct live_query){query->socket, number, query->server, question.id, query->type, query->name};
    if (!channel)
        channel = open_channel(live, query);
    if (channel && put(live, channel, query, bytes, (size_t)len))
        return;
    code = errno;
    *ARENA_PUSH(live->arena, live->failed, live->failed_count) =
        (struct failed_send){number, query->socket, code, false};
}

static void live_close(void *user, uint64_t number)
{
    struct live *live = user;
    struct channel *channel = find_channel(live, number);

    for (size_t i = 0; i < live->failed_count; i++)
        live->failed[i].told = live->failed[i].told || live->failed[i].socket == number;
    if (channel) {
        close(channel->fd);
        channel->fd = -1;
    }
}

static bool is_lame(const struct dns_message *m)
{
    return !m->aa && !m->ra && m->rr_count[DNS_ADDITIONAL] == 0;
}

static bool id_is_asked(const struct live *live, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; len >= 2 && i < live->asked_count; i++)
        if (live->asked[i].id == (bytes[0] << 8 | bytes[1]))
            return true;
    return false;
}

/* Find the question that a message answers, and say what it says. */
static bool judge(struct live *live, const struct channel *channel, const struct address *from,
                  const uint8_t *bytes, size_t len, struct lookup_reply *ret_reply)
{
    struct dns_message m;

    /* Only what may be ours is worth the memory, and of that only the addresses stay. */
    arena_reset(live->passing);
    if (!id_is_asked(live, bytes, len) || dns_message_parse(live->passing, bytes, len, &m) < 0 ||
        m.question_count != 1)
        return false;
    for (size_t i = live->asked_count; i > 0; i--) {
        const struct live_query *asked = &live->asked[i - 1];
        const struct answer_wanted wanted = {from ? &live->view->servers[asked->server] : NULL,
                                             asked->id == m.id, asked->name, asked->type};

        if (asked->channel != channel->number || answer_classify(&m, from, &wanted) != ANSWER_FITS)
            continue;
        *ret_reply = (struct lookup_reply){.query = asked->number,
                                           .status = answer_status(&m, asked->type),
                                           .lame = is_lame(&m),
                                           .authoritative = m.aa};
        for (size_t k = 0; k < m.rr_count[DNS_ANSWER] && ret_reply->addresses_count < ADDRESSES_MAX; k++)
            if (m.rrs[DNS_ANSWER][k].type == asked->type && !m.rrs[DNS_ANSWER][k].misfit)
                *ARENA_PUSH(live->arena, ret_reply->addresses, ret_reply->addresses_count) =
                    arena_text(live->arena, m.rrs[DNS_ANSWER][k].rdata);
        return true;
    }
    return false;
}

/* An ICMP error or a refused connection: of the last question on the channel. */
static bool refused(const struct live *live, const struct channel *channel, int code,
                    struct lookup_reply *ret_reply)
{
    for (size_t i = live->asked_count; i > 0; i--) {
        if (live->asked[i - 1].channel != channel->number)
            continue;
        *ret_reply = (struct lookup_reply){
            .query = live->asked[i - 1].number, .status = PROBE_UNREACHABLE, .code = code};
        return true;
    }
    return false;
}

static bool read_stream(struct live *live, struct channel *channel, struct lookup_reply *ret_reply)
{
    ssize_t n = recv(channel->fd, channel->in + channel->in_len, DNS_MESSAGE_MAX + 2 - channel->in_len, 0);
    const uint8_t *message;
    size_t taken, len;
    bool ours;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        n = 0;
    else if (n <= 0) {
        channel->ended = true;
        return refused(live, channel, n < 0 ? errno : ECONNRESET, ret_reply);
    }
    channel->in_len += (size_t)n;
    taken = dns_stream_read(channel->in, channel->in_len, &message, &len);
    if (!taken)
        return false;
    /* Records point into the message's bytes only while they are judged; texts are in the arena. */
    ours = judge(live, channel, NULL, message, len, ret_reply);
    channel->in_len -= taken;
    memmove(channel->in, channel->in + taken, channel->in_len);
    return ours;
}

static bool read_datagram(struct live *live, struct channel *channel, struct lookup_reply *ret_reply)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);
    struct address from;
    ssize_t n = recvfrom(channel->fd, live->buffer, DNS_MESSAGE_MAX, 0, (struct sockaddr *)&sa, &len);

    if (n < 0)
        return errno != EAGAIN && errno != EINTR && resolver_entry(live->view->resolver)->connects &&
               refused(live, channel, errno, ret_reply);
    if (address_from_sockaddr((struct sockaddr *)&sa, &from) < 0)
        return false;
    return judge(live, channel, &from, live->buffer, (size_t)n, ret_reply);
}

/* A frame that came together with the one before it is already here. */
static bool read_buffered(struct live *live, struct lookup_reply *ret_reply)
{
    for (size_t i = 0; i < live->channels_count; i++) {
        struct channel *channel = &live->channels[i];

        if (channel->fd >= 0 && channel->in_len >= 2 &&
            channel->in_len >= 2 + ((size_t)channel->in[0] << 8 | channel->in[1]) &&
            read_stream(live, channel, ret_reply))
            return true;
    }
    return false;
}

static bool live_wait(void *user, uint64_t until_us, struct lookup_reply *ret_reply)
{
    struct live *live = user;

    for (size_t i = 0; i < live->failed_count; i++) {
        struct failed_send *failed = &live->failed[i];

        if (failed->told)
            continue;
        failed->told = true;
        *ret_reply =
            (struct lookup_reply){.query = failed->number, .status = PROBE_UNREACHABLE, .code = failed->code};
        return true;
    }
    if (live->cut)
        return pass_over(live, until_us);
    for (;;) {
        uint64_t now = live_now(live);
        uint64_t stop = live->end_us && live->end_us < until_us ? live->end_us : until_us;
        struct timespec left = {.tv_sec = 0};

        /* Whoever sends without an end is no reason to listen on. */
        if (live->end_us && now >= live->end_us)
            return live->end_us < until_us && pass_over(live, until_us);
        if (read_buffered(live, ret_reply))
            return true;
        if (now < stop) {
            left.tv_sec = (time_t)((stop - now) / 1000000);
            left.tv_nsec = (long)((stop - now) % 1000000 * 1000);
        }
        for (size_t i = 0; i < live->channels_count; i++) {
            live->polls[i].fd = live->channels[i].ended ? -1 : live->channels[i].fd;
            live->polls[i].events = (short)(POLLIN | (live->channels[i].out_len ? POLLOUT : 0));
            live->polls[i].revents = 0;
        }
        (void)!ppoll(live->polls, live->polls_count, &left,
                     NULL); /* without events there is nothing to read */
        for (size_t i = 0; i < live->channels_count; i++) {
            struct channel *channel = &live->channels[i];
            short events = live->polls[i].revents;

            if (events & POLLOUT)
                flush(channel);
            if (events & (POLLIN | POLLERR | POLLHUP) &&
                (channel->transport == TRANSPORT_TCP ? read_stream(live, channel, ret_reply)
                                                     : read_datagram(live, channel, ret_reply)))
                return true;
        }
        now = live_now(live);
        if (now >= stop)
            return stop < until_us && pass_over(live, until_us);
    }
}

/* An IPv6 address that others can reach; Ruby looks for one. */
static bool has_ipv6(void)
{
    struct ifaddrs *list = NULL;
    bool found = false;

    if (getifaddrs(&list) < 0)
        return true;
    for (const struct ifaddrs *at = list; at && !found; at = at->ifa_next) {
        struct address address;

        found = at->ifa_addr && at->ifa_addr->sa_family == AF_INET6 &&
                address_from_sockaddr(at->ifa_addr, &address) == 0 && !address_is_loopback(&address) &&
                !address_is_link_local(&address);
    }
    freeifaddrs(list);
    return found;
}

/* What it would have sent later was not sent, and what is on its way was not waited for. */
static void leave_out_unsent(const struct live *live, uint64_t began_us, struct lookup_result *result)
{
    size_t kept = 0;

    if (!live->cut)
        return;
    for (size_t i = 0; i < result->queries_count; i++)
        if (began_us + result->queries[i].at_us < live->end_us)
            result->queries[kept++] = result->queries[i];
    result->queries_count = kept;
    result->total_us = live->end_us > began_us ? live->end_us - began_us : 0;
    result->cut = true;
}

int lookup_live(struct arena *arena, const struct resolver_view *view, const struct plan *plan,
                uint64_t end_us, struct lookup_result *ret_result, struct err *err)
{
    struct live live = {.arena = arena, .view = view, .end_us = end_us};
    uint64_t began_us = live_now(&live);
    struct lookup_wire wire = {&live, live_now, live_send, live_wait, live_close};
    struct lookup_chance chance = {0};
    int r = 0;

    live.passing = arena_new();
    live.buffer = malloc(DNS_MESSAGE_MAX);
    if (!live.buffer) {
        arena_free(live.passing);
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot set up the lookup");
    }
    chance.no_ipv6 = !has_ipv6();
    /* A process of Go or of old c-ares begins with the first server. */
    if (view->resolver != RESOLVER_GO && view->resolver != RESOLVER_CARES_OLD)
        (void)!getrandom(&chance.rotation, sizeof(chance.rotation), 0);
    lookup_replay(arena, view, plan, &chance, &wire, ret_result);
    leave_out_unsent(&live, began_us, ret_result);
    for (size_t i = 0; i < live.channels_count; i++)
        if (live.channels[i].fd >= 0)
            close(live.channels[i].fd);
    /* Also in part: what a program would have got from here is not seen then. */
    if (live.own_errno)
        r = err_set_errno(err, ERR_UNOBSERVED, live.own_errno, "cannot ask %s",
                          view->nameservers_count ? view->nameservers[0] : "any server");
    arena_free(live.passing);
    free(live.buffer);
    return r;
}
