/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf_library.h"
#include <errno.h>
#include <k8sdns/source/bpf_ground.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define KERNEL_TYPES "/sys/kernel/btf/vmlinux"

const bool bpf_built_in = true;

static bool has(const struct __user_cap_data_struct *data, unsigned capability)
{
    return data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability);
}

static int check_rights(bool uprobes, struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

    if (syscall(SYS_capget, &header, data) < 0)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "ask for this process's capabilities");
    if (has(data, CAP_SYS_ADMIN))
        return 0;
    if (uprobes)
        return err_set(
            err, ERR_UNOBSERVED, EPERM,
            "this process lacks CAP_SYS_ADMIN, which probes in other programs take; run it as root on "
            "the node, or in a privileged container");
    if (has(data, CAP_BPF) && has(data, CAP_PERFMON))
        return 0;
    return err_set(
        err, ERR_UNOBSERVED, EPERM,
        "this process lacks %s; run it as root on the node, or in a container with both CAP_BPF and "
        "CAP_PERFMON (CAP_SYS_ADMIN before Linux 5.8)",
        has(data, CAP_BPF)       ? "CAP_PERFMON"
        : has(data, CAP_PERFMON) ? "CAP_BPF"
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
