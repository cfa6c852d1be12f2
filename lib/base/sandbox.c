/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/sandbox.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define OWN_ARCH AUDIT_ARCH_RISCV64
#endif

/* ---- system calls ---- */

/* The most often made first: old kernels go through the list each time. */
static const int files_calls[] = {
    SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_lseek, SYS_close, SYS_fstat, SYS_newfstatat,
    SYS_statx, SYS_openat, SYS_openat2, SYS_faccessat, SYS_faccessat2, SYS_readlinkat, SYS_getdents64,
    SYS_getcwd, SYS_fcntl, SYS_dup, SYS_dup3, SYS_fadvise64,
#ifdef SYS_poll
    SYS_poll, SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_dup2, SYS_time,
#endif
    /* memory */
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise,
    /* time, signals, waiting */
    SYS_ppoll, SYS_pselect6, SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_clock_nanosleep,
    SYS_nanosleep, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait,
    SYS_restart_syscall, SYS_signalfd4, SYS_sigaltstack, SYS_futex, SYS_set_robust_list, SYS_rseq,
    /* what this process is */
    SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_uname,
    SYS_sysinfo, SYS_prlimit64, SYS_getrlimit, SYS_sched_getaffinity, SYS_sched_yield, SYS_getrandom,
    SYS_getrusage, SYS_umask, SYS_membarrier, SYS_capget, SYS_capset, SYS_seccomp,
    SYS_landlock_create_ruleset, SYS_landlock_restrict_self, SYS_tgkill, SYS_exit, SYS_exit_group};

/* A loop that waits for keys, and a file that a key writes. */
static const int terminal_calls[] = {
    SYS_epoll_create1,  SYS_epoll_ctl,       SYS_epoll_pwait, SYS_epoll_pwait2,
    SYS_timerfd_create, SYS_timerfd_settime, SYS_eventfd2,    SYS_pipe2,
    SYS_fsync,          SYS_unlinkat,        SYS_ftruncate,
#ifdef SYS_poll
    SYS_epoll_wait,     SYS_epoll_create,    SYS_pipe,        SYS_unlink,
#endif
};

static const int network_calls[] = {
    SYS_recvfrom,
    SYS_sendto,
    SYS_recvmsg,
    SYS_sendmsg,
    SYS_recvmmsg,
    SYS_sendmmsg,
    SYS_socketpair,
    SYS_bind,
    SYS_listen,
    SYS_accept,
    SYS_accept4,
    SYS_connect,
    SYS_getsockname,
    SYS_getpeername,
    SYS_getsockopt,
    SYS_setsockopt,
    SYS_shutdown,
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    SYS_epoll_pwait2,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_eventfd2,
    SYS_pipe2,
    /* code of TLS that a single file unfolds */
    SYS_memfd_create,
    SYS_ftruncate,
    /* the socket file of a server */
    SYS_unlinkat,
    SYS_fchmod,
    SYS_fchmodat,
#ifdef SYS_poll
    SYS_epoll_wait,
    SYS_epoll_create,
    SYS_pipe,
    SYS_unlink,
    SYS_chmod,
#endif
};

/* How much of a terminal may be asked; nothing may be put into its input. */
static const uint32_t ioctls[] = {TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD, 0x802c542a /* TCGETS2 */};
static const uint32_t terminal_ioctls[] = {TCGETS,    TCSETS,  TCSETSW,  TCSETSF,   TCFLSH, TIOCGWINSZ,
                                           TIOCGPGRP, FIONBIO, FIONREAD, 0x802c542a /* TCGETS2 */};
static const uint32_t families[] = {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK};
static const uint32_t prctls[] = {PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_GET_SECCOMP, PR_CAPBSET_READ};

#define COUNT(list)      (sizeof(list) / sizeof((list)[0]))
#define INSTRUCTIONS_MAX 512

struct program {
    struct sock_filter at[INSTRUCTIONS_MAX];
    unsigned short count;
};

static void add(struct program *p, uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
    if (p->count < INSTRUCTIONS_MAX)
        p->at[p->count++] = (struct sock_filter){code, if_true, if_false, k};
}

static void load(struct program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void ret(struct program *p, uint32_t action)
{
    add(p, BPF_RET | BPF_K, action, 0, 0);
}

static void allow(struct program *p, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i], 0, 1);
        ret(p, SECCOMP_RET_ALLOW);
    }
}

/* The low word of an argument; both words have the same order as the machine's bytes. */
static size_t argument(unsigned index)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return offsetof(struct seccomp_data, args) + 8 * index + 4;
#else
    return offsetof(struct seccomp_data, args) + 8 * index;
#endif
}

/* A call whose argument must be one of a list. */
static void allow_with(struct program *p, int call, unsigned index, const uint32_t *values, size_t count)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, (uint8_t)(2 * count + 2));
    load(p, argument(index));
    for (size_t i = 0; i < count; i++) {
        add(p, BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 1);
        ret(p, SECCOMP_RET_ALLOW);
    }
    ret(p, SECCOMP_RET_ERRNO | EPERM);
}

/* mmap(2) and mprotect(2), without memory that can be run. */
static void allow_memory(struct program *p, int call, bool may_run)
{
    if (may_run) {
        allow(p, &call, 1);
        return;
    }
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, 4);
    load(p, argument(2));
    add(p, BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
    ret(p, SECCOMP_RET_ERRNO | EPERM);
    ret(p, SECCOMP_RET_ALLOW);
}

static void filter_calls(enum sandbox kind)
{
#ifdef OWN_ARCH
    struct program p = {.count = 0};
    struct sock_fprog filter;

    load(&p, offsetof(struct seccomp_data, arch));
    add(&p, BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 1, 0);
    ret(&p, SECCOMP_RET_KILL_PROCESS);
    load(&p, offsetof(struct seccomp_data, nr));
    allow(&p, files_calls, COUNT(files_calls));
    allow_memory(&p, SYS_mmap, kind != SANDBOX_FILES);
    allow_memory(&p, SYS_mprotect, kind != SANDBOX_FILES);
    if (kind == SANDBOX_NETWORK)
        allow(&p, network_calls, COUNT(network_calls));
    if (kind == SANDBOX_TERMINAL)
        allow(&p, terminal_calls, COUNT(terminal_calls));
    /* Each of these loads an argument, so what follows one is never another's number. */
    if (kind == SANDBOX_TERMINAL)
        allow_with(&p, SYS_ioctl, 1, terminal_ioctls, COUNT(terminal_ioctls));
    else
        allow_with(&p, SYS_ioctl, 1, ioctls, COUNT(ioctls));
    allow_with(&p, SYS_prctl, 0, prctls, COUNT(prctls));
    if (kind == SANDBOX_NETWORK)
        allow_with(&p, SYS_socket, 0, families, COUNT(families));
    ret(&p, SECCOMP_RET_ERRNO | EPERM);
    filter = (struct sock_fprog){.len = p.count, .filter = p.at};
    (void)!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
#else
    (void)kind;
#endif
}

/* ---- files ---- */

/* Not in every distribution's header. Source: linux/landlock.h. */
#define ACCESS_REFER    (UINT64_C(1) << 13) /* ABI 2 */
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) /* ABI 3 */
#define NET_BIND        (UINT64_C(1) << 0)  /* ABI 4 */
#define NET_CONNECT     (UINT64_C(1) << 1)
#define SCOPE_ABSTRACT  (UINT64_C(1) << 0) /* ABI 6 */
#define SCOPE_SIGNAL    (UINT64_C(1) << 1)

struct ruleset {
    uint64_t files, network, scoped;
};

/* Rights that are named and that no rule gives are taken away. */
static void restrict_files(enum sandbox kind)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), fd;
    bool files = kind == SANDBOX_FILES;
    struct ruleset rules = {
        .files = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                 LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_WRITE_FILE};

    if (abi < 1)
        return;
    if (files)
        rules.files |= LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_SOCK;
    rules.files |= abi >= 2 ? ACCESS_REFER : 0;
    rules.files |= abi >= 3 ? ACCESS_TRUNCATE : 0;
    if (files && abi >= 4)
        rules.network = NET_BIND | NET_CONNECT;
    if (abi >= 6)
        rules.scoped = SCOPE_SIGNAL | (files ? SCOPE_ABSTRACT : 0);
    fd = syscall(SYS_landlock_create_ruleset, &rules,
                 abi >= 6   ? sizeof(rules)
                 : abi >= 4 ? offsetof(struct ruleset, scoped)
                            : offsetof(struct ruleset, network),
                 0);
    if (fd < 0)
        return;
    (void)!syscall(SYS_landlock_restrict_self, fd, 0);
    close((int)fd);
}

void sandbox_enter(enum sandbox kind)
{
    /* The kernel takes a filter from whoever cannot gain anything by exec. */
    if (kind == SANDBOX_NONE || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return;
    if (kind != SANDBOX_TERMINAL)
        restrict_files(kind);
    filter_calls(kind);
}
