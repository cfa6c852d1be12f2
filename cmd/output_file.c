/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "output_file.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* One at a time, as there is one standard output. */
static const char *name;
static int control = -1; /* to the process that writes; -1: there is none */

static int write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t n = write(fd, bytes, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        bytes += n;
        len -= (size_t)n;
    }
    return 0;
}

/* All that comes, until its writer is gone. Return 0 or an errno. */
static int copy(int from, int to)
{
    char bytes[65536];
    int wrong = 0;

    for (;;) {
        ssize_t n = read(from, bytes, sizeof(bytes));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        if (n == 0)
            return wrong;
        /* After a failure the rest is read all the same, so that its writer learns of it in the end. */
        if (!wrong)
            wrong = write_all(to, bytes, (size_t)n);
    }
}

/* A new file beside `path`, with the rights that ours has, or those of any new file: whoever put one of
 * theirs there may not write into what comes in its place. */
static int create(const char *path, const struct stat *there, char *temporary, size_t size)
{
    mode_t mask = umask(0);
    int fd;

    umask(mask);
    if (snprintf(temporary, size, "%s.XXXXXX", path) >= (int)size)
        return -ENAMETOOLONG;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    (void)!fchmod(fd, there && there->st_uid == geteuid() ? there->st_mode & 0777 : 0666 & ~mask);
    return fd;
}

/* Tell the other side an errno, or 0. */
static void answer(int fd, int wrong)
{
    (void)!write(fd, &wrong, sizeof(wrong));
}

/*
 * The process that writes. A signal to the whole group must not end it before it has cleaned up. It makes the
 * file itself, so that there is no moment at which the other's death leaves one behind.
 */
static _Noreturn void serve(int from, int talk, const char *path, const struct stat *there)
{
    char temporary[4096], word;
    int to, wrong;

    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    to = create(path, there, temporary, sizeof(temporary));
    answer(talk, to < 0 ? -to : 0);
    if (to < 0)
        _exit(1);
    (void)!capability_keep(CAPABILITY(CAP_DAC_OVERRIDE));
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    wrong = copy(from, to);
    if (!wrong && fsync(to) < 0 && errno != EINVAL)
        wrong = errno;
    if (read(talk, &word, 1) != 1) {
        unlink(temporary); /* nobody asked for it in the end */
        _exit(1);
    }
    if (!wrong && rename(temporary, path) < 0)
        wrong = errno;
    if (wrong)
        unlink(temporary);
    answer(talk, wrong);
    _exit(0);
}

static int replace_output(int fd)
{
    int r = dup2(fd, STDOUT_FILENO) < 0 ? -errno : 0;

    close(fd);
    return r;
}

/* An errno that the process that writes tells, or 0. */
static int told(int fd)
{
    int wrong = EIO;

    return read(fd, &wrong, sizeof(wrong)) == (ssize_t)sizeof(wrong) ? wrong : EIO;
}

static int begin(const char *path)
{
    int ends[2], talk[2], fd, wrong;
    struct stat there;
    bool is_there = stat(path, &there) == 0;
    pid_t child;

    if (is_there && S_ISDIR(there.st_mode))
        return -EISDIR;
    if (is_there && !S_ISREG(there.st_mode)) {
        fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : replace_output(fd);
    }
    if (pipe2(ends, O_CLOEXEC) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) < 0 ||
        (child = fork()) < 0)
        return -errno;
    if (child == 0) {
        close(ends[1]);
        close(talk[0]);
        serve(ends[0], talk[1], path, is_there ? &there : NULL);
    }
    close(ends[0]);
    close(talk[1]);
    wrong = told(talk[0]);
    if (wrong)
        return -wrong;
    control = talk[0];
    return replace_output(ends[1]);
}

int output_file_begin(const char *path, struct err *err)
{
    int r;

    name = path;
    r = begin(path);
    return r < 0 ? err_set_errno(err, ERR_INPUT, -r, "cannot write %s", path) : 0;
}

int output_file_end(struct err *err)
{
    int wrong;

    if (control < 0)
        return 0;
    wrong = write(control, "w", 1) == 1 ? told(control) : EIO;
    return wrong ? err_set_errno(err, ERR_INPUT, wrong, "cannot write %s", name) : 0;
}
