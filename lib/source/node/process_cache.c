/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/resolv_facts.h>
#include <k8sdns/source/process_book.h>
#include <k8sdns/source/resolver_probe.h>
#include <k8sdns/wire/cgroup_path.h>
#include <stdio.h>
#include <string.h>

/* A slot for each pid modulo this: pids are given out one after another. */
#define SLOTS 4096
/* After it a pid may be another process. */
#define FRESH_NS   UINT64_C(5000000000)
#define CGROUP_MAX (64 * 1024)
#define ID_MAX     72
#define HOST_MAX   256

struct entry {
    uint64_t pid, read_ns;
    int resolver;
    char pod[HOST_MAX], pod_uid[ID_MAX], container[ID_MAX];
};

struct process_book {
    struct entry *entries;
};

struct process_book *process_book_new(struct arena *arena)
{
    struct process_book *book = ARENA_NEW(arena, struct process_book);

    book->entries = arena_array(arena, SLOTS, sizeof(*book->entries));
    return book;
}

static void keep(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

static bool read_entry(struct entry *entry, uint64_t pid)
{
    struct arena *arena = arena_new();
    struct cgroup_identity identity;
    struct err ignored;
    char path[64], *bytes;
    size_t len;
    bool there;

    snprintf(path, sizeof(path), "/proc/%" PRIu64 "/cgroup", pid);
    there = file_read(arena, path, CGROUP_MAX, &bytes, &len, &ignored) == 0;
    if (there) {
        identity = cgroup_path_read(arena, bytes, len);
        *entry = (struct entry){
            .pid = pid, .read_ns = clock_monotonic_ns(), .resolver = resolver_program_kind(pid)};
        keep(entry->pod_uid, sizeof(entry->pod_uid), identity.pod_uid);
        keep(entry->container, sizeof(entry->container), identity.container);
        if ((identity.pod_uid || identity.container) &&
            resolver_file_read(arena, pid, "/etc/hostname", HOST_MAX - 1, &bytes, &len, &ignored) == 0) {
            bytes[strcspn(bytes, " \t\r\n")] = 0;
            keep(entry->pod, sizeof(entry->pod), bytes);
        }
    }
    arena_free(arena);
    return there;
}

void process_book_learn(struct process_book *book, uint64_t pid)
{
    (void)read_entry(&book->entries[pid % SLOTS], pid);
}

static const char *text_or_none(struct arena *arena, const char *text)
{
    return text[0] ? arena_text(arena, text) : NULL;
}

void process_book_find(struct process_book *book, struct arena *arena, struct process_facts *process)
{
    struct entry *entry = &book->entries[process->pid % SLOTS];
    bool known = entry->pid == process->pid;

    process->resolver = KIND_UNKNOWN;
    if (!process->pid || process->pid == SHAPE_UNSET)
        return;
    /* One that has ended cannot be read: what was known of it counts. */
    if (!known || clock_monotonic_ns() - entry->read_ns > FRESH_NS)
        known = read_entry(entry, process->pid) || known;
    if (!known)
        return;
    process->resolver = entry->resolver;
    process->pod = text_or_none(arena, entry->pod);
    process->pod_uid = text_or_none(arena, entry->pod_uid);
    process->container = text_or_none(arena, entry->container);
}
