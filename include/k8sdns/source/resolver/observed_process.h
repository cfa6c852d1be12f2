/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_OBSERVED_PROCESS_H
#define K8SDNS_SOURCE_OBSERVED_PROCESS_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <stdint.h>

/*
 * The process whose DNS is looked at, opened before privileges are given up: the kernel lets a process look
 * into another only while it has all capabilities that the other has (proc(5), ptrace access mode), and a
 * container's root has fourteen.
 */
struct observed_process {
    uint64_t pid; /* the one that was named; 0: none */
    int root;     /* of it, or the one that was named; -1: files are those that this process sees */
    int proc_fd;  /* its folder of /proc, which never becomes another process's; -1: none named */
    const char *environ;
    size_t environ_len;
    const char *hostname;              /* NULL: not to be known */
    struct resolver_identity identity; /* of it, or of the application of this container, or of its image */
};

/*
 * Open process `pid`, or with 0 find the application of the container that this process is in: process 1;
 * where that is a pause or an init, the process that has sockets and is oldest; where none may be looked at,
 * the image. `root` names the root of another container's image instead; NULL: none. Return 0, or -ESRCH or
 * -ENOENT with a message (ERR_INPUT): no such process, no such folder. What cannot be seen of one that is
 * there is told by identity.how. Ownership: observed_process_close().
 */
int observed_process_open(struct arena *arena, uint64_t pid, const char *root,
                          struct observed_process *ret_process, struct err *err) MUST_USE;
/*
 * Whether the pid is still that of the process that was opened: what was read by pid is of one process. It
 * can be given to another when the first ends. Return 0 (also when none was named), or -ESRCH with a message.
 */
int observed_process_check(const struct observed_process *process, struct err *err) MUST_USE;
void observed_process_close(struct observed_process *process);

/* Read an absolute path as it sees it. Return 0 or a negative errno with a message, as file_read() does. */
int observed_file_read(struct arena *arena, const struct observed_process *process, const char *path,
                       size_t max, char **ret_bytes, size_t *ret_len, struct err *err) MUST_USE;

/* A variable of the environment that it was started with; NULL. Without a pid that of this process. */
const char *observed_variable(const struct observed_process *process, const char *name);

#endif
