/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of DNS packets through the kernel. A question that fits the filter is followed from the first place
 * where it is seen, by its id and name; so is its answer. Wherever a probe sees one of them it hands over a
 * step.
 *
 * Which program reads a datagram is told in one of two ways: by the functions that do it, where functions
 * have probes (kprobes); else by the socket's tracepoints, which know no packet. There the packet that is in
 * work on the same CPU is taken, and the place it takes in the socket's queue is counted down with each read.
 */
#include "dns_datagram.h"
#include "path_question.h"
#include "task.h"
#include <bpf/bpf_tracing.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>

#define FOLLOWED_MAX 16384
#define SOCKETS_MAX  4096
#define WAITING_MAX  4 /* followed datagrams in one socket */
#define RING_BYTES   (8 << 20)
/* After it an id with the same name is another question. */
#define FORGET_NS UINT64_C(20000000000)
/* From the device to the socket's queue in one go. */
#define IN_WORK_NS 2000000
#define SECOND_NS  UINT64_C(1000000000)
#define MSG_PEEK   2

char terms[] SEC("license") = "GPL";

const volatile __u32 own_pid_namespace;

__u64 lost;    /* steps that found no room */
__u64 skipped; /* questions over the rate */
__u64 second_began_ns, second_count;

struct followed {
    __u64 since_ns;
    __u32 is_skipped, unused;
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, FOLLOWED_MAX);
    __type(key, struct path_key);
    __type(value, struct followed);
} followed SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct path_question);
} scratch SEC(".maps");

/* The packet that this CPU is at work on. */
struct in_work {
    struct path_key key;
    __u64 time_ns, packet;
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

struct waiting {
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
    __type(value, struct waiting);
} sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_BYTES);
} records SEC(".maps");

static __always_inline bool is_from(const struct datagram *datagram)
{
    if (!filter.family)
        return true;
    if (filter.family != datagram->family)
        return false;
    for (int i = 0; i < 16; i++)
        if (filter.client[i] != datagram->src[i])
            return false;
    return true;
}

static __always_inline bool is_over_rate(__u64 now)
{
    if (!filter.rate)
        return false;
    if (now - second_began_ns > SECOND_NS) {
        second_began_ns = now;
        second_count = 0;
    }
    return __sync_fetch_and_add(&second_count, 1) >= filter.rate;
}

/* Whether this packet is followed; if it is a question that fits, from now on. */
static __always_inline bool follow(struct path_question *question, __u32 end, const struct datagram *datagram,
                                   __u32 netns)
{
    struct followed *known = bpf_map_lookup_elem(&followed, &question->key), new = {0};
    __u64 now = bpf_ktime_get_ns();

    if (known && now - known->since_ns < FORGET_NS)
        return !known->is_skipped;
    if (is_answer(question->bytes) || datagram->dst_port != filter.port ||
        (filter.netns && netns != filter.netns) || !is_from(datagram) || !name_fits(question, end))
        return false;
    new.since_ns = now;
    new.is_skipped = is_over_rate(now);
    if (new.is_skipped)
        __sync_fetch_and_add(&skipped, 1);
    bpf_map_update_elem(&followed, &question->key, &new, BPF_ANY);
    if (new.is_skipped)
        return false;
    question->kind = PATH_QUESTION;
    if (bpf_ringbuf_output(&records, question, sizeof(*question), 0) < 0)
        __sync_fetch_and_add(&lost, 1);
    return true;
}

static __always_inline void hand_over(struct path_step *step)
{
    step->time_ns = bpf_ktime_get_ns();
    /* Whoever runs elsewhere was only interrupted by it. */
    if (task_netns() == step->netns) {
        step->pid = task_pid_in(own_pid_namespace);
        bpf_get_current_comm(step->comm, sizeof(step->comm));
    }
    bpf_ringbuf_submit(step, 0);
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

static __always_inline void note_work(const struct path_step *step, __u64 packet)
{
    __u32 zero = 0;
    struct in_work *work = bpf_map_lookup_elem(&at_work, &zero);

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
    __u32 zero = 0;
    struct in_work *work = bpf_map_lookup_elem(&at_work, &zero);

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
    __u32 netns = device_netns(skb), zero = 0;
    struct in_work *work;

    if (!netns)
        netns = socket_netns(BPF_CORE_READ(skb, sk));
    if (netns)
        return netns;
    work = bpf_map_lookup_elem(&at_work, &zero);
    return work && work->packet == (__u64)skb ? work->netns : 0;
}

/*
 * A followed packet is here: `at` is its network header, `place` the code that drops it or the socket that it
 * is read from.
 */
static __noinline int see(struct sk_buff *skb, const unsigned char *at, __u32 kind, __u32 detail, __u64 place)
{
    __u32 zero = 0, end, netns, len;
    struct path_question *question = bpf_map_lookup_elem(&scratch, &zero);
    struct datagram datagram = {0};
    struct path_step *step;

    if (!question || !is_ip(skb) || !datagram_read(skb, at, &datagram) ||
        (datagram.src_port != filter.port && datagram.dst_port != filter.port))
        return 0;
    len = datagram.dns_len;
    if (len > PATH_BYTES_MAX)
        len = PATH_BYTES_MAX;
    if (bpf_probe_read_kernel(question->bytes, len, datagram.dns_at) < 0)
        return 0;
    question->len = (__u16)len;
    if (!is_answer(question->bytes) && !is_query(question->bytes))
        return 0;
    end = name_end(question);
    if (!end)
        return 0;
    question->key.question = hash_question(question, end);
    question->key.id = number_at(question->bytes);
    netns = kind == PATH_READ ? socket_netns((struct sock *)place) : packet_netns(skb);
    if (!follow(question, end, &datagram, netns))
        return 0;
    step = step_new(kind, detail);
    if (!step)
        return 0;
    step->key = question->key;
    step->packet = (__u64)skb;
    step->netns = netns;
    if (kind != PATH_READ) {
        step->ifindex = (__u32)BPF_CORE_READ(skb, dev, ifindex);
        bpf_probe_read_kernel_str(step->device, sizeof(step->device), BPF_CORE_READ(skb, dev)->name);
    }
    step->family = datagram.family;
    step->src_port = datagram.src_port;
    step->dst_port = datagram.dst_port;
    __builtin_memcpy(step->src, datagram.src, sizeof(step->src));
    __builtin_memcpy(step->dst, datagram.dst, sizeof(step->dst));
    step->is_answer = is_answer(question->bytes);
    step->rcode = question->bytes[3] & 0xf;
    step->len = BPF_CORE_READ(skb, len);
    step->has_packet = 1;
    if (kind == PATH_RECEIVE)
        note_work(step, (__u64)skb);
    if (kind == PATH_DROP) {
        static const char fmt[] = "%ps";

        bpf_snprintf(step->symbol, sizeof(step->symbol), fmt, &place, sizeof(place));
    }
    hand_over(step);
    return 0;
}

/* Tracepoints, which every kernel has. */

SEC("tp_btf/net_dev_queue")
int BPF_PROG(device_queue, struct sk_buff *skb)
{
    return see(skb, network_header(skb), PATH_QUEUE, 0, 0);
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(device_send, struct sk_buff *skb)
{
    return see(skb, network_header(skb), PATH_SEND, 0, 0);
}

SEC("tp_btf/netif_rx")
int BPF_PROG(device_arrive, struct sk_buff *skb)
{
    return see(skb, BPF_CORE_READ(skb, data), PATH_ARRIVE, 0, 0);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(device_receive, struct sk_buff *skb)
{
    return see(skb, BPF_CORE_READ(skb, data), PATH_RECEIVE, 0, 0);
}

/* Only its being there is asked for. */
enum skb_drop_reason {
    SKB_NOT_DROPPED_YET,
};

SEC("tp_btf/kfree_skb")
int BPF_PROG(packet_drop, struct sk_buff *skb, void *location)
{
    __u32 reason = -1;

    if (bpf_core_type_exists(enum skb_drop_reason))
        reason = (__u32)ctx[2];
    see(skb, network_header(skb), PATH_DROP, reason, (__u64)location);
    end_work((__u64)skb);
    return 0;
}

/* The socket's tracepoints. */

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

SEC("tp_btf/sk_data_ready")
int BPF_PROG(socket_ready, struct sock *sk)
{
    __u32 zero = 0, netns;
    struct in_work *work = bpf_map_lookup_elem(&at_work, &zero);
    struct waiting *waiting, empty = {0};
    __u64 socket = (__u64)sk;
    __u32 queued;

    if (!work || bpf_ktime_get_ns() - work->time_ns > IN_WORK_NS ||
        BPF_CORE_READ(sk, __sk_common.skc_num) != work->port)
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
    struct waiting *waiting;

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

/* Functions, where they can have probes. One program serves all; the probe's cookie says which one it is. */

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
