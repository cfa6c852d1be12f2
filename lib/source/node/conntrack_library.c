/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "conntrack_library.h"
#include <errno.h>
#include <k8sdns/base/library.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY "libnetfilter_conntrack.so.3"

#define FUNCTIONS(X)       \
    X(nfct_new)            \
    X(nfct_destroy)        \
    X(nfct_nlmsg_parse)    \
    X(nfct_attr_is_set)    \
    X(nfct_get_attr)       \
    X(nfct_get_attr_u8)    \
    X(nfct_get_attr_u16)   \
    X(nfct_get_attr_u32)   \
    X(nfct_get_attr_u64)   \
    X(nfct_bitmask_maxbit) \
    X(nfct_bitmask_test_bit)

struct loaded {
#define MEMBER(name) __typeof__ (&(name))(name);
    FUNCTIONS(MEMBER)
#undef MEMBER
};

static const struct library_function functions[] = {
#define ROW(name) {#name, offsetof(struct loaded, name)},
    FUNCTIONS(ROW)
#undef ROW
};

struct conntrack_library {
    struct loaded call;
};

int conntrack_library_new(struct conntrack_library **ret, struct err *err)
{
    struct conntrack_library *library = calloc(1, sizeof(*library));
    int r;

    if (!library)
        err_out_of_memory();
    r = library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), &library->call,
                     "conntrack events (" LIBRARY "); install libnetfilter-conntrack3", err);
    if (r < 0)
        free(library);
    else
        *ret = library;
    return r;
}

void conntrack_library_free(struct conntrack_library *library)
{
    free(library);
}

static void read_end(const struct loaded *call, const struct nf_conntrack *ct, uint8_t family,
                     enum nf_conntrack_attr v4, enum nf_conntrack_attr v6, enum nf_conntrack_attr port,
                     struct address *address)
{
    const void *bytes = call->nfct_get_attr(ct, family == AF_INET ? v4 : v6);

    if (!bytes)
        return;
    address->family = family;
    address->port = ntohs(call->nfct_get_attr_u16(ct, port));
    if (family == AF_INET)
        memcpy(&address->v4, bytes, sizeof(address->v4));
    else
        memcpy(&address->v6, bytes, sizeof(address->v6));
}

static uint64_t number(const struct loaded *call, const struct nf_conntrack *ct, enum nf_conntrack_attr attr)
{
    return call->nfct_attr_is_set(ct, attr) > 0 ? call->nfct_get_attr_u64(ct, attr) : CONNTRACK_UNSET;
}

static void read_details(const struct loaded *call, const struct nf_conntrack *ct,
                         struct conntrack_entry *entry)
{
    const struct nfct_bitmask *labels = call->nfct_get_attr(ct, ATTR_CONNLABELS);
    const char *helper = call->nfct_get_attr(ct, ATTR_HELPER_NAME);

    /* What is not set reads as 0. */
    entry->mark = call->nfct_get_attr_u32(ct, ATTR_MARK);
    entry->id = call->nfct_get_attr_u32(ct, ATTR_ID);
    entry->zone = call->nfct_get_attr_u16(ct, ATTR_ZONE);
    entry->orig_zone = call->nfct_get_attr_u16(ct, ATTR_ORIG_ZONE);
    entry->reply_zone = call->nfct_get_attr_u16(ct, ATTR_REPL_ZONE);
    for (unsigned bit = 0;
         labels && bit <= call->nfct_bitmask_maxbit(labels) && bit / 8 < sizeof(entry->labels); bit++)
        if (call->nfct_bitmask_test_bit(labels, bit))
            entry->labels[bit / 8] |= (uint8_t)(1U << bit % 8);
    if (helper)
        memcpy(entry->helper, helper, strnlen(helper, sizeof(entry->helper) - 1));
}

int conntrack_library_read(struct conntrack_library *library, const struct nlmsghdr *message,
                           struct conntrack_entry *entry)
{
    const struct loaded *call = &library->call;
    struct nf_conntrack *ct = call->nfct_new();
    uint8_t family;
    int r = -EBADMSG;

    if (!ct)
        err_out_of_memory();
    *entry = (struct conntrack_entry){0};
    if (call->nfct_nlmsg_parse(message, ct) == 0) {
        family = call->nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO);
        entry->protocol = call->nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);
        read_end(call, ct, family, ATTR_ORIG_IPV4_SRC, ATTR_ORIG_IPV6_SRC, ATTR_ORIG_PORT_SRC,
                 &entry->orig_src);
        read_end(call, ct, family, ATTR_ORIG_IPV4_DST, ATTR_ORIG_IPV6_DST, ATTR_ORIG_PORT_DST,
                 &entry->orig_dst);
        read_end(call, ct, family, ATTR_REPL_IPV4_SRC, ATTR_REPL_IPV6_SRC, ATTR_REPL_PORT_SRC,
                 &entry->reply_src);
        read_end(call, ct, family, ATTR_REPL_IPV4_DST, ATTR_REPL_IPV6_DST, ATTR_REPL_PORT_DST,
                 &entry->reply_dst);
        entry->status = call->nfct_get_attr_u32(ct, ATTR_STATUS);
        entry->replied = entry->status & IPS_SEEN_REPLY;
        entry->assured = entry->status & IPS_ASSURED;
        entry->timeout_s = call->nfct_attr_is_set(ct, ATTR_TIMEOUT) > 0
                               ? call->nfct_get_attr_u32(ct, ATTR_TIMEOUT)
                               : CONNTRACK_UNSET;
        entry->orig_packets = number(call, ct, ATTR_ORIG_COUNTER_PACKETS);
        entry->reply_packets = number(call, ct, ATTR_REPL_COUNTER_PACKETS);
        entry->started_ns = number(call, ct, ATTR_TIMESTAMP_START);
        entry->stopped_ns = number(call, ct, ATTR_TIMESTAMP_STOP);
        read_details(call, ct, entry);
        r = entry->orig_src.family && entry->reply_src.family ? 0 : -EBADMSG;
    }
    call->nfct_destroy(ct);
    return r;
}
