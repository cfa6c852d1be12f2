/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_CONNTRACK_LIBRARY_H
#define K8SDNS_SOURCE_CONNTRACK_LIBRARY_H

#include <k8sdns/base/err.h>
#include <k8sdns/wire/node/conntrack_message.h>
#include <libmnl/libmnl.h>

/*
 * Entries as libnetfilter_conntrack reads them. It is loaded when it is first needed, as OpenSSL is: linked
 * in the ordinary way it and libnfnetlink would be loaded by every command. A program that carries all its
 * libraries has none of it, since distributions ship it as a shared library only, and reads entries by
 * conntrack_entry_read() instead.
 */
struct conntrack_library;

/* Load it. Return 0 or a negative errno with a message (kind ERR_UNOBSERVED) when this image has none. */
int conntrack_library_new(struct conntrack_library **ret_library, struct err *err) MUST_USE;
void conntrack_library_free(struct conntrack_library *library);

/* Read the entry of a whole netlink message. Return 0 or -EBADMSG. */
int conntrack_library_read(struct conntrack_library *library, const struct nlmsghdr *message,
                           struct conntrack_entry *ret_entry) MUST_USE;

#endif
