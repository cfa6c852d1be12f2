/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_PATH_RECORD_H
#define K8SDNS_BPF_PATH_RECORD_H

#include <linux/types.h>

/* What path_bpf.c hands over, and what it is told. */
enum path_kind {
    PATH_QUESTION, /* struct path_question: a question that is followed from here on */
    PATH_QUEUE,    /* a device is asked to send it */
    PATH_SEND,     /* it goes to the device's driver */
    PATH_ARRIVE,   /* a driver brings it, and it waits for its turn */
    PATH_RECEIVE,  /* the kernel takes it in */
    PATH_FUNCTION, /* a function of the kernel's is called with it */
    PATH_HOOK,     /* the rules of a netfilter hook begin */
    PATH_SOCKET,   /* it is in a socket's queue */
    PATH_READ,     /* a program reads it */
    PATH_DROP,     /* the kernel throws it away */
};

/* Which argument of a function leads to the packet. */
enum path_argument {
    PATH_FIRST,
    PATH_SECOND,
    PATH_THIRD,
    PATH_INSIDE_FIRST, /* a pointer in what it points to */
};

/* What a packet is, beside a datagram's. */
enum path_segment_kind {
    PATH_DATA, /* a datagram, or a TCP segment with octets of a message */
    PATH_SYN,
    PATH_SYN_ACK,
    PATH_RST,
};

/* What a function's probe carries with it. */
#define PATH_COOKIE(kind, argument, detail) ((__u64)(kind) << 40 | (__u64)(argument) << 32 | (__u64)(detail))
#define PATH_COOKIE_KIND(cookie)            ((__u32)((cookie) >> 40))
#define PATH_COOKIE_ARGUMENT(cookie)        ((__u32)((cookie) >> 32 & 0xff))
#define PATH_COOKIE_DETAIL(cookie)          ((__u32)(cookie))

#define PATH_NAME_MAX   256
#define PATH_BYTES_MAX  272
#define PATH_SYMBOL_MAX 48

/* What finds a question and its answer again, wherever they are and whatever NAT makes of their ports. */
struct path_key {
    __u64 question; /* a hash of its name and type, in lower case; or as below */
    __u32 id;       /* of the message; or PATH_CONNECTION */
    __u32 unused;
};

/* Over TCP: the number of the question on its connection << 32 | the client's initial sequence number. */
#define PATH_CONNECTION 0x10000

struct path_question {
    __u32 kind;
    __u16 len, unused;
    struct path_key key;
    __u8 bytes[PATH_BYTES_MAX]; /* of the message, from its header on */
};

struct path_step {
    __u32 kind;
    __u32 detail; /* the function's number; of a hook family << 8 | hook; of a drop the reason, -1: none */
    struct path_key key;
    __u64 time_ns; /* monotonic */
    __u64 packet;  /* the address of its struct sk_buff */
    __u32 netns, ifindex;
    __u32 pid; /* of who runs then, in the pid namespace of the reader */
    __u16 family, src_port, dst_port;
    __u8 is_answer, rcode;
    __u8 src[16], dst[16];
    __u8 segment;     /* enum path_segment_kind */
    __u8 has_message; /* rcode is known */
    __u8 has_packet;  /* addresses and device are known */
    __u8 unused;
    __u32 piece_from; /* of a later piece of a fragmented packet: its place there, in octets */
    char device[16], comm[16];
    __u64 location;               /* of a drop: the address of the code */
    char symbol[PATH_SYMBOL_MAX]; /* and its name, where the kernel gives one */
};

/* What is followed. */
struct path_filter {
    __u32 netns;  /* 0: any */
    __u32 rate;   /* questions a second; 0: all */
    __u16 port;   /* of DNS */
    __u16 family; /* of the client; 0: any */
    __u16 name_len;
    __u8 client[16];
    __u8 name[PATH_NAME_MAX] __attribute__((aligned(8))); /* labels in lower case, without the root */
};

#endif
