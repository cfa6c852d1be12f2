/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_BPF_SUPPORT_H
#define K8SDNS_SOURCE_BPF_SUPPORT_H

#include <k8sdns/base/err.h>
#include <stdbool.h>

/* Whether programs for the kernel are built in (meson feature `bpf`). */
extern const bool bpf_built_in;

/*
 * Whether programs can be put into this kernel at all: they are built in, libbpf is there, the kernel
 * describes its types (BTF), and this process has the capabilities: CAP_BPF and CAP_PERFMON, or
 * CAP_SYS_ADMIN, which kernels before 5.8 know alone. With `uprobes`, CAP_SYS_ADMIN in any case, which the
 * kernel asks of them.
 *
 * Return 0, or a negative errno with a message (kind ERR_UNOBSERVED) that names all that is missing. What the
 * kernel then still refuses (a lockdown, a kind of program) shows only when it is tried.
 * Source: capabilities(7), Linux kernel/bpf/syscall.c.
 */
int bpf_support_check(bool uprobes, struct err *err) MUST_USE;

/*
 * The error for `programs` ("the programs that follow packets"), which the kernel refused all the same with
 * `r`, a negative errno. It names who refuses: a seccomp filter, a lockdown, the limit of locked memory, a
 * kernel without ring buffers, a security module; else the verifier, and what it said is in
 * kernel_refusal_lines(). Return `r`. Source: bpf(2), seccomp(2), kernel_lockdown(7).
 */
int bpf_support_refused(int r, const char *programs, struct err *err);

/*
 * Why one probe could not be had, for the errno `code` that it was refused with: the words of strerror(3), or
 * that a seccomp filter refuses perf_event_open(2), which probes take where bpf(2) alone does not make them.
 */
const char *bpf_support_probe_words(int code);

#endif
