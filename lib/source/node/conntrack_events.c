/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_library.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node/conntrack_events.h>
#include <k8sdns/wire/node/proc_table.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* One event is a message of its own, of some hundred bytes. */
#define BATCH       32
#define MESSAGE_MAX 2048
#define SYSCTL      "/proc/sys/net/netfilter/nf_conntrack_events"

struct conntrack_events {
    struct mnl_socket *socket;
    struct conntrack_library *library; /* NULL: read by conntrack_entry_read() */
    uint64_t overruns, damaged;
    struct mmsghdr heads[BATCH];
    struct iovec parts[BATCH];
    char messages[BATCH][MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
};

static int fail(struct err *err, int code)
{
    if (code == EPERM)
        return err_set(err, ERR_UNOBSERVED, EPERM, "it takes CAP_NET_ADMIN to follow connection tracking");
    if (code == EPROTONOSUPPORT || code == ENOENT || code == EINVAL)
        return err_set(err, ERR_UNOBSERVED, ENOENT, "this kernel has no connection tracking by netlink");
    return err_set_errno(err, ERR_UNOBSERVED, code, "cannot follow connection tracking");
}

/* What the sysctl says; 1 where it is not to be seen. */
static uint64_t events_setting(void)
{
    struct arena *arena = arena_new();
    uint64_t value = proc_number_at(file_text(arena, SYSCTL, 64), 0);

    arena_free(arena);
    return value;
}

/* The attribute of type X inside the one at A: A is 0 when there is none. Source: Linux net/core/filter.c. */
#define LOAD_INSIDE BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_NLATTR_NEST)
#define LOAD_AMONG  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_NLATTR)
#define WANT(type)  BPF_STMT(BPF_LDX | BPF_IMM, (type))

/*
 * nfct_filter_attach() of libnetfilter_conntrack makes such a program, too, but knows no ports: of a node's
 * events nearly all would be handed over to be thrown away.
 */
static int filter(int fd, uint16_t port)
{
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_IMM, NLMSG_HDRLEN + sizeof(struct nfgenmsg)),
        WANT(CTA_TUPLE_ORIG),
        LOAD_AMONG,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 18, 0),
        WANT(CTA_TUPLE_PROTO),
        LOAD_INSIDE,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 15, 0),
        BPF_STMT(BPF_ST, 0),
        WANT(CTA_PROTO_DST_PORT),
        LOAD_INSIDE,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 11, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_IND, NLA_HDRLEN),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 8),
        BPF_STMT(BPF_LD | BPF_MEM, 0),
        WANT(CTA_PROTO_NUM),
        LOAD_INSIDE,
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_IND, NLA_HDRLEN),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 2, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    };
    const struct sock_fprog whole = {sizeof(program) / sizeof(program[0]), program};

    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &whole, sizeof(whole)) < 0 ? -errno : 0;
}

/* Beyond the machine's limit only with CAP_NET_ADMIN of the machine. */
static void enlarge(int fd, size_t size)
{
    int wanted = size > INT32_MAX / 2 ? INT32_MAX / 2 : (int)size;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &wanted, sizeof(wanted)) < 0)
        (void)!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
}

static int listen_to(struct conntrack_events *events, const struct conntrack_events_options *options)
{
    int fd, r;

    events->socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (!events->socket)
        return -errno;
    fd = mnl_socket_get_fd(events->socket);
    enlarge(fd, options->buffer_size);
    r = filter(fd, options->port);
    if (r == 0 &&
        mnl_socket_bind(events->socket,
                        NF_NETLINK_CONNTRACK_NEW | NF_NETLINK_CONNTRACK_UPDATE | NF_NETLINK_CONNTRACK_DESTROY,
                        MNL_SOCKET_AUTOPID) < 0)
        r = -errno;
    return r;
}

int conntrack_events_open(const struct conntrack_events_options *options, struct conntrack_events **ret,
                          struct err *err)
{
    struct conntrack_events *events;
    struct err unused;
    int r;

    if (events_setting() == 0)
        return err_set(err, ERR_UNOBSERVED, ENODATA,
                       "this kernel tells no conntrack events: net.netfilter.nf_conntrack_events is 0; turn "
                       "them on with: sysctl -w net.netfilter.nf_conntrack_events=1");
    events = calloc(1, sizeof(*events));
    if (!events)
        err_out_of_memory();
    r = listen_to(events, options);
    if (r < 0) {
        conntrack_events_close(events);
        return fail(err, -r);
    }
    for (size_t i = 0; i < BATCH; i++) {
        events->parts[i] = (struct iovec){events->messages[i], MESSAGE_MAX};
        events->heads[i].msg_hdr = (struct msghdr){.msg_iov = &events->parts[i], .msg_iovlen = 1};
    }
    if (conntrack_library_new(&events->library, &unused) < 0)
        events->library = NULL;
    *ret = events;
    return 0;
}

void conntrack_events_close(struct conntrack_events *events)
{
    if (!events)
        return;
    if (events->socket)
        mnl_socket_close(events->socket);
    conntrack_library_free(events->library);
    free(events);
}

int conntrack_events_fd(const struct conntrack_events *events)
{
    return mnl_socket_get_fd(events->socket);
}

static bool change_of(const struct nlmsghdr *message, enum conntrack_change *ret)
{
    if (message->nlmsg_type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE))
        *ret = CONNTRACK_DESTROY;
    else if (message->nlmsg_type == (NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_NEW))
        *ret = message->nlmsg_flags & NLM_F_CREATE ? CONNTRACK_NEW : CONNTRACK_UPDATE;
    else
        return false;
    return true;
}

static bool read_entry(struct conntrack_events *events, const struct nlmsghdr *message,
                       struct conntrack_entry *entry)
{
    if (events->library)
        return conntrack_library_read(events->library, message, entry) == 0;
    return conntrack_entry_read(mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message), 0,
                                entry) == 1;
}

int conntrack_events_read(struct conntrack_events *events,
                          void (*each)(void *user, enum conntrack_change change,
                                       const struct conntrack_entry *entry),
                          void *user)
{
    int count = recvmmsg(mnl_socket_get_fd(events->socket), events->heads, BATCH, MSG_DONTWAIT, NULL);

    if (count < 0 && errno == ENOBUFS)
        events->overruns++;
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)events->messages[i];
        size_t len = events->heads[i].msg_len;
        enum conntrack_change change;
        struct conntrack_entry entry;

        if (len < sizeof(*message) || message->nlmsg_len > len || message->nlmsg_len < sizeof(*message) ||
            !change_of(message, &change) || !read_entry(events, message, &entry))
            events->damaged++;
        else
            each(user, change, &entry);
    }
    return count;
}

void conntrack_events_state(const struct conntrack_events *events, struct conntrack_events_state *ret)
{
    int fd = mnl_socket_get_fd(events->socket), size = 0;
    uint32_t memory[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof(size), memory_len = sizeof(memory);

    *ret = (struct conntrack_events_state){
        .overruns = events->overruns,
        .lost = events->overruns ? CONNTRACK_UNSET : 0,
        .damaged = events->damaged,
        .library = events->library,
    };
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, &len) == 0)
        ret->buffer_size = (size_t)size;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory, &memory_len) == 0 &&
        memory_len > SK_MEMINFO_DROPS * sizeof(*memory))
        ret->lost = memory[SK_MEMINFO_DROPS];
}
