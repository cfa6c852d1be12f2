/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/source/node/netns_names.h>
#include <k8sdns/source/node/netns_owner.h>
#include <sys/stat.h>

/* A node has some hundred Pods at most. */
#define NAMES_MAX 1024
/* A namespace without a name may get one. */
#define AGAIN_NS UINT64_C(5000000000)

struct netns_names {
    struct arena *arena;
    struct netns_owners *owners;
    struct {
        uint32_t netns;
        const char *text;
    } items[NAMES_MAX];
    size_t count;
    uint64_t looked_ns;
};

struct netns_names *netns_names_new(struct arena *arena)
{
    struct netns_names *names = ARENA_NEW(arena, struct netns_names);

    names->arena = arena;
    names->owners = netns_owners_new();
    return names;
}

void netns_names_free(struct netns_names *names)
{
    if (names)
        netns_owners_free(names->owners);
}

static const char *lookup(const struct netns_names *names, uint32_t netns)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->items[i].netns == netns)
            return names->items[i].text;
    return NULL;
}

static void add(struct netns_names *names, uint32_t netns, const char *text)
{
    if (lookup(names, netns) || names->count == NAMES_MAX)
        return;
    names->items[names->count].netns = netns;
    names->items[names->count++].text = arena_text(names->arena, text);
}

/* Those that have a file: `ip netns` and container networks (CNI) make them here. */
static void add_files(struct netns_names *names, const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    struct stat st;

    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && fstatat(dirfd(dir), entry->d_name, &st, 0) == 0)
            add(names, (uint32_t)st.st_ino, entry->d_name);
    if (dir)
        closedir(dir);
}

const char *netns_names_find(struct netns_names *names, uint32_t netns)
{
    const char *found = lookup(names, netns);
    uint64_t now = clock_monotonic_ns();
    const struct netns_owner *owner;
    struct stat st;

    if (found)
        return found;
    owner = netns_owners_find(names->owners, netns);
    if (owner->pod) {
        add(names, netns, owner->pod);
    } else if (!names->looked_ns || now - names->looked_ns > AGAIN_NS) {
        names->looked_ns = now;
        if (stat("/proc/1/ns/net", &st) == 0)
            add(names, (uint32_t)st.st_ino, "node");
        add_files(names, "/run/netns");
    }
    return lookup(names, netns);
}
