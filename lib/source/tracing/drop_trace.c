/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../kernel/bpf_library.h"
#include "../kernel/bpf_local.h"
#include "drop_trace_state.h"
#include <drops_bpf.skel.h>
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/suggest.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define REASON_PREFIX "SKB_DROP_REASON_"
#define PROGRAMS      "the programs that see dropped packets"
/* Events in one poll: whoever polls wants to look at the clock, and at signals, in a storm as well. */
#define POLLED_MAX 1000
#define WINDOWS    10 /* in a second; RATE_NS of drops_bpf.c */

/* ---- before loading: what differs between kernels, and what is asked for ---- */

static bool find_offset(struct kernel_types *types, const char *module, const char *name, const char *member,
                        uint32_t *ret)
{
    int64_t offset = kernel_types_member(types, module, name, member);

    *ret = offset < 0 ? 0 : (uint32_t)offset;
    return offset >= 0;
}

static struct drop_offsets find_offsets(struct kernel_types *types)
{
    static const char tracking[] = "nf_conntrack", tables[] = "nf_tables", xt[] = "x_tables";
    struct drop_offsets o = {0};

    o.has_ct = find_offset(types, tracking, "nf_conn", "tuplehash", &o.ct_tuples) &&
               find_offset(types, tracking, "nf_conn", "status", &o.ct_status) &&
               find_offset(types, tracking, "nf_conntrack_tuple_hash", NULL, &o.ct_tuple_size) &&
               find_offset(types, tracking, "nf_conntrack_tuple_hash", "tuple", &o.ct_tuple);
    o.has_nft = find_offset(types, tables, "nft_chain", "table", &o.chain_table) &&
                find_offset(types, tables, "nft_chain", "name", &o.chain_name) &&
                find_offset(types, tables, "nft_table", "name", &o.table_name) &&
                find_offset(types, tables, "nft_pktinfo", "skb", &o.nft_packet);
    o.has_xt = find_offset(types, xt, "xt_table", "name", &o.xt_name);
    return o;
}

static int choose_reasons(struct drop_trace *trace, const struct drop_trace_options *options,
                          struct drops_bpf *programs, struct err *err)
{
    for (size_t i = 0; i < options->reasons_count; i++) {
        bool whole = strncmp(options->reasons[i], REASON_PREFIX, strlen(REASON_PREFIX)) == 0;
        char word[128];
        int64_t value;

        snprintf(word, sizeof(word), "%s%s", whole ? "" : REASON_PREFIX, options->reasons[i]);
        value = kernel_types_value(trace->types, "skb_drop_reason", word);
        if (value < 0 || value >= DROP_REASONS)
            return err_set(
                err, ERR_USAGE, EINVAL,
                "this kernel has no drop reason '%s'; its reasons are those of enum skb_drop_reason, "
                "such as NETFILTER_DROP, NO_SOCKET, SOCKET_RCVBUFF",
                options->reasons[i]);
        programs->rodata->reasons[value] = 1;
    }
    programs->rodata->by_reason = options->reasons_count > 0;
    return 0;
}

static void choose_own(struct drops_bpf *programs)
{
    struct stat st;

    if (stat("/proc/self/ns/pid", &st) < 0)
        return;
    programs->rodata->own_pid = (uint32_t)getpid();
    programs->rodata->own_pid_device =
        (uint64_t)major(st.st_dev) << 20 | minor(st.st_dev); /* as the kernel has it */
    programs->rodata->own_pid_inode = st.st_ino;
    if (stat("/proc/self/ns/net", &st) == 0)
        programs->rodata->own_netns = (uint32_t)st.st_ino;
}

static int configure(struct drop_trace *trace, const struct drop_trace_options *options,
                     const struct drop_offsets *offsets, bool in_pieces, struct err *err)
{
    struct drops_bpf *programs = trace->programs;
    unsigned arguments = kernel_types_arguments(trace->types, "btf_trace_kfree_skb");
    int64_t netfilter = kernel_types_value(trace->types, "skb_drop_reason", REASON_PREFIX "NETFILTER_DROP");

    for (size_t i = 0; i < options->ports_count && i < DROP_PORTS; i++)
        programs->rodata->dns_ports[i] = options->ports[i];
    /* The typedef's first argument is the probe's own. Source: Linux include/trace/events/skb.h. */
    programs->rodata->has_reason = arguments >= 4;
    programs->rodata->has_receiver = arguments >= 5;
    programs->rodata->reason_netfilter = netfilter > 0 ? (uint32_t)netfilter : 0;
    programs->rodata->has_symbols = kernel_types_value(trace->types, "bpf_func_id", "BPF_FUNC_snprintf") >= 0;
    programs->rodata->by_netns = options->namespaces_count > 0;
    programs->rodata->by_client = options->clients_count > 0;
    programs->rodata->rate_max = options->rate ? (uint32_t)(options->rate / WINDOWS + 1) : 0;
    memcpy((void *)&programs->rodata->offsets, offsets, sizeof(*offsets));
    if (options->own)
        choose_own(programs);
    if (options->ring_bytes)
        bpf_map__set_max_entries(programs->maps.events, options->ring_bytes);
    bpf_program__set_autoload(programs->progs.sent, options->own);
    bpf_program__set_autoload(programs->progs.freed, !in_pieces);
    bpf_program__set_autoload(programs->progs.freed_in_pieces, in_pieces);
    return choose_reasons(trace, options, programs, err);
}

static void map_address(const struct address *address, uint8_t out[16])
{
    memset(out, 0, 16);
    if (address->family == AF_INET) {
        out[10] = out[11] = 0xff;
        memcpy(out + 12, &address->v4, 4);
    } else {
        memcpy(out, &address->v6, 16);
    }
}

static void fill_filters(struct drops_bpf *programs, const struct drop_trace_options *options)
{
    const uint8_t one = 1;
    uint8_t key[16];

    for (size_t i = 0; i < options->namespaces_count; i++)
        bpf_map_update_elem(bpf_map__fd(programs->maps.netns_wanted), &options->namespaces[i], &one, 0);
    for (size_t i = 0; i < options->clients_count; i++) {
        map_address(&options->clients[i], key);
        bpf_map_update_elem(bpf_map__fd(programs->maps.clients_wanted), key, &one, 0);
    }
}

/* ---- into the kernel ---- */

/* Names of functions come from /proc, where programs get none. */
static void name_by_file(struct drop_trace *trace)
{
    trace->symbols = kernel_symbols_new();
    if (!kernel_symbols_any(trace->symbols))
        drop_trace_note(trace, "names of functions", "where in the kernel",
                        "Linux gives them to programs since 5.13, and /proc/kallsyms hides addresses here");
}

static int attach(struct drop_trace *trace, const struct drop_trace_options *options, struct err *err)
{
    struct drops_bpf *programs = trace->programs;
    int r = drops_bpf__load(programs);

    if (r < 0)
        return bpf_support_refused(r, PROGRAMS, err);
    fill_filters(programs, options);
    r = drops_bpf__attach(programs);
    if (r < 0)
        return bpf_support_refused(r, PROGRAMS, err);
    drop_trace_note(trace, "tracepoint kfree_skb",
                    "each drop, with its reason and the functions that led to it", NULL);
    if (!programs->rodata->has_reason)
        drop_trace_note(trace, "the tracepoint's reason", "why, in the kernel's words",
                        "Linux has it since 5.17");
    if (!programs->rodata->has_symbols)
        name_by_file(trace);
    return 0;
}

static int receive(void *user, void *data, size_t size);

/* Open, configure and attach; the program that reads packets' further pieces is tried first, the one whose
 * functions are local last. */
static int load(struct drop_trace *trace, const struct drop_trace_options *options,
                const struct drop_offsets *offsets, struct err *err)
{
    /* Kernels that have the function may still not permit it here. */
    bool in_pieces = kernel_types_has_function(trace->types, NULL, "bpf_dynptr_from_skb"), local = false;

    for (;;) {
        int r;

        trace->programs = drops_bpf__open();
        if (!trace->programs)
            return err_set_errno(err, ERR_INTERNAL, errno, "read the program for the kernel");
        r = configure(trace, options, offsets, in_pieces, err);
        if (r < 0)
            return r;
        if (local)
            bpf_local_make(trace->programs->obj);
        r = attach(trace, options, err);
        if (r < 0 && local)
            return r;
        if (r == 0)
            break;
        local = !in_pieces;
        in_pieces = false;
        if (err)
            *err = (struct err){0};
        drops_bpf__destroy(trace->programs);
    }
    if (!in_pieces)
        drop_trace_note(trace, "a packet's further pieces", "names in most messages over TCP",
                        "Linux gives them to programs since 6.12");
    return 0;
}

static void keep_reasons(struct drop_trace *trace)
{
    kernel_types_words(trace->types, "skb_drop_reason", trace->reason_words, DROP_REASONS);
    for (uint32_t i = 0; i < DROP_REASONS; i++)
        if (trace->reason_words[i])
            trace->reason_words[i] = arena_text(trace->arena, trace->reason_words[i]);
}

static int begin(struct drop_trace *trace, const struct drop_trace_options *options, struct err *err)
{
    struct drop_offsets offsets;
    int r;

    trace->types = kernel_types_new(err);
    if (!trace->types)
        return -ENOENT;
    offsets = find_offsets(trace->types);
    r = load(trace, options, &offsets, err);
    if (r < 0)
        return r;
    drop_trace_attach_rules(trace, &offsets);
    keep_reasons(trace);
    kernel_types_free(trace->types);
    trace->types = NULL;
    trace->events = ring_buffer__new(bpf_map__fd(trace->programs->maps.events), receive, trace, NULL);
    if (!trace->events)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "read the events of the program in the kernel");
    return 0;
}

int drop_trace_new(const struct drop_trace_options *options, struct drop_trace **ret_trace, struct err *err)
{
    struct clock_stamp now = clock_stamp_now();
    struct drop_trace *trace;
    int r = bpf_support_check(false, err);

    if (r < 0)
        return r;
    trace = calloc(1, sizeof(*trace));
    if (!trace)
        err_out_of_memory();
    trace->arena = arena_new();
    trace->owners = netns_owners_new();
    trace->names = options->names;
    trace->names_count = options->names_count;
    trace->began_ns = now.mono_ns;
    trace->offset_ns = now.real_ns - now.mono_ns;
    r = begin(trace, options, err);
    if (r < 0) {
        drop_trace_free(trace);
        return r;
    }
    *ret_trace = trace;
    return 0;
}

void drop_trace_free(struct drop_trace *trace)
{
    if (!trace)
        return;
    if (trace->events)
        ring_buffer__free(trace->events);
    drop_trace_detach_rules(trace);
    if (trace->programs)
        drops_bpf__destroy(trace->programs);
    kernel_types_free(trace->types);
    kernel_symbols_free(trace->symbols);
    netns_owners_free(trace->owners);
    arena_free(trace->arena);
    free(trace);
}

/* ---- events ---- */

/* The one of its kind and transport; NULL: there are too many kinds. */
static struct drop_example *example_of(struct drop_trace *trace, const struct drop_event *event)
{
    struct drop_example *example;

    for (size_t i = 0; i < trace->examples_count; i++) {
        example = &trace->examples[i];
        if (drop_key_is_like(&example->event.key, &event->key) && example->event.protocol == event->protocol)
            return example;
    }
    if (trace->examples_count == EXAMPLES_MAX)
        return NULL;
    example = ARENA_PUSH(trace->arena, trace->examples, trace->examples_count);
    *example = (struct drop_example){.event = *event};
    return example;
}

static void add_server(struct drop_example *example, const uint8_t address[16])
{
    for (size_t i = 0; i < example->servers_count; i++)
        if (memcmp(example->servers[i], address, 16) == 0)
            return;
    if (example->servers_count == EXAMPLE_SERVERS)
        example->has_more = true;
    else
        memcpy(example->servers[example->servers_count++], address, 16);
}

static bool is_dns_port(const struct drop_trace *trace, uint16_t port)
{
    for (size_t i = 0; i < DROP_PORTS; i++)
        if (port && trace->programs->rodata->dns_ports[i] == port)
            return true;
    return false;
}

/* Connection tracking knows both of a Service and its backend, whatever their ports. */
static void keep_example(struct drop_trace *trace, const struct drop_event *event)
{
    const struct drop_tuple *packet = &event->packet;
    struct drop_example *example = example_of(trace, event);

    if (!example)
        return;
    if (event->key.tracking & DROP_TRACKED) {
        add_server(example, event->original.dst);
        add_server(example, event->reply.src);
    } else {
        bool from_server = is_dns_port(trace, packet->src_port) && !is_dns_port(trace, packet->dst_port);

        add_server(example, from_server ? packet->src : packet->dst);
    }
}

static int receive(void *user, void *data, size_t size)
{
    struct drop_trace *trace = user;
    struct drop_facts drop;
    struct arena *arena;

    bool enough = ++trace->polled >= POLLED_MAX;

    if (size < sizeof(struct drop_event) || !drop_trace_wants(trace, ((struct drop_event *)data)->name))
        return enough ? -ECANCELED : 0;
    keep_example(trace, data);
    if (!trace->each)
        return enough ? -ECANCELED : 0;
    arena = arena_new();
    drop_trace_read(trace, arena, data, &drop);
    trace->result = trace->each(trace->user, arena, &drop);
    arena_free(arena);
    return trace->result || enough ? -ECANCELED : 0;
}

int drop_trace_poll(struct drop_trace *trace, int timeout_ms,
                    int (*each)(void *user, struct arena *arena, const struct drop_facts *drop), void *user)
{
    trace->each = each;
    trace->user = user;
    trace->result = 0;
    trace->polled = 0;
    (void)!ring_buffer__poll(trace->events, timeout_ms);
    return trace->result;
}
