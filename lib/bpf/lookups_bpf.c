/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lookups of all processes: calls of the C libraries by probes at their begin and return, and, of threads
 * that are in no such call, DNS questions from send to answer.
 *
 * A call lives in `calls` by its thread until it returns; a question in `questions` by its namespace, port
 * and id until it is answered. The reader sweeps out what was never answered.
 */
#include "first_look.h"
#include "lookups_record.h"
#include "ring_wake.h"
#include "task.h"
#include <bpf/bpf_tracing.h>
#include <linux/bpf.h>
#include <linux/ptrace.h>

#define CALLS_MAX     16384
#define QUESTIONS_MAX 16384
#define RING_BYTES    (4 << 20)
/* Two probes at one place (one file behind two mounts) fire at once. */
#define SAME_CALL_NS 1000000

char terms[] SEC("license") = "GPL";

const volatile __u32 own_pid_namespace, wanted_pid, own_pid;
const volatile __u16 dns_port = 53;

__u64 lost;     /* records that found no room */
__u64 unstored; /* calls and questions that found no room */
__u64 left;     /* calls that were left by a jump */

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, CALLS_MAX);
    __type(key, __u64);
    __type(value, struct lookups_record);
} calls SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, QUESTIONS_MAX);
    __type(key, struct lookups_key);
    __type(value, struct lookups_record);
} questions SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct lookups_record);
} scratch SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, RING_BYTES);
} records SEC(".maps");

static __always_inline struct lookups_record *record_new(__u32 kind)
{
    __u32 zero = 0;
    struct lookups_record *record = bpf_map_lookup_elem(&scratch, &zero);

    if (!record)
        return NULL;
    __builtin_memset(record, 0, sizeof(*record));
    record->kind = kind;
    record->start_ns = bpf_ktime_get_ns();
    record->pid = task_pid_in(own_pid_namespace);
    bpf_get_current_comm(record->comm, sizeof(record->comm));
    return record;
}

static __always_inline void hand_over(struct lookups_record *record, __u64 wake)
{
    if (bpf_ringbuf_output(&records, record, sizeof(*record), wake) < 0)
        __sync_fetch_and_add(&lost, 1);
}

static __always_inline bool is_wanted(__u32 pid)
{
    return pid != own_pid && (!wanted_pid || pid == wanted_pid);
}

static __always_inline void read_name(struct lookups_record *call)
{
    call->call.name_known =
        bpf_probe_read_user_str(call->call.name, sizeof(call->call.name), (void *)call->call.name_at) > 0;
}

static __always_inline int begin(struct pt_regs *ctx, __u32 function, __u64 name_at, __u64 result_at,
                                 __u64 h_errno_at)
{
    __u64 thread = bpf_get_current_pid_tgid(), stack = PT_REGS_SP(ctx);
    struct lookups_record *call = bpf_map_lookup_elem(&calls, &thread);

    if (call && stack < call->call.stack) {
        /* The library calls its own function; only where it puts h_errno is news. */
        if (h_errno_at)
            call->call.h_errno_at = h_errno_at;
        return 0;
    }
    if (call && stack == call->call.stack && function == call->function &&
        bpf_ktime_get_ns() - call->start_ns < SAME_CALL_NS)
        return 0;
    if (call) {
        __sync_fetch_and_add(&left, 1);
        bpf_map_delete_elem(&calls, &thread);
    }
    /* Without a name it is about a port or any address, and asks nobody. */
    if (!name_at)
        return 0;
    call = record_new(LOOKUPS_CALL);
    if (!call || !is_wanted(call->pid))
        return 0;
    call->function = function;
    call->netns = task_netns();
    call->h_errno_value = -1;
    call->call.stack = stack;
    call->call.name_at = name_at;
    call->call.result_at = result_at;
    call->call.h_errno_at = h_errno_at;
    read_name(call);
    if (bpf_map_update_elem(&calls, &thread, call, BPF_ANY) < 0)
        __sync_fetch_and_add(&unstored, 1);
    return 0;
}

static __always_inline int end(struct pt_regs *ctx, __u32 function)
{
    __u64 thread = bpf_get_current_pid_tgid(), at = 0;
    struct lookups_record *call = bpf_map_lookup_elem(&calls, &thread);

    if (!call || call->function != function)
        return 0;
    call->end_ns = bpf_ktime_get_ns();
    /* At the begin its page may not have been there. */
    if (!call->call.name_known)
        read_name(call);
    if (function == LOOKUPS_GETADDRINFO) {
        call->result = (__s32)PT_REGS_RC(ctx);
    } else {
        at = PT_REGS_RC(ctx);
        if (call->call.result_at)
            bpf_probe_read_user(&at, sizeof(at), (void *)call->call.result_at);
        call->result = !at;
        if (!at && call->call.h_errno_at)
            bpf_probe_read_user(&call->h_errno_value, sizeof(call->h_errno_value),
                                (void *)call->call.h_errno_at);
    }
    hand_over(call, ring_wake(&records));
    bpf_map_delete_elem(&calls, &thread);
    return 0;
}

/* Of seven arguments the seventh is on the stack, or in a register that has no name here. */
static __always_inline __u64 seventh(struct pt_regs *ctx)
{
    __u64 value = 0;

#if defined(__TARGET_ARCH_x86)
    bpf_probe_read_user(&value, sizeof(value), (void *)PT_REGS_SP(ctx) + 8);
#elif defined(__TARGET_ARCH_arm64)
    value = ((struct user_pt_regs *)ctx)->regs[6];
#endif
    return value;
}

#define PROBES(word, function, result_at, h_errno_at)                           \
    SEC("uprobe")                                                               \
    int begin_##word(struct pt_regs *ctx)                                       \
    {                                                                           \
        return begin(ctx, function, PT_REGS_PARM1(ctx), result_at, h_errno_at); \
    }                                                                           \
    SEC("uretprobe")                                                            \
    int end_##word(struct pt_regs *ctx)                                         \
    {                                                                           \
        return end(ctx, function);                                              \
    }

PROBES(getaddrinfo, LOOKUPS_GETADDRINFO, 0, 0)
PROBES(gethostbyname, LOOKUPS_GETHOSTBYNAME, 0, 0)
PROBES(gethostbyname2, LOOKUPS_GETHOSTBYNAME2, 0, 0)

/* The sixth argument has a name in newer versions of libbpf's headers only. */
static __always_inline __u64 sixth(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
    return ctx->r9;
#elif defined(__TARGET_ARCH_arm64)
    return ((struct user_pt_regs *)ctx)->regs[5];
#else
    return 0;
#endif
}

PROBES(gethostbyname_r, LOOKUPS_GETHOSTBYNAME_R, PT_REGS_PARM5(ctx), sixth(ctx))
PROBES(gethostbyname2_r, LOOKUPS_GETHOSTBYNAME2_R, sixth(ctx), seventh(ctx))

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit)
{
    __u64 thread = bpf_get_current_pid_tgid();
    struct lookups_record *call = bpf_map_lookup_elem(&calls, &thread);

    if (!call)
        return 0;
    call->kind = LOOKUPS_EXITED;
    call->end_ns = bpf_ktime_get_ns();
    hand_over(call, ring_wake(&records));
    bpf_map_delete_elem(&calls, &thread);
    return 0;
}

/* A new program may be of a container whose C library has no probes yet. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec)
{
    struct lookups_record *record = record_new(LOOKUPS_EXEC);

    if (record && record->pid && is_wanted(record->pid))
        hand_over(record, BPF_RB_FORCE_WAKEUP);
    return 0;
}

/* Packets */

static __always_inline void copy_message(struct lookups_record *record, const struct datagram *datagram)
{
    __u32 len = datagram->dns_len;

    if (len > LOOKUPS_BYTES_MAX)
        len = LOOKUPS_BYTES_MAX;
    if (bpf_probe_read_kernel(record->question.message, len, datagram->dns_at) == 0)
        record->question.message_len = (__u16)len;
}

/* A question that leaves its socket. */
static __noinline int question_sent(struct sk_buff *skb)
{
    __u64 thread = bpf_get_current_pid_tgid();
    struct datagram datagram = {0};
    struct lookups_record *record;
    struct lookups_key key = {0};
    __u8 header[DNS_HEADER];

    if (!datagram_read(skb, network_header(skb), &datagram) || datagram.dst_port != dns_port ||
        bpf_probe_read_kernel(header, sizeof(header), datagram.dns_at) < 0 || !is_query(header) ||
        bpf_map_lookup_elem(&calls, &thread))
        return 0;
    key.netns = device_netns(skb);
    record = record_new(LOOKUPS_QUESTION);
    if (!record)
        return 0;
    /* A packet that waited for its neighbour is sent by whoever runs then. */
    if (task_netns() != key.netns) {
        record->pid = 0;
        record->comm[0] = 0;
    }
    if (!is_wanted(record->pid))
        return 0;
    key.port = datagram.src_port;
    key.id = number_at(header);
    record->netns = key.netns;
    record->question.port = datagram.src_port;
    record->question.family = datagram.ip.family;
    __builtin_memcpy(record->question.server, datagram.ip.dst, sizeof(datagram.ip.dst));
    copy_message(record, &datagram);
    /* Sent again, it is the same question. */
    if (!bpf_map_lookup_elem(&questions, &key) &&
        bpf_map_update_elem(&questions, &key, record, BPF_NOEXIST) < 0)
        __sync_fetch_and_add(&unstored, 1);
    return 0;
}

/* `header` is the answer's. */
static __always_inline void end_question(__u32 netns, __u16 port, const __u8 *header)
{
    struct lookups_key key = {.netns = netns, .port = port, .id = number_at(header)};
    struct lookups_record *record = bpf_map_lookup_elem(&questions, &key);

    if (!record)
        return;
    record->end_ns = bpf_ktime_get_ns();
    record->question.rcode = header[3] & 0xf;
    hand_over(record, ring_wake(&records));
    bpf_map_delete_elem(&questions, &key);
}

/* An answer whose headers are to be read with care. */
static __noinline int answer_received(struct sk_buff *skb)
{
    struct datagram datagram = {0};
    __u8 header[DNS_HEADER];

    if (datagram_read(skb, BPF_CORE_READ(skb, data), &datagram) && datagram.src_port == dns_port &&
        bpf_probe_read_kernel(header, sizeof(header), datagram.dns_at) == 0 && is_answer(header))
        end_question(device_netns(skb), datagram.dst_port, header);
    return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(packet_sent, struct sk_buff *skb)
{
    struct sock *sk = skb->sk;
    struct first_look_at seen;
    enum first_look look;

    if (!sk)
        return 0;
    look = look_first(skb, look_network_header(skb), dns_port, &seen);
    /* In another namespace than its socket's it is only passed on. */
    if (look == LOOK_AWAY || (look == LOOK_DATAGRAM && (seen.dst_port != dns_port || !is_query(seen.dns))) ||
        sk->__sk_common.skc_net.net->ns.inum != look_netns(skb))
        return 0;
    return question_sent(skb);
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(packet_received, struct sk_buff *skb)
{
    struct first_look_at seen;

    switch (look_first(skb, skb->data, dns_port, &seen)) {
    case LOOK_AWAY:
        return 0;
    case LOOK_CLOSER:
        return answer_received(skb);
    case LOOK_DATAGRAM:
        break;
    }
    if (seen.src_port == dns_port && is_answer(seen.dns))
        end_question(look_netns(skb), seen.dst_port, seen.dns);
    return 0;
}
