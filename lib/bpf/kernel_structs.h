/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_KERNEL_STRUCTS_H
#define K8SDNS_BPF_KERNEL_STRUCTS_H

#include <linux/types.h>
#include <stdbool.h>

/*
 * The few members of the kernel's structs that our programs read. Their order and offsets here mean nothing:
 * the loader puts in those of the running kernel (CO-RE, by the attribute below). A member that only some
 * kernels have is asked for with bpf_core_field_exists(). A struct of another kernel's shape gets a name with
 * three underscores (`struct sock___old`); the loader looks for what stands before them.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct ns_common {
    unsigned int inum;
};

struct net {
    struct ns_common ns;
};

typedef struct {
    struct net *net;
} possible_net_t;

struct net_device {
    char name[16];
    int ifindex;
    possible_net_t nd_net;
};

struct inode {
    unsigned long i_ino;
};

struct file {
    struct inode *f_inode;
};

struct socket {
    struct file *file;
};

struct in6_addr {
    __u8 octets[16];
};

struct sock_common {
    unsigned short skc_family;
    __u16 skc_num; /* the local port, in host order */
    possible_net_t skc_net;
    __be32 skc_daddr, skc_rcv_saddr; /* the peer's, and its own */
    struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
    __be16 skc_dport;
};

struct sock {
    struct sock_common __sk_common;
    __u16 sk_protocol;
    struct socket *sk_socket;
};

struct dst_entry {
    struct net_device *dev;
};

struct sk_buff {
    struct net_device *dev;
    struct sock *sk;
    unsigned long _nfct;
    unsigned long _skb_refdst;
    unsigned int len, data_len;
    __be16 protocol;
    __u16 transport_header, network_header, mac_header;
    unsigned int tail; /* an offset from head; a pointer on 32-bit machines */
    unsigned char *head, *data;
};

struct pid_namespace {
    struct ns_common ns;
};

/* The number of a process in one pid namespace; of all of them, the outermost first. */
struct upid {
    int nr;
    struct pid_namespace *ns;
};

struct pid {
    unsigned int level;
    struct upid numbers[1];
};

struct nsproxy {
    struct net *net_ns;
};

struct task_struct {
    int pid, tgid;
    struct task_struct *group_leader;
    struct pid *thread_pid;
    struct nsproxy *nsproxy;
};

#pragma clang attribute pop

#endif
