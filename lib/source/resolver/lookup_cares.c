/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ares.h>
#include <arpa/inet.h>
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/probe/answer.h>
#include <k8sdns/source/resolver/lookup_cares.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

/* c-ares asks with a handful at a time; more are served, but not noted. */
#define SOCKETS_MAX 64

struct passing_socket {
    int fd; /* -1: none */
    uint64_t number;
    size_t server;
    bool tcp;
};

/* What passes the sockets of one channel. */
struct passing {
    struct arena *arena;
    const struct resolver_view *view;
    struct lookup_result *result;
    uint64_t began_us, next_socket;
    struct passing_socket sockets[SOCKETS_MAX];
    uint16_t *ids; /* of each query */
    size_t ids_count;
    bool done;
    int status;
};

static uint64_t now_us(const struct passing *p)
{
    return clock_monotonic_ns() / 1000 - p->began_us;
}

static struct passing_socket *socket_of(struct passing *p, int fd)
{
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (p->sockets[i].fd == fd)
            return &p->sockets[i];
    return NULL;
}

static ares_socket_t pass_socket(int family, int type, int protocol, void *user)
{
    int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    struct passing_socket *free = fd < 0 ? NULL : socket_of(user, -1);

    if (free)
        *free = (struct passing_socket){.fd = fd, .server = SIZE_MAX, .tcp = type == SOCK_STREAM};
    return fd;
}

static int pass_close(ares_socket_t fd, void *user)
{
    struct passing_socket *mine = socket_of(user, fd);

    if (mine)
        mine->fd = -1;
    return close(fd);
}

static int pass_connect(ares_socket_t fd, const struct sockaddr *sa, ares_socklen_t len, void *user)
{
    struct passing *p = user;
    struct passing_socket *mine = socket_of(p, fd);
    struct address address;

    if (mine && address_from_sockaddr(sa, &address) == 0) {
        mine->number = p->next_socket++;
        for (size_t i = 0; i < p->view->nameservers_count; i++)
            if (address_same_host(&p->view->servers[i], &address))
                mine->server = i;
    }
    return connect(fd, sa, len);
}

/* Note the query in a message that goes out. */
static void note_query(struct passing *p, const struct passing_socket *mine, const uint8_t *bytes, size_t len)
{
    struct dns_message m;
    size_t before = 0, size;
    const char *name;

    if (mine->server == SIZE_MAX || dns_message_parse(p->arena, bytes, len, &m) < 0 || m.question_count != 1)
        return;
    for (size_t i = 0; i < p->result->queries_count; i++)
        before += p->result->queries[i].type == m.questions[0].type &&
                  p->result->queries[i].server == mine->server &&
                  dns_name_equal(p->result->queries[i].name, m.questions[0].name);
    name = m.questions[0].name;
    size = strlen(name);
    if (size > 1 && name[size - 1] == '.')
        name = arena_text_n(p->arena, name, size - 1);
    *ARENA_PUSH(p->arena, p->result->queries, p->result->queries_count) = (struct lookup_query){
        .at_us = now_us(p),
        .rtt_us = SHAPE_UNSET,
        .server = mine->server,
        .name = name,
        .type = m.questions[0].type,
        .transport = mine->tcp ? TRANSPORT_TCP : TRANSPORT_UDP,
        .socket = mine->number,
        .attempt = before + 1,
        .status = PROBE_TIMEOUT,
    };
    *ARENA_PUSH(p->arena, p->ids, p->ids_count) = m.id;
}

/* Note what came for a query of this socket; a message in pieces is left to c-ares. */
static void note_reply(struct passing *p, const struct passing_socket *mine, const uint8_t *bytes, size_t len)
{
    struct dns_message m;

    if (dns_message_parse(p->arena, bytes, len, &m) < 0 || m.question_count != 1)
        return;
    for (size_t i = p->result->queries_count; i > 0; i--) {
        struct lookup_query *query = &p->result->queries[i - 1];

        if (p->ids[i - 1] != m.id || query->socket != mine->number || query->rtt_us != SHAPE_UNSET ||
            query->type != m.questions[0].type)
            continue;
        query->rtt_us = now_us(p) - query->at_us;
        query->status = answer_status(&m, query->type);
        return;
    }
}

/* Over TCP two octets of length go before each message. */
static void note_stream(struct passing *p, const struct passing_socket *mine, const uint8_t *bytes,
                        size_t len,
                        void (*note)(struct passing *, const struct passing_socket *, const uint8_t *,
                                     size_t))
{
    while (len > 2) {
        size_t size = (size_t)bytes[0] << 8 | bytes[1];

        if (size > len - 2)
            return;
        note(p, mine, bytes + 2, size);
        bytes += 2 + size;
        len -= 2 + size;
    }
}

static ares_ssize_t pass_receive(ares_socket_t fd, void *data, size_t size, int flags, struct sockaddr *from,
                                 ares_socklen_t *from_len, void *user)
{
    ares_ssize_t got = recvfrom(fd, data, size, flags, from, from_len);
    struct passing_socket *mine = socket_of(user, fd);

    /* A stream is read in pieces: the two octets of a length first. Then a message comes alone. */
    if (got > 0 && mine && mine->tcp && got > 12)
        note_reply(user, mine, data, (size_t)got);
    else if (got > 0 && mine && !mine->tcp)
        note_reply(user, mine, data, (size_t)got);
    return got;
}

static ares_ssize_t pass_send(ares_socket_t fd, const struct iovec *iov, int count, void *user)
{
    struct passing *p = user;
    struct passing_socket *mine = socket_of(p, fd);
    ares_ssize_t sent = writev(fd, iov, count);
    uint8_t bytes[2048];
    size_t len = 0;

    for (int i = 0; i < count && len + iov[i].iov_len <= sizeof(bytes); i++) {
        memcpy(bytes + len, iov[i].iov_base, iov[i].iov_len);
        len += iov[i].iov_len;
    }
    if (sent > 0 && mine && mine->tcp)
        note_stream(p, mine, bytes, len, note_query);
    else if (sent > 0 && mine)
        note_query(p, mine, bytes, len);
    return sent;
}

static void on_done(void *user, int status, int timeouts, struct ares_addrinfo *list)
{
    struct passing *p = user;

    (void)timeouts;
    p->done = true;
    p->status = status;
    for (struct ares_addrinfo_node *node = list ? list->nodes : NULL; node; node = node->ai_next) {
        struct address address;
        char text[ADDRESS_TEXT];

        if (address_from_sockaddr(node->ai_addr, &address) < 0)
            continue;
        address.port = 0;
        *ARENA_PUSH(p->arena, p->result->addresses, p->result->addresses_count) =
            arena_text(p->arena, address_format(&address, text, sizeof(text)));
    }
    if (list)
        ares_freeaddrinfo(list);
}

/* Serve the sockets until the answer is there. */
static void run(struct passing *p, ares_channel channel)
{
    while (!p->done) {
        ares_socket_t fds[ARES_GETSOCK_MAXNUM];
        struct pollfd polls[ARES_GETSOCK_MAXNUM];
        int mask = ares_getsock(channel, fds, ARES_GETSOCK_MAXNUM), wait = 1000;
        struct timeval left, *next = ares_timeout(channel, NULL, &left);
        nfds_t count = 0;

        for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++)
            if (ARES_GETSOCK_READABLE(mask, i) || ARES_GETSOCK_WRITABLE(mask, i))
                polls[count++] =
                    (struct pollfd){.fd = fds[i],
                                    .events = (short)((ARES_GETSOCK_READABLE(mask, i) ? POLLIN : 0) |
                                                      (ARES_GETSOCK_WRITABLE(mask, i) ? POLLOUT : 0))};
        if (next)
            wait = (int)(next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
        (void)!poll(polls, count, wait);
        for (nfds_t i = 0; i < count; i++)
            ares_process_fd(channel, polls[i].revents & ~POLLOUT ? polls[i].fd : ARES_SOCKET_BAD,
                            polls[i].revents & POLLOUT ? polls[i].fd : ARES_SOCKET_BAD);
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    }
}

const char *cares_version(void)
{
    return ares_version(NULL);
}

int cares_resolver(void)
{
    int version = 0;

    ares_version(&version);
    /* What 1.34 does came between 1.20 and it. */
    return version >= 0x011400 ? RESOLVER_CARES : RESOLVER_CARES_OLD;
}

int lookup_cares(struct arena *arena, const struct resolver_view *view, const char *path, const char *name,
                 struct lookup_result *ret_result, struct err *err)
{
    static const struct ares_socket_functions functions = {pass_socket, pass_close, pass_connect,
                                                           pass_receive, pass_send};
    struct passing p = {.arena = arena, .view = view, .result = ret_result};
    struct ares_options options = {.resolvconf_path = arena_text(arena, path)};
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_flags = ARES_AI_NOSORT};
    ares_channel channel;
    int r;

    *ret_result = (struct lookup_result){0};
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        p.sockets[i].fd = -1;
    ares_library_init(ARES_LIB_INIT_ALL);
    r = ares_init_options(&channel, &options, ARES_OPT_RESOLVCONF);
    if (r != ARES_SUCCESS) {
        ares_library_cleanup();
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot start c-ares: %s", ares_strerror(r));
    }
    ares_set_socket_functions(channel, &functions, &p);
    p.began_us = clock_monotonic_ns() / 1000;
    ares_getaddrinfo(channel, name, NULL, &hints, on_done, &p);
    run(&p, channel);
    ret_result->total_us = now_us(&p);
    ret_result->ok = p.status == ARES_SUCCESS;
    ret_result->error = ret_result->ok ? NULL : arena_text(arena, ares_strerror(p.status));
    ares_destroy(channel);
    ares_library_cleanup();
    return 0;
}
