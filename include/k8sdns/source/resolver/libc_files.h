/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_LIBC_FILES_H
#define K8SDNS_SOURCE_LIBC_FILES_H

#include <k8sdns/base/arena.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* So many C libraries are told apart: images on one node, not containers, as containers of one image share
 * it. */
#define LIBC_FILES_MAX 256
/* And so many of one mount namespace, so that no Pod fills the list of all others. */
#define LIBC_FILES_OF_ONE 16

/* A C library that a process has mapped. */
struct libc_file {
    unsigned major, minor;
    uint64_t inode;
    struct stat state; /* all zero when it could not be asked */
    int kind;          /* KIND_GLIBC or KIND_MUSL */
    const char *path;  /* as the process sees it */
    uint64_t pid;      /* the first process that was seen with it */
    uint64_t place;    /* the inode of its mount namespace; 0: not known */
};

struct libc_files {
    struct arena *arena;
    struct libc_file *items;
    size_t count;
    uint64_t left_out;
    /* Called for each file when it is first seen, with a way to open it that lives during the call. False
     * where its process had ended before it could be opened: then it is as if it had not been seen. */
    bool (*found)(void *user, size_t index, const char *open_path);
    void *user;
};

/* Look at the memory maps of one process, or of all. What cannot be read is passed over. */
void libc_files_look(struct libc_files *files, uint64_t pid);
void libc_files_look_at_all(struct libc_files *files);

#endif
