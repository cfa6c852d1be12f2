/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_TESTS_RECORDING_H
#define K8SDNS_TESTS_RECORDING_H

#include "unit.h"
#include <k8sdns/base/file.h>
#include <linux/netlink.h>
#include <string.h>

#define RECORDED DATA "/netlink/"

/* Call `each` for every netlink message of a recording. */
static inline void replay(struct arena *arena, const char *path,
                          void (*each)(void *user, const uint8_t *bytes, size_t len), void *user)
{
    struct nlmsghdr head;
    char *bytes;
    size_t len;

    assert_int_equal(file_read(arena, path, 1 << 20, &bytes, &len, NULL), 0);
    for (size_t at = 0; at + sizeof(head) <= len; at += NLMSG_ALIGN(head.nlmsg_len)) {
        memcpy(&head, bytes + at, sizeof(head));
        assert_true(head.nlmsg_len >= NLMSG_HDRLEN && at + head.nlmsg_len <= len);
        each(user, (const uint8_t *)bytes + at + NLMSG_HDRLEN, head.nlmsg_len - NLMSG_HDRLEN);
    }
}

#endif
