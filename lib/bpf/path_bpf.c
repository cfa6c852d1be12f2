/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of DNS packets through the kernel. A question that fits the filter is followed from the first place
 * where it is seen: over UDP by its id and name, over TCP by its connection. So is its answer. Wherever a
 * probe sees one of them it hands over a step.
 *
 * Which program reads a datagram is told in one of two ways: by the functions that do it, where functions
 * have probes (kprobes); else by the socket's tracepoints, which know no packet. There the packet that is in
 * work on the same CPU is taken, and the place it takes in the socket's queue is counted down with each read.
 * TCP has tracepoints of its own.
 */
#include "path_follow.h"
#include "path_glance.h"
#include "ring_wake.h"
#include "task.h"
#include <bpf/bpf_tracing.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>

#define SOCKETS_MAX 4096
#define WAITING_MAX 4 /* followed datagrams in one socket */
/*
 * From the device to the socket's queue in one go, which takes microseconds, and milliseconds where a
 * virtual machine is not let run. What leaves by another device, or is dropped, ends it before.
 */
#define IN_WORK_NS 50000000
#define MSG_PEEK   2

char terms[] SEC("license") = "GPL";

const volatile __u32 own_pid_namespace;
const volatile bool has_symbols; /* bpf_snprintf() */

/* The packet that this CPU is at work on. */
struct in_work {
    struct path_key key;
    __u64 time_ns, packet;
    __u64 turned_away; /* the packet that a device has last been asked to send, where it is not followed */
    __u32 netns;
    __u16 port;
    __u8 is_answer, unused;
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct in_work);
} at_work SEC(".maps");

struct path_waiting {
    struct {
        struct path_key key;
        __u32 before; /* datagrams that are read before it */
        __u8 is_used, is_answer;
        __u16 unused;
    } slots[WAITING_MAX];
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, SOCKETS_MAX);
    __type(key, __u64);
    __type(value, struct path_waiting);
} sockets SEC(".maps");

static __always_inline void hand_over(struct path_step *step)
{
    step->time_ns = bpf_ktime_get_ns();
    /* Whoever runs elsewhere was only interrupted by it. */
    if (task_netns() == step->netns) {
        step->pid = task_pid_in(own_pid_namespace);
        bpf_get_current_comm(step->comm, sizeof(step->comm));
    }
    bpf_ringbuf_submit(step, ring_wake(&records));
}

static __always_inline struct path_step *step_new(__u32 kind, __u32 detail)
{
    struct path_step *step = bpf_ringbuf_reserve(&records, sizeof(*step), 0);

    if (!step) {
        __sync_fetch_and_add(&lost, 1);
        return NULL;
    }
    __builtin_memset(step, 0, sizeof(*step));
    step->kind = kind;
    step->detail = detail;
    return step;
}

static __always_inline struct in_work *work_here(void)
{
    __u32 zero = 0;

    return bpf_map_lookup_elem(&at_work, &zero);
}

static __always_inline void note_work(const struct path_step *step, __u64 packet)
{
    struct in_work *work = work_here();

    if (!work)
        return;
    work->key = step->key;
    work->time_ns = bpf_ktime_get_ns();
    work->packet = packet;
    work->netns = step->netns;
    work->port = step->dst_port;
    work->is_answer = step->is_answer;
}

static __always_inline void end_work(__u64 packet)
{
    struct in_work *work = work_here();

    if (work && work->packet == packet)
        work->time_ns = 0;
}

static __always_inline __u32 socket_netns(struct sock *sk)
{
    return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

/*
 * Where a packet is: by its device, or where it has none by its socket. In a UDP socket's queue the member
 * for the device holds other things; then it is where it came from.
 */
static __always_inline __u32 packet_netns(struct sk_buff *skb)
{
    __u32 netns = device_netns(skb);
    struct in_work *work;

    if (!netns)
        netns = socket_netns(BPF_CORE_READ(skb, sk));
    if (netns)
        return netns;
    work = work_here();
    return work && work->packet == (__u64)skb ? work->netns : 0;
}

/* `place` is the code that drops it, or the socket where it is in one. */
static __always_inline void fill_step(struct sk_buff *skb, const struct ip_packet *ip,
                                      const struct identity *identity, __u64 place, struct path_step *step)
{
    step->key = identity->key;
    step->packet = (__u64)skb;
    if (step->kind != PATH_READ) {
        step->ifindex = (__u32)BPF_CORE_READ(skb, dev, ifindex);
        bpf_probe_read_kernel_str(step->device, sizeof(step->device), BPF_CORE_READ(skb, dev)->name);
    }
    step->family = ip->family;
    step->src_port = identity->src_port;
    step->dst_port = identity->dst_port;
    __builtin_memcpy(step->src, ip->src, sizeof(step->src));
    __builtin_memcpy(step->dst, ip->dst, sizeof(step->dst));
    step->is_answer = identity->is_answer;
    step->segment = identity->segment;
    step->has_message = identity->has_message;
    step->rcode = identity->rcode;
    step->piece_from = ip->piece_from;
    step->has_packet = 1;
    if (step->kind == PATH_DROP)
        step->location = place;
    if (step->kind == PATH_DROP && has_symbols) {
        static const char fmt[] = "%ps";

        bpf_snprintf(step->symbol, sizeof(step->symbol), fmt, &place, sizeof(place));
    }
}

/* If this packet is followed, it is here: `at` is its network header. */
static __always_inline int look(struct sk_buff *skb, const unsigned char *at, __u32 kind, __u32 detail,
                                __u64 place, bool may_read)
{
    struct identity identity = {0};
    struct ip_packet ip = {0};
    struct path_step *step;
    __u32 netns;

    if (!is_ip(skb) || !ip_packet_read((__u64)at, &ip))
        return 0;
    if (ip.piece_from ? !identify_later_piece(&ip, &identity) : !read_ports(&ip, &identity))
        return 0;
    netns = kind == PATH_READ || kind == PATH_SOCKET ? socket_netns((struct sock *)place) : packet_netns(skb);
    if (!ip.piece_from && !identify(skb, &ip, netns, may_read, &identity))
        return 0;
    if (kind == PATH_SOCKET && identity.segment != PATH_DATA)
        return 0;
    step = step_new(kind, detail);
    if (!step)
        return 0;
    step->netns = netns;
    fill_step(skb, &ip, &identity, place, step);
    if (kind == PATH_RECEIVE && ip.protocol == IPPROTO_UDP)
        note_work(step, (__u64)skb);
    hand_over(step);
    return 0;
}

static __noinline int see(struct sk_buff *skb, const unsigned char *at, __u32 kind, __u32 detail, __u64 place)
{
    return look(skb, at, kind, detail, place, false);
}

/* For tracepoints, which may ask the kernel to read the packet. */
static __noinline int see_all(struct sk_buff *skb, const unsigned char *at, __u32 kind, __u32 detail,
                              __u64 place)
{
    return look(skb, at, kind, detail, place, true);
}

/* Tracepoints, which every kernel has. */

SEC("tp_btf/net_dev_queue")
int BPF_PROG(device_queue, struct sk_buff *skb)
{
    struct in_work *work = work_here();
    bool may_be = may_be_followed(skb, look_network_header(skb));

    if (may_be)
        see_all(skb, network_header(skb), PATH_QUEUE, 0, 0);
    if (!work)
        return 0;
    work->turned_away = may_be ? 0 : (__u64)skb;
    if (work->packet == (__u64)skb)
        work->time_ns = 0;
    return 0;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(device_send, struct sk_buff *skb)
{
    struct in_work *work = work_here();

    /* Most go straight from the queue to the driver. */
    if (is_closed() || (work && work->turned_away == (__u64)skb) ||
        !may_be_followed(skb, look_network_header(skb)))
        return 0;
    return see_all(skb, network_header(skb), PATH_SEND, 0, 0);
}

SEC("tp_btf/netif_rx")
int BPF_PROG(device_arrive, struct sk_buff *skb)
{
    return !is_closed() && may_be_followed(skb, skb->data)
               ? see_all(skb, BPF_CORE_READ(skb, data), PATH_ARRIVE, 0, 0)
               : 0;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(device_receive, struct sk_buff *skb)
{
    struct in_work *work = work_here();

    /* What came from a device of this machine's own has been counted there. */
    if (work && work->turned_away == (__u64)skb && is_closed())
        return 0;
    return may_be_followed(skb, skb->data) ? see_all(skb, BPF_CORE_READ(skb, data), PATH_RECEIVE, 0, 0) : 0;
}

/* Only its being there is asked for. */
enum skb_drop_reason {
    SKB_NOT_DROPPED_YET,
};

SEC("tp_btf/kfree_skb")
int BPF_PROG(packet_drop, struct sk_buff *skb, void *location)
{
    __u32 reason = -1;

    if (is_closed())
        return 0;
    if (bpf_core_type_exists(enum skb_drop_reason))
        reason = (__u32)ctx[2];
    see_all(skb, network_header(skb), PATH_DROP, reason, (__u64)location);
    end_work((__u64)skb);
    return 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(stream_socket, struct sock *sk, struct sk_buff *skb)
{
    return see(skb, network_header(skb), PATH_SOCKET, 0, (__u64)sk);
}

/* Sockets, by tracepoints that know no packet. */

struct sk_buff_head {
    __u32 qlen;
} __attribute__((preserve_access_index));

struct sock___queue {
    struct sk_buff_head sk_receive_queue;
} __attribute__((preserve_access_index));

struct udp_sock {
    struct sk_buff_head reader_queue;
} __attribute__((preserve_access_index));

static __always_inline void hand_over_bare(__u32 kind, const struct path_key *key, bool is_answer_of,
                                           __u32 netns)
{
    struct path_step *step = step_new(kind, 0);

    if (!step)
        return;
    step->key = *key;
    step->is_answer = is_answer_of;
    step->netns = netns;
    hand_over(step);
}

/* As it copies to the program, whose read may take several of them. */
SEC("tp_btf/tcp_rcv_space_adjust")
int BPF_PROG(stream_read, struct sock *sk)
{
    __u32 netns = socket_netns(sk);
    struct path_key key = {0};
    bool is_answer_of;

    if (identify_reader(sk, netns, &key, &is_answer_of))
        hand_over_bare(PATH_READ, &key, is_answer_of, netns);
    return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(socket_ready, struct sock *sk)
{
    struct in_work *work = work_here();
    struct path_waiting *waiting, empty = {0};
    __u64 socket = (__u64)sk;
    __u32 netns, queued;

    if (!work || !work->time_ns || bpf_ktime_get_ns() - work->time_ns > IN_WORK_NS ||
        BPF_CORE_READ(sk, sk_protocol) != IPPROTO_UDP || BPF_CORE_READ(sk, __sk_common.skc_num) != work->port)
        return 0;
    netns = socket_netns(sk);
    if (netns != work->netns)
        return 0;
    work->time_ns = 0;
    hand_over_bare(PATH_SOCKET, &work->key, work->is_answer, netns);
    queued = BPF_CORE_READ((struct sock___queue *)sk, sk_receive_queue.qlen) +
             BPF_CORE_READ((struct udp_sock *)sk, reader_queue.qlen);
    waiting = bpf_map_lookup_elem(&sockets, &socket);
    if (!waiting) {
        bpf_map_update_elem(&sockets, &socket, &empty, BPF_NOEXIST);
        waiting = bpf_map_lookup_elem(&sockets, &socket);
    }
    if (!waiting)
        return 0;
    for (int i = 0; i < WAITING_MAX; i++) {
        if (waiting->slots[i].is_used)
            continue;
        waiting->slots[i].key = work->key;
        waiting->slots[i].before = queued ? queued - 1 : 0;
        waiting->slots[i].is_answer = work->is_answer;
        waiting->slots[i].is_used = 1;
        break;
    }
    return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(socket_read, struct sock *sk, int ret, int flags)
{
    __u64 socket = (__u64)sk;
    struct path_waiting *waiting;

    if (ret < 0 || (flags & MSG_PEEK))
        return 0;
    waiting = bpf_map_lookup_elem(&sockets, &socket);
    if (!waiting)
        return 0;
    for (int i = 0; i < WAITING_MAX; i++) {
        if (!waiting->slots[i].is_used)
            continue;
        if (waiting->slots[i].before) {
            waiting->slots[i].before--;
            continue;
        }
        waiting->slots[i].is_used = 0;
        hand_over_bare(PATH_READ, &waiting->slots[i].key, waiting->slots[i].is_answer, socket_netns(sk));
    }
    return 0;
}

/*
 * Functions, where they can have probes. One program serves all; the probe's cookie says which one it is.
 * Where the kernel's probes have no cookie the few that tell most have programs of their own.
 */

struct nf_hook_state {
    __u8 hook, pf;
} __attribute__((preserve_access_index));

/* A netfilter hook, by the state that is its second argument. */
static __always_inline __u32 hook_of(struct pt_regs *ctx)
{
    struct nf_hook_state *state = (struct nf_hook_state *)PT_REGS_PARM2(ctx);

    return (__u32)BPF_CORE_READ(state, pf) << 8 | BPF_CORE_READ(state, hook);
}

SEC("kprobe")
int function_called(struct pt_regs *ctx)
{
    __u64 cookie = bpf_get_attach_cookie(ctx);
    __u32 kind = PATH_COOKIE_KIND(cookie), detail = PATH_COOKIE_DETAIL(cookie);
    __u64 packet = PT_REGS_PARM1(ctx);

    if (is_closed())
        return 0;
    switch (PATH_COOKIE_ARGUMENT(cookie)) {
    case PATH_SECOND:
        packet = PT_REGS_PARM2(ctx);
        break;
    case PATH_THIRD:
        packet = PT_REGS_PARM3(ctx);
        break;
    case PATH_INSIDE_FIRST:
        bpf_probe_read_kernel(&packet, sizeof(packet), (void *)packet);
        break;
    }
    if (kind == PATH_HOOK)
        detail = hook_of(ctx);
    return see((struct sk_buff *)packet, network_header((struct sk_buff *)packet), kind, detail,
               PT_REGS_PARM1(ctx));
}

SEC("kprobe/nf_hook_slow")
int hook_called(struct pt_regs *ctx)
{
    struct sk_buff *skb = (struct sk_buff *)PT_REGS_PARM1(ctx);

    return is_closed() ? 0 : see(skb, network_header(skb), PATH_HOOK, hook_of(ctx), (__u64)skb);
}

SEC("kprobe/__udp_enqueue_schedule_skb")
int socket_called(struct pt_regs *ctx)
{
    struct sk_buff *skb = (struct sk_buff *)PT_REGS_PARM2(ctx);

    return is_closed() ? 0 : see(skb, network_header(skb), PATH_SOCKET, 0, PT_REGS_PARM1(ctx));
}

SEC("kprobe/skb_consume_udp")
int read_called(struct pt_regs *ctx)
{
    struct sk_buff *skb = (struct sk_buff *)PT_REGS_PARM2(ctx);

    return is_closed() ? 0 : see(skb, network_header(skb), PATH_READ, 0, PT_REGS_PARM1(ctx));
}
