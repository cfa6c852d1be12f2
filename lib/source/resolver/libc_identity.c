/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/resolver/resolver_table.h>
#include <k8sdns/source/resolver/libc_identity.h>
#include <k8sdns/source/resolver/process_root.h>
#include <k8sdns/wire/tracing/elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LIBRARY_MAX = 32 << 20, /* C libraries have 1 to 3 MB */
    WORDS_MOST = 128,       /* that say glibc's version: 30 */
    MAPS_MAX = 8 << 20,     /* a process may have 65530 mappings by default (vm.max_map_count) */
};

/* The jar of Netty's resolver: netty-resolver-dns-4.1.100.Final.jar. */
#define NETTY_RESOLVER "netty-resolver-dns"

/* Where images have their C library: the loader of musl, and the library of glibc by distribution. */
static const char *const musl_loaders[] = {
    "/lib/ld-musl-x86_64.so.1",  "/lib/ld-musl-aarch64.so.1", "/lib/ld-musl-armhf.so.1",
    "/lib/ld-musl-i386.so.1",    "/lib/ld-musl-s390x.so.1",   "/lib/ld-musl-powerpc64le.so.1",
    "/lib/ld-musl-riscv64.so.1", "/lib/ld-musl-arm.so.1",
};
static const char *const glibc_libraries[] = {
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/aarch64-linux-gnu/libc.so.6",
    "/lib64/libc.so.6",
    "/usr/lib64/libc.so.6",
    "/usr/lib/x86_64-linux-gnu/libc.so.6",
    "/usr/lib/aarch64-linux-gnu/libc.so.6",
    "/lib/arm-linux-gnueabihf/libc.so.6",
    "/lib/s390x-linux-gnu/libc.so.6",
    "/lib/powerpc64le-linux-gnu/libc.so.6",
    "/lib/libc.so.6",
    "/usr/lib/libc.so.6",
};

/* Read the headers of an open program, and close it. The kernel keeps a running program from being cut short,
 * so it may be mapped: Go programs have 100 MB and more, of which only the headers are touched. */
static int read_program(struct arena *arena, int fd, struct elf_facts *ret_facts)
{
    struct stat st;
    void *bytes;
    int r;

    if (fd < 0)
        return fd;
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

static int open_program(uint64_t pid)
{
    char proc[PROC_PATH_ROOM];
    int fd = open(proc_path(proc, pid, "exe"), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    return fd < 0 ? -errno : fd;
}

/*
 * glibc says its version somewhere in megabytes, so they are looked at through a window: memory that is fresh
 * for each page would take longer than to look. Whoever says it at the end of a window, and perhaps not all
 * of it, says it again in the next.
 */
static const char *glibc_version(struct arena *arena, int fd)
{
    uint8_t window[16384];
    size_t held = 0, total = 0;
    bool ended = false;

    while (!ended && total < LIBRARY_MAX) {
        ssize_t got = read(fd, window + held, sizeof(window) - held);
        const char *version, *again;

        ended = got <= 0;
        held += ended ? 0 : (size_t)got;
        total += ended ? 0 : (size_t)got;
        version = elf_glibc_version(arena, window, held);
        again = version && held > WORDS_MOST ? elf_glibc_version(arena, window, held - WORDS_MOST / 2) : NULL;
        if (version && (ended || (again && strcmp(version, again) == 0)))
            return version;
        if (held == sizeof(window)) {
            memmove(window, window + held - WORDS_MOST, WORDS_MOST);
            held = WORDS_MOST;
        }
    }
    return NULL;
}

/* The version that a library or loader carries; NULL when it cannot be read. */
static const char *library_version(struct arena *arena, int root, const char *path, int kind)
{
    const char *version;
    size_t len;
    char *bytes;
    int fd;

    if (kind == KIND_MUSL)
        return process_root_read(arena, root, path, LIBRARY_MAX, &bytes, &len) < 0
                   ? NULL
                   : elf_musl_version(arena, (const uint8_t *)bytes, len);
    fd = process_root_file(root, path);
    if (fd < 0)
        return NULL;
    version = glibc_version(arena, fd);
    close(fd);
    return version;
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

int libc_kind_of_library(const char *path)
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
    char proc[PROC_PATH_ROOM], *bytes, *line, *save;
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

/* From what a program's headers say; `program` is what it is called in words, `pid` 0 for one that does not
 * run. */
static void identify(struct arena *arena, const struct elf_facts *facts, const char *program, uint64_t pid,
                     int root, struct resolver_identity *identity)
{
    const char *path = NULL;
    int kind;

    if (facts->is_go) {
        identity->kind = KIND_GO;
        identity->version = facts->go_version;
        identity->how =
            facts->interpreter
                ? arena_printf(
                      arena,
                      "%s has Go build information; it is linked with libc too, which it asks instead "
                      "when resolv.conf or GODEBUG wants what Go does not know",
                      program)
                : arena_printf(arena, "%s has Go build information and no dynamic loader", program);
        return;
    }
    if (facts->interpreter && kind_of_path(facts->interpreter) != KIND_UNKNOWN) {
        identity->kind = kind_of_path(facts->interpreter);
        identity->version = library_version(arena, root, facts->interpreter, identity->kind);
        identity->how = arena_printf(arena, "the loader of %s is %s", program, facts->interpreter);
        if (identity->version || !pid)
            return;
    }
    /* A loader that was run by hand, or one of another name. */
    kind = pid ? find_mapped(arena, pid, &path) : KIND_UNKNOWN;
    if (kind != KIND_UNKNOWN) {
        identity->kind = kind;
        identity->version = library_version(arena, root, path, kind);
        identity->how = arena_printf(arena, "process %" PRIu64 " has mapped %s", pid, path);
    } else if (identity->kind != KIND_UNKNOWN) {
        return;
    } else if (!facts->interpreter) {
        identity->kind = KIND_STATIC;
        identity->how =
            facts->is_dynamic
                ? arena_printf(arena, "%s has no dynamic loader and no Go build information", program)
                : arena_printf(arena, "%s is linked statically and has no Go build information", program);
    } else {
        identity->how = arena_printf(arena, "the loader of %s is %s, which is none that is known", program,
                                     facts->interpreter);
    }
}

/* A file whose name begins so is open: jars are, while a Java program runs. */
static bool has_open(uint64_t pid, const char *begin)
{
    char proc[PROC_PATH_ROOM], link[4096];
    DIR *folder = opendir(proc_path(proc, pid, "fd"));
    bool found = false;

    if (!folder)
        return false;
    for (struct dirent *entry; !found && (entry = readdir(folder));) {
        ssize_t len = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link) - 1);
        const char *name;

        if (len <= 0)
            continue;
        link[len] = '\0';
        name = strrchr(link, '/');
        found = name && strncmp(name + 1, begin, strlen(begin)) == 0;
    }
    closedir(folder);
    return found;
}

void libc_identify_process(struct arena *arena, uint64_t pid, int root,
                           struct resolver_identity *ret_identity)
{
    struct resolver_identity identity = {.kind = KIND_UNKNOWN, .pid = pid};
    char proc[PROC_PATH_ROOM], link[4096];
    struct elf_facts facts;
    int r = read_program(arena, open_program(pid), &facts);
    ssize_t len = readlink(proc_path(proc, pid, "exe"), link, sizeof(link) - 1);

    if (len > 0) {
        link[len] = '\0';
        identity.program = arena_text(arena, link);
        identity.runtime = application_runtime_of(link);
        resolver_choices_fill(arena, identity.runtime == RUNTIME_JAVA && has_open(pid, NETTY_RESOLVER),
                              &identity);
    }
    if (r < 0)
        identity.how = arena_printf(arena, "cannot read %s: %s", proc,
                                    r == -EBADMSG ? "not an ELF program" : strerror(-r));
    else
        identify(arena, &facts, arena_text(arena, proc), pid, root, &identity);
    *ret_identity = identity;
}

void libc_identify_program(struct arena *arena, int root, const char *path,
                           struct resolver_identity *ret_identity)
{
    struct resolver_identity identity = {.kind = KIND_UNKNOWN, .pid = SHAPE_UNSET};
    struct elf_facts facts;
    int r = read_program(arena, process_root_file(root, path), &facts);

    if (r < 0) {
        identity.how = arena_printf(arena, "cannot read %s: %s", path,
                                    r == -EBADMSG ? "not an ELF program" : strerror(-r));
    } else {
        identity.program = arena_text(arena, path);
        identity.runtime = application_runtime_of(path);
        resolver_choices_fill(arena, false, &identity);
        identify(arena, &facts, path, 0, root, &identity);
    }
    *ret_identity = identity;
}

static const char *first_there(int root, const char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int fd = process_root_file(root, paths[i]);

        if (fd >= 0) {
            close(fd);
            return paths[i];
        }
    }
    return NULL;
}

void libc_identify_image(struct arena *arena, int root, struct resolver_identity *ret_identity)
{
    const char *musl = first_there(root, musl_loaders, sizeof(musl_loaders) / sizeof(musl_loaders[0]));
    const char *glibc =
        first_there(root, glibc_libraries, sizeof(glibc_libraries) / sizeof(glibc_libraries[0]));
    const char *path = musl ? musl : glibc;
    int kind = musl ? KIND_MUSL : KIND_GLIBC;

    *ret_identity = (struct resolver_identity){.kind = KIND_UNKNOWN, .pid = SHAPE_UNSET};
    /* An image with both is of the one that its shell is linked with. */
    if (musl && glibc) {
        libc_identify_program(arena, root, "/bin/sh", ret_identity);
        ret_identity->program = NULL;
        if (ret_identity->kind != KIND_UNKNOWN)
            return;
    }
    if (!path) {
        *ret_identity =
            (struct resolver_identity){.kind = KIND_STATIC,
                                       .pid = SHAPE_UNSET,
                                       .how = "the image has no C library, so its program is static"};
        return;
    }
    ret_identity->kind = kind;
    ret_identity->version = library_version(arena, root, path, kind);
    ret_identity->how = arena_printf(arena, "the image has %s", path);
}

int libc_kind_of_process(uint64_t pid)
{
    struct arena *arena = arena_new();
    int kind = KIND_UNKNOWN;
    struct elf_facts facts;

    if (read_program(arena, open_program(pid), &facts) == 0) {
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

int application_runtime_of(const char *program)
{
    static const struct {
        const char *name;
        int runtime;
        bool prefix; /* "python3.11" */
    } known[] = {
        {"node", RUNTIME_NODE, false},       {"nodejs", RUNTIME_NODE, false},
        {"java", RUNTIME_JAVA, false},       {"python", RUNTIME_PYTHON, true},
        {"envoy", RUNTIME_ENVOY, true},      {"nginx", RUNTIME_NGINX, true},
        {"haproxy", RUNTIME_HAPROXY, false}, {"beam.smp", RUNTIME_ERLANG, false},
        {"ruby", RUNTIME_RUBY, true},        {"php", RUNTIME_PHP, true},
        {"dotnet", RUNTIME_DOTNET, false},
    };
    const char *name = strrchr(program, '/');

    name = name ? name + 1 : program;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (known[i].prefix ? strncmp(name, known[i].name, strlen(known[i].name)) == 0
                            : strcmp(name, known[i].name) == 0)
            return known[i].runtime;
    return RUNTIME_NONE;
}
