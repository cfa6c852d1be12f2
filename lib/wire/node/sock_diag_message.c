/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netlink_attribute.h"
#include <errno.h>
#include <k8sdns/wire/node/sock_diag_message.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
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

/* Source: Linux include/uapi/linux/sock_diag.h, enum: an array of 32-bit numbers, longer on newer kernels. */
static uint64_t memory(const struct attribute *a, size_t index)
{
    uint32_t value;

    if (a->len < (index + 1) * sizeof(value))
        return SOCKET_UNSET;
    memcpy(&value, a->value + index * sizeof(value), sizeof(value));
    return value;
}

int socket_entry_read(const uint8_t *bytes, size_t len, struct socket_entry *ret)
{
    struct attribute_cursor cursor;
    struct inet_diag_msg m;
    struct attribute a;

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
        .receive_used = SOCKET_UNSET,
        .receive_limit = SOCKET_UNSET,
        .send_used = SOCKET_UNSET,
        .send_limit = SOCKET_UNSET,
        .drops = SOCKET_UNSET,
    };
    cursor = attribute_behind(bytes, len, NLMSG_ALIGN(sizeof(m)));
    while (attribute_next(&cursor, &a)) {
        if (a.type != INET_DIAG_SKMEMINFO)
            continue;
        ret->receive_used = memory(&a, SK_MEMINFO_RMEM_ALLOC);
        ret->receive_limit = memory(&a, SK_MEMINFO_RCVBUF);
        ret->send_used = memory(&a, SK_MEMINFO_WMEM_ALLOC);
        ret->send_limit = memory(&a, SK_MEMINFO_SNDBUF);
        ret->drops = memory(&a, SK_MEMINFO_DROPS);
    }
    return cursor.damaged ? -EBADMSG : 0;
}
