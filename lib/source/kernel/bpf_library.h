/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_BPF_LIBRARY_H
#define K8SDNS_SOURCE_BPF_LIBRARY_H

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <k8sdns/base/err.h>

/*
 * libbpf, loaded when it is first needed: few commands take it, all others would pay for it (and for libelf
 * and zlib) when they start, and an image without it could run nothing at all.
 *
 * The functions keep their names, so that skeletons, whose code is generated, work as they are: include this
 * header before a skeleton, and call bpf_library_load() before any of them. A function that is missing from
 * the two lists fails to link.
 */
#define BPF_FUNCTIONS(X)                     \
    X(bpf_btf_get_next_id)                   \
    X(bpf_link__destroy)                     \
    X(bpf_link__fd)                          \
    X(bpf_map__fd)                           \
    X(bpf_map__reuse_fd)                     \
    X(bpf_map__set_max_entries)              \
    X(bpf_map_delete_elem)                   \
    X(bpf_map_get_next_key)                  \
    X(bpf_map_lookup_and_delete_elem)        \
    X(bpf_map_lookup_elem)                   \
    X(bpf_map_update_elem)                   \
    X(bpf_object__attach_skeleton)           \
    X(bpf_object__btf)                       \
    X(bpf_object__close)                     \
    X(bpf_object__destroy_skeleton)          \
    X(bpf_object__detach_skeleton)           \
    X(bpf_object__load)                      \
    X(bpf_object__load_skeleton)             \
    X(bpf_object__next_map)                  \
    X(bpf_object__next_program)              \
    X(bpf_object__open_file)                 \
    X(bpf_object__open_skeleton)             \
    X(bpf_prog_load)                         \
    X(bpf_program__attach)                   \
    X(bpf_program__attach_kprobe)            \
    X(bpf_program__attach_kprobe_opts)       \
    X(bpf_program__attach_perf_event)        \
    X(bpf_program__attach_raw_tracepoint)    \
    X(bpf_program__attach_trace)             \
    X(bpf_program__attach_tracepoint)        \
    X(bpf_program__attach_uprobe_opts)       \
    X(bpf_program__fd)                       \
    X(bpf_program__name)                     \
    X(bpf_program__section_name)             \
    X(bpf_program__set_attach_target)        \
    X(bpf_program__set_autoload)             \
    X(bpf_program__set_expected_attach_type) \
    X(bpf_program__set_type)                 \
    X(btf__find_by_name_kind)                \
    X(btf__free)                             \
    X(btf__load_module_btf)                  \
    X(btf__load_vmlinux_btf)                 \
    X(btf__name_by_offset)                   \
    X(btf__type_by_id)                       \
    X(btf__type_cnt)                         \
    X(libbpf_num_possible_cpus)              \
    X(libbpf_set_print)                      \
    X(perf_buffer__free)                     \
    X(perf_buffer__new)                      \
    X(perf_buffer__poll)                     \
    X(ring_buffer__add)                      \
    X(ring_buffer__consume)                  \
    X(ring_buffer__epoll_fd)                 \
    X(ring_buffer__free)                     \
    X(ring_buffer__new)                      \
    X(ring_buffer__poll)

struct bpf_library {
#define BPF_MEMBER(name) __typeof__(&name) name;
    BPF_FUNCTIONS(BPF_MEMBER)
#undef BPF_MEMBER
};
extern struct bpf_library bpf_library;

/* Load it, once. Return 0, or -ENOENT with a message (kind ERR_UNOBSERVED) when this image has none. */
int bpf_library_load(struct err *err) MUST_USE;

#ifndef BPF_LIBRARY_PLAIN_NAMES
/* clang-format off */
#define bpf_btf_get_next_id bpf_library.bpf_btf_get_next_id
#define bpf_link__destroy bpf_library.bpf_link__destroy
#define bpf_link__fd bpf_library.bpf_link__fd
#define bpf_map__fd bpf_library.bpf_map__fd
#define bpf_map__reuse_fd bpf_library.bpf_map__reuse_fd
#define bpf_map__set_max_entries bpf_library.bpf_map__set_max_entries
#define bpf_map_delete_elem bpf_library.bpf_map_delete_elem
#define bpf_map_get_next_key bpf_library.bpf_map_get_next_key
#define bpf_map_lookup_and_delete_elem bpf_library.bpf_map_lookup_and_delete_elem
#define bpf_map_lookup_elem bpf_library.bpf_map_lookup_elem
#define bpf_map_update_elem bpf_library.bpf_map_update_elem
#define bpf_object__attach_skeleton bpf_library.bpf_object__attach_skeleton
#define bpf_object__btf bpf_library.bpf_object__btf
#define bpf_object__close bpf_library.bpf_object__close
#define bpf_object__destroy_skeleton bpf_library.bpf_object__destroy_skeleton
#define bpf_object__detach_skeleton bpf_library.bpf_object__detach_skeleton
#define bpf_object__load bpf_library.bpf_object__load
#define bpf_object__load_skeleton bpf_library.bpf_object__load_skeleton
#define bpf_object__next_map bpf_library.bpf_object__next_map
#define bpf_object__next_program bpf_library.bpf_object__next_program
#define bpf_object__open_file bpf_library.bpf_object__open_file
#define bpf_object__open_skeleton bpf_library.bpf_object__open_skeleton
#define bpf_prog_load bpf_library.bpf_prog_load
#define bpf_program__attach bpf_library.bpf_program__attach
#define bpf_program__attach_kprobe bpf_library.bpf_program__attach_kprobe
#define bpf_program__attach_kprobe_opts bpf_library.bpf_program__attach_kprobe_opts
#define bpf_program__attach_perf_event bpf_library.bpf_program__attach_perf_event
#define bpf_program__attach_raw_tracepoint bpf_library.bpf_program__attach_raw_tracepoint
#define bpf_program__attach_trace bpf_library.bpf_program__attach_trace
#define bpf_program__attach_tracepoint bpf_library.bpf_program__attach_tracepoint
#define bpf_program__attach_uprobe_opts bpf_library.bpf_program__attach_uprobe_opts
#define bpf_program__fd bpf_library.bpf_program__fd
#define bpf_program__name bpf_library.bpf_program__name
#define bpf_program__section_name bpf_library.bpf_program__section_name
#define bpf_program__set_attach_target bpf_library.bpf_program__set_attach_target
#define bpf_program__set_autoload bpf_library.bpf_program__set_autoload
#define bpf_program__set_expected_attach_type bpf_library.bpf_program__set_expected_attach_type
#define bpf_program__set_type bpf_library.bpf_program__set_type
#define btf__find_by_name_kind bpf_library.btf__find_by_name_kind
#define btf__free bpf_library.btf__free
#define btf__load_module_btf bpf_library.btf__load_module_btf
#define btf__load_vmlinux_btf bpf_library.btf__load_vmlinux_btf
#define btf__name_by_offset bpf_library.btf__name_by_offset
#define btf__type_by_id bpf_library.btf__type_by_id
#define btf__type_cnt bpf_library.btf__type_cnt
#define libbpf_num_possible_cpus bpf_library.libbpf_num_possible_cpus
#define libbpf_set_print bpf_library.libbpf_set_print
#define perf_buffer__free bpf_library.perf_buffer__free
#define perf_buffer__new bpf_library.perf_buffer__new
#define perf_buffer__poll bpf_library.perf_buffer__poll
#define ring_buffer__add bpf_library.ring_buffer__add
#define ring_buffer__consume bpf_library.ring_buffer__consume
#define ring_buffer__epoll_fd bpf_library.ring_buffer__epoll_fd
#define ring_buffer__free bpf_library.ring_buffer__free
#define ring_buffer__new bpf_library.ring_buffer__new
#define ring_buffer__poll bpf_library.ring_buffer__poll
/* clang-format on */
#endif

#endif
