/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_LOOKUPS_RECORD_H
#define K8SDNS_BPF_LOOKUPS_RECORD_H

#include <linux/types.h>

/* What lookups_bpf.c hands over. */
enum lookups_record_kind {
    LOOKUPS_CALL,     /* a call returned */
    LOOKUPS_EXITED,   /* the thread ended in the call */
    LOOKUPS_QUESTION, /* a question by packets was answered */
    LOOKUPS_EXEC,     /* a process runs a new program */
};

enum lookups_function {
    LOOKUPS_GETADDRINFO,
    LOOKUPS_GETHOSTBYNAME,
    LOOKUPS_GETHOSTBYNAME2,
    LOOKUPS_GETHOSTBYNAME_R,
    LOOKUPS_GETHOSTBYNAME2_R,
};

#define LOOKUPS_NAME_MAX  256
#define LOOKUPS_BYTES_MAX 272 /* of a DNS message: its header and its question */

struct lookups_record {
    __u64 start_ns, end_ns; /* monotonic; the end is 0 for one under way */
    __u32 kind;
    __u32 pid; /* in the pid namespace of the reader; 0: not seen from there */
    __u32 function;
    __s32 result;        /* of getaddrinfo; of the others 0 or 1: an address, none */
    __s32 h_errno_value; /* of the others, -1: not known */
    __u32 netns;
    char comm[16];
    union {
        struct {
            char name[LOOKUPS_NAME_MAX];
            __u64 stack, name_at, result_at, h_errno_at; /* of the caller's memory */
            __u32 name_known;
        } call;
        struct {
            __u8 message[LOOKUPS_BYTES_MAX];
            __u8 server[16];
            __u16 message_len, family, rcode, port;
        } question;
    };
};

/* What finds a question again. */
struct lookups_key {
    __u32 netns;
    __u16 port, id;
};

#endif
