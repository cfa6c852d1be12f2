/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS packets at the places where the kernel frees them: reason, hook, both tuples and the question go to a
 * ring, and counts stay in the kernel, so that a storm is counted whole.
 */
#include "dns_packet.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/*
 * DNS packets that the kernel frees unused.
 *
 * Each is counted in `tallies`, by what the summary tells of; that count is whole however many there are.
 * Each is also handed over as an event, as far as the rate and the buffer allow. What a stack is made of is
 * kept once.
 */
#define TALLIES   8192
#define STACKS    2048
#define NEST_MAX  3
#define RATE_NS   100000000
#define NEW_ASKED 16384

char LICENSE[] SEC("license") = "GPL";

/* Set before loading. */
const volatile __u32 has_reason, has_receiver; /* arguments of the tracepoint on this kernel */
const volatile __u32 reason_netfilter;         /* NETFILTER_DROP's number; 0: none */
const volatile __u32 has_symbols;              /* bpf_snprintf() */
const volatile __u32 by_netns, by_client, by_reason;
const volatile __u8 reasons[DROP_REASONS];
const volatile __u32 rate_max; /* events of one CPU in RATE_NS; 0: all */
const volatile __u32 own_pid;  /* in the namespace below: only what this process asked; 0: all */
const volatile __u32 own_netns;
const volatile __u64 own_pid_device, own_pid_inode;
const volatile struct drop_offsets offsets;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, TALLIES);
    __type(key, struct drop_key);
    __type(value, struct drop_tally);
} tallies SEC(".maps");

/* Where `tallies` has no room: without client, name and chain. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, STACKS);
    __type(key, struct drop_key);
    __type(value, struct drop_tally);
} coarse SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, STACKS);
    __type(key, __u64);
    __type(value, struct drop_stack);
} stacks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, TOTALS);
    __type(key, __u32);
    __type(value, __u64);
} totals SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, __u8);
} netns_wanted SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 64);
    __type(key, __u8[16]);
    __type(value, __u8);
} clients_wanted SEC(".maps");

/* Ports and ids of what the process `own_pid` asked. */
struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, NEW_ASKED);
    __type(key, __u32);
    __type(value, __u8);
} asked SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct drop_verdicts);
} verdicts SEC(".maps");

struct scratch {
    struct drop_event event;
    struct drop_tally tally;
    struct drop_stack stack;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, NEST_MAX);
    __type(key, __u32);
    __type(value, struct scratch);
} scratches SEC(".maps");

struct cpu_state {
    __u32 depth;
    __u32 handed; /* since `window_ns` */
    __u64 window_ns;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct cpu_state);
} states SEC(".maps");

static __always_inline void count(__u32 which)
{
    __u64 *total = bpf_map_lookup_elem(&totals, &which);

    if (total)
        __sync_fetch_and_add(total, 1);
}

/* ---- what is asked for ---- */

static __always_inline __u32 netns_of_device(struct net_device *device)
{
    /* While a packet waits in a socket the place of the device holds something else. */
    if ((long)device >= 0)
        return 0;
    return BPF_CORE_READ(device, nd_net.net, ns.inum);
}

static __always_inline __u32 netns_of_sock(struct sock *sk)
{
    return sk ? BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum) : 0;
}

static __always_inline __u32 netns_of(struct sk_buff *skb, struct sock *receiver)
{
    struct dst_entry *dst = (void *)(skb->_skb_refdst & ~1UL);
    __u32 netns = netns_of_sock(receiver);

    if (!netns)
        netns = netns_of_device(skb->dev);
    if (!netns && dst)
        netns = netns_of_device(BPF_CORE_READ(dst, dev));
    return netns ? netns : netns_of_sock(skb->sk);
}

static __always_inline void read_tuple(const unsigned char *from, struct drop_tuple *to, __u8 family)
{
    /* struct nf_conntrack_tuple: source address 16, port 2, family 2; destination address 16, port 2. */
    unsigned char bytes[38];

    if (bpf_probe_read_kernel(bytes, sizeof(bytes), from))
        return;
    if (family == 4) {
        map_ipv4(to->src, bytes);
        map_ipv4(to->dst, bytes + 20);
    } else {
        __builtin_memcpy(to->src, bytes, 16);
        __builtin_memcpy(to->dst, bytes + 20, 16);
    }
    to->src_port = (__u16)(bytes[16] << 8 | bytes[17]);
    to->dst_port = (__u16)(bytes[36] << 8 | bytes[37]);
}

static __always_inline void read_tracking(struct sk_buff *skb, struct drop_event *event)
{
    unsigned long nfct = skb->_nfct;
    const unsigned char *entry = (void *)(nfct & ~7UL);
    unsigned long status = 0;

    event->key.tracking = event->is_reply = 0;
    __builtin_memset(&event->original, 0, sizeof(event->original));
    __builtin_memset(&event->reply, 0, sizeof(event->reply));
    if (!offsets.has_ct || !entry)
        return;
    event->key.tracking = DROP_TRACKED;
    event->is_reply = (nfct & 7) >= 3; /* IP_CT_IS_REPLY */
    if (bpf_probe_read_kernel(&status, sizeof(status), entry + offsets.ct_status) == 0 &&
        status & 1UL << 3) /* IPS_CONFIRMED */
        event->key.tracking |= DROP_CONFIRMED;
    read_tuple(entry + offsets.ct_tuples + offsets.ct_tuple, &event->original, event->family);
    read_tuple(entry + offsets.ct_tuples + offsets.ct_tuple_size + offsets.ct_tuple, &event->reply,
               event->family);
}

/* The address of the end that is no server. */
static __always_inline void read_client(struct drop_event *event)
{
    const struct drop_tuple *t = event->key.tracking ? &event->original : &event->packet;
    bool from_server = is_dns_port(t->src_port) && !is_dns_port(t->dst_port);

    __builtin_memcpy(event->key.client, from_server ? t->dst : t->src, 16);
}

/* The client's port and the message's id; a connection of TCP has none before its first message. */
static __always_inline __u32 asked_key(const struct drop_event *event)
{
    const struct drop_tuple *t = event->key.tracking ? &event->original : &event->packet;
    bool from_server = is_dns_port(t->src_port) && !is_dns_port(t->dst_port);
    __u32 port = (__u32)(from_server ? t->dst_port : t->src_port) << 16;

    return event->protocol == IPPROTO_TCP || event->dns_len < 12 ? port
                                                                 : port | event->dns[0] << 8 | event->dns[1];
}

/* This process is sending it. Others' packets, which the softirq handles in its time, have no socket, or
 * another's. */
static __always_inline bool is_being_sent(struct sk_buff *skb)
{
    struct bpf_pidns_info pid = {0};

    return skb->sk && netns_of_sock(skb->sk) == own_netns &&
           bpf_get_ns_current_pid_tgid(own_pid_device, own_pid_inode, &pid, sizeof(pid)) == 0 &&
           pid.tgid == own_pid;
}

static __always_inline bool is_wanted(struct sk_buff *skb, const struct drop_event *event)
{
    __u32 netns = event->key.netns;

    if (by_netns && !bpf_map_lookup_elem(&netns_wanted, &netns))
        return false;
    if (by_client && !bpf_map_lookup_elem(&clients_wanted, event->key.client))
        return false;
    if (by_reason && (event->key.reason >= DROP_REASONS || !reasons[event->key.reason & (DROP_REASONS - 1)]))
        return false;
    if (own_pid && !is_being_sent(skb)) {
        __u32 key = asked_key(event);

        return bpf_map_lookup_elem(&asked, &key) != NULL;
    }
    return true;
}

/* ---- where it happens ---- */

/* Keep the stack when it is a new one; give its hash, 0 when it could not be kept. */
static __always_inline __u64 keep_stack(void *ctx, struct drop_stack *stack)
{
    __u64 hash = 0xcbf29ce484222325;
    long size;

    __builtin_memset(stack->frames, 0, sizeof(stack->frames));
    size = bpf_get_stack(ctx, stack->frames, sizeof(stack->frames), 0);
    if (size <= 0)
        return 0;
    for (int i = 0; i < DROP_FRAMES; i++)
        hash = (hash ^ stack->frames[i]) * 0x100000001b3;
    if (bpf_map_lookup_elem(&stacks, &hash))
        return hash;
    for (int i = 0; i < DROP_FRAMES; i++) {
        /* One less: the address behind a call that never returns is another function's. */
        __u64 address = stack->frames[i] - 1;

        stack->names[i][0] = 0;
        if (has_symbols && stack->frames[i])
            bpf_snprintf(stack->names[i], DROP_SYMBOL, "%ps", &address, sizeof(address));
    }
    return bpf_map_update_elem(&stacks, &hash, stack, BPF_ANY) == 0 ? hash : 0;
}

static __always_inline void read_label(char *label, const unsigned char *pointer_at)
{
    const char *name = NULL;

    label[0] = 0;
    if (bpf_probe_read_kernel(&name, sizeof(name), pointer_at) == 0 && name)
        bpf_probe_read_kernel_str(label, DROP_LABEL, name);
}

static __always_inline struct drop_verdict *find_verdict(__u64 packet)
{
    const __u32 zero = 0;
    struct drop_verdicts *all = bpf_map_lookup_elem(&verdicts, &zero);

    for (int i = 0; all && i < DROP_VERDICTS; i++)
        if (all->at[i].judge && (!all->at[i].packet || all->at[i].packet == packet))
            return &all->at[i];
    return NULL;
}

/* The verdict that a probe noted for this packet a moment ago. */
static __always_inline void read_verdict(struct sk_buff *skb, struct drop_event *event)
{
    struct drop_verdict *verdict = find_verdict((__u64)skb);
    const unsigned char *chain, *table = NULL;

    event->key.judge = JUDGE_UNKNOWN;
    event->key.chain = 0;
    event->table[0] = event->chain[0] = 0;
    if (!verdict)
        return;
    event->key.judge = verdict->judge;
    event->key.chain = verdict->chain;
    chain = (void *)verdict->chain;
    if (verdict->judge == JUDGE_NFT && offsets.has_nft) {
        read_label(event->chain, chain + offsets.chain_name);
        if (bpf_probe_read_kernel(&table, sizeof(table), chain + offsets.chain_table) == 0)
            read_label(event->table, table + offsets.table_name);
    } else if (verdict->judge == JUDGE_IPTABLES && offsets.has_xt) {
        bpf_probe_read_kernel_str(event->table, DROP_LABEL, chain + offsets.xt_name);
    }
    verdict->judge = JUDGE_UNKNOWN;
}

/* ---- counting and telling ---- */

static __always_inline void tally(struct scratch *scratch)
{
    struct drop_event *event = &scratch->event;
    struct drop_key *key = &event->key;
    struct drop_tally *row = bpf_map_lookup_elem(&tallies, key);

    if (!row) {
        scratch->tally.count = 0;
        __builtin_memcpy(scratch->tally.table, event->table, DROP_LABEL);
        __builtin_memcpy(scratch->tally.chain, event->chain, DROP_LABEL);
        __builtin_memcpy(scratch->tally.name, event->name, DROP_NAME_BYTES);
        bpf_map_update_elem(&tallies, key, &scratch->tally, BPF_NOEXIST);
        row = bpf_map_lookup_elem(&tallies, key);
    }
    if (row) {
        __sync_fetch_and_add(&row->count, 1);
        return;
    }
    count(TOTAL_UNTALLIED);
    scratch->tally.name[0] = 0;
    key->name = key->chain = 0;
    key->netns = 0;
    __builtin_memset(key->client, 0, sizeof(key->client));
    row = bpf_map_lookup_elem(&coarse, key);
    if (!row) {
        bpf_map_update_elem(&coarse, key, &scratch->tally, BPF_NOEXIST);
        row = bpf_map_lookup_elem(&coarse, key);
    }
    if (row)
        __sync_fetch_and_add(&row->count, 1);
}

static __always_inline bool is_within_rate(struct cpu_state *state, __u64 now_ns)
{
    if (!rate_max)
        return true;
    if (now_ns - state->window_ns > RATE_NS) {
        state->window_ns = now_ns;
        state->handed = 0;
    }
    return state->handed++ < rate_max;
}

static __always_inline void tell(struct cpu_state *state, struct drop_event *event)
{
    if (!is_within_rate(state, event->time_ns))
        count(TOTAL_UNSHOWN);
    else if (bpf_ringbuf_output(&events, event, sizeof(*event), 0))
        count(TOTAL_LOST);
}

static __always_inline void read_process(struct drop_event *event, struct sock *receiver)
{
    event->pid = (__u32)(bpf_get_current_pid_tgid() >> 32);
    bpf_get_current_comm(event->process, sizeof(event->process));
    event->socket_inode = receiver ? BPF_CORE_READ(receiver, sk_socket, file, f_inode, i_ino) : 0;
}

static __always_inline void freed_in(void *ctx, struct sk_buff *skb, __u32 reason, struct sock *receiver,
                                     struct cpu_state *state, struct scratch *scratch, bool in_pieces)
{
    struct drop_event *event = &scratch->event;
    enum packet_kind kind = read_packet(skb, event);

    if (in_pieces && kind == PACKET_DNS)
        read_pieces(skb, event);
    /* When a connection ends its last segments are freed, empty: no loss, unless a rule did it. */
    if (kind == PACKET_OTHER || (kind == PACKET_EMPTY && reason != reason_netfilter))
        return;
    event->key.netns = netns_of(skb, receiver);
    event->key.reason = reason;
    if (kind == PACKET_FRAGMENT) {
        __u32 netns = event->key.netns;

        if (!own_pid && (!by_netns || bpf_map_lookup_elem(&netns_wanted, &netns)))
            count(TOTAL_FRAGMENTS);
        return;
    }
    read_tracking(skb, event);
    read_client(event);
    if (!is_wanted(skb, event))
        return;
    event->time_ns = bpf_ktime_get_ns();
    event->key.name = read_name(event);
    if (!event->key.name)
        event->name[0] = 0;
    read_verdict(skb, event);
    event->key.stack = keep_stack(ctx, &scratch->stack);
    read_process(event, receiver);
    count(TOTAL_DROPS);
    tell(state, event);
    tally(scratch);
}

static __always_inline int count_freed(__u64 *ctx, bool in_pieces)
{
    const __u32 zero = 0;
    struct cpu_state *state = bpf_map_lookup_elem(&states, &zero);
    struct sk_buff *skb = (void *)ctx[0];
    struct scratch *scratch;
    __u32 depth, reason = 0;
    struct sock *receiver = NULL;

    if (!is_ip(skb))
        return 0;
    if (!state)
        return 0;
    if (has_reason)
        reason = (__u32)ctx[2];
    if (has_receiver)
        receiver = (void *)ctx[3];
    /* An interrupt may free packets while this runs for another. */
    depth = state->depth++;
    scratch = bpf_map_lookup_elem(&scratches, &depth);
    if (scratch)
        freed_in(ctx, skb, reason, receiver, state, scratch, in_pieces);
    else
        count(TOTAL_NESTED);
    state->depth--;
    return 0;
}

/* One of these two is loaded: the second where the kernel permits it. */
SEC("tp_btf/kfree_skb")
int freed(__u64 *ctx)
{
    return count_freed(ctx, false);
}

SEC("tp_btf/kfree_skb")
int freed_in_pieces(__u64 *ctx)
{
    return count_freed(ctx, true);
}

/* With `own_pid`: remember what that process asks, by port and id. */
SEC("tp_btf/net_dev_queue")
int sent(__u64 *ctx)
{
    const __u32 zero = 0;
    struct cpu_state *state = bpf_map_lookup_elem(&states, &zero);
    struct sk_buff *skb = (void *)ctx[0];
    struct scratch *scratch;
    __u32 depth, key;
    const __u8 one = 1;

    if (!state || !is_being_sent(skb))
        return 0;
    depth = state->depth++;
    scratch = bpf_map_lookup_elem(&scratches, &depth);
    if (scratch && read_packet(skb, &scratch->event) == PACKET_DNS) {
        scratch->event.key.tracking = 0;
        key = asked_key(&scratch->event);
        bpf_map_update_elem(&asked, &key, &one, BPF_ANY);
    }
    state->depth--;
    return 0;
}
