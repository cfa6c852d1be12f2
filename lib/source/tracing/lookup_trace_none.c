/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for lookup_trace.c in a build without programs for the kernel. */
#include <k8sdns/source/kernel/bpf_support.h>
#include <k8sdns/source/tracing/lookup_trace.h>

int lookup_trace_new(struct arena *arena, const struct lookup_trace_options *options,
                     struct lookup_trace **ret_trace, struct err *err)
{
    (void)arena;
    (void)options;
    (void)ret_trace;
    return bpf_support_check(true, err);
}

void lookup_trace_free(struct lookup_trace *trace)
{
    (void)trace;
}

int lookup_trace_poll(struct lookup_trace *trace, int timeout_ms, struct arena *arena, struct err *err)
{
    (void)trace;
    (void)timeout_ms;
    (void)arena;
    return bpf_support_check(true, err);
}

void lookup_trace_facts(struct lookup_trace *trace, struct arena *arena, struct traced_lookups_facts *facts)
{
    (void)trace;
    (void)arena;
    (void)facts;
}

uint64_t lookup_trace_lost(const struct lookup_trace *trace)
{
    (void)trace;
    return 0;
}
