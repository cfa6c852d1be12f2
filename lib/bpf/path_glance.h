/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_GLANCE_H
#define K8SDNS_BPF_PATH_GLANCE_H

#include "first_look.h"
#include "path_follow.h"

/* So long is a question that was turned away on its way: not counted again, nor followed from the middle. */
#define ON_ITS_WAY_PER_SECOND 20

/*
 * Whether a tracepoint has to look closer at a packet: beside many thousand questions a second, of which as
 * many as --rate says are followed, most are turned away here. `at` is its network header.
 */
static __attribute__((noinline, unused)) bool may_be_followed(struct sk_buff *skb, const unsigned char *at)
{
    struct first_look_at seen;
    struct path_id *id;
    __u32 key, now;

    switch (look_first(skb, at, filter.port, &seen)) {
    case LOOK_AWAY:
        return false;
    case LOOK_CLOSER:
        return true;
    case LOOK_DATAGRAM:
        break;
    }
    key = number_at(seen.dns);
    id = bpf_map_lookup_elem(&ids, &key);
    if (!id)
        return true;
    now = (__u32)bpf_jiffies64();
    if (now - id->followed_at <= FORGET_NS / SECOND_NS * hz)
        return true;
    if (is_answer(seen.dns) || seen.dst_port != filter.port ||
        now - id->skipped_at <= hz / ON_ITS_WAY_PER_SECOND ||
        (filter.netns && filter.netns != look_netns(skb)))
        return false;
    /* Only what fits all of the filter is over the rate. */
    if (!is_full(now) || filter.family || filter.name_len)
        return true;
    id->skipped_at = now;
    count_skipped();
    return false;
}

#endif
