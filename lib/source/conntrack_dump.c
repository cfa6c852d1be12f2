/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/conntrack_dump.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>

/* As large as the kernel fills one at a time. */
#define BUFFER_SIZE (64 * 1024)

struct walk {
    void (*each)(void *user, const struct conntrack_entry *entry);
    void *user;
};

static struct address address_of(const struct nf_conntrack *ct, uint8_t family, enum nf_conntrack_attr v4,
                                 enum nf_conntrack_attr v6, enum nf_conntrack_attr port)
{
    struct address address = {.family = family, .port = ntohs(nfct_get_attr_u16(ct, port))};

    if (family == AF_INET)
        address.v4.s_addr = nfct_get_attr_u32(ct, v4);
    else if (nfct_get_attr(ct, v6))
        memcpy(&address.v6, nfct_get_attr(ct, v6), sizeof(address.v6));
    return address;
}

static int on_entry(const struct nlmsghdr *message, void *user)
{
    struct walk *walk = user;
    struct nf_conntrack *ct = nfct_new();
    struct conntrack_entry entry;
    uint8_t family;

    if (!ct)
        return MNL_CB_ERROR;
    if (nfct_nlmsg_parse(message, ct) == 0) {
        family = nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO);
        entry.protocol = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);
        if ((entry.protocol == IPPROTO_UDP || entry.protocol == IPPROTO_TCP) &&
            (family == AF_INET || family == AF_INET6)) {
            entry.orig_src =
                address_of(ct, family, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV6_SRC, ATTR_ORIG_PORT_SRC);
            entry.orig_dst =
                address_of(ct, family, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_DST);
            entry.reply_src =
                address_of(ct, family, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV6_SRC, ATTR_REPL_PORT_SRC);
            entry.reply_dst =
                address_of(ct, family, ATTR_REPL_IPV4_DST, ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_DST);
            walk->each(walk->user, &entry);
        }
    }
    nfct_destroy(ct);
    return MNL_CB_OK;
}

static int fail(struct err *err, int code)
{
    if (code == EPERM)
        return err_set(err, ERR_UNOBSERVED, EPERM,
                       "it takes CAP_NET_ADMIN to read the connection tracking table");
    if (code == EPROTONOSUPPORT || code == ENOENT || code == EINVAL)
        return err_set(err, ERR_UNOBSERVED, code, "this kernel has no connection tracking by netlink");
    if (code == EINTR)
        return err_set(err, ERR_UNOBSERVED, EINTR, "the table changed while it was read: it is not whole");
    return err_set_errno(err, ERR_UNOBSERVED, code, "cannot read the connection tracking table");
}

int conntrack_dump(uint8_t family, void (*each)(void *user, const struct conntrack_entry *entry), void *user,
                   struct err *err)
{
    struct walk walk = {each, user};
    struct mnl_socket *socket = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
    unsigned sequence = (unsigned)clock_monotonic_ns();
    char *buffer = malloc(BUFFER_SIZE);
    struct nlmsghdr *message;
    struct nfgenmsg *head;
    ssize_t n = 0;
    int r = 1, code = 0;

    if (!socket || !buffer || mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
        code = errno;
        goto out;
    }
    message = mnl_nlmsg_put_header(buffer);
    message->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET;
    message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    message->nlmsg_seq = sequence;
    head = mnl_nlmsg_put_extra_header(message, sizeof(*head));
    *head = (struct nfgenmsg){.nfgen_family = family, .version = NFNETLINK_V0};
    if (mnl_socket_sendto(socket, message, message->nlmsg_len) < 0) {
        code = errno;
        goto out;
    }
    while (r > 0) {
        n = mnl_socket_recvfrom(socket, buffer, BUFFER_SIZE);
        r = n < 0 ? -1
                  : mnl_cb_run(buffer, (size_t)n, sequence, mnl_socket_get_portid(socket), on_entry, &walk);
    }
    if (r < 0)
        code = errno;
out:
    if (socket)
        mnl_socket_close(socket);
    free(buffer);
    return code ? fail(err, code) : 0;
}
