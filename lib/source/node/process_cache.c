/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/source/node/process_cache.h>
#include <k8sdns/source/resolver/libc_identity.h>
#include <k8sdns/source/resolver/process_root.h>
#include <k8sdns/wire/node/cgroup_path.h>
#include <k8sdns/wire/resolver/resolv_conf.h>
#include <stdio.h>
#include <string.h>

/* A slot for each pid modulo this: pids are given out one after another. */
#define SLOTS 4096
/* After it a pid may be another process. */
#define FRESH_NS   UINT64_C(5000000000)
#define CGROUP_MAX (64 * 1024)
#define ID_MAX     72
#define HOST_MAX   256
#define SPACE_MAX  64
/* The kubelet's are of a few hundred bytes. */
#define RESOLV_BYTES_MAX 16384

struct entry {
    uint64_t pid, read_ns;
    int resolver;
    char pod[HOST_MAX], pod_uid[ID_MAX], container[ID_MAX], space[SPACE_MAX];
};

struct process_cache {
    struct entry *entries;
};

struct process_cache *process_cache_new(struct arena *arena)
{
    struct process_cache *book = ARENA_NEW(arena, struct process_cache);

    book->entries = arena_array(arena, SLOTS, sizeof(*book->entries));
    return book;
}

static void keep(char *to, size_t size, const char *text)
{
    snprintf(to, size, "%s", text ? text : "");
}

/*
 * The kubelet puts NAMESPACE.svc.DOMAIN first in the search list of Pods that ask the cluster's DNS; who
 * wrote another list has no such entry, and then the namespace is not known.
 */
static void read_space(struct arena *arena, struct entry *entry, uint64_t pid)
{
    struct resolv_outline outline;
    char *bytes;
    size_t len;

    if (process_file_read(arena, pid, "/etc/resolv.conf", RESOLV_BYTES_MAX, &bytes, &len) < 0)
        return;
    resolv_outline_read(arena, bytes, len, &outline);
    for (size_t i = 0; i < outline.search_count; i++) {
        size_t label = strcspn(outline.search[i], ".");

        if (label && label < SPACE_MAX && strncmp(outline.search[i] + label, ".svc.", 5) == 0 &&
            strspn(outline.search[i], "abcdefghijklmnopqrstuvwxyz0123456789-") == label) {
            keep(entry->space, label + 1, outline.search[i]);
            return;
        }
    }
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
            .pid = pid, .read_ns = clock_monotonic_ns(), .resolver = libc_kind_of_process(pid)};
        keep(entry->pod_uid, sizeof(entry->pod_uid), identity.pod_uid);
        keep(entry->container, sizeof(entry->container), identity.container);
        if (identity.pod_uid || identity.container)
            read_space(arena, entry, pid);
        if ((identity.pod_uid || identity.container) &&
            process_file_read(arena, pid, "/etc/hostname", HOST_MAX - 1, &bytes, &len) == 0) {
            bytes[strcspn(bytes, " \t\r\n")] = 0;
            keep(entry->pod, sizeof(entry->pod), bytes);
        }
    }
    arena_free(arena);
    return there;
}

void process_cache_learn(struct process_cache *book, uint64_t pid)
{
    (void)read_entry(&book->entries[pid % SLOTS], pid);
}

static const char *text_or_none(struct arena *arena, const char *text)
{
    return text[0] ? arena_text(arena, text) : NULL;
}

void process_cache_find(struct process_cache *book, struct arena *arena, struct process_facts *process)
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
    process->pod_namespace = text_or_none(arena, entry->space);
    process->container = text_or_none(arena, entry->container);
}
