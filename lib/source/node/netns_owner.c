/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <dirent.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/node/netns_owner.h>
#include <k8sdns/source/resolver/process_root.h>
#include <k8sdns/wire/node/cgroup_path.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of our choice: more are not kept; what is not known is looked for again after the time. */
#define KEPT_MAX  4096
#define AGAIN_NS  UINT64_C(5000000000)
#define FILE_SIZE 65536

struct kept {
    uint64_t inode, looked_ns;
    struct netns_owner owner;
    const char *process;
};

struct netns_owners {
    struct arena *arena, *reading; /* what is kept; what one look reads */
    struct kept *namespaces, *sockets;
    size_t namespaces_count, sockets_count;
    uint64_t host;
};

static uint64_t inode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? st.st_ino : 0;
}

struct netns_owners *netns_owners_new(void)
{
    struct netns_owners *owners = calloc(1, sizeof(*owners));

    if (!owners)
        err_out_of_memory();
    owners->arena = arena_new();
    owners->reading = arena_new();
    owners->host = inode_of("/proc/1/ns/net");
    return owners;
}

void netns_owners_free(struct netns_owners *owners)
{
    if (!owners)
        return;
    arena_free(owners->arena);
    arena_free(owners->reading);
    free(owners);
}

/* As the container sees it: a link there does not lead out of its root. NULL when there is none. */
static const char *hostname_of(struct netns_owners *owners, const char *pid)
{
    char *text;
    size_t len;

    if (process_file_read(owners->reading, strtoull(pid, NULL, 10), "/etc/hostname", FILE_SIZE, &text, &len) <
        0)
        return NULL;
    text[strcspn(text, "\n")] = '\0';
    return text;
}

static const char *process_name(struct netns_owners *owners, const char *pid)
{
    char path[300], *text;

    snprintf(path, sizeof(path), "/proc/%s/comm", pid);
    text = arena_text(owners->reading, file_text(owners->reading, path, FILE_SIZE));
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* NULL for none, and for an empty one. */
static const char *kept_text(struct netns_owners *owners, const char *text)
{
    return text && *text ? arena_text(owners->arena, text) : NULL;
}

/* Fill the owner by one process. Return whether it tells of a container. */
static bool identify(struct netns_owners *owners, const char *pid, struct netns_owner *owner)
{
    struct cgroup_identity identity;
    const char *groups;
    char path[300];

    snprintf(path, sizeof(path), "/proc/%s/cgroup", pid);
    groups = file_text(owners->reading, path, FILE_SIZE);
    identity = cgroup_path_read(owners->reading, groups, strlen(groups));
    if (!identity.pod_uid && !identity.container)
        return false;
    owner->pod_uid = kept_text(owners, identity.pod_uid);
    owner->container = kept_text(owners, identity.container);
    if (identity.pod_uid)
        owner->pod = kept_text(owners, hostname_of(owners, pid));
    return true;
}

/* Call `each` for every process until it returns true. */
static void walk(struct netns_owners *owners, uint64_t inode, struct kept *kept,
                 bool (*each)(struct netns_owners *, const char *pid, uint64_t inode, struct kept *))
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;

    arena_reset(owners->reading);
    while (dir && (entry = readdir(dir)))
        if (isdigit((unsigned char)entry->d_name[0]) && each(owners, entry->d_name, inode, kept))
            break;
    if (dir)
        closedir(dir);
}

static bool is_in_namespace(struct netns_owners *owners, const char *pid, uint64_t inode, struct kept *kept)
{
    char path[300];

    snprintf(path, sizeof(path), "/proc/%s/ns/net", pid);
    return inode_of(path) == inode && identify(owners, pid, &kept->owner);
}

static bool has_socket(struct netns_owners *owners, const char *pid, uint64_t inode, struct kept *kept)
{
    char folder[300], path[600], wanted[48], found[64];
    struct dirent *entry;
    bool has = false;
    DIR *dir;

    snprintf(folder, sizeof(folder), "/proc/%s/fd", pid);
    snprintf(wanted, sizeof(wanted), "socket:[%llu]", (unsigned long long)inode);
    dir = opendir(folder);
    while (dir && !has && (entry = readdir(dir))) {
        ssize_t len;

        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        len = readlink(path, found, sizeof(found) - 1);
        found[len > 0 ? len : 0] = '\0';
        has = strcmp(found, wanted) == 0;
    }
    if (dir)
        closedir(dir);
    if (has)
        kept->process = arena_printf(owners->arena, "%s[%s]", process_name(owners, pid), pid);
    return has;
}

/* The place of an inode in a list, a new one when it is not there; `*ret_stale` when it is to be looked up.
 */
static struct kept *place_of(struct netns_owners *owners, struct kept **list, size_t *count, uint64_t inode,
                             bool *ret_stale)
{
    uint64_t now = clock_monotonic_ns();
    struct kept *kept = NULL;

    for (size_t i = 0; i < *count && !kept; i++)
        if ((*list)[i].inode == inode)
            kept = &(*list)[i];
    *ret_stale = !kept || (!kept->owner.container && !kept->process && now - kept->looked_ns > AGAIN_NS);
    if (!kept && *count == KEPT_MAX)
        *count = 0;
    if (!kept)
        kept = arena_push(owners->arena, list, count, sizeof(**list));
    kept->inode = inode;
    if (*ret_stale)
        kept->looked_ns = now;
    return kept;
}

const struct netns_owner *netns_owners_find(struct netns_owners *owners, uint32_t netns)
{
    static const struct netns_owner nobody;
    struct kept *kept;
    bool stale;

    if (!netns || netns == owners->host)
        return &nobody;
    kept = place_of(owners, &owners->namespaces, &owners->namespaces_count, netns, &stale);
    if (stale)
        walk(owners, netns, kept, is_in_namespace);
    return &kept->owner;
}

const char *netns_owners_pod(struct netns_owners *owners, uint64_t pid)
{
    struct netns_owner owner = {0};
    char text[24];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)pid);
    arena_reset(owners->reading);
    return identify(owners, text, &owner) ? owner.pod : NULL;
}

const char *netns_owners_process(struct netns_owners *owners, uint64_t socket_inode)
{
    struct kept *kept;
    bool stale;

    if (!socket_inode)
        return NULL;
    kept = place_of(owners, &owners->sockets, &owners->sockets_count, socket_inode, &stale);
    if (stale)
        walk(owners, socket_inode, kept, has_socket);
    return kept->process;
}
