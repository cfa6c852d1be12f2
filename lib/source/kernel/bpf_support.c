/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf_library.h"
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/source/bpf_ground.h>
#include <unistd.h>

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"

const bool bpf_built_in = true;

static int check_rights(bool uprobes, struct err *err)
{
    if (capability_has(CAP_SYS_ADMIN))
        return 0;
    if (uprobes)
        return err_set(
            err, ERR_UNOBSERVED, EPERM,
            "this process lacks CAP_SYS_ADMIN, which probes in other programs take; run it as root on "
            "the node, or in a privileged container");
    if (capability_has(CAP_BPF) && capability_has(CAP_PERFMON))
        return 0;
    return err_set(
        err, ERR_UNOBSERVED, EPERM,
        "this process lacks %s; run it as root on the node, or in a container with both CAP_BPF and "
        "CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8)",
        capability_has(CAP_BPF)       ? "CAP_PERFMON"
        : capability_has(CAP_PERFMON) ? "CAP_BPF"
                                      : "CAP_BPF and CAP_PERFMON");
}

int bpf_ground_check(bool uprobes, struct err *err)
{
    int r;

    if (access(KERNEL_TYPES, R_OK) < 0)
        return err_set(err, ERR_UNOBSERVED, errno,
                       "this kernel does not describe its types (no %s); it takes one built with "
                       "CONFIG_DEBUG_INFO_BTF, as distributions' are since about Linux 5.8",
                       KERNEL_TYPES);
    r = check_rights(uprobes, err);
    return r < 0 ? r : bpf_library_load(err);
}
