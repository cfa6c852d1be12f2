/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_SOCK_DIAG_MESSAGE_H
#define K8SDNS_WIRE_SOCK_DIAG_MESSAGE_H

#include <k8sdns/base/address.h>
#include <stddef.h>

#define SOCKET_UNSET UINT64_MAX

/* A socket of this network namespace, as the kernel's sock_diag shows it. */
struct socket_entry {
    struct address local, remote; /* an unconnected one has port 0 there */
    uint32_t uid;
    uint64_t inode;
    uint32_t queued_bytes; /* waiting to be read */
    /* What its buffers hold and may hold, and what was dropped for want of room; SOCKET_UNSET when not said.
     */
    uint64_t receive_used, receive_limit, send_used, send_limit, drops;
};

/*
 * Read one from the `len` bytes behind the netlink header (struct inet_diag_msg, then attributes, of which
 * INET_DIAG_SKMEMINFO is looked at). Return 0, or -EBADMSG when the bytes are too few or of another family.
 * Source: Linux include/uapi/linux/inet_diag.h, sock_diag(7).
 */
int socket_entry_read(const uint8_t *bytes, size_t len, struct socket_entry *ret_entry);

#endif
