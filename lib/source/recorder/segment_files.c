/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <k8sdns/base/number.h>
#include <k8sdns/source/recorder/segment_files.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SUFFIX ".k8sdns"

const char *segment_file_name(uint64_t number, char buf[SEGMENT_NAME])
{
    snprintf(buf, SEGMENT_NAME, "%08" PRIu64 SUFFIX, number);
    return buf;
}

static int by_number(const void *a, const void *b)
{
    const struct segment_file *x = a, *y = b;

    return (x->number > y->number) - (x->number < y->number);
}

/* Whether it is the name of a segment, and of which. */
static bool number_of(const char *name, uint64_t *ret_number)
{
    size_t len = strlen(name), suffix = strlen(SUFFIX);
    char digits[SEGMENT_NAME];

    if (len <= suffix || len >= sizeof(digits) || strcmp(name + len - suffix, SUFFIX) != 0)
        return false;
    memcpy(digits, name, len - suffix);
    digits[len - suffix] = 0;
    return number_parse(digits, 0, SEGMENT_NUMBER_MAX, ret_number, NULL) == 0;
}

ssize_t segment_files_list(int folder, struct segment_file **ret_files)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    struct segment_file *files = NULL;
    size_t count = 0, room = 0;
    struct dirent *entry;

    if (!listing) {
        int r = -errno;

        if (fd >= 0)
            close(fd);
        return r;
    }
    while ((entry = readdir(listing)) != NULL) {
        uint64_t number;
        struct stat st;

        if (!number_of(entry->d_name, &number) ||
            fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
            continue;
        if (count == room) {
            room = room ? 2 * room : 64;
            files = reallocarray(files, room, sizeof(*files));
            if (!files)
                err_out_of_memory();
        }
        files[count++] = (struct segment_file){number, (uint64_t)st.st_size};
    }
    closedir(listing);
    if (count)
        qsort(files, count, sizeof(*files), by_number);
    *ret_files = files;
    return (ssize_t)count;
}
