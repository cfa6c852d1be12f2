/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_QUESTION_H
#define K8SDNS_BPF_PATH_QUESTION_H

#include "dns_datagram.h"
#include "path_record.h"

/* What a question is known by, and whether it is wanted. */
#define UINT64_C(x) x##ULL

const volatile struct path_filter filter;

#define SECOND_NS UINT64_C(1000000000)

/* Questions over the rate; of each CPU, since a count that all of them write costs more than the question
 * does. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} skipped SEC(".maps");

/*
 * How often a question was begun to be followed, and what its reader has set: how often it had been when
 * nothing was open any more. Of what is followed over TCP nobody keeps count: it is open for a time.
 */
__u64 begun, ended;
__u32 open_until_ticks;
__u64 second_began_ns, second_count;
__u32 second_began_ticks;
const volatile __u32 hz; /* the kernel's ticks a second */

/* The question that this CPU is at work on. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct path_question);
} scratch SEC(".maps");

static __always_inline struct path_question *question_in_work(void)
{
    const __u32 zero = 0;

    return bpf_map_lookup_elem(&scratch, &zero);
}

/*
 * The functions with loops are global ones, which the verifier checks once, and find the question themselves:
 * kernels before 5.12 take no pointers there.
 */

/* Eight octets at a time, since the kernel checks each turn of a loop; in lower case, and a little more
 * alike. */
#define EIGHT        8
#define LOWER_CASE   UINT64_C(0x2020202020202020)
#define HASH_PRIME   UINT64_C(1099511628211)
#define LABELS_MAX   40 /* a name of IPv6's reverse tree has 34 */
#define QUESTION_END (PATH_BYTES_MAX - EIGHT)

static __always_inline __u64 cut(__u64 eight, __u32 left)
{
    eight |= LOWER_CASE;
    return left >= EIGHT ? eight : eight & ((UINT64_C(1) << 8 * left) - 1);
}

static __always_inline __u64 eight_at(const __u8 *bytes, __u32 at, __u32 left)
{
    return at <= QUESTION_END ? cut(*(const __u64 *)(bytes + at), left) : 0;
}

/* Where the name's root is; names with more labels end early, questions and answers alike. */
__attribute__((noinline)) __u32 name_end(void)
{
    struct path_question *question = question_in_work();
    __u32 at = DNS_HEADER;

    if (!question)
        return 0;
    for (__u32 i = 0; i < LABELS_MAX; i++) {
        __u8 label;

        if (at >= QUESTION_END)
            return 0;
        label = question->bytes[at];
        if (!label)
            break;
        at += label + 1;
    }
    return at < question->len ? at : 0;
}

/* Of the name and the type behind it. 0: there is none. */
__attribute__((noinline)) __u64 hash_question(__u32 end)
{
    struct path_question *question = question_in_work();
    __u64 hash = UINT64_C(14695981039346656037);

    if (!question)
        return 0;
    end += 3; /* the root, the type */
    for (__u32 at = DNS_HEADER; at < QUESTION_END; at += EIGHT) {
        if (at >= end)
            break;
        hash = (hash ^ eight_at(question->bytes, at, end - at)) * HASH_PRIME;
        hash ^= hash >> 29;
    }
    return hash;
}

static __always_inline bool name_is_at(const struct path_question *question, __u32 from)
{
    for (__u32 i = 0; i < PATH_NAME_MAX; i += EIGHT) {
        if (i >= filter.name_len)
            return true;
        /* Volatile as the filter is, or the compiler takes it for what it is before it is set. */
        if (eight_at(question->bytes, from + i, filter.name_len - i) !=
            cut(*(const volatile __u64 *)&filter.name[i], filter.name_len - i))
            return false;
    }
    return true;
}

/* The wanted name is its begin or its end, or nearly so: the reader looks again. */
__attribute__((noinline)) int name_fits(__u32 end)
{
    struct path_question *question = question_in_work();

    if (!question)
        return 0;
    if (!filter.name_len)
        return true;
    if (end - DNS_HEADER < filter.name_len)
        return false;
    return name_is_at(question, DNS_HEADER) || name_is_at(question, end - filter.name_len);
}

/* Where a question is first seen: whether that is wanted. */
static __always_inline bool is_from(const struct ip_packet *ip, __u32 netns)
{
    if (filter.netns && netns != filter.netns)
        return false;
    if (!filter.family)
        return true;
    if (filter.family != ip->family)
        return false;
    for (int i = 0; i < 16; i++)
        if (filter.client[i] != ip->src[i])
            return false;
    return true;
}

static __always_inline void count_skipped(void)
{
    const __u32 zero = 0;
    __u64 *count = bpf_map_lookup_elem(&skipped, &zero);

    if (count)
        ++*count;
}

/* Whether the next question would be, which is not counted; `now` is in ticks. */
static __always_inline bool is_full(__u32 now)
{
    return filter.rate && second_count >= filter.rate && now - second_began_ticks < hz;
}

/* Nothing is followed, and no more is until the next second: who sees a packet may look away at once. */
static __always_inline bool is_closed(void)
{
    __u32 now = (__u32)bpf_jiffies64();

    return begun == ended && is_full(now) && (__s32)(now - open_until_ticks) >= 0;
}

static __always_inline bool is_over_rate(__u64 now)
{
    __u64 before;

    if (!filter.rate)
        return false;
    if (now - second_began_ns > SECOND_NS) {
        second_began_ns = now;
        second_began_ticks = (__u32)bpf_jiffies64();
        second_count = 0;
    }
    /* Read and added to apart, since kernels before 5.12 have no addition that fetches: two CPUs at the same
     * moment may both be the last. */
    before = second_count;
    __sync_fetch_and_add(&second_count, 1);
    if (before < filter.rate)
        return false;
    count_skipped();
    return true;
}

#endif
