/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node/own_process.h>
#include <k8sdns/wire/node/proc_table.h>
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

#define STATM_MAX 4096

static double seconds(int who)
{
    struct rusage usage;

    if (getrusage(who, &usage) < 0)
        return (double)NAN;
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double count_files(void)
{
    DIR *folder = opendir("/proc/self/fd");
    double count = 0;

    if (!folder)
        return (double)NAN;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 3; /* ".", ".." and the folder itself */
}

static double pages(const char *text, unsigned index)
{
    uint64_t value = proc_number_at(text, index);

    return value == PROC_UNSET ? (double)NAN : (double)value * (double)sysconf(_SC_PAGESIZE);
}

void own_process_read(struct own_process *ret_process)
{
    struct arena *arena = arena_new();
    const char *statm = file_text(arena, "/proc/self/statm", STATM_MAX);

    *ret_process = (struct own_process){.cpu_seconds = seconds(RUSAGE_SELF) + seconds(RUSAGE_CHILDREN),
                                        .resident_bytes = pages(statm, 1),
                                        .virtual_bytes = pages(statm, 0),
                                        .open_files = count_files()};
    arena_free(arena);
}
