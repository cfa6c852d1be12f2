/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/resolver/container_application.h>
#include <k8sdns/source/resolver/libc_identity.h>
#include <k8sdns/source/resolver/observed_process.h>
#include <k8sdns/source/resolver/process_root.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    ENVIRON_MAX = 4 << 20, /* more than the kernel takes for arguments and environment by default */
    HOSTNAME_MAX = 4096,
};

/* The host name that the process sees, as far as it can be known from outside. */
static const char *find_hostname(struct arena *arena, const struct observed_process *process)
{
    char other[PROC_PATH_ROOM], *bytes;
    struct stat mine, theirs;
    struct utsname name;
    size_t len;

    if (!process->pid ||
        (stat("/proc/self/ns/uts", &mine) == 0 &&
         stat(proc_path(other, process->pid, "ns/uts"), &theirs) == 0 && mine.st_ino == theirs.st_ino))
        return uname(&name) == 0 ? arena_text(arena, name.nodename) : NULL;
    /* Another UTS namespace cannot be asked without entering it; container runtimes write its name here. */
    if (process_root_read(arena, process->root, "/etc/hostname", HOSTNAME_MAX, &bytes, &len) < 0)
        return NULL;
    bytes[strcspn(bytes, " \t\r\n")] = 0;
    return bytes;
}

/* Of the container that this process is in: its application, else what process 1 was started as, else the
 * image. */
static void identify_application(struct arena *arena, int root, const char *evidence,
                                 struct resolver_identity *identity)
{
    const char *how = NULL, *entry;
    uint64_t pid = application_find(arena, &how);
    int its_root = pid ? process_root_open(pid) : -EACCES;

    if (pid) {
        libc_identify_process(arena, pid, its_root >= 0 ? its_root : root, identity);
        identity->how = arena_printf(arena, "%s (%s; this is a container: %s)", identity->how, how, evidence);
    }
    if (its_root >= 0)
        close(its_root);
    if (pid && identity->kind != KIND_UNKNOWN)
        return;
    if (!application_shares_image()) {
        *identity = (struct resolver_identity){
            .kind = KIND_UNKNOWN,
            .pid = SHAPE_UNSET,
            .how =
                "the application is in another container, and this user may not look at its processes; use "
                "kubectl debug --profile=general, or --container-root"};
        return;
    }
    entry = application_entry_point(arena, root);
    if (entry) {
        libc_identify_program(arena, root, entry, identity);
        identity->how = arena_printf(
            arena, "%s (what process 1 was started as; it may not be looked at itself)", identity->how);
    }
    if (!entry || identity->kind == KIND_UNKNOWN) {
        libc_identify_image(arena, root, identity);
        identity->how = arena_printf(arena, "%s (no process of this container but this one may be looked at)",
                                     identity->how);
    }
}

static void identify_here(struct arena *arena, struct resolver_identity *identity)
{
    const char *evidence = application_container_evidence();
    int root = process_root_open(0);

    if (root < 0) {
        /* Without /proc. */
        root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    }
    if (evidence) {
        identify_application(arena, root, evidence, identity);
    } else {
        /* The shell is linked with the C library that the system's programs use. */
        libc_identify_program(arena, root, "/bin/sh", identity);
        identity->program = NULL;
        identity->how = arena_printf(arena, "%s (this system; --pid looks at one process)", identity->how);
    }
    if (root >= 0)
        close(root);
}

static int open_process(struct arena *arena, struct observed_process *process, struct err *err)
{
    char proc[PROC_PATH_ROOM], *bytes;
    struct err ignored;
    int r;

    process->proc_fd = open(proc_path(proc, process->pid, ""), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (process->proc_fd < 0)
        return err_set(err, ERR_INPUT, ENOENT, "there is no process %" PRIu64, process->pid);
    r = process_root_open(process->pid);
    if (process->root < 0 && r >= 0)
        process->root = r;
    else if (r >= 0)
        close(r);
    if (file_read(arena, proc_path(proc, process->pid, "environ"), ENVIRON_MAX, &bytes, &process->environ_len,
                  &ignored) == 0)
        process->environ = bytes;
    libc_identify_process(arena, process->pid, process->root, &process->identity);
    return observed_process_check(process, err);
}

int observed_process_check(const struct observed_process *process, struct err *err)
{
    struct stat st;

    /* A file below the folder of a process that is gone is gone, too, whoever has its number now. */
    if (process->proc_fd < 0 || fstatat(process->proc_fd, "stat", &st, 0) == 0)
        return 0;
    return err_set(err, ERR_INPUT, ESRCH, "process %" PRIu64 " ended while it was looked at", process->pid);
}

int observed_process_open(struct arena *arena, uint64_t pid, const char *root,
                          struct observed_process *ret_process, struct err *err)
{
    struct observed_process process = {.pid = pid, .root = -1, .proc_fd = -1};
    int r = 0;

    if (root) {
        process.root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (process.root < 0)
            return err_set_errno(err, ERR_INPUT, errno, "--container-root %s", root);
    }
    if (pid)
        r = open_process(arena, &process, err);
    else if (root)
        libc_identify_image(arena, process.root, &process.identity);
    else
        identify_here(arena, &process.identity);
    if (r < 0) {
        observed_process_close(&process);
        return r;
    }
    process.hostname = find_hostname(arena, &process);
    *ret_process = process;
    return 0;
}

void observed_process_close(struct observed_process *process)
{
    if (process->root >= 0)
        close(process->root);
    if (process->proc_fd >= 0)
        close(process->proc_fd);
    process->root = process->proc_fd = -1;
}

int observed_file_read(struct arena *arena, const struct observed_process *process, const char *path,
                       size_t max, char **ret_bytes, size_t *ret_len, struct err *err)
{
    int r;

    if (process->root < 0 && process->pid)
        return err_set(err, ERR_INPUT, EACCES,
                       "cannot open %s as process %" PRIu64
                       " sees it: its root may not be looked at (it takes that process's capabilities, or "
                       "CAP_SYS_PTRACE)",
                       path, process->pid);
    if (process->root < 0)
        return file_read(arena, path, max, ret_bytes, ret_len, err);
    r = process_root_read(arena, process->root, path, max, ret_bytes, ret_len);
    if (r < 0)
        return err_set_errno(err, r == -EFBIG ? ERR_FORMAT : ERR_INPUT, -r,
                             "cannot read %s below the root of %s", path,
                             process->pid ? "that process" : "that container");
    return 0;
}

const char *observed_variable(const struct observed_process *process, const char *name)
{
    size_t len = strlen(name);

    if (!process->pid)
        return getenv(name);
    for (const char *at = process->environ; at && at < process->environ + process->environ_len;
         at += strlen(at) + 1)
        if (strncmp(at, name, len) == 0 && at[len] == '=')
            return at + len + 1;
    return NULL;
}
