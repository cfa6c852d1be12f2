/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes that see which rule dropped a packet; without them a drop has a hook alone. */
#include "../kernel/bpf_library.h"
#include "drop_trace_state.h"
#include <drop_rules_bpf.skel.h>
#include <drops_bpf.skel.h>
#include <errno.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <stdbool.h>
#include <string.h>

/*
 * Probes in the kernel's own functions. Kernels may refuse them, may have no kprobes, and have some functions
 * only with their modules; so each is tried, and most drops can be told apart without. fentry is the cheaper
 * kind and knows the packet at the end as well. Kernels without BTF of modules cannot load it; arm64 before
 * Linux 6.4 loads it and then cannot attach it (ENOTSUPP).
 */
static const struct function {
    const char *name, *module, *tells;
    const char *older[2]; /* the functions that did it in kernels before */
} functions[] = {
    {"nft_do_chain", "nf_tables", "table and chain of nftables' rules"},
    {"ipt_do_table", "ip_tables", "the table of iptables' rules"},
    {"ip6t_do_table", "ip6_tables", "the table of ip6tables' rules"},
    {"nf_conntrack_in", "nf_conntrack", "that connection tracking refuses a packet"},
    {"__nf_conntrack_confirm", "nf_conntrack", "that an entry cannot be made"},
    {"ip_vs_in_hook",
     "ip_vs",
     "that IPVS drops a packet",
     {"ip_vs_remote_request4", "ip_vs_remote_request6"}},
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

/* What became of each. */
struct outcome {
    bool absent;
    int attached, failed; /* probes; an errno, or 0 */
};

static bool is_kprobe(const struct bpf_program *program)
{
    return bpf_program__section_name(program)[0] == 'k';
}

static const char *name_of(const struct bpf_program *program)
{
    return strchr(bpf_program__section_name(program), '/') + 1;
}

static bool is_called(const struct function *function, const char *name)
{
    return strcmp(function->name, name) == 0 ||
           (function->older[0] &&
            (strcmp(function->older[0], name) == 0 || strcmp(function->older[1], name) == 0));
}

static size_t function_of(const struct bpf_program *program)
{
    const char *name = name_of(program);
    size_t i = 0;

    while (!is_called(&functions[i], name))
        i++;
    return i;
}

/* Whether the kernel describes the function that the program hangs on. */
static bool has_function(struct drop_trace *trace, const struct bpf_program *program)
{
    return kernel_types_has_function(trace->types, functions[function_of(program)].module, name_of(program));
}

static struct drop_rules_bpf *open_kind(struct drop_trace *trace, const struct drop_offsets *offsets,
                                        bool kprobes)
{
    struct drop_rules_bpf *programs = drop_rules_bpf__open();
    struct bpf_program *program = NULL;

    if (!programs)
        return NULL;
    memcpy((void *)&programs->rodata->offsets, offsets, sizeof(*offsets));
    /* The hook functions of a table became ipt_do_table itself then, whose first argument is a hook's own
     * data. */
    programs->rodata->table_is_first =
        kernel_types_first_is_void(trace->types, "ip_tables", "ipt_do_table") ||
        kernel_types_first_is_void(trace->types, "ip6_tables", "ip6t_do_table");
    while ((program = bpf_object__next_program(programs->obj, program)))
        bpf_program__set_autoload(program,
                                  is_kprobe(program) == kprobes && (kprobes || has_function(trace, program)));
    if (bpf_map__reuse_fd(programs->maps.verdicts, bpf_map__fd(trace->programs->maps.verdicts)) < 0 ||
        drop_rules_bpf__load(programs) < 0) {
        int saved = errno;

        drop_rules_bpf__destroy(programs);
        errno = saved;
        return NULL;
    }
    return programs;
}

static void attach_all(struct drop_trace *trace, bool kprobes, struct outcome outcomes[FUNCTIONS])
{
    struct bpf_program *program = NULL;

    while ((program = bpf_object__next_program(trace->rule_programs->obj, program))) {
        struct outcome *outcome = &outcomes[function_of(program)];
        struct bpf_link *link;

        if (is_kprobe(program) != kprobes || (!kprobes && !has_function(trace, program)) ||
            trace->links_count == RULE_LINKS_MAX)
            continue;
        link = bpf_program__attach(program);
        if (link) {
            trace->links[trace->links_count++] = link;
            outcome->attached++;
        } else {
            outcome->failed = errno;
        }
    }
}

/* Try one kind. Return 0, or an errno when not one probe of it could be had. */
static int try_kind(struct drop_trace *trace, const struct drop_offsets *offsets, bool kprobes,
                    struct outcome outcomes[FUNCTIONS])
{
    int failed = 0;

    trace->rule_programs = open_kind(trace, offsets, kprobes);
    if (!trace->rule_programs)
        return errno;
    attach_all(trace, kprobes, outcomes);
    if (trace->links_count)
        return 0;
    for (size_t i = 0; i < FUNCTIONS && !failed; i++)
        failed = outcomes[i].failed;
    drop_rules_bpf__destroy(trace->rule_programs);
    trace->rule_programs = NULL;
    return failed;
}

/* The kernel's own ENOTSUPP has no name outside. Source: Linux include/linux/errno.h. */
static const char *words_of(int code)
{
    return code == 524 ? "not supported" : strerror(code);
}

static void note_outcome(struct drop_trace *trace, const struct function *function,
                         const struct outcome *outcome, bool has_names, int refused)
{
    const char *why = NULL;

    if (outcome->attached && !has_names) {
        drop_trace_note(trace, function->name,
                        "that its rules drop a packet; this kernel does not describe the types of "
                        "its modules, which would tell the table",
                        NULL);
        return;
    }

    /* Types of modules are not described by every kernel: what is refused is there all the same. */
    if (!outcome->attached && outcome->absent && outcome->failed != EPERM && outcome->failed != EACCES)
        why = "this kernel has no such function, or its module is not loaded";
    else if (!outcome->attached)
        why = arena_printf(trace->arena, "this kernel refuses it (fentry: %s; kprobe: %s)", words_of(refused),
                           bpf_support_probe_words(outcome->failed));
    drop_trace_note(trace, function->name, function->tells, why);
}

/* Whether the names of what it runs can be read; true as well where it has none. */
static bool has_names(const struct function *function, const struct drop_offsets *offsets)
{
    return strcmp(function->module, "nf_tables") == 0     ? offsets->has_nft
           : strstr(function->name, "t_do_table") != NULL ? offsets->has_xt
                                                          : true;
}

void drop_trace_attach_rules(struct drop_trace *trace, const struct drop_offsets *offsets)
{
    struct outcome outcomes[FUNCTIONS] = {0};
    bool any = false;
    int refused = ENOENT, failed; /* fentry's errno; kprobes' */

    for (size_t i = 0; i < FUNCTIONS; i++) {
        outcomes[i].absent =
            !kernel_types_has_function(trace->types, functions[i].module, functions[i].name) &&
            !(functions[i].older[0] &&
              kernel_types_has_function(trace->types, functions[i].module, functions[i].older[0]));
        any = any || !outcomes[i].absent;
    }
    if (any)
        refused = try_kind(trace, offsets, false, outcomes);
    if (refused) {
        for (size_t i = 0; i < FUNCTIONS; i++)
            outcomes[i].failed = 0;
        failed = try_kind(trace, offsets, true, outcomes);
        for (size_t i = 0; i < FUNCTIONS; i++)
            outcomes[i].failed = outcomes[i].failed ? outcomes[i].failed : failed;
    }
    for (size_t i = 0; i < FUNCTIONS; i++)
        note_outcome(trace, &functions[i], &outcomes[i], has_names(&functions[i], offsets), refused);
}

void drop_trace_detach_rules(struct drop_trace *trace)
{
    for (size_t i = 0; i < trace->links_count; i++)
        bpf_link__destroy(trace->links[i]);
    if (trace->rule_programs)
        drop_rules_bpf__destroy(trace->rule_programs);
}
