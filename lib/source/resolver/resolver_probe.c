/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/resolver_probe.h>
#include <k8sdns/wire/elf.h>
#include <k8sdns/wire/resolv_conf.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

enum {
    PATH_ROOM = 64,         /* "/proc/18446744073709551615/environ" and more */
    LIBRARY_MAX = 32 << 20, /* C libraries have 1 to 3 MB */
    MAPS_MAX = 8 << 20,     /* a process may have 65530 mappings by default (vm.max_map_count) */
    ENVIRON_MAX = 4 << 20,  /* more than the kernel takes for arguments and environment by default */
    HOSTNAME_MAX = 4096,
};

/* Of the first pid namespace: PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU

static const char RESOLV_CONF[] = "/etc/resolv.conf";

/* "/proc/PID/what", of this process when `pid` is 0. */
static const char *proc_path(char out[PATH_ROOM], uint64_t pid, const char *what)
{
    if (pid)
        snprintf(out, PATH_ROOM, "/proc/%" PRIu64 "/%s", pid, what);
    else
        snprintf(out, PATH_ROOM, "/proc/self/%s", what);
    return out;
}

/*
 * Open a file as the process sees it: its root is the root for links, too, so that a link in a container
 * cannot lead to a file of ours. Only regular files, and without waiting for anybody.
 */
static int open_in_root(uint64_t pid, const char *path)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, .resolve = RESOLVE_IN_ROOT};
    char proc[PATH_ROOM];
    struct stat st;
    int root, fd;

    root = open(proc_path(proc, pid, "root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return -errno;
    fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    if (fd < 0 && errno == ENOSYS)
        fd = openat(root, path + strspn(path, "/"), (int)how.flags);
    if (fd < 0) {
        fd = -errno;
    } else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        fd = -EINVAL;
    }
    close(root);
    return fd;
}

/* The bytes of an open file in the arena. Closes it. */
static int read_fd(struct arena *arena, int fd, size_t max, char **ret_bytes, size_t *ret_len)
{
    char path[PATH_ROOM];
    struct err err;
    int r;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    r = file_read(arena, path, max, ret_bytes, ret_len, &err);
    close(fd);
    return r;
}

/* The program that a process runs. The kernel keeps it from being cut short while it runs, so it may be
 * mapped: Go programs have 100 MB and more, of which only the headers are touched. */
static int read_program(struct arena *arena, const char *path, struct elf_facts *ret_facts)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
    struct stat st;
    void *bytes;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) {
        close(fd);
        return -EINVAL;
    }
    bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    r = bytes == MAP_FAILED ? -errno : 0;
    close(fd);
    if (r < 0)
        return r;
    r = elf_read(arena, bytes, (size_t)st.st_size, ret_facts);
    munmap(bytes, (size_t)st.st_size);
    return r;
}

/* The version that a library or loader carries; NULL when it cannot be read. */
static const char *library_version(struct arena *arena, uint64_t pid, const char *path, int kind)
{
    int fd = open_in_root(pid, path);
    size_t len;
    char *bytes;

    if (fd < 0 || read_fd(arena, fd, LIBRARY_MAX, &bytes, &len) < 0)
        return NULL;
    return kind == KIND_MUSL ? elf_musl_version(arena, (const uint8_t *)bytes, len)
                             : elf_glibc_version(arena, (const uint8_t *)bytes, len);
}

/* Which C library a path belongs to: its loader or the library itself; KIND_UNKNOWN for any other. */
static int kind_of_path(const char *path)
{
    const char *name = strrchr(path, '/');

    name = name ? name + 1 : path;
    /* Both names of musl may be links to libc.so; what glibc calls so is a text for linkers. */
    if (strncmp(name, "ld-musl-", 8) == 0 || strncmp(name, "libc.musl-", 10) == 0 ||
        strcmp(name, "libc.so") == 0)
        return KIND_MUSL;
    if (strncmp(name, "ld-linux", 8) == 0 || strncmp(name, "ld64.so", 7) == 0 ||
        strcmp(name, "ld.so.1") == 0 || strcmp(name, "libc.so.6") == 0 ||
        (strncmp(name, "libc-2.", 7) == 0 && strstr(name, ".so")))
        return KIND_GLIBC;
    return KIND_UNKNOWN;
}

int resolver_library_kind(const char *path)
{
    const char *name = strrchr(path, '/');
    int kind = kind_of_path(path);

    name = name ? name + 1 : path;
    /* glibc's loader is a file of its own, musl's is the library. */
    return kind == KIND_GLIBC && strncmp(name, "libc", 4) != 0 ? KIND_UNKNOWN : kind;
}

/* A C library among the files that the process has mapped. */
static int find_mapped(struct arena *arena, uint64_t pid, const char **ret_path)
{
    char proc[PATH_ROOM], *bytes, *line, *save;
    struct err err;
    size_t len;

    if (file_read(arena, proc_path(proc, pid, "maps"), MAPS_MAX, &bytes, &len, &err) < 0)
        return KIND_UNKNOWN;
    for (line = strtok_r(bytes, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        const char *path = strchr(line, '/');
        int kind = path ? kind_of_path(path) : KIND_UNKNOWN;

        if (kind != KIND_UNKNOWN) {
            *ret_path = path;
            return kind;
        }
    }
    return KIND_UNKNOWN;
}

/* From the loader or the library `path`, which `how` says where it was found. */
static void identify_library(struct arena *arena, uint64_t pid, int kind, const char *path, const char *how,
                             struct resolver_identity *identity)
{
    *identity = (struct resolver_identity){
        .kind = kind,
        .version = library_version(arena, pid, path, kind),
        .how = how,
    };
}

static void identify_program(struct arena *arena, uint64_t pid, const char *program,
                             struct resolver_identity *identity)
{
    struct elf_facts facts;
    const char *path = NULL;
    int kind, r;

    r = read_program(arena, program, &facts);
    if (r < 0) {
        identity->how = arena_printf(arena, "cannot read %s: %s", program,
                                     r == -EBADMSG ? "not an ELF program" : strerror(-r));
        return;
    }
    if (facts.is_go) {
        *identity = (struct resolver_identity){
            .kind = KIND_GO,
            .version = facts.go_version,
            .how = facts.interpreter
                       ? arena_printf(
                             arena,
                             "%s has Go build information; it is linked with libc too, which it asks instead "
                             "when resolv.conf or GODEBUG wants what Go does not know",
                             program)
                       : arena_printf(arena, "%s has Go build information and no dynamic loader", program),
        };
        return;
    }
    if (facts.interpreter && kind_of_path(facts.interpreter) != KIND_UNKNOWN) {
        identify_library(arena, pid, kind_of_path(facts.interpreter), facts.interpreter,
                         arena_printf(arena, "the loader of %s is %s", program, facts.interpreter), identity);
        if (identity->version || !pid)
            return;
    }
    /* A loader that was run by hand, or one of another name. */
    kind = pid ? find_mapped(arena, pid, &path) : KIND_UNKNOWN;
    if (kind != KIND_UNKNOWN) {
        identify_library(arena, pid, kind, path,
                         arena_printf(arena, "process %" PRIu64 " has mapped %s", pid, path), identity);
    } else if (identity->kind != KIND_UNKNOWN) {
        return;
    } else if (!facts.interpreter && !facts.is_dynamic) {
        identity->kind = KIND_STATIC;
        identity->how =
            arena_printf(arena, "%s is linked statically and has no Go build information", program);
    } else if (!facts.interpreter) {
        /* A static program that can be loaded anywhere. */
        identity->kind = KIND_STATIC;
        identity->how = arena_printf(arena, "%s has no dynamic loader and no Go build information", program);
    } else {
        identity->how = arena_printf(arena, "the loader of %s is %s, which is none that is known", program,
                                     facts.interpreter);
    }
}

int resolver_program_kind(uint64_t pid)
{
    struct arena *arena = arena_new();
    int kind = KIND_UNKNOWN;
    struct elf_facts facts;
    char proc[PATH_ROOM];

    if (read_program(arena, proc_path(proc, pid, "exe"), &facts) == 0) {
        if (facts.is_go)
            kind = KIND_GO;
        else if (facts.interpreter)
            kind = kind_of_path(facts.interpreter);
        else
            kind = KIND_STATIC;
    }
    arena_free(arena);
    return kind;
}

const char *resolver_container_evidence(void)
{
    struct stat st;

    if (stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != FIRST_PID_NAMESPACE)
        return "the pid namespace is not the machine's first one";
    if (getenv("KUBERNETES_SERVICE_HOST"))
        return "KUBERNETES_SERVICE_HOST is set";
    if (access("/run/.containerenv", F_OK) == 0)
        return "/run/.containerenv exists";
    if (access("/.dockerenv", F_OK) == 0)
        return "/.dockerenv exists";
    if (getenv("container"))
        return "the environment variable 'container' is set";
    return NULL;
}

void resolver_identify(struct arena *arena, uint64_t pid, struct resolver_identity *ret_identity)
{
    struct resolver_identity identity = {.kind = KIND_UNKNOWN};
    const char *evidence = pid ? NULL : resolver_container_evidence();
    char proc[PATH_ROOM];

    if (pid || evidence) {
        identify_program(arena, pid ? pid : 1, proc_path(proc, pid ? pid : 1, "exe"), &identity);
        if (evidence)
            identity.how =
                arena_printf(arena, "%s (process 1 was looked at because %s)", identity.how, evidence);
    } else {
        /* The shell is linked with the C library that the system's programs use. */
        identify_program(arena, 0, "/bin/sh", &identity);
        identity.how = arena_printf(arena, "%s (this system; --pid looks at one process)", identity.how);
    }
    *ret_identity = identity;
}

/* A variable of the environment that a process was started with. */
static const char *find_variable(const char *bytes, size_t len, const char *name)
{
    size_t name_len = strlen(name);

    for (const char *at = bytes; at < bytes + len; at += strlen(at) + 1)
        if (strncmp(at, name, name_len) == 0 && at[name_len] == '=')
            return at + name_len + 1;
    return NULL;
}

/* The host name that the process sees, as far as it can be known from outside. */
static const char *find_hostname(struct arena *arena, uint64_t pid)
{
    char other[PATH_ROOM], *bytes;
    struct stat mine, theirs;
    struct utsname name;
    size_t len;
    int fd;

    if (!pid || (stat("/proc/self/ns/uts", &mine) == 0 &&
                 stat(proc_path(other, pid, "ns/uts"), &theirs) == 0 && mine.st_ino == theirs.st_ino))
        return uname(&name) == 0 ? arena_text(arena, name.nodename) : NULL;
    /* Another UTS namespace cannot be asked without entering it; container runtimes write its name here. */
    fd = open_in_root(pid, "/etc/hostname");
    if (fd < 0 || read_fd(arena, fd, HOSTNAME_MAX, &bytes, &len) < 0)
        return NULL;
    bytes[strcspn(bytes, " \t\r\n")] = 0;
    return bytes;
}

static void find_environment(struct arena *arena, const struct resolver_probe_options *options,
                             struct resolv_environment *environment)
{
    char proc[PATH_ROOM], *bytes;
    struct err err;
    size_t len;

    if (options->pid) {
        if (file_read(arena, proc_path(proc, options->pid, "environ"), ENVIRON_MAX, &bytes, &len, &err) ==
            0) {
            environment->res_options = find_variable(bytes, len, "RES_OPTIONS");
            environment->localdomain = find_variable(bytes, len, "LOCALDOMAIN");
        }
    } else {
        environment->res_options = getenv("RES_OPTIONS");
        environment->localdomain = getenv("LOCALDOMAIN");
    }
    if (options->pid || !options->resolv_conf)
        environment->hostname = find_hostname(arena, options->pid);
}

int resolver_file_read(struct arena *arena, uint64_t pid, const char *path, size_t max, char **ret_bytes,
                       size_t *ret_len, struct err *err)
{
    char proc[PATH_ROOM];
    int fd, r;

    if (!pid)
        return file_read(arena, path, max, ret_bytes, ret_len, err);
    proc_path(proc, pid, "root");
    fd = open_in_root(pid, path);
    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, -fd, "cannot open %s%s", proc, path);
    r = read_fd(arena, fd, max, ret_bytes, ret_len);
    if (r < 0)
        return err_set_errno(err, r == -EFBIG ? ERR_FORMAT : ERR_INPUT, -r, "cannot read %s%s", proc, path);
    return 0;
}

static int read_file(struct arena *arena, const struct resolver_probe_options *options, const char **ret_file,
                     char **ret_bytes, size_t *ret_len, struct err *err)
{
    char proc[PATH_ROOM];

    if (options->resolv_conf || !options->pid) {
        *ret_file = options->resolv_conf ? options->resolv_conf : RESOLV_CONF;
        return file_read(arena, *ret_file, RESOLV_CONF_MAX, ret_bytes, ret_len, err);
    }
    *ret_file = arena_printf(arena, "%s%s", proc_path(proc, options->pid, "root"), RESOLV_CONF);
    return resolver_file_read(arena, options->pid, RESOLV_CONF, RESOLV_CONF_MAX, ret_bytes, ret_len, err);
}

int resolver_probe_run(struct arena *arena, const struct resolver_probe_options *options,
                       struct resolv_facts *ret_facts, struct err *err)
{
    struct resolv_environment environment = {0};
    struct resolv_facts facts = {0};
    char proc[PATH_ROOM], *bytes;
    struct stat st;
    size_t len;
    int r;

    if (options->pid && stat(proc_path(proc, options->pid, ""), &st) < 0)
        return err_set(err, ERR_INPUT, ENOENT, "there is no process %" PRIu64, options->pid);
    r = read_file(arena, options, &facts.file, &bytes, &len, err);
    if (r < 0)
        return r;
    resolver_identify(arena, options->pid, &facts.resolver);
    find_environment(arena, options, &environment);
    if (facts.resolver.kind == KIND_MUSL)
        environment.musl_version = facts.resolver.version;
    resolv_facts_read(arena, bytes, len, &environment, &facts);
    *ret_facts = facts;
    return 0;
}
