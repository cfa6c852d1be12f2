/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/resolver/container_application.h>
#include <k8sdns/source/resolver/process_root.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PROCESSES_MAX = 4096,
    DESCRIPTORS_MAX = 256, /* looked at for a socket */
    STAT_MAX = 4096,
    COMMAND_LINE_MAX = 1 << 20,
    CGROUP_MAX = 1 << 16,
};

/* Of the first pid namespace: PROC_PID_INIT_INO in the kernel's include/linux/proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU

static bool pid_namespace_is_first(void)
{
    struct stat st;

    return stat("/proc/self/ns/pid", &st) != 0 || st.st_ino == FIRST_PID_NAMESPACE;
}

const char *application_container_evidence(void)
{
    if (!pid_namespace_is_first())
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

/* What starts an application and waits for it. */
static bool is_init(const char *name)
{
    static const char *const names[] = {"pause",
                                        "tini",
                                        "tini-static",
                                        "dumb-init",
                                        "docker-init",
                                        "catatonit",
                                        "s6-svscan",
                                        "s6-supervise",
                                        "s6-linux-init",
                                        "runsvdir",
                                        "runsv",
                                        "runit",
                                        "init",
                                        "systemd",
                                        "supervisord",
                                        "containerd-shim",
                                        "conmon",
                                        "bash",
                                        "dash",
                                        "ash",
                                        "sh",
                                        "zsh"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

struct process {
    uint64_t pid, parent, started; /* ticks since boot */
    char name[64]; /* what it is called: of the command line for a busybox, else of the file */
    bool own_root, has_sockets;
};

static bool read_stat(uint64_t pid, struct process *ret)
{
    char proc[PROC_PATH_ROOM], comm[64], text[STAT_MAX + 1];
    int fd = file_open(proc_path(proc, pid, "stat"));
    /* The kernel gives it at once. */
    ssize_t len = fd < 0 ? 0 : read(fd, text, STAT_MAX);
    const char *open, *at;
    bool whole;

    if (fd >= 0)
        close(fd);
    text[len > 0 ? len : 0] = '\0';
    open = strchr(text, '(');
    at = strrchr(text, ')');
    whole = open && at && at > open;
    if (whole) {
        snprintf(comm, sizeof(comm), "%.*s", (int)(at - open - 1), open + 1);
        snprintf(ret->name, sizeof(ret->name), "%s", comm);
        /* After the name: state, parent, and 19 fields on the start time. Source: proc_pid_stat(5). */
        for (int field = 3; *at && field <= 22; field++) {
            at += strcspn(at, " ");
            at += strspn(at, " ");
            if (field == 4)
                ret->parent = strtoull(at, NULL, 10);
            if (field == 22)
                ret->started = strtoull(at, NULL, 10);
        }
    }
    return whole;
}

static bool has_sockets(uint64_t pid)
{
    char proc[PROC_PATH_ROOM], target[32];
    DIR *folder = opendir(proc_path(proc, pid, "fd"));
    struct dirent *entry;
    bool found = false;

    for (int i = 0; folder && !found && i < DESCRIPTORS_MAX && (entry = readdir(folder)); i++) {
        ssize_t len = readlinkat(dirfd(folder), entry->d_name, target, sizeof(target) - 1);

        target[len > 0 ? len : 0] = '\0';
        found = strncmp(target, "socket:", 7) == 0;
    }
    if (folder)
        closedir(folder);
    return found;
}

/*
 * All of one process that decides; false for one that may not be looked at, or that is this program. There
 * may be thousands, most of them the kernel's own: what costs least is asked first.
 */
static bool look(uint64_t pid, const struct stat *own_root, const struct stat *own_program,
                 struct process *ret)
{
    char proc[PROC_PATH_ROOM], link[4096];
    struct stat st;
    ssize_t len;

    *ret = (struct process){.pid = pid};
    len = readlink(proc_path(proc, pid, "exe"), link, sizeof(link) - 1);
    if (len <= 0)
        return false;
    link[len] = '\0';
    if (stat(proc, &st) == 0 && st.st_dev == own_program->st_dev && st.st_ino == own_program->st_ino)
        return false;
    if (!read_stat(pid, ret))
        return false;
    /* The name in stat is cut at 15 bytes and may be changed; the file's name is not, but busybox is many. */
    if (strcmp(strrchr(link, '/') ? strrchr(link, '/') + 1 : link, "busybox") != 0)
        snprintf(ret->name, sizeof(ret->name), "%.63s", strrchr(link, '/') ? strrchr(link, '/') + 1 : link);
    ret->own_root = stat(proc_path(proc, pid, "root/"), &st) == 0 && st.st_dev == own_root->st_dev &&
                    st.st_ino == own_root->st_ino;
    return true;
}

static bool is_better(const struct process *a, const struct process *b)
{
    if (!b->pid || a->own_root != b->own_root)
        return !b->pid || a->own_root;
    if (a->has_sockets != b->has_sockets)
        return a->has_sockets;
    return a->started < b->started || (a->started == b->started && a->pid < b->pid);
}

/*
 * The same for `a` of which it is not known yet whether it has sockets. There may be thousands of processes,
 * and all descriptors of each to look at: only where they can decide.
 */
static bool is_better_seen(struct process *a, const struct process *b)
{
    a->has_sockets = true;
    if (!is_better(a, b))
        return false;
    a->has_sockets = has_sockets(a->pid);
    return is_better(a, b);
}

/* This process and those above it: a shell that somebody opened is no application. */
static size_t find_ancestors(uint64_t ret_pids[], size_t max)
{
    struct process p = {.parent = (uint64_t)getpid()};
    size_t count = 0;

    while (count < max && p.parent) {
        ret_pids[count++] = p.parent;
        if (p.parent == 1 || !read_stat(p.parent, &p))
            break;
    }
    return count;
}

uint64_t application_find(struct arena *arena, const char **ret_how)
{
    uint64_t above[32];
    size_t above_count = find_ancestors(above, sizeof(above) / sizeof(above[0]));
    struct process first, best = {0};
    struct stat own_root, own_program;
    bool have_first, machine = pid_namespace_is_first();
    struct dirent *entry;
    size_t seen = 0;
    DIR *proc;

    if (stat("/", &own_root) != 0 || stat("/proc/self/exe", &own_program) != 0)
        return 0;
    have_first = look(1, &own_root, &own_program, &first);
    if (have_first && !is_init(first.name) && (first.own_root || !machine)) {
        *ret_how = "process 1";
        return 1;
    }
    proc = opendir("/proc");
    while (proc && seen < PROCESSES_MAX && (entry = readdir(proc))) {
        char *end;
        uint64_t pid = strtoull(entry->d_name, &end, 10);
        bool skip = pid <= 1 || *end;
        struct process p;

        for (size_t i = 0; i < above_count && !skip; i++)
            skip = above[i] == pid;
        if (skip)
            continue;
        seen++;
        /* In the machine's own pid namespace only those of this container's root are ours. */
        if (look(pid, &own_root, &own_program, &p) && !is_init(p.name) && (p.own_root || !machine) &&
            is_better_seen(&p, &best))
            best = p;
    }
    if (proc)
        closedir(proc);
    if (best.pid) {
        *ret_how = arena_printf(arena, "process %" PRIu64 " (%s), %s", best.pid, best.name,
                                have_first ? arena_printf(arena, "since process 1 is %s", first.name)
                                           : "since process 1 may not be looked at");
        return best.pid;
    }
    /* A shell that is all there is. */
    if (have_first && (first.own_root || !machine)) {
        *ret_how = "process 1";
        return 1;
    }
    return 0;
}

static bool is_of_this_container(uint64_t pid)
{
    char proc[PROC_PATH_ROOM];
    struct arena *arena = arena_new();
    const char *mine = file_text(arena, "/proc/self/cgroup", CGROUP_MAX);
    const char *its = file_text(arena, proc_path(proc, pid, "cgroup"), CGROUP_MAX);
    /* A kernel without control groups tells no containers apart. */
    bool same = !*mine || strcmp(mine, its) == 0;

    arena_free(arena);
    return same;
}

bool application_shares_image(void)
{
    uint64_t above[32];
    size_t above_count = find_ancestors(above, sizeof(above) / sizeof(above[0]));
    struct dirent *entry;
    bool shares = is_of_this_container(1);
    size_t seen = 0;
    DIR *proc = opendir("/proc");

    while (proc && !shares && seen < PROCESSES_MAX && (entry = readdir(proc))) {
        char *end;
        uint64_t pid = strtoull(entry->d_name, &end, 10);
        bool skip = pid <= 1 || *end;
        struct process p = {.pid = pid};

        for (size_t i = 0; i < above_count && !skip; i++)
            skip = above[i] == pid;
        if (skip)
            continue;
        seen++;
        shares = read_stat(pid, &p) && !is_init(p.name) && strcmp(p.name, "k8sdns") != 0 &&
                 is_of_this_container(pid);
    }
    shares = shares || !proc;
    if (proc)
        closedir(proc);
    return shares;
}

const char *application_entry_point(struct arena *arena, int root)
{
    const char *words = file_text(arena, "/proc/1/cmdline", COMMAND_LINE_MAX);
    const char *path = getenv("PATH");
    int fd;

    if (pid_namespace_is_first() || !*words)
        return NULL;
    if (*words == '/') {
        fd = process_root_file(root, words);
        if (fd >= 0)
            close(fd);
        return fd < 0 ? NULL : words;
    }
    if (strchr(words, '/'))
        return NULL;
    if (!path)
        path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    while (*path) {
        size_t len = strcspn(path, ":");
        const char *file = arena_printf(arena, "%.*s/%s", (int)len, path, words);

        fd = process_root_file(root, file);
        if (fd >= 0) {
            close(fd);
            return file;
        }
        path += len + (path[len] == ':');
    }
    return NULL;
}
