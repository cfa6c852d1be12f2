/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_QUESTION_H
#define K8SDNS_BPF_PATH_QUESTION_H

#include "dns_datagram.h"
#include "path_record.h"

/* What a question is known by, and whether it is wanted. */
#define UINT64_C(x) x##ULL

const volatile struct path_filter filter;

/* Eight octets at a time, since the kernel checks each turn of a loop; in lower case, and a little more
 * alike. */
#define EIGHT        8
#define LOWER_CASE   UINT64_C(0x2020202020202020)
#define HASH_PRIME   UINT64_C(1099511628211)
#define LABELS_MAX   40 /* a name of IPv6's reverse tree has 34 */
#define QUESTION_END (PATH_BYTES_MAX - EIGHT)

static __always_inline __u64 eight_at(const __u8 *bytes, __u32 at, __u32 left)
{
    __u64 value = at <= QUESTION_END ? *(const __u64 *)(bytes + at) | LOWER_CASE : 0;

    return left >= EIGHT ? value : value & ((UINT64_C(1) << 8 * left) - 1);
}

/* Where the name's root is; names with more labels end early, questions and answers alike. */
static __attribute__((noinline, unused)) __u32 name_end(struct path_question *question)
{
    __u32 at = DNS_HEADER;

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
static __attribute__((noinline, unused)) __u64 hash_question(struct path_question *question, __u32 end)
{
    __u64 hash = UINT64_C(14695981039346656037);

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
        if (eight_at(question->bytes, from + i, filter.name_len - i) !=
            eight_at((const __u8 *)filter.name, i, filter.name_len - i))
            return false;
    }
    return true;
}

/* The wanted name is its begin or its end, or nearly so: the reader looks again. */
static __attribute__((noinline, unused)) bool name_fits(struct path_question *question, __u32 end)
{
    if (!filter.name_len)
        return true;
    if (end - DNS_HEADER < filter.name_len)
        return false;
    return name_is_at(question, DNS_HEADER) || name_is_at(question, end - filter.name_len);
}

#endif
