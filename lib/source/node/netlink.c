/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel fills at most 32 KiB of a dump at a time; more room than this means no more. */
#define BUFFER_SIZE (64 * 1024)

int netlink_open(struct netlink *netlink, int bus)
{
    /* Zeroes, since what pads attributes goes to the kernel. */
    *netlink = (struct netlink){.socket = mnl_socket_open2(bus, SOCK_CLOEXEC),
                                .buffer = calloc(1, BUFFER_SIZE),
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

int netlink_exchange(struct netlink *netlink, struct nlmsghdr *message, mnl_cb_t each, void *user)
{
    int r = 1;

    if (mnl_socket_sendto(netlink->socket, message, message->nlmsg_len) < 0)
        return -errno;
    while (r > 0) {
        ssize_t n = mnl_socket_recvfrom(netlink->socket, netlink->buffer, BUFFER_SIZE);

        r = n < 0 ? -1
                  : mnl_cb_run(netlink->buffer, (size_t)n, netlink->sequence,
                               mnl_socket_get_portid(netlink->socket), each, user);
    }
    return r < 0 ? -errno : 0;
}
