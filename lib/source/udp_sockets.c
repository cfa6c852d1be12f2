/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/udp_sockets.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER_SIZE (64 * 1024)

struct listing {
    struct arena *arena;
    struct socket_entry *items;
    size_t count;
};

static int on_socket(const struct nlmsghdr *message, void *user)
{
    struct listing *listing = user;
    struct socket_entry entry;

    if (listing->count < UDP_SOCKETS_MAX &&
        socket_entry_read(mnl_nlmsg_get_payload(message), mnl_nlmsg_get_payload_len(message), &entry) == 0)
        *ARENA_PUSH(listing->arena, listing->items, listing->count) = entry;
    return MNL_CB_OK;
}

static int list_family(struct mnl_socket *socket, char *buffer, uint8_t family, struct listing *listing)
{
    unsigned sequence = (unsigned)clock_monotonic_ns();
    struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
    struct inet_diag_req_v2 *ask;
    int r = 1;

    message->nlmsg_type = SOCK_DIAG_BY_FAMILY;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = sequence;
    ask = mnl_nlmsg_put_extra_header(message, sizeof(*ask));
    ask->sdiag_family = family;
    ask->sdiag_protocol = IPPROTO_UDP;
    ask->idiag_states = UINT32_MAX;
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0)
        return -errno;
    while (r > 0) {
        ssize_t n = mnl_socket_recvfrom(socket, buffer, BUFFER_SIZE);

        r = n < 0
                ? -1
                : mnl_cb_run(buffer, (size_t)n, sequence, mnl_socket_get_portid(socket), on_socket, listing);
    }
    return r < 0 && errno != EINTR ? -errno : 0;
}

int udp_sockets_list(struct arena *arena, struct socket_entry **ret_sockets, size_t *ret_count,
                     struct err *err)
{
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
    struct listing listing = {.arena = arena};
    char *buffer = malloc(BUFFER_SIZE);
    int r = -ENOMEM;

    if (!socket || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0)
        r = -errno;
    else if (buffer)
        r = list_family(socket, buffer, AF_INET, &listing);
    if (r == 0)
        (void)list_family(socket, buffer, AF_INET6, &listing); /* a kernel without IPv6 has none */
    if (socket)
        mnl_socket_close(socket);
    free(buffer);
    if (r < 0)
        return err_set_errno(err, ERR_UNOBSERVED, -r, "cannot list UDP sockets");
    *ret_sockets = listing.items;
    *ret_count = listing.count;
    return 0;
}
