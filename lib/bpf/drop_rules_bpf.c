/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which netfilter rule, chain and table dropped a packet: the verdicts of nftables and iptables, seen as they
 * are reached, so that a drop that comes next can name its rule.
 */
#include "drop_event.h"
#include "kernel_structs.h"
#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>

#include <bpf/bpf_tracing.h>

/*
 * Verdicts where they are made, for kernels that permit probes in their functions: which chain ran last, and
 * whether connection tracking or IPVS gave the verdict. A note lasts until the packet is freed or accepted.
 *
 * Each function is hung on twice: by fentry and fexit, and by kprobe and kretprobe where these are all there
 * is; only one kind is loaded. A kretprobe does not know the packet: its note is for whichever is freed next
 * on that CPU, which happens at once.
 */
#define NF_DROP      0
#define VERDICT_MASK 0xff

char LICENSE[] SEC("license") = "GPL";

const volatile struct drop_offsets offsets;
const volatile __u32
    table_is_first; /* ipt_do_table(table, packet, ...), since 5.16; else (packet, ..., table) */

/* drops_bpf.c's. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct drop_verdicts);
} verdicts SEC(".maps");

static __always_inline struct drop_verdicts *own_verdicts(void)
{
    const __u32 zero = 0;

    return bpf_map_lookup_elem(&verdicts, &zero);
}

static __always_inline void note(struct drop_verdicts *all, __u32 judge, __u64 packet, __u64 chain)
{
    struct drop_verdict *verdict = &all->at[all->depth % DROP_VERDICTS];

    verdict->packet = packet;
    verdict->chain = chain;
    verdict->judge = judge;
}

static __always_inline void entered(__u32 judge, __u64 packet, __u64 chain)
{
    struct drop_verdicts *all = own_verdicts();

    if (!all)
        return;
    note(all, judge, packet, chain);
    all->depth++;
}

/* A chain was left: unless it dropped, it has nothing to do with what follows. */
static __always_inline void left(__u32 result)
{
    struct drop_verdicts *all = own_verdicts();

    if (!all)
        return;
    all->depth--;
    if ((result & VERDICT_MASK) != NF_DROP)
        note(all, JUDGE_UNKNOWN, 0, 0);
}

static __always_inline void judged(__u32 judge, __u64 packet, __u32 result)
{
    struct drop_verdicts *all = own_verdicts();

    if (all && (result & VERDICT_MASK) == NF_DROP)
        note(all, judge, packet, 0);
}

static __always_inline void nft(unsigned long info, unsigned long chain)
{
    __u64 packet = 0;

    (void)!bpf_probe_read_kernel(&packet, sizeof(packet), (void *)(info + offsets.nft_packet));
    entered(JUDGE_NFT, packet, chain);
}

static __always_inline void iptables(unsigned long first, unsigned long second, unsigned long third)
{
    if (table_is_first)
        entered(JUDGE_IPTABLES, second, first);
    else
        entered(JUDGE_IPTABLES, first, third);
}

SEC("fentry/nft_do_chain")
int nft_entered(unsigned long *ctx)
{
    nft(ctx[0], ctx[1]);
    return 0;
}

SEC("fexit/nft_do_chain")
int nft_left(unsigned long *ctx)
{
    left((__u32)ctx[2]);
    return 0;
}

SEC("fentry/ipt_do_table")
int ipt_entered(unsigned long *ctx)
{
    iptables(ctx[0], ctx[1], ctx[2]);
    return 0;
}

SEC("fexit/ipt_do_table")
int ipt_left(unsigned long *ctx)
{
    left((__u32)ctx[3]);
    return 0;
}

SEC("fentry/ip6t_do_table")
int ip6t_entered(unsigned long *ctx)
{
    iptables(ctx[0], ctx[1], ctx[2]);
    return 0;
}

SEC("fexit/ip6t_do_table")
int ip6t_left(unsigned long *ctx)
{
    left((__u32)ctx[3]);
    return 0;
}

SEC("fexit/nf_conntrack_in")
int conntrack_left(unsigned long *ctx)
{
    judged(JUDGE_CONNTRACK_IN, ctx[0], (__u32)ctx[2]);
    return 0;
}

SEC("fexit/__nf_conntrack_confirm")
int confirm_left(unsigned long *ctx)
{
    judged(JUDGE_CONNTRACK_CONFIRM, ctx[0], (__u32)ctx[1]);
    return 0;
}

SEC("fexit/ip_vs_in_hook")
int ipvs_left(unsigned long *ctx)
{
    judged(JUDGE_IPVS, ctx[1], (__u32)ctx[3]);
    return 0;
}

/* Before Linux 5.16 each family has a hook of its own. */
SEC("fexit/ip_vs_remote_request4")
int ipvs_left_4(unsigned long *ctx)
{
    judged(JUDGE_IPVS, ctx[1], (__u32)ctx[3]);
    return 0;
}

SEC("fexit/ip_vs_remote_request6")
int ipvs_left_6(unsigned long *ctx)
{
    judged(JUDGE_IPVS, ctx[1], (__u32)ctx[3]);
    return 0;
}

SEC("kprobe/nft_do_chain")
int nft_entered_k(struct pt_regs *ctx)
{
    nft(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx));
    return 0;
}

SEC("kretprobe/nft_do_chain")
int nft_left_k(struct pt_regs *ctx)
{
    left((__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kprobe/ipt_do_table")
int ipt_entered_k(struct pt_regs *ctx)
{
    iptables(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));
    return 0;
}

SEC("kretprobe/ipt_do_table")
int ipt_left_k(struct pt_regs *ctx)
{
    left((__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kprobe/ip6t_do_table")
int ip6t_entered_k(struct pt_regs *ctx)
{
    iptables(PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));
    return 0;
}

SEC("kretprobe/ip6t_do_table")
int ip6t_left_k(struct pt_regs *ctx)
{
    left((__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kretprobe/nf_conntrack_in")
int conntrack_left_k(struct pt_regs *ctx)
{
    judged(JUDGE_CONNTRACK_IN, 0, (__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kretprobe/__nf_conntrack_confirm")
int confirm_left_k(struct pt_regs *ctx)
{
    judged(JUDGE_CONNTRACK_CONFIRM, 0, (__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kretprobe/ip_vs_in_hook")
int ipvs_left_k(struct pt_regs *ctx)
{
    judged(JUDGE_IPVS, 0, (__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kretprobe/ip_vs_remote_request4")
int ipvs_left_4_k(struct pt_regs *ctx)
{
    judged(JUDGE_IPVS, 0, (__u32)PT_REGS_RC(ctx));
    return 0;
}

SEC("kretprobe/ip_vs_remote_request6")
int ipvs_left_6_k(struct pt_regs *ctx)
{
    judged(JUDGE_IPVS, 0, (__u32)PT_REGS_RC(ctx));
    return 0;
}
