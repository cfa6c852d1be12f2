/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bpf_library.h"
#include "kernel_types.h"
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    STATUS_MAX = 65536,
    NO_COMMAND = 0xffff, /* of bpf(2) */
};

#define SYS_KERNEL   "/sys/kernel"
#define KERNEL_TYPES SYS_KERNEL "/btf/vmlinux"

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

static int check_types(struct err *err)
{
    if (access(KERNEL_TYPES, R_OK) == 0)
        return 0;
    if (errno != ENOENT)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "read the kernel's types in " KERNEL_TYPES);
    if (access(SYS_KERNEL, F_OK) < 0)
        return err_set(err, ERR_UNOBSERVED, ENOENT,
                       "the kernel's types cannot be read, since /sys is not mounted here (no %s)",
                       KERNEL_TYPES);
    return err_set(err, ERR_UNOBSERVED, ENOENT,
                   "this kernel does not describe its types (no %s); it takes one built with "
                   "CONFIG_DEBUG_INFO_BTF, as distributions' are since about Linux 5.8",
                   KERNEL_TYPES);
}

int bpf_support_check(bool uprobes, struct err *err)
{
    int r;

    r = check_types(err);
    if (r == 0)
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

/* The kernel knows no such command, and says EINVAL to whoever has the capabilities; a filter says its own.
 */
static bool is_filtered(void)
{
    union bpf_attr none = {0};

    return has_seccomp_filter() && syscall(SYS_bpf, NO_COMMAND, &none, sizeof(none)) < 0 && errno != EINVAL;
}

/* The kernel looks at the flags first, and knows no such; a filter says its own. */
static bool is_perf_filtered(void)
{
    return has_seccomp_filter() && syscall(SYS_perf_event_open, NULL, 0, 0, -1, ~0UL) < 0 && errno != EINVAL;
}

const char *bpf_support_probe_words(int code)
{
    bool refused = code == EPERM || code == EACCES || code == ENOSYS;

    return refused && is_perf_filtered() ? "a seccomp filter refuses perf_event_open(2)" : strerror(code);
}

/* "none integrity [confidentiality]": what is in force stands in brackets; integrity lets programs read. */
static bool is_confidential(void)
{
    struct arena *arena = arena_new();
    bool locked = strstr(file_text(arena, "/sys/kernel/security/lockdown", STATUS_MAX), "[confidentiality]");

    arena_free(arena);
    return locked;
}

/* What root of a user namespace may, the machine's root has not given: only there are all users mapped. */
static bool in_user_namespace(void)
{
    struct arena *arena = arena_new();
    const char *map = file_text(arena, "/proc/self/uid_map", STATUS_MAX);
    bool is = *map && !strstr(map, " 4294967295");

    arena_free(arena);
    return is;
}

/* Of memory for programs and maps, where the kernel counts it so: before Linux 5.11. 0: it does not. */
static uint64_t locked_limit(const struct kernel_types *types)
{
    struct rlimit limit;

    if (!types || kernel_types_value(types, "bpf_func_id", "BPF_FUNC_ktime_get_coarse_ns") >= 0 ||
        getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return 0;
    return limit.rlim_cur / 1024;
}

static int refused_by_kernel(int r, const struct kernel_types *types, const char *programs, struct err *err)
{
    uint64_t limit = locked_limit(types);

    if (limit && r == -EPERM)
        return err_set(
            err, ERR_UNOBSERVED, -r,
            "this kernel counts %s as locked memory (as before Linux 5.11), of which this process may "
            "have %llu kB; it takes CAP_SYS_RESOURCE, or a higher limit (ulimit -l)",
            programs, (unsigned long long)limit);
    if (r == -ENOSYS)
        return err_set(
            err, ERR_UNOBSERVED, -r,
            "this kernel has no bpf(2), and so none of %s; it takes one built with CONFIG_BPF_SYSCALL",
            programs);
    if ((r == -EPERM || r == -EACCES) && in_user_namespace())
        return err_set(
            err, ERR_UNOBSERVED, -r,
            "this kernel refuses %s: the capabilities are those of a user namespace (as in a rootless "
            "container); it takes root of the machine",
            programs);
    if (r == -EPERM || r == -EACCES)
        return err_set(
            err, ERR_UNOBSERVED, -r,
            "this kernel refuses %s, though the capabilities are there; a security module (SELinux, "
            "AppArmor) may forbid it, see dmesg",
            programs);
    if (types && kernel_types_value(types, "bpf_map_type", "BPF_MAP_TYPE_RINGBUF") < 0)
        return err_set(err, ERR_UNOBSERVED, -r,
                       "this kernel has no ring buffers for %s; Linux has them since 5.8", programs);
    return err_set_errno(err, ERR_UNOBSERVED, -r, "this kernel's verifier refuses %s", programs);
}

int bpf_support_refused(int r, const char *programs, struct err *err)
{
    struct kernel_types *types;

    if (is_filtered())
        return err_set(err, ERR_UNOBSERVED, -r,
                       "this container's seccomp filter refuses bpf(2), and so %s; let the Pod have "
                       "securityContext.seccompProfile.type: Unconfined, or run it as root on the node",
                       programs);
    if (is_confidential())
        return err_set(err, ERR_UNOBSERVED, -r,
                       "this kernel is locked down to confidentiality and refuses %s "
                       "(/sys/kernel/security/lockdown)",
                       programs);
    types = kernel_types_new(NULL);
    r = refused_by_kernel(r, types, programs, err);
    kernel_types_free(types);
    return r;
}
