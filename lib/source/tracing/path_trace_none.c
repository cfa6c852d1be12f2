/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for path_trace.c in a build without programs for the kernel. */
#include <k8sdns/source/kernel/bpf_support.h>
#include <k8sdns/source/tracing/path_trace.h>

int path_trace_new(struct arena *arena, const struct path_trace_options *options,
                   struct path_trace **ret_trace, struct err *err)
{
    (void)arena;
    (void)options;
    (void)ret_trace;
    return bpf_support_check(false, err);
}

void path_trace_free(struct path_trace *trace)
{
    (void)trace;
}

int path_trace_poll(struct path_trace *trace, int timeout_ms, struct err *err)
{
    (void)trace;
    (void)timeout_ms;
    return bpf_support_check(false, err);
}

void path_trace_end(struct path_trace *trace)
{
    (void)trace;
}

void path_trace_facts(const struct path_trace *trace, struct arena *arena, struct path_facts *facts)
{
    (void)trace;
    (void)arena;
    (void)facts;
}
