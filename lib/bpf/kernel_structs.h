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

struct sock_common {
    unsigned short skc_family;
    possible_net_t skc_net;
};

struct sock {
    struct sock_common __sk_common;
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
    unsigned int tail;
    unsigned char *head, *data;
};

#pragma clang attribute pop

#endif
