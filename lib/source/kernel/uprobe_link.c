/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "uprobe_link.h"
#include "bpf_library.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Not in every distribution's header. Source: linux/bpf.h of Linux 6.6. */
#define TRACE_UPROBE_MULTI  48
#define UPROBE_MULTI_RETURN 1U

struct uprobe_multi_attr {
    uint32_t prog_fd, target_fd, attach_type, flags;
    uint64_t path, offsets, ref_ctr_offsets, cookies;
    uint32_t count, multi_flags, pid;
    uint32_t padding;
};

/* So many at the same time; each waits for the kernel, and takes nothing. */
#define THREADS_MAX 64
/* With more than these nobody wants to wait: a tenth of a second and half a second, roughly. */
#define EVENTS_WAITED_FOR 4
#define LINKS_WAITED_FOR  300
#define CHILD             (-1)

void uprobe_link_prepare(struct bpf_program *program)
{
    /* Kernels without it take no notice. */
    bpf_program__set_expected_attach_type(program, TRACE_UPROBE_MULTI);
}

static int attach_link(const struct bpf_program *program, bool at_return, const char *path, uint64_t offset)
{
    struct uprobe_multi_attr attr = {.prog_fd = (uint32_t)bpf_program__fd(program),
                                     .attach_type = TRACE_UPROBE_MULTI,
                                     .path = (uint64_t)(uintptr_t)path,
                                     .offsets = (uint64_t)(uintptr_t)&offset,
                                     .count = 1,
                                     .multi_flags = at_return ? UPROBE_MULTI_RETURN : 0};
    long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

    return fd < 0 ? -errno : (int)fd;
}

int uprobe_link_attach(struct bpf_program *program, bool at_return, const char *path, uint64_t offset,
                       struct uprobe_link *ret_link)
{
    LIBBPF_OPTS(bpf_uprobe_opts, how, .retprobe = at_return);
    int fd = attach_link(program, at_return, path, offset);

    *ret_link = (struct uprobe_link){.fd = fd};
    if (fd >= 0)
        return 0;
    ret_link->fd = -1;
    ret_link->event = bpf_program__attach_uprobe_opts(program, -1, path, offset, &how);
    return ret_link->event ? 0 : -errno;
}

struct detaching {
    struct uprobe_link *links;
    size_t count;
    atomic_size_t next;
};

static void *detach_some(void *at)
{
    struct detaching *all = at;
    size_t i;

    while ((i = atomic_fetch_add(&all->next, 1)) < all->count) {
        if (all->links[i].fd >= 0)
            close(all->links[i].fd);
        else
            bpf_link__destroy(all->links[i].event);
    }
    return NULL;
}

/*
 * A process that holds them, too: once this one has let go of them, which is quick then, the other takes them
 * away. Return the descriptor that is to be closed for that, CHILD in the other process, or 0 where there
 * is none.
 */
static int leave_to_child(void)
{
    int ends[2];
    char byte;
    pid_t pid;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return 0;
    pid = fork();
    if (pid == 0) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
            close(fd);
        close(ends[1]);
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
            ;
        return CHILD;
    }
    close(ends[0]);
    return ends[1];
}

static void detach_all(struct uprobe_link *links, size_t count)
{
    struct detaching all = {.links = links, .count = count};
    pthread_t threads[THREADS_MAX];
    size_t started = 0;

    /* Without threads one does it all. */
    while (started < THREADS_MAX && started + 1 < count &&
           pthread_create(&threads[started], NULL, detach_some, &all) == 0)
        started++;
    detach_some(&all);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
}

void uprobe_links_detach(struct uprobe_link *links, size_t count)
{
    size_t events = 0;
    int held = 0;

    for (size_t i = 0; i < count; i++)
        events += links[i].fd < 0;
    if (events > EVENTS_WAITED_FOR || count > LINKS_WAITED_FOR)
        held = leave_to_child();
    detach_all(links, count);
    if (held == CHILD)
        _exit(0);
    if (held > 0)
        close(held);
}
