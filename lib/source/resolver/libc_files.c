/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <inttypes.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/source/resolver/libc_files.h>
#include <k8sdns/source/resolver/libc_identity.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A mapping's line: "start-end perms offset major:minor inode   path" (proc_pid_maps(5)). */
struct mapping {
    uint64_t start, end, inode;
    unsigned major, minor;
    const char *path;
};

/* The number at `*at`, which moves behind it and the `end` that must follow. */
static bool take_number(char **at, int base, char end, uint64_t *ret)
{
    char *from = *at;

    *ret = strtoull(from, at, base);
    if (*at == from || **at != end)
        return false;
    ++*at;
    return true;
}

static bool read_mapping(char *line, struct mapping *ret)
{
    uint64_t offset, major, minor;
    char *at = line, *deleted;
    bool runs;

    line[strcspn(line, "\n")] = 0;
    if (!take_number(&at, 16, '-', &ret->start) || !take_number(&at, 16, ' ', &ret->end) || strlen(at) < 5)
        return false;
    runs = at[2] == 'x';
    at += 5;
    if (!take_number(&at, 16, ' ', &offset) || !take_number(&at, 16, ':', &major) ||
        !take_number(&at, 16, ' ', &minor) || !take_number(&at, 10, ' ', &ret->inode))
        return false;
    ret->major = (unsigned)major;
    ret->minor = (unsigned)minor;
    at += strspn(at, " ");
    deleted = strstr(at, " (deleted)");
    if (deleted)
        *deleted = 0;
    ret->path = at;
    return runs && at[0] == '/';
}

static bool is_known(struct libc_files *files, const struct mapping *mapping)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct libc_file *file = &files->items[i];

        if (file->inode == mapping->inode && file->major == mapping->major && file->minor == mapping->minor)
            return true;
    }
    return false;
}

static bool is_same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/*
 * Whether it is a file that is known already, behind another mount. Containers of one image have an overlay
 * each over the same file; an overlay has a device of its own, but the inode, size and times of what is below
 * it. Source: Linux Documentation/filesystems/overlayfs.rst, "Inode properties".
 */
static bool is_behind_other_mount(const struct libc_files *files, const struct stat *st)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct stat *known = &files->items[i].state;

        if (known->st_ino == st->st_ino && known->st_size == st->st_size &&
            is_same_time(known->st_mtim, st->st_mtim) && is_same_time(known->st_ctim, st->st_ctim))
            return true;
    }
    return false;
}

static void add(struct libc_files *files, uint64_t pid, int kind, const struct mapping *mapping)
{
    char open_path[96], place_path[64];
    struct stat st = {0}, there;
    uint64_t place;
    size_t of_one = 0;

    /* The very file, whatever its path now leads to. */
    snprintf(open_path, sizeof(open_path), "/proc/%" PRIu64 "/map_files/%" PRIx64 "-%" PRIx64, pid,
             mapping->start, mapping->end);
    if (stat(open_path, &st) == 0 && is_behind_other_mount(files, &st))
        return;
    snprintf(place_path, sizeof(place_path), "/proc/%" PRIu64 "/ns/mnt", pid);
    place = stat(place_path, &there) == 0 ? there.st_ino : 0;
    for (size_t i = 0; i < files->count; i++)
        of_one += files->items[i].place == place;
    if (files->count == LIBC_FILES_MAX || of_one >= LIBC_FILES_OF_ONE) {
        files->left_out++;
        return;
    }
    *ARENA_PUSH(files->arena, files->items, files->count) = (struct libc_file){
        .major = mapping->major,
        .minor = mapping->minor,
        .inode = mapping->inode,
        .state = st,
        .kind = kind,
        .path = arena_text(files->arena, mapping->path),
        .pid = pid,
        .place = place,
    };
    if (!files->found(files->user, files->count - 1, open_path))
        files->count--;
}

void libc_files_look(struct libc_files *files, uint64_t pid)
{
    char path[64], *line = NULL;
    struct mapping mapping;
    size_t room = 0;
    FILE *maps;

    snprintf(path, sizeof(path), "/proc/%" PRIu64 "/maps", pid);
    maps = fopen(path, "re");
    if (!maps)
        return;
    while (getline(&line, &room, maps) > 0) {
        int kind = read_mapping(line, &mapping) ? libc_kind_of_library(mapping.path) : KIND_UNKNOWN;

        if (kind == KIND_UNKNOWN)
            continue;
        if (!is_known(files, &mapping))
            add(files, pid, kind, &mapping);
        break;
    }
    free(line);
    fclose(maps);
}

void libc_files_look_at_all(struct libc_files *files)
{
    DIR *proc = opendir("/proc");
    struct dirent *entry;

    files->left_out = 0;
    while (proc && (entry = readdir(proc))) {
        char *end;
        unsigned long long pid = strtoull(entry->d_name, &end, 10);

        if (pid && !*end)
            libc_files_look(files, pid);
    }
    if (proc)
        closedir(proc);
}
