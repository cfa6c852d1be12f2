/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf_library.h"
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_MAX = 65536 };

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

int bpf_support_check(bool uprobes, struct err *err)
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

/* The mode in /proc/self/status: 2 is a filter, 0 none. */
static bool has_seccomp_filter(void)
{
    struct arena *arena = arena_new();
    const char *at = strstr(file_text(arena, "/proc/self/status", STATUS_MAX), "\nSeccomp:\t");
    bool has = at && at[sizeof("\nSeccomp:\t") - 1] == '2';

    arena_free(arena);
    return has;
}

/* "none [integrity] confidentiality": what is in force stands in brackets. */
static bool is_locked_down(void)
{
    struct arena *arena = arena_new();
    const char *text = file_text(arena, "/sys/kernel/security/lockdown", STATUS_MAX);
    bool locked = *text && !strstr(text, "[none]");

    arena_free(arena);
    return locked;
}

int bpf_support_refused(int r, const char *otherwise, struct err *err)
{
    if (r != -EPERM && r != -EACCES)
        return err_set_errno(err, ERR_UNOBSERVED, -r, "%s", otherwise);
    if (has_seccomp_filter())
        return err_set(err, ERR_UNOBSERVED, -r,
                       "this container's seccomp filter refuses programs in the kernel; let the Pod have "
                       "securityContext.seccompProfile.type: Unconfined, or run it as root on the node");
    if (is_locked_down())
        return err_set(err, ERR_UNOBSERVED, -r,
                       "this kernel is locked down and refuses programs (/sys/kernel/security/lockdown)");
    return err_set(
        err, ERR_UNOBSERVED, -r,
        "this kernel refuses programs, though the capabilities are there; a security module (SELinux, "
        "AppArmor) may forbid it, see dmesg");
}
