/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <dirent.h>
#include <k8sdns/base/arena.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node/netns_owner.h>
#include <k8sdns/source/node/pod_addresses.h>
#include <k8sdns/wire/node/proc_address.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Of our choice. The kubelet's limit is 110 Pods a node by default; they have two addresses at most. */
#define KEPT_MAX 4096
#define AGAIN_NS UINT64_C(5000000000)
/* A look takes this share of the time at most, as 1/SHARE: a node may have thousands of processes. */
#define SHARE     200
#define FILE_SIZE 65536

struct named {
    struct address address;
    const char *pod;
};

struct pod_addresses {
    struct arena *reading; /* what one look reads */
    struct netns_owners *owners;
    struct named *named;
    size_t named_count;
    uint64_t again_ns; /* no look before; 0: none yet */
};

struct pod_addresses *pod_addresses_new(void)
{
    struct pod_addresses *pods = calloc(1, sizeof(*pods));

    if (!pods)
        err_out_of_memory();
    pods->named = calloc(KEPT_MAX, sizeof(*pods->named));
    if (!pods->named)
        err_out_of_memory();
    pods->reading = arena_new();
    return pods;
}

void pod_addresses_free(struct pod_addresses *pods)
{
    if (!pods)
        return;
    netns_owners_free(pods->owners);
    arena_free(pods->reading);
    free(pods->named);
    free(pods);
}

static uint64_t namespace_of(const char *pid)
{
    struct stat st;
    char path[300];

    snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
    return stat(path, &st) == 0 ? st.st_ino : 0;
}

static void add_all(struct pod_addresses *pods, const char *pid, const char *file, const char *pod,
                    bool (*next)(const char **text, struct address *ret))
{
    struct address address;
    char path[300];
    const char *text;

    snprintf(path, sizeof(path), "/proc/%s/net/%s", pid, file);
    text = file_text(pods->reading, path, FILE_SIZE);
    while (pods->named_count < KEPT_MAX && next(&text, &address))
        pods->named[pods->named_count++] = (struct named){address, pod};
}

/* Where a namespace's first process is none of a container, as a tool in there, the next may be. */
static void look(struct pod_addresses *pods)
{
    uint64_t *seen = NULL, host = namespace_of("1"), own = namespace_of("self");
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    size_t seen_count = 0;

    arena_reset(pods->reading);
    netns_owners_free(pods->owners);
    pods->owners = netns_owners_new();
    pods->named_count = 0;
    while (dir && (entry = readdir(dir))) {
        uint64_t namespace = isdigit((unsigned char)entry->d_name[0]) ? namespace_of(entry->d_name) : 0;
        bool known = !namespace || namespace == host || namespace == own;
        const char *pod;

        for (size_t i = 0; i < seen_count && !known; i++)
            known = seen[i] == namespace;
        pod = known ? NULL : netns_owners_pod(pods->owners, strtoull(entry->d_name, NULL, 10));
        if (!pod)
            continue;
        *ARENA_PUSH(pods->reading, seen, seen_count) = namespace;
        add_all(pods, entry->d_name, "fib_trie", pod, proc_fib_trie_next);
        add_all(pods, entry->d_name, "if_inet6", pod, proc_if_inet6_next);
    }
    if (dir)
        closedir(dir);
}

static void look_again(struct pod_addresses *pods)
{
    uint64_t began_ns = clock_monotonic_ns(), cost_ns;

    look(pods);
    cost_ns = (clock_monotonic_ns() - began_ns) * SHARE;
    pods->again_ns = began_ns + (cost_ns > AGAIN_NS ? cost_ns : AGAIN_NS);
}

const char *pod_addresses_find(struct pod_addresses *pods, const struct address *address)
{
    for (int tries = 0; tries < 2; tries++) {
        for (size_t i = 0; i < pods->named_count; i++)
            if (address_same_host(&pods->named[i].address, address))
                return pods->named[i].pod;
        if (clock_monotonic_ns() < pods->again_ns)
            break;
        look_again(pods);
    }
    return NULL;
}
