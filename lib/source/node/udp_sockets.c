/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink.h"
#include <errno.h>
#include <k8sdns/source/node/udp_sockets.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>

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

static int list_family(struct netlink *netlink, uint8_t family, struct listing *listing)
{
    const struct inet_diag_req_v2 ask = {
        .sdiag_family = family,
        .sdiag_protocol = IPPROTO_UDP,
        .idiag_ext = 1 << (INET_DIAG_SKMEMINFO - 1),
        .idiag_states = UINT32_MAX,
    };
    int r = netlink_exchange(netlink,
                             netlink_request(netlink, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, &ask, sizeof(ask)),
                             on_socket, listing);

    return r == -EINTR ? 0 : r;
}

int udp_sockets_list(struct arena *arena, struct socket_entry **ret_sockets, size_t *ret_count,
                     struct err *err)
{
    struct listing listing = {.arena = arena};
    struct netlink netlink;
    int r = netlink_open(&netlink, NETLINK_SOCK_DIAG);

    if (r == 0)
        r = list_family(&netlink, AF_INET, &listing);
    if (r == 0)
        (void)list_family(&netlink, AF_INET6, &listing); /* a kernel without IPv6 has none */
    netlink_close(&netlink);
    if (r < 0)
        return err_set_errno(err, ERR_UNOBSERVED, -r, "cannot list UDP sockets");
    *ret_sockets = listing.items;
    *ret_count = listing.count;
    return 0;
}
