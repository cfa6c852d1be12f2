/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ifaddrs.h>
#include <k8sdns/source/node/own_address.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *own_address_interface(struct arena *arena, const struct address *address)
{
    const char *name = NULL;
    struct ifaddrs *all = NULL;
    struct address one;

    if (getifaddrs(&all) < 0)
        return NULL;
    for (const struct ifaddrs *at = all; at && !name; at = at->ifa_next)
        if (at->ifa_addr && address_from_sockaddr(at->ifa_addr, &one) == 0 &&
            address_same_host(&one, address))
            name = arena_text(arena, at->ifa_name);
    freeifaddrs(all);
    return name;
}

bool own_address_is_near(const struct address *address)
{
    size_t bytes = address->family == AF_INET ? 2 : 6;
    struct ifaddrs *all = NULL;
    bool near = false;
    struct address one;

    if (getifaddrs(&all) < 0)
        return false;
    for (const struct ifaddrs *at = all; at && !near; at = at->ifa_next)
        near = at->ifa_addr && address_from_sockaddr(at->ifa_addr, &one) == 0 &&
               one.family == address->family && memcmp(&one.v6, &address->v6, bytes) == 0;
    freeifaddrs(all);
    return near;
}

bool own_address_towards(const struct address *target, struct address *ret_address)
{
    struct sockaddr_storage sa;
    socklen_t len = address_to_sockaddr(target, &sa);
    int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool known;

    if (fd < 0)
        return false;
    known = connect(fd, (const struct sockaddr *)&sa, len) == 0;
    len = sizeof(sa);
    known = known && getsockname(fd, (struct sockaddr *)&sa, &len) == 0 &&
            address_from_sockaddr((const struct sockaddr *)&sa, ret_address) == 0;
    close(fd);
    return known;
}
