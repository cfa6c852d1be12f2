/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded: once the program has a filter of system calls, make some that it has no use for, as code would
 * that a stranger's bytes have taken over, and print what becomes of each.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *name, long r)
{
    fprintf(stderr, "refused_calls: %s: %s\n", name, r < 0 ? strerror(errno) : "done");
}

static void try_all(void)
{
    char program[] = "/bin/true", *const words[] = {program, NULL};
    char byte = 'x';

    say("fork", syscall(SYS_clone, 17 /* SIGCHLD */, 0, 0, 0, 0));
    say("exec", syscall(SYS_execve, program, words, NULL));
    say("trace", syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
    say("type into the terminal", syscall(SYS_ioctl, 0, TIOCSTI, &byte));
    say("load a program", syscall(SYS_bpf, 0, NULL, 0));
    say("packets", syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0));
    say("connection", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
    say("code",
        (long)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    say("file", open(getenv("REFUSED_FILE"), O_CREAT | O_WRONLY, 0600));
}

ssize_t read(int fd, void *bytes, size_t size)
{
    static int tried;

    if (!tried && prctl(PR_GET_SECCOMP) == 2) {
        tried = 1;
        try_all();
    }
    return syscall(SYS_read, fd, bytes, size);
}
