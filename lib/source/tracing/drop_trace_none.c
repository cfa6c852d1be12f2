/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for drop_trace.c in a build without programs for the kernel. */
#include <errno.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <k8sdns/source/tracing/drop_trace.h>

int drop_trace_new(const struct drop_trace_options *options, struct drop_trace **ret_trace, struct err *err)
{
    int r = bpf_support_check(false, err);

    (void)options;
    (void)ret_trace;
    return r < 0 ? r : -ENOSYS;
}

void drop_trace_free(struct drop_trace *trace)
{
    (void)trace;
}

int drop_trace_poll(struct drop_trace *trace, int timeout_ms,
                    int (*each)(void *user, struct arena *arena, const struct drop_facts *drop), void *user)
{
    (void)trace;
    (void)timeout_ms;
    (void)each;
    (void)user;
    return 0;
}

void drop_trace_summary(struct drop_trace *trace, struct arena *arena, struct drops_facts *ret)
{
    (void)trace;
    (void)arena;
    *ret = (struct drops_facts){0};
}
