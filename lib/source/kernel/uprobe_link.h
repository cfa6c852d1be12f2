/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_UPROBE_LINK_H
#define K8SDNS_SOURCE_UPROBE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_link;
struct bpf_program;

/*
 * One program of the kernel at one place of a file: a link of its own where the kernel has such (Linux 6.6),
 * since these are taken away together and at the same time; else a perf event, of which the kernel takes away
 * one after the other, in tens of milliseconds each.
 */
struct uprobe_link {
    int fd; /* of a link; -1: `event` it is */
    struct bpf_link *event;
};

/* Before the programs are loaded: they are to be attached so, if the kernel can. */
void uprobe_link_prepare(struct bpf_program *program);

/* Attach at an offset of the file, at the return of the function there, too. Return 0 or a negative errno. */
int uprobe_link_attach(struct bpf_program *program, bool at_return, const char *path, uint64_t offset,
                       struct uprobe_link *ret_link);

/*
 * Take all of them away, at the same time as far as the kernel lets it be. Where there are many, or more than
 * a few perf events, that is left to a process that outlives this one.
 */
void uprobe_links_detach(struct uprobe_link *links, size_t count);

#endif
