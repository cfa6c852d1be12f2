/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BPF_TASK_H
#define K8SDNS_BPF_TASK_H

#include "kernel_structs.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

/* Pid namespaces nest up to 32 deep (MAX_PID_NS_LEVEL); containers take one or two of them. */
#define PID_LEVELS 8

/* The number of the running process in the pid namespace of inode `wanted`; 0 when it is not seen from there.
 */
static __always_inline __u32 task_pid_in(__u32 wanted)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    struct pid *pid = BPF_CORE_READ(task, group_leader, thread_pid);
    unsigned int level = BPF_CORE_READ(pid, level);

    for (unsigned int i = 0; i < PID_LEVELS && i <= level; i++) {
        struct upid *at =
            (void *)pid + bpf_core_field_offset(struct pid, numbers) + i * bpf_core_type_size(struct upid);

        if (BPF_CORE_READ(at, ns, ns.inum) == wanted)
            return (__u32)BPF_CORE_READ(at, nr);
    }
    return 0;
}

static __always_inline __u32 task_netns(void)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();

    return BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
}

#endif
