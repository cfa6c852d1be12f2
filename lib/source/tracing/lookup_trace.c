/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "../kernel/bpf_library.h"
#include "../kernel/bpf_local.h"
#include "../kernel/uprobe_link.h"
#include "lookups_call.h"
#include "lookups_record.h"
/* After bpf_library.h. */
#include "lookups_bpf.skel.h"
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/model/resolver/resolv_facts.h>
#include <k8sdns/source/kernel/bpf_support.h>
#include <k8sdns/source/node/process_cache.h>
#include <k8sdns/source/resolver/libc_files.h>
#include <k8sdns/source/tracing/lookup_trace.h>
#include <k8sdns/wire/tracing/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY_MAX (32 << 20) /* C libraries have 1 to 3 MB */
/* Newly started processes whose maps are looked at when their loader is done with them. */
#define STARTED_MAX 256
#define PLACES      1024
/* Of our choice: a loader takes a millisecond or two. */
#define LOADER_NS     UINT64_C(4000000)
#define LOADER_MS     5
#define LOOK_NS       UINT64_C(10000000000)
#define SWEEP_NS      UINT64_C(500000000)
#define IN_FLIGHT_MAX 1000
#define ATTACH_TRIES  3

/* The probes in one library, and what came of them. */
struct watched_library {
    struct uprobe_link links[2 * LOOKUPS_FUNCTIONS];
    size_t links_count;
    bool has[LOOKUPS_FUNCTIONS];
    char error[160];
};

struct lookup_trace {
    struct lookup_trace_options options;
    struct lookups_bpf *bpf;
    struct ring_buffer *ring;
    struct libc_files files;
    struct watched_library *libraries; /* LIBC_FILES_MAX, as files.items */
    struct process_cache *book;
    struct {
        uint64_t pid, due_ns;
    } started[STARTED_MAX];
    size_t started_count;
    uint64_t places[PLACES]; /* mount namespaces, by their inodes */
    uint64_t looked_ns, swept_ns;
    struct arena *part; /* of the poll that runs */
};

/* Of the wall clock over the monotonic one; asked anew each time, since either may be set. */
static int64_t real_offset_ns(void)
{
    struct clock_stamp stamp = clock_stamp_now();

    return (int64_t)(stamp.real_ns - stamp.mono_ns);
}

/* Libraries */

/* What one process that has the library mapped may cause, when it ends or is out of memory in that moment. */
static bool is_passing(int r)
{
    return r == -EAGAIN || r == -EBUSY || r == -EFAULT || r == -EINTR || r == -ENOMEM;
}

static void attach(struct watched_library *library, struct bpf_program *program, bool at_return,
                   const char *path, uint64_t offset)
{
    struct uprobe_link *link = &library->links[library->links_count];
    int r, tries = 0;

    do
        r = uprobe_link_attach(program, at_return, path, offset, link);
    while (is_passing(r) && ++tries < ATTACH_TRIES);
    if (r == 0)
        library->links_count++;
    else
        snprintf(library->error, sizeof(library->error), "%s", bpf_support_probe_words(-r));
}

/* The programs at the begin and at the end of the functions. */
static void list_programs(const struct lookups_bpf *bpf, struct bpf_program *begin[LOOKUPS_FUNCTIONS],
                          struct bpf_program *end[LOOKUPS_FUNCTIONS])
{
    struct bpf_program *const all[][LOOKUPS_FUNCTIONS] = {
        {bpf->progs.begin_getaddrinfo, bpf->progs.begin_gethostbyname, bpf->progs.begin_gethostbyname2,
         bpf->progs.begin_gethostbyname_r, bpf->progs.begin_gethostbyname2_r},
        {bpf->progs.end_getaddrinfo, bpf->progs.end_gethostbyname, bpf->progs.end_gethostbyname2,
         bpf->progs.end_gethostbyname_r, bpf->progs.end_gethostbyname2_r}};

    memcpy(begin, all[0], sizeof(all[0]));
    memcpy(end, all[1], sizeof(all[1]));
}

static void attach_functions(struct lookup_trace *trace, struct watched_library *library, const char *path,
                             const uint64_t offsets[LOOKUPS_FUNCTIONS])
{
    struct bpf_program *begin[LOOKUPS_FUNCTIONS], *end[LOOKUPS_FUNCTIONS];

    list_programs(trace->bpf, begin, end);
    for (size_t i = 0; i < LOOKUPS_FUNCTIONS && !library->error[0]; i++) {
        if (!offsets[i])
            continue;
        /* The return first: a begin without one would stay for good. */
        attach(library, end[i], true, path, offsets[i]);
        attach(library, begin[i], false, path, offsets[i]);
        library->has[i] = !library->error[0];
    }
}

/* The offsets of the functions in an open file. */
static int find_functions(int fd, uint64_t offsets[LOOKUPS_FUNCTIONS])
{
    struct stat st;
    void *bytes;
    int r;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > LIBRARY_MAX)
        return -EINVAL;
    bytes = malloc((size_t)st.st_size);
    if (!bytes)
        err_out_of_memory();
    /* Read, not mapped: its owner may cut it short under our hands. */
    r = pread(fd, bytes, (size_t)st.st_size, 0) == st.st_size
            ? elf_function_offsets(bytes, (size_t)st.st_size, lookups_function_names, LOOKUPS_FUNCTIONS,
                                   offsets)
            : -EIO;
    free(bytes);
    return r;
}

static bool found_library(void *user, size_t index, const char *open_path)
{
    struct lookup_trace *trace = user;
    struct watched_library *library = &trace->libraries[index];
    uint64_t offsets[LOOKUPS_FUNCTIONS];
    int fd = open(open_path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), r;
    char path[48];

    *library = (struct watched_library){0};
    /* Its process has ended; another's mapping of the file will do. */
    if (fd < 0 && (errno == ENOENT || errno == ESRCH))
        return false;
    if (fd < 0) {
        snprintf(library->error, sizeof(library->error), "cannot open it: %s", strerror(errno));
        return true;
    }
    r = find_functions(fd, offsets);
    if (r <= 0) {
        snprintf(library->error, sizeof(library->error), "%s",
                 r == 0 || r == -EBADMSG ? "it exports none of the functions" : strerror(-r));
    } else {
        snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        attach_functions(trace, library, path, offsets);
    }
    close(fd);
    return true;
}

/* Records */

/* Who it is, and on to the reader. */
static void tell(struct lookup_trace *trace, const struct lookups_record *record)
{
    struct lookups_call_facts call;

    if (!lookups_call_read(trace->part, record, real_offset_ns(), clock_monotonic_ns(), &call))
        return;
    process_cache_find(trace->book, trace->part, &call.process);
    trace->options.seen(trace->options.user, &call);
}

static int take_record(void *user, void *bytes, size_t size)
{
    struct lookup_trace *trace = user;
    const struct lookups_record *record = bytes;

    if (size < sizeof(*record))
        return 0;
    if (record->kind != LOOKUPS_EXEC) {
        tell(trace, record);
        return 0;
    }
    process_cache_learn(trace->book, record->pid);
    if (trace->started_count < STARTED_MAX) {
        trace->started[trace->started_count].pid = record->pid;
        trace->started[trace->started_count++].due_ns = record->start_ns + LOADER_NS;
    }
    return 0;
}

/* Whether a process of the same mount namespace, which has the same libraries, was looked at; now this one
 * is. */
static bool is_known_place(struct lookup_trace *trace, uint64_t pid)
{
    char path[48];
    struct stat st;
    uint64_t *slot;
    bool known;

    snprintf(path, sizeof(path), "/proc/%llu/ns/mnt", (unsigned long long)pid);
    if (stat(path, &st) < 0)
        return true; /* it has ended */
    slot = &trace->places[st.st_ino % PLACES];
    known = *slot == st.st_ino;
    *slot = st.st_ino;
    return known;
}

/* Look at the maps of those whose loader should be done. */
static void look_at_started(struct lookup_trace *trace)
{
    uint64_t now = clock_monotonic_ns();
    size_t kept = 0;

    for (size_t i = 0; i < trace->started_count; i++) {
        if (trace->started[i].due_ns > now)
            trace->started[kept++] = trace->started[i];
        else if (!is_known_place(trace, trace->started[i].pid))
            libc_files_look(&trace->files, trace->started[i].pid);
    }
    trace->started_count = kept;
    if (now - trace->looked_ns < LOOK_NS)
        return;
    libc_files_look_at_all(&trace->files);
    trace->looked_ns = clock_monotonic_ns();
}

/* Tell of the questions that have waited long enough. */
static void sweep(struct lookup_trace *trace)
{
    int map = bpf_map__fd(trace->bpf->maps.questions);
    uint64_t now = clock_monotonic_ns();
    struct lookups_key key, next;
    struct lookups_record record;
    bool more;

    if (now - trace->swept_ns < SWEEP_NS)
        return;
    trace->swept_ns = now;
    more = bpf_map_get_next_key(map, NULL, &next) == 0;
    while (more) {
        key = next;
        more = bpf_map_get_next_key(map, &key, &next) == 0;
        if (bpf_map_lookup_elem(map, &key, &record) < 0 ||
            now < record.start_ns + trace->options.give_up_us * 1000)
            continue;
        /* Answered in this very moment, the answer has told of it. */
        if (bpf_map_delete_elem(map, &key) == 0)
            tell(trace, &record);
    }
}

int lookup_trace_poll(struct lookup_trace *trace, int timeout_ms, struct arena *arena, struct err *err)
{
    int r;

    trace->part = arena;
    if (trace->started_count && timeout_ms > LOADER_MS)
        timeout_ms = LOADER_MS;
    r = ring_buffer__poll(trace->ring, timeout_ms);
    if (r < 0 && r != -EINTR)
        return err_set_errno(err, ERR_INTERNAL, -r, "wait for the kernel's records");
    /* It is woken for a storm only. */
    (void)!ring_buffer__consume(trace->ring);
    look_at_started(trace);
    sweep(trace);
    return 0;
}

/* Facts */

static int compare_ages(const void *a, const void *b)
{
    const struct lookups_call_facts *x = a, *y = b;

    return x->age_us < y->age_us ? 1 : x->age_us > y->age_us ? -1 : 0;
}

/* The keys of both maps are as wide. */
_Static_assert(sizeof(struct lookups_key) == sizeof(uint64_t), "struct lookups_key is no 64-bit number");

static void add_in_flight(struct lookup_trace *trace, const struct bpf_map *map, struct arena *arena,
                          struct traced_lookups_facts *facts)
{
    int fd = bpf_map__fd(map);
    uint64_t key, next;
    bool more = bpf_map_get_next_key(fd, NULL, &next) == 0;
    struct lookups_call_facts call;
    struct lookups_record record;

    while (more && facts->in_flight_count < IN_FLIGHT_MAX) {
        key = next;
        more = bpf_map_get_next_key(fd, &key, &next) == 0;
        if (bpf_map_lookup_elem(fd, &key, &record) < 0 || record.end_ns ||
            !lookups_call_read(arena, &record, real_offset_ns(), clock_monotonic_ns(), &call))
            continue;
        process_cache_find(trace->book, arena, &call.process);
        call.failed = false;
        call.result = "running";
        *ARENA_PUSH(arena, facts->in_flight, facts->in_flight_count) = call;
    }
}

static void add_library(struct lookup_trace *trace, size_t index, struct arena *arena,
                        struct traced_lookups_facts *facts)
{
    const struct libc_file *file = &trace->files.items[index];
    const struct watched_library *library = &trace->libraries[index];
    struct lookups_library_facts *row = ARENA_PUSH(arena, facts->libraries, facts->libraries_count);

    *row = (struct lookups_library_facts){
        .path = file->path,
        .kind = file->kind,
        .process = {.pid = file->pid, .netns = SHAPE_UNSET},
        .error = library->error[0] ? library->error : NULL,
    };
    process_cache_find(trace->book, arena, &row->process);
    for (size_t i = 0; i < LOOKUPS_FUNCTIONS; i++)
        if (library->has[i])
            *ARENA_PUSH(arena, row->calls, row->calls_count) = lookups_function_names[i];
}

uint64_t lookup_trace_lost(const struct lookup_trace *trace)
{
    return trace->bpf->bss->lost + trace->bpf->bss->unstored;
}

void lookup_trace_facts(struct lookup_trace *trace, struct arena *arena, struct traced_lookups_facts *facts)
{
    add_in_flight(trace, trace->bpf->maps.calls, arena, facts);
    add_in_flight(trace, trace->bpf->maps.questions, arena, facts);
    if (facts->in_flight_count)
        qsort(facts->in_flight, facts->in_flight_count, sizeof(*facts->in_flight), compare_ages);
    for (size_t i = 0; i < trace->files.count; i++)
        add_library(trace, i, arena, facts);
    facts->libraries_left_out = trace->files.left_out;
    facts->lost = lookup_trace_lost(trace);
    facts->abandoned = trace->bpf->bss->left;
}

/* Begin and end */

/* Open and load. Return 0 or libbpf's negative errno. */
static int load(struct lookup_trace *trace, bool local)
{
    struct bpf_program *begin[LOOKUPS_FUNCTIONS], *end[LOOKUPS_FUNCTIONS];
    struct stat st;

    trace->bpf = lookups_bpf__open();
    if (!trace->bpf)
        return -errno;
    if (stat("/proc/self/ns/pid", &st) == 0)
        trace->bpf->rodata->own_pid_namespace = (uint32_t)st.st_ino;
    trace->bpf->rodata->own_pid = (uint32_t)getpid();
    trace->bpf->rodata->wanted_pid = (uint32_t)trace->options.pid;
    trace->bpf->rodata->dns_port = trace->options.dns_port;
    list_programs(trace->bpf, begin, end);
    for (size_t i = 0; i < LOOKUPS_FUNCTIONS; i++) {
        uprobe_link_prepare(begin[i]);
        uprobe_link_prepare(end[i]);
    }
    if (trace->options.ring_bytes)
        bpf_map__set_max_entries(trace->bpf->maps.records, trace->options.ring_bytes);
    if (local)
        bpf_local_make(trace->bpf->obj);
    return lookups_bpf__load(trace->bpf);
}

static int begin(struct lookup_trace *trace, struct err *err)
{
    int r = load(trace, false);

    if (r < 0) {
        lookups_bpf__destroy(trace->bpf);
        r = load(trace, true);
    }
    if (r < 0)
        return bpf_support_refused(r, "the programs that see lookups", err);
    r = lookups_bpf__attach(trace->bpf);
    if (r < 0)
        return err_set_errno(err, ERR_UNOBSERVED, -r,
                             "this kernel does not let programs see packets and processes");
    trace->ring = ring_buffer__new(bpf_map__fd(trace->bpf->maps.records), take_record, trace, NULL);
    if (!trace->ring)
        return err_set_errno(err, ERR_UNOBSERVED, errno, "open the way from the kernel's programs");
    return 0;
}

int lookup_trace_new(struct arena *arena, const struct lookup_trace_options *options,
                     struct lookup_trace **ret_trace, struct err *err)
{
    struct lookup_trace *trace;
    int r = bpf_support_check(true, err);

    if (r < 0)
        return r;
    trace = ARENA_NEW(arena, struct lookup_trace);
    trace->options = *options;
    trace->book = process_cache_new(arena);
    trace->libraries = arena_array(arena, LIBC_FILES_MAX, sizeof(*trace->libraries));
    trace->files = (struct libc_files){.arena = arena, .found = found_library, .user = trace};
    r = begin(trace, err);
    if (r < 0) {
        lookup_trace_free(trace);
        return r;
    }
    libc_files_look_at_all(&trace->files);
    trace->looked_ns = clock_monotonic_ns();
    *ret_trace = trace;
    return 0;
}

void lookup_trace_free(struct lookup_trace *trace)
{
    struct uprobe_link *links = NULL;
    size_t count = 0;

    if (!trace)
        return;
    for (size_t i = 0; i < trace->files.count; i++)
        for (size_t k = 0; k < trace->libraries[i].links_count; k++)
            *ARENA_PUSH(trace->files.arena, links, count) = trace->libraries[i].links[k];
    uprobe_links_detach(links, count);
    ring_buffer__free(trace->ring);
    lookups_bpf__destroy(trace->bpf);
}
