/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/resolver/process_root.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)

enum {
    DEPTH_MAX = 64,
    LINKS_MAX = 40, /* path_resolution(7) */
    PATH_ROOM = 4096,
};

const char *proc_path(char out[PROC_PATH_ROOM], uint64_t pid, const char *what)
{
    if (pid)
        snprintf(out, PROC_PATH_ROOM, "/proc/%" PRIu64 "/%s", pid, what);
    else
        snprintf(out, PROC_PATH_ROOM, "/proc/self/%s", what);
    return out;
}

int process_root_open(uint64_t pid)
{
    char proc[PROC_PATH_ROOM];
    int fd = open(proc_path(proc, pid, "root"), O_PATH | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

/* The folders from the root down to where a walk stands. */
struct walk_stack {
    int folders[DEPTH_MAX];
    size_t depth; /* folders[0] is the root, which is not ours to close */
};

static void pop(struct walk_stack *stack)
{
    if (stack->depth > 1)
        close(stack->folders[--stack->depth]);
}

/* The rest of a path when the component before it was a link: the link's text, and what was left behind it.
 */
static int follow(int folder, const char *name, const char *left, char rest[PATH_ROOM])
{
    char text[PATH_ROOM], joined[PATH_ROOM];
    ssize_t len = readlinkat(folder, name, text, sizeof(text) - 1);
    int n;

    if (len < 0)
        return -errno;
    text[len] = '\0';
    n = snprintf(joined, sizeof(joined), "%s/%s", text, left);
    if (n < 0 || (size_t)n >= sizeof(joined))
        return -ENAMETOOLONG;
    memcpy(rest, joined, (size_t)n + 1);
    return 0;
}

/* One component at a time, and no link is left to the kernel: what openat2() does with RESOLVE_IN_ROOT. */
static int walk(int root, const char *path)
{
    struct walk_stack stack = {.folders = {root}, .depth = 1};
    char rest[PATH_ROOM], name[NAME_MAX + 1];
    const char *left = rest;
    int links = 0, fd = -ENOENT;

    if (strlen(path) >= sizeof(rest))
        return -ENAMETOOLONG;
    strcpy(rest, path);
    while (fd == -ENOENT) {
        const char *from = left + strspn(left, "/");
        size_t len = strcspn(from, "/");
        struct stat st;
        bool last = from[len + strspn(from + len, "/")] == '\0';
        int folder = stack.folders[stack.depth - 1];

        if (!len || len > NAME_MAX)
            break;
        memcpy(name, from, len);
        name[len] = '\0';
        left = from + len;
        if (strcmp(name, ".") == 0)
            continue;
        if (strcmp(name, "..") == 0) {
            pop(&stack);
            continue;
        }
        if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
            fd = -errno;
            break;
        }
        if (S_ISLNK(st.st_mode)) {
            int r = ++links > LINKS_MAX ? -ELOOP : follow(folder, name, left, rest);

            if (r < 0) {
                fd = r;
                break;
            }
            left = rest;
            while (rest[0] == '/' && stack.depth > 1)
                pop(&stack);
            continue;
        }
        if (last) {
            fd = openat(folder, name, OPEN_FLAGS | O_NOFOLLOW);
            fd = fd < 0 ? -errno : fd;
            break;
        }
        if (stack.depth == DEPTH_MAX) {
            fd = -ENAMETOOLONG;
            break;
        }
        folder = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (folder < 0) {
            fd = -errno;
            break;
        }
        stack.folders[stack.depth++] = folder;
    }
    while (stack.depth > 1)
        pop(&stack);
    return fd;
}

int process_root_file(int root, const char *path)
{
    struct open_how how = {.flags = OPEN_FLAGS, .resolve = RESOLVE_IN_ROOT};
    int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
    struct stat st;

    /* A filter that knows no openat2() answers one of the first two; EAGAIN is a race with a rename. */
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
        fd = walk(root, path);
    else if (fd < 0)
        fd = -errno;
    if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
        close(fd);
        fd = -EINVAL;
    }
    return fd;
}

int process_root_read(struct arena *arena, int root, const char *path, size_t max, char **ret_bytes,
                      size_t *ret_len)
{
    int fd = process_root_file(root, path), r;
    char proc[PROC_PATH_ROOM];
    struct err err;

    if (fd < 0)
        return fd;
    snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
    r = file_read(arena, proc, max, ret_bytes, ret_len, &err);
    close(fd);
    return r;
}

int process_file_read(struct arena *arena, uint64_t pid, const char *path, size_t max, char **ret_bytes,
                      size_t *ret_len)
{
    int root = process_root_open(pid), r;

    if (root < 0)
        return root;
    r = process_root_read(arena, root, path, max, ret_bytes, ret_len);
    close(root);
    return r;
}
