/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For a program that carries all its libraries: none. Entries are read by conntrack_entry_read() there. */
#include "conntrack_library.h"
#include <errno.h>

int conntrack_library_new(struct conntrack_library **ret, struct err *err)
{
    (void)ret;
    return err_set(err, ERR_UNOBSERVED, ENOENT, "this program was built without libnetfilter_conntrack");
}

void conntrack_library_free(struct conntrack_library *library)
{
    (void)library;
}

int conntrack_library_read(struct conntrack_library *library, const struct nlmsghdr *message,
                           struct conntrack_entry *ret)
{
    (void)library, (void)message, (void)ret;
    return -EBADMSG;
}
