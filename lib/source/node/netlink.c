/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/node/netlink_time.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SECOND_NS UINT64_C(1000000000)
/* Four million entries are dumped in it. */
#define TIME_NS (10 * SECOND_NS)

static uint64_t together_ns = UINT64_MAX;

void netlink_time_set(uint64_t us)
{
    together_ns = us ? us * 1000 : UINT64_MAX;
}

/* The kernel fills at most 32 KiB of a dump at a time; more room than this means no more. */
#define BUFFER_SIZE (64 * 1024)

int netlink_open(struct netlink *netlink, int bus)
{
    /* Zeroes, since what pads attributes goes to the kernel. */
    *netlink = (struct netlink){.socket = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK),
                                .buffer = calloc(1, BUFFER_SIZE),
                                .left_ns = TIME_NS,
                                .sequence = (unsigned)clock_monotonic_ns()};
    if (!netlink->buffer)
        return -ENOMEM;
    return !netlink->socket || mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) < 0 ? -errno : 0;
}

void netlink_close(struct netlink *netlink)
{
    if (netlink->socket)
        mnl_socket_close(netlink->socket);
    free(netlink->buffer);
}

struct nlmsghdr *netlink_request(struct netlink *netlink, uint16_t type, uint16_t flags, const void *head,
                                 size_t head_len)
{
    struct nlmsghdr *message = mnl_nlmsg_put_header(netlink->buffer);

    message->nlmsg_type = type;
    message->nlmsg_flags = NLM_F_REQUEST | flags;
    message->nlmsg_seq = ++netlink->sequence;
    memcpy(mnl_nlmsg_put_extra_header(message, head_len), head, head_len);
    return message;
}

/* What has gone by since then is taken off the time that there is. */
static void take_time(struct netlink *netlink, uint64_t *since_ns)
{
    uint64_t now_ns = clock_monotonic_ns(), took_ns = now_ns - *since_ns;

    netlink->left_ns -= took_ns < netlink->left_ns ? took_ns : netlink->left_ns;
    if (together_ns != UINT64_MAX)
        together_ns -= took_ns < together_ns ? took_ns : together_ns;
    *since_ns = now_ns;
}

static uint64_t time_left(const struct netlink *netlink)
{
    return netlink->left_ns < together_ns ? netlink->left_ns : together_ns;
}

/* Until something has come, or the time is over. Return 0 or a negative errno. */
static int wait_for(const struct netlink *netlink)
{
    struct pollfd wait = {.fd = mnl_socket_get_fd(netlink->socket), .events = POLLIN};

    return poll(&wait, 1, (int)(time_left(netlink) / 1000000) + 1) < 0 && errno != EINTR ? -errno : 0;
}

/* Once. Return 1 when more is to come, 0 at the end, or a negative errno. */
static int receive(const struct netlink *netlink, mnl_cb_t each, void *user)
{
    ssize_t n = mnl_socket_recvfrom(netlink->socket, netlink->buffer, BUFFER_SIZE);
    int r;

    /* The next part of a dump is there as soon as one is taken, so that it is rarely waited for. */
    if (n < 0 && errno == EAGAIN) {
        r = wait_for(netlink);
        return r < 0 ? r : 1;
    }
    r = n < 0 ? -1
              : mnl_cb_run(netlink->buffer, (size_t)n, netlink->sequence,
                           mnl_socket_get_portid(netlink->socket), each, user);
    return r < 0 ? -errno : r > 0;
}

int netlink_exchange(struct netlink *netlink, struct nlmsghdr *message, mnl_cb_t each, void *user)
{
    uint64_t since_ns = clock_monotonic_ns();
    int r = 1;

    if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0)
        return -errno;
    while (r > 0) {
        take_time(netlink, &since_ns);
        if (!time_left(netlink))
            return -ETIMEDOUT;
        r = receive(netlink, each, user);
    }
    take_time(netlink, &since_ns);
    return r;
}
