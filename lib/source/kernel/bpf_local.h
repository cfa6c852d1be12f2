/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_BPF_LOCAL_H
#define K8SDNS_SOURCE_BPF_LOCAL_H

struct bpf_object;

/*
 * Between opening and loading: make those global functions of `object` local ones that take a pointer. The
 * verifier checks a global function once, by itself, with pointers since Linux 5.12; a local one it follows
 * from each call, on every kernel. Source: Linux kernel/bpf/btf.c, btf_prepare_func_args().
 */
void bpf_local_make(struct bpf_object *object);

#endif
