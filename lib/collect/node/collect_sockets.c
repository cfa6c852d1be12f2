/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/collect/collect_sockets.h>
#include <k8sdns/source/node/netns_owner.h>
#include <k8sdns/source/node/udp_sockets.h>
#include <sys/stat.h>
#include <unistd.h>

/* More are not told of. */
#define SOCKETS_MAX 32

/* An IPv6 socket may be connected to an IPv4 address. */
static struct address unmapped(const struct address *address)
{
    struct address plain = *address;
    struct sockaddr_storage sa;

    address_to_sockaddr(address, &sa);
    if (address_from_sockaddr((struct sockaddr *)&sa, &plain) < 0)
        plain = *address;
    return plain;
}

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
        struct address local = unmapped(&socket->local), remote = unmapped(&socket->remote);
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
    return facts;
}

const char *collect_sockets_backend(struct survey *survey, const struct address *cluster_ip,
                                    bool *ret_refused)
{
    int fd = socket(cluster_ip->family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct connected_sockets all = {0};
    const char *backend = NULL;
    struct sockaddr_storage sa;
    char text[ADDRESS_TEXT];
    struct stat st;
    int r;

    *ret_refused = false;
    if (fd < 0)
        return NULL;
    r = connect(fd, (struct sockaddr *)&sa, address_to_sockaddr(cluster_ip, &sa));
    *ret_refused = r < 0 && errno == EPERM;
    /* getpeername(2) may be made to tell the ClusterIP, so the kernel's own list is read. */
    if (r == 0 && fstat(fd, &st) == 0)
        (void)!udp_sockets_list(survey->arena, &all.items, &all.count, NULL);
    for (size_t i = 0; i < all.count; i++) {
        struct address remote = unmapped(&all.items[i].remote);

        if (all.items[i].inode == st.st_ino && remote.port && !address_same_host(&remote, cluster_ip))
            backend = arena_text(survey->arena, address_format(&remote, text, sizeof(text)));
    }
    close(fd);
    return backend;
}
