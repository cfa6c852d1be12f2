/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_DROP_EVENT_H
#define K8SDNS_BPF_DROP_EVENT_H

#include <linux/types.h>

/* What drops_bpf.c and drop_trace.c hand each other. Addresses are 16 bytes, IPv4 mapped; ports in host
 * order. */
#define DROP_PORTS      8   /* DNS ports that can be looked at */
#define DROP_DNS_BYTES  272 /* header 12, name 255, type and class 4 */
#define DROP_NAME_BYTES 256
#define DROP_FRAMES     16
#define DROP_SYMBOL     48
#define DROP_LABEL      32 /* of a table's or chain's name; longer ones are cut */
#define DROP_REASONS    256

/* Who gave the verdict, where a probe saw it. */
enum drop_judge {
    JUDGE_UNKNOWN,
    JUDGE_NFT,
    JUDGE_IPTABLES,
    JUDGE_CONNTRACK_IN,      /* a new connection was refused: the table is full, or the packet is invalid */
    JUDGE_CONNTRACK_CONFIRM, /* the entry could not be made */
    JUDGE_IPVS,
};

/* Bits of drop_key.tracking. */
#define DROP_TRACKED   1
#define DROP_CONFIRMED 2

struct drop_tuple {
    __u8 src[16], dst[16];
    __u16 src_port, dst_port;
    __u32 unused;
};

/* What drops are counted by. No padding: it is compared as bytes. */
struct drop_key {
    __u64 stack; /* of struct drop_stack; 0: not kept */
    __u64 name;  /* a hash of the question's name; 0: none was read */
    __u64 chain; /* an address, for comparing */
    __u32 reason, netns;
    __u32 judge, tracking; /* enum drop_judge; TRACKED and CONFIRMED */
    __u8 client[16];
};

struct drop_stack {
    __u64 frames[DROP_FRAMES];
    char names[DROP_FRAMES][DROP_SYMBOL]; /* "" where the kernel gives none */
};

struct drop_event {
    __u64 time_ns; /* CLOCK_MONOTONIC */
    struct drop_key key;
    struct drop_tuple packet, original, reply; /* as it is; by connection tracking, all zero without */
    __u64 socket_inode;                        /* of the socket that was to receive it; 0: not known */
    __u32 pid;                                 /* of whoever ran then */
    __u8 family, protocol;                     /* 4 or 6; IPPROTO_* */
    __u8 is_reply, unused;                     /* of the answer's direction, by connection tracking */
    char process[16];
    char table[DROP_LABEL], chain[DROP_LABEL];
    __u32 dns_at, dns_end;      /* of the message, from the packet's head */
    __u32 dns_len;              /* so much of it is below */
    __u8 dns[DROP_DNS_BYTES];   /* from the DNS header on */
    __u8 name[DROP_NAME_BYTES]; /* on the wire, in lower case */
};

/* One row of the count. */
struct drop_tally {
    __u64 count;
    char table[DROP_LABEL], chain[DROP_LABEL];
    __u8 name[DROP_NAME_BYTES];
};

/* Counts that are not by key. */
enum drop_total {
    TOTAL_DROPS,     /* that fit the filters */
    TOTAL_FRAGMENTS, /* later fragments of UDP or TCP, which have no ports */
    TOTAL_UNTALLIED, /* drops beyond the rows there are, counted without client and name */
    TOTAL_LOST,      /* events for which there was no room */
    TOTAL_UNSHOWN,   /* events over the rate that is handed on */
    TOTAL_NESTED,    /* drops inside of too many others, counted alone */
    TOTALS,
};

/* A verdict that a probe saw on this CPU. */
struct drop_verdict {
    __u64 packet; /* the address of its struct sk_buff; 0: whichever comes next */
    __u64 chain;  /* a struct nft_chain or xt_table */
    __u32 judge;
    __u32 unused;
};

/*
 * The last of them. Chains are run inside of others (a rule that rejects sends a packet), so they are a
 * stack; what is left above its top is still there to be read. Powers of two, so that a count that goes
 * astray does no harm.
 */
#define DROP_VERDICTS 4
struct drop_verdicts {
    __u32 depth, unused;
    struct drop_verdict at[DROP_VERDICTS];
};

/* The offsets of members that are in modules' types, which the loader may not be allowed to look up. */
struct drop_offsets {
    __u32 ct_tuples, ct_tuple_size, ct_tuple; /* nf_conn.tuplehash, sizeof its element, tuple in it */
    __u32 ct_status;
    __u32 chain_table, chain_name, table_name; /* nft_chain.table, nft_chain.name, nft_table.name */
    __u32 xt_name;                             /* xt_table.name */
    __u32 nft_packet;                          /* nft_pktinfo.skb */
    __u32 has_ct, has_nft, has_xt;
};

#endif
