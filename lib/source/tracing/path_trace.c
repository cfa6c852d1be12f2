/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../kernel/bpf_library.h"
#include "../kernel/bpf_local.h"
#include "../kernel/bpf_sum.h"
#include "../kernel/kernel_symbols.h"
#include "../kernel/kernel_types.h"
#include "path_questions.h"
#include "path_record.h"
/* After bpf_library.h. */
#include "path_bpf.skel.h"
#include <ctype.h>
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/tracing/path_join.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <k8sdns/source/node/netns_names.h>
#include <k8sdns/source/tracing/path_trace.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON_ENUM   "skb_drop_reason"
#define REASON_PREFIX "SKB_DROP_REASON_"

/* Functions on the way, in the order of a packet's life. */
static const struct {
    const char *name;
    enum path_kind kind;
    enum path_argument argument;
} functions[] = {
    {"nf_hook_slow", PATH_HOOK, PATH_FIRST},
    {"ip_send_skb", PATH_FUNCTION, PATH_SECOND},
    {"ip_output", PATH_FUNCTION, PATH_THIRD},
    {"ip6_output", PATH_FUNCTION, PATH_THIRD},
    {"ip_finish_output2", PATH_FUNCTION, PATH_THIRD},
    {"ip6_finish_output2", PATH_FUNCTION, PATH_THIRD},
    {"br_handle_frame", PATH_FUNCTION, PATH_INSIDE_FIRST},
    {"br_nf_pre_routing", PATH_FUNCTION, PATH_SECOND},
    {"__br_forward", PATH_FUNCTION, PATH_SECOND},
    {"ip_rcv", PATH_FUNCTION, PATH_FIRST},
    {"ipv6_rcv", PATH_FUNCTION, PATH_FIRST},
    {"ip_forward", PATH_FUNCTION, PATH_FIRST},
    {"ip6_forward", PATH_FUNCTION, PATH_FIRST},
    {"ip_local_deliver", PATH_FUNCTION, PATH_FIRST},
    {"ip6_input", PATH_FUNCTION, PATH_FIRST},
    {"nf_conntrack_in", PATH_FUNCTION, PATH_FIRST},
    {"nft_do_chain", PATH_FUNCTION, PATH_INSIDE_FIRST},
    {"ipt_do_table", PATH_FUNCTION, PATH_SECOND},
    {"ip6t_do_table", PATH_FUNCTION, PATH_SECOND},
    {"nf_nat_manip_pkt", PATH_FUNCTION, PATH_FIRST},
    {"ip_vs_in_hook", PATH_FUNCTION, PATH_SECOND},
    {"__nf_conntrack_confirm", PATH_FUNCTION, PATH_FIRST},
    {"neigh_resolve_output", PATH_FUNCTION, PATH_SECOND},
    {"__udp_enqueue_schedule_skb", PATH_SOCKET, PATH_SECOND},
    {"skb_consume_udp", PATH_READ, PATH_SECOND},
};

#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))
#define PROBES    (FUNCTIONS + 12)

struct path_trace {
    struct path_trace_options options;
    struct path_bpf *bpf;
    struct ring_buffer *ring;
    uint64_t begun; /* what the programs had begun to follow at the last look */
    struct kernel_types *types;
    struct kernel_symbols *symbols; /* NULL: the kernel itself gives names */
    struct netns_names *names;
    struct path_join *join;
    struct path_questions *questions;
    struct bpf_link *links[PROBES];
    size_t links_count;
    struct abilities {
        bool functions; /* can have probes */
        bool cookies;   /* and these have cookies */
        bool globals;   /* take pointers */
        bool sockets;   /* have tracepoints */
        bool streams;   /* TCP has */
        bool pieces;    /* of a packet, all of them, can be read */
    } kernel;
    uint64_t unnamed; /* connections that a filter by name left out, since none was seen */
    struct path_probe_facts probes[PROBES];
    size_t probes_count;
};

/* Steps to facts */

static bool meets_server(const struct path_trace *trace, const struct path_exchange *exchange)
{
    const struct address_list *backends = &trace->options.backends;

    for (size_t i = 0; i < backends->count; i++)
        if (path_exchange_meets(exchange, &backends->items[i]))
            return true;
    return path_exchange_meets(exchange, &trace->options.server);
}

/* A filter by name, where the kernel's programs could not know the name, or not to the letter. */
static bool is_wanted(struct path_trace *trace, const struct path_exchange *exchange)
{
    const struct path_filter *filter = &trace->bpf->rodata->filter;
    const struct path_question *known = path_questions_find(trace->questions, &exchange->key);

    if (trace->options.server.family && !meets_server(trace, exchange))
        return false;
    if (!filter->name_len)
        return true;
    if (known)
        return path_questions_fits(known, filter);
    trace->unnamed += exchange->events[0].is_tcp;
    return !exchange->events[0].is_tcp;
}

/* NF_INET_* of an IP packet, and of a bridge's. */
static const char *hook_word(struct arena *arena, uint32_t detail)
{
    static const char *const words[] = {"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING", "INGRESS"};
    uint32_t family = detail >> 8, hook = detail & 0xff;
    const char *word = hook < sizeof(words) / sizeof(words[0]) ? words[hook] : "hook";

    return family == NFPROTO_BRIDGE ? arena_printf(arena, "bridge %s", word)
           : family == NFPROTO_IPV6 ? arena_printf(arena, "IPv6 %s", word)
                                    : word;
}

static const char *reason_word(const struct path_trace *trace, struct arena *arena,
                               const struct path_event *event)
{
    const char *word =
        event->detail == UINT32_MAX ? NULL : kernel_types_word(trace->types, REASON_ENUM, event->detail);

    if (!word)
        return NULL;
    if (strncmp(word, REASON_PREFIX, strlen(REASON_PREFIX)) == 0)
        word += strlen(REASON_PREFIX);
    return arena_text(arena, word);
}

static const char *function_word(struct arena *arena, const struct path_event *event)
{
    static const char *const words[] = {
        [STEP_QUEUE] = "net_dev_queue", [STEP_SEND] = "net_dev_start_xmit",
        [STEP_ARRIVE] = "netif_rx",     [STEP_RECEIVE] = "netif_receive_skb",
        [STEP_HOOK] = "nf_hook_slow",   [STEP_SOCKET] = "socket queue",
        [STEP_READ] = "read",
    };

    if (event->kind == STEP_DROP)
        return event->symbol[0] ? arena_text(arena, event->symbol) : "kfree_skb";
    if (event->kind == STEP_FUNCTION)
        return event->detail < FUNCTIONS ? functions[event->detail].name : "?";
    return words[event->kind];
}

static void ended(void *user, const struct path_exchange *exchange)
{
    struct path_trace *trace = user;
    struct path_packet_facts packet = {0};
    struct clock_stamp stamp = clock_stamp_now();
    struct arena *arena;
    char text[CLOCK_TEXT];

    if (!is_wanted(trace, exchange))
        return;
    arena = arena_new();
    path_exchange_facts(arena, exchange, &packet);
    path_questions_name(trace->questions, arena, &exchange->key, &packet);
    packet.time =
        clock_format(exchange->events[0].time_ns + (stamp.real_ns - stamp.mono_ns), text, sizeof(text));
    for (size_t i = 0; i < exchange->count; i++) {
        const struct path_event *event = &exchange->events[i];
        struct path_step_facts *step = &packet.steps[i];
        /* Only of these the program that runs is the packet's own. */
        bool own = event->kind == STEP_READ || path_exchange_turns(exchange, i);

        step->function = function_word(arena, event);
        step->hook = event->kind == STEP_HOOK ? hook_word(arena, event->detail) : NULL;
        step->reason = event->kind == STEP_DROP ? reason_word(trace, arena, event) : NULL;
        step->place = netns_names_find(trace->names, event->netns);
        step->process = own && event->process[0] ? arena_text(arena, event->process) : NULL;
        step->pid = own && event->pid ? event->pid : SHAPE_UNSET;
    }
    trace->options.ended(trace->options.user, arena, &packet);
    arena_free(arena);
}

static struct address step_address(const struct path_step *step, const uint8_t bytes[16], uint16_t port)
{
    struct address address = {.family = (uint8_t)step->family, .port = port};

    memcpy(&address.v6, bytes, step->family == AF_INET ? 4 : 16);
    return address;
}

static void take_step(struct path_trace *trace, const struct path_step *step)
{
    struct path_event event = {
        .key = {step->key.question, step->key.id},
        .time_ns = step->time_ns,
        .kind = (int)step->kind - PATH_QUEUE + STEP_QUEUE,
        .leg = step->is_answer ? LEG_ANSWER : LEG_QUERY,
        .detail = step->detail,
        .packet = step->packet,
        .netns = step->netns,
        .ifindex = step->ifindex,
        .pid = step->pid,
        .segment = (int)step->segment - PATH_DATA + SEGMENT_DATA,
        .fragment = step->piece_from,
        .is_tcp = step->key.id == PATH_CONNECTION,
        .has_message = step->has_message,
        .rcode = step->rcode,
    };

    if (step->has_packet) {
        event.src = step_address(step, step->src, step->src_port);
        event.dst = step_address(step, step->dst, step->dst_port);
    }
    memcpy(event.device, step->device, sizeof(event.device) - 1);
    memcpy(event.process, step->comm, sizeof(event.process) - 1);
    if (trace->symbols && step->kind == PATH_DROP)
        snprintf(event.symbol, sizeof(event.symbol), "%s",
                 kernel_symbols_find(trace->symbols, step->location));
    else
        memcpy(event.symbol, step->symbol, sizeof(event.symbol) - 1);
    path_join_add(trace->join, &event);
}

static int take_record(void *user, void *bytes, size_t size)
{
    struct path_trace *trace = user;
    uint32_t kind;

    memcpy(&kind, bytes, sizeof(kind));
    if (kind == PATH_QUESTION && size >= sizeof(struct path_question)) {
        path_questions_add(trace->questions, bytes);
    } else if (kind >= PATH_QUEUE && kind <= PATH_DROP && size >= sizeof(struct path_step)) {
        take_step(trace, bytes);
    }
    return 0;
}

int path_trace_poll(struct path_trace *trace, int timeout_ms, struct err *err)
{
    int r = ring_buffer__poll(trace->ring, timeout_ms);
    uint64_t begun = *(volatile __u64 *)&trace->bpf->bss->begun;

    if (r < 0 && r != -EINTR)
        return err_set_errno(err, ERR_INTERNAL, -r, "wait for the kernel's records");
    (void)!ring_buffer__consume(trace->ring);
    path_join_sweep(trace->join, clock_monotonic_ns(), false);
    /* Then the programs may look away until they follow the next one. What was begun since the look before
     * may not have told of itself yet. */
    if (path_join_is_empty(trace->join))
        trace->bpf->bss->ended = trace->begun;
    trace->begun = begun;
    return 0;
}

void path_trace_end(struct path_trace *trace)
{
    path_join_sweep(trace->join, clock_monotonic_ns(), true);
}

void path_trace_facts(const struct path_trace *trace, struct arena *arena, struct path_facts *facts)
{
    facts->probes = arena_copy(arena, trace->probes, trace->probes_count * sizeof(trace->probes[0]));
    facts->probes_count = trace->probes_count;
    facts->lost = trace->bpf->bss->lost;
    facts->skipped = bpf_sum_of_cpus(bpf_map__fd(trace->bpf->maps.skipped), 0);
    facts->unnamed = trace->unnamed;
    facts->names_streams = trace->kernel.pieces;
}

/* Leaves errno as it is. */
static bool note_probe(struct path_trace *trace, const char *name, const char *kind, struct bpf_link *link)
{
    int code = errno;
    struct path_probe_facts *probe = &trace->probes[trace->probes_count++];

    *probe = (struct path_probe_facts){.name = name, .kind = kind, .attached = link != NULL};
    if (link)
        trace->links[trace->links_count++] = link;
    else
        probe->why = code == ENOENT || code == EINVAL ? "this kernel has none of that name"
                                                      : bpf_support_probe_words(code);
    errno = code;
    return link != NULL;
}

static bool attach_tracepoint(struct path_trace *trace, const char *name, struct bpf_program *program)
{
    return note_probe(trace, name, "tracepoint", bpf_program__attach(program));
}

/* Functions, when the kernel lets them have probes. Return whether reads of sockets are seen by them. */
static bool attach_functions(struct path_trace *trace)
{
    bool socket = false, read = false;

    if (!trace->kernel.cookies) {
        note_probe(trace, "nf_hook_slow", "function", bpf_program__attach(trace->bpf->progs.hook_called));
        socket = note_probe(trace, "__udp_enqueue_schedule_skb", "function",
                            bpf_program__attach(trace->bpf->progs.socket_called));
        read = note_probe(trace, "skb_consume_udp", "function",
                          bpf_program__attach(trace->bpf->progs.read_called));
        return socket && read;
    }
    for (size_t i = 0; i < FUNCTIONS; i++) {
        LIBBPF_OPTS(bpf_kprobe_opts, how,
                    .bpf_cookie = PATH_COOKIE(functions[i].kind, functions[i].argument, i));
        bool attached = note_probe(
            trace, functions[i].name, "function",
            bpf_program__attach_kprobe_opts(trace->bpf->progs.function_called, functions[i].name, &how));

        socket = socket || (attached && functions[i].kind == PATH_SOCKET);
        read = read || (attached && functions[i].kind == PATH_READ);
    }
    return socket && read;
}

static int attach(struct path_trace *trace, struct err *err)
{
    bool reads = trace->kernel.functions && attach_functions(trace);

    if (!trace->kernel.functions)
        trace->probes[trace->probes_count++] =
            (struct path_probe_facts){.name = "nf_hook_slow",
                                      .kind = "function",
                                      .why = "this kernel lets no function have a probe (CONFIG_KPROBES)"};

    if (!reads && trace->kernel.sockets) {
        attach_tracepoint(trace, "sk_data_ready", trace->bpf->progs.socket_ready);
        attach_tracepoint(trace, "sock_recv_length", trace->bpf->progs.socket_read);
    }
    if (trace->kernel.streams) {
        attach_tracepoint(trace, "tcp_probe", trace->bpf->progs.stream_socket);
        attach_tracepoint(trace, "tcp_rcv_space_adjust", trace->bpf->progs.stream_read);
    }
    attach_tracepoint(trace, "netif_rx", trace->bpf->progs.device_arrive);
    attach_tracepoint(trace, "net_dev_start_xmit", trace->bpf->progs.device_send);
    if (!attach_tracepoint(trace, "kfree_skb", trace->bpf->progs.packet_drop) ||
        !attach_tracepoint(trace, "netif_receive_skb", trace->bpf->progs.device_receive) ||
        !attach_tracepoint(trace, "net_dev_queue", trace->bpf->progs.device_queue))
        return err_set_errno(err, ERR_UNOBSERVED, errno, "this kernel does not let programs see its packets");
    return 0;
}

/* Labels in lower case, as the kernel's side compares them. */
static int fill_name(struct path_filter *filter, const char *name, struct err *err)
{
    uint8_t wire[DNS_NAME_WIRE_MAX];
    int len = dns_name_from_text(name, wire, err);

    if (len < 0)
        return err_prefix(err, len, "--name");
    for (int i = 0; i < len - 1; i++)
        filter->name[i] = (uint8_t)tolower(wire[i]);
    filter->name_len = (uint16_t)(len - 1);
    return 0;
}

static int fill_filter(const struct path_trace_options *options, struct path_filter *filter, struct err *err)
{
    filter->port = options->dns_port;
    filter->rate = (uint32_t)options->rate;
    filter->netns = options->netns;
    filter->family = options->client.family;
    memcpy(filter->client, &options->client.v6, options->client.family == AF_INET ? 4 : 16);
    return options->name ? fill_name(filter, options->name, err) : 0;
}

/* Open and load, with what this kernel is thought to be able to. */
static int load(struct path_trace *trace, struct err *err)
{
    struct path_bpf *bpf = path_bpf__open();
    struct stat st;
    int r;

    trace->bpf = bpf;
    if (!bpf)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "prepare the programs for the kernel");
    /* The filter is constant for the programs, not for us who set it. */
    r = fill_filter(&trace->options, (struct path_filter *)(uintptr_t)&bpf->rodata->filter, err);
    if (r < 0)
        return r;
    if (stat("/proc/self/ns/pid", &st) == 0)
        bpf->rodata->own_pid_namespace = (uint32_t)st.st_ino;
    bpf->rodata->hz = clock_ticks_a_second();
    bpf->rodata->reads_pieces = trace->kernel.pieces;
    bpf->rodata->has_symbols = kernel_types_value(trace->types, "bpf_func_id", "BPF_FUNC_snprintf") >= 0;
    bpf_program__set_autoload(bpf->progs.socket_ready, trace->kernel.sockets);
    bpf_program__set_autoload(bpf->progs.socket_read, trace->kernel.sockets);
    bpf_program__set_autoload(bpf->progs.stream_socket, trace->kernel.streams);
    bpf_program__set_autoload(bpf->progs.stream_read, trace->kernel.streams);
    bpf_program__set_autoload(bpf->progs.function_called, trace->kernel.functions && trace->kernel.cookies);
    bpf_program__set_autoload(bpf->progs.hook_called, trace->kernel.functions && !trace->kernel.cookies);
    bpf_program__set_autoload(bpf->progs.socket_called, trace->kernel.functions && !trace->kernel.cookies);
    bpf_program__set_autoload(bpf->progs.read_called, trace->kernel.functions && !trace->kernel.cookies);
    if (!trace->kernel.globals)
        bpf_local_make(bpf->obj);
    r = path_bpf__load(bpf);
    return r < 0 ? bpf_support_refused(r, "the programs that follow packets", err) : 0;
}

static bool has_tracepoints(const struct kernel_types *types, const char *one, const char *other)
{
    return kernel_types_arguments(types, one) > 0 && kernel_types_arguments(types, other) > 0;
}

/* Whether functions can have probes at all; to load programs for nothing takes time. */
static bool has_function_probes(void)
{
    return access("/sys/bus/event_source/devices/kprobe", F_OK) == 0 ||
           access("/sys/kernel/tracing/kprobe_events", F_OK) == 0;
}

/* After a refusal; false: there is nothing left to do without. */
static bool ask_for_less(struct abilities *kernel)
{
    if (kernel->pieces)
        kernel->pieces = false;
    else if (kernel->globals)
        kernel->globals = false;
    else if (kernel->functions)
        kernel->functions = false;
    else
        return false;
    return true;
}

static int begin(struct path_trace *trace, struct err *err)
{
    int r;

    trace->types = kernel_types_new(err);
    if (!trace->types)
        return -ENOENT;
    /* The first two came with Linux 6.3, pieces with 6.12; whether it is so, only loading tells. */
    trace->kernel.sockets =
        has_tracepoints(trace->types, "btf_trace_sk_data_ready", "btf_trace_sock_recv_length");
    trace->kernel.streams =
        has_tracepoints(trace->types, "btf_trace_tcp_probe", "btf_trace_tcp_rcv_space_adjust");
    trace->kernel.functions = has_function_probes();
    trace->kernel.cookies =
        kernel_types_value(trace->types, "bpf_func_id", "BPF_FUNC_get_attach_cookie") >= 0;
    trace->kernel.pieces = kernel_types_has_function(trace->types, NULL, "bpf_dynptr_from_skb");
    trace->kernel.globals = true;
    while ((r = load(trace, err)) < 0 && err->kind == ERR_UNOBSERVED && ask_for_less(&trace->kernel))
        path_bpf__destroy(trace->bpf);
    if (r < 0)
        return r;
    *err = (struct err){0};
    if (!trace->bpf->rodata->has_symbols)
        trace->symbols = kernel_symbols_new();
    trace->ring = ring_buffer__new(bpf_map__fd(trace->bpf->maps.records), take_record, trace, NULL);
    if (!trace->ring)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "open the way from the kernel's programs");
    return attach(trace, err);
}

int path_trace_new(struct arena *arena, const struct path_trace_options *options,
                   struct path_trace **ret_trace, struct err *err)
{
    struct path_trace *trace;
    int r = bpf_support_check(false, err);

    if (r < 0)
        return r;
    trace = ARENA_NEW(arena, struct path_trace);
    trace->options = *options;
    trace->names = netns_names_new(arena);
    trace->join = path_join_new(options->give_up_us * 1000, ended, trace);
    trace->questions = path_questions_new(arena);
    r = begin(trace, err);
    if (r < 0) {
        path_trace_free(trace);
        return r;
    }
    *ret_trace = trace;
    return 0;
}

void path_trace_free(struct path_trace *trace)
{
    if (!trace)
        return;
    for (size_t i = 0; i < trace->links_count; i++)
        bpf_link__destroy(trace->links[i]);
    ring_buffer__free(trace->ring);
    path_bpf__destroy(trace->bpf);
    kernel_types_free(trace->types);
    kernel_symbols_free(trace->symbols);
    path_join_free(trace->join);
    netns_names_free(trace->names);
}
