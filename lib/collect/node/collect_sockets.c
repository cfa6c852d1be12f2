/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/collect/collect_sockets.h>
#include <k8sdns/source/kernel/socket_programs.h>
#include <k8sdns/source/node/netns_owner.h>
#include <k8sdns/source/node/udp_sockets.h>
#include <sys/stat.h>
#include <unistd.h>

/* More are not told of. */
#define SOCKETS_MAX     32
#define SOCKETS_AT_ONCE 32
/* With N backends chosen at random one is missed with a chance of N (1 - 1/N)^(20 N), less than N e^-20. */
#define TRIES_FOR_EACH 20

void collect_sockets_list(struct survey *survey, uint16_t port, struct connected_sockets *ret)
{
    struct socket_entry *all;
    size_t count;

    *ret = (struct connected_sockets){0};
    if (udp_sockets_list(survey->arena, &all, &count, NULL) < 0)
        return;
    ret->seen = true;
    for (size_t i = 0; i < count; i++)
        if (all[i].remote.port == port)
            *ARENA_PUSH(survey->arena, ret->items, ret->count) = all[i];
}

static bool is_in(const struct connected_sockets *list, const struct socket_entry *socket)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].inode == socket->inode && address_equal(&list->items[i].remote, &socket->remote))
            return true;
    return false;
}

static const char *with_port(struct arena *arena, const struct address *address)
{
    char text[ADDRESS_TEXT];

    return arena_text(arena, address_format_port(address, text, sizeof(text)));
}

struct dns_sockets_facts *collect_sockets_facts(struct survey *survey, const struct connected_sockets *before,
                                                const struct connected_sockets *after,
                                                const struct address *known, size_t known_count)
{
    struct dns_sockets_facts *facts = ARENA_NEW(survey->arena, struct dns_sockets_facts);
    struct netns_owners *owners;

    if (!before->seen || !after->seen)
        return NULL;
    owners = netns_owners_new();
    for (size_t i = 0; i < after->count && facts->sockets_count < SOCKETS_MAX; i++) {
        const struct socket_entry *socket = &after->items[i];
        /* An IPv6 socket may be connected to an IPv4 address. */
        struct address local = address_unmapped(&socket->local), remote = address_unmapped(&socket->remote);
        const char *process;
        struct dns_socket_facts *one;
        char text[ADDRESS_TEXT];

        if (!is_in(before, socket))
            continue;
        process = netns_owners_process(owners, socket->inode);
        one = ARENA_PUSH(survey->arena, facts->sockets, facts->sockets_count);
        *one = (struct dns_socket_facts){.local = with_port(survey->arena, &local),
                                         .remote = with_port(survey->arena, &remote),
                                         .process = process ? arena_text(survey->arena, process) : NULL,
                                         .uid = socket->uid,
                                         .answers = -1};
        one->address = arena_text(survey->arena, address_format(&remote, text, sizeof(text)));
        for (size_t k = 0; k < known_count; k++)
            one->known = one->known || address_same_host(&known[k], &remote);
    }
    netns_owners_free(owners);
    /* Where they may not be listed, the effect of them is still seen at a socket. */
    (void)!socket_programs_list(survey->arena, &facts->programs, &facts->programs_count);
    return facts;
}

/* A UDP socket that is connected there, or a negative errno. */
static int connect_to(const struct address *address)
{
    int fd = socket(address->family, SOCK_DGRAM | SOCK_CLOEXEC, 0), saved;
    struct sockaddr_storage sa;

    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&sa, address_to_sockaddr(address, &sa)) == 0)
        return fd;
    saved = errno;
    close(fd);
    return -saved;
}

static bool is_known(const struct address_list *list, const struct address *address)
{
    for (size_t i = 0; i < list->count; i++)
        if (address_same_host(&list->items[i], address))
            return true;
    return false;
}

/* Where a socket leads: by the kernel's own list, since getpeername(2) may be made to tell the ClusterIP. */
static void add_remote(struct survey *survey, int fd, const struct connected_sockets *all,
                       const struct address *cluster_ip, struct address_list *ret)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return;
    for (size_t i = 0; i < all->count; i++) {
        struct address remote;

        if (all->items[i].inode != st.st_ino)
            continue;
        remote = address_unmapped(&all->items[i].remote);
        if (!remote.port || address_same_host(&remote, cluster_ip) || is_known(ret, &remote))
            continue;
        remote.port = 0;
        *ARENA_PUSH(survey->arena, ret->items, ret->count) = remote;
    }
}

static void add_remotes(struct survey *survey, const int *fds, size_t count, const struct address *cluster_ip,
                        struct address_list *ret)
{
    struct connected_sockets all = {0};

    if (count && udp_sockets_list(survey->arena, &all.items, &all.count, NULL) < 0)
        return;
    for (size_t i = 0; i < count; i++)
        add_remote(survey, fds[i], &all, cluster_ip, ret);
}

struct address_list collect_sockets_backends(struct survey *survey, const struct address *cluster_ip)
{
    struct address_list backends = {0};
    size_t tried = 0, count = 0;

    do {
        int fds[SOCKETS_AT_ONCE];

        for (count = 0; count < SOCKETS_AT_ONCE; count++) {
            fds[count] = connect_to(cluster_ip);
            if (fds[count] < 0)
                break;
        }
        add_remotes(survey, fds, count, cluster_ip, &backends);
        for (size_t i = 0; i < count; i++)
            close(fds[i]);
        tried += count;
        /* The first batch tells whether there is any translation. */
    } while (count == SOCKETS_AT_ONCE && tried < backends.count * TRIES_FOR_EACH);
    return backends;
}

const char *collect_sockets_backend(struct survey *survey, const struct address *cluster_ip,
                                    bool *ret_refused)
{
    int fd = connect_to(cluster_ip);
    struct address_list backends = {0};
    char text[ADDRESS_TEXT];

    *ret_refused = fd == -EPERM;
    if (fd < 0)
        return NULL;
    add_remotes(survey, &fd, 1, cluster_ip, &backends);
    close(fd);
    return backends.count ? arena_text(survey->arena, address_format(&backends.items[0], text, sizeof(text)))
                          : NULL;
}
