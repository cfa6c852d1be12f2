/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/wire/sock_diag_message.h>
#include <linux/inet_diag.h>
#include <string.h>

static struct address address_of(uint8_t family, const __be32 *bytes, __be16 port)
{
    struct address address = {.family = family, .port = ntohs(port)};

    if (family == AF_INET)
        memcpy(&address.v4, bytes, sizeof(address.v4));
    else
        memcpy(&address.v6, bytes, sizeof(address.v6));
    return address;
}

int socket_entry_read(const uint8_t *bytes, size_t len, struct socket_entry *ret)
{
    struct inet_diag_msg m;

    if (len < sizeof(m))
        return -EBADMSG;
    memcpy(&m, bytes, sizeof(m));
    if (m.idiag_family != AF_INET && m.idiag_family != AF_INET6)
        return -EBADMSG;
    *ret = (struct socket_entry){
        .local = address_of(m.idiag_family, m.id.idiag_src, m.id.idiag_sport),
        .remote = address_of(m.idiag_family, m.id.idiag_dst, m.id.idiag_dport),
        .uid = m.idiag_uid,
        .inode = m.idiag_inode,
        .queued_bytes = m.idiag_rqueue,
    };
    return 0;
}
