/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <k8sdns/model/probe/server_place.h>
#include <stddef.h>
#include <string.h>

/* 127.0.0.53 and 127.0.0.54. */
enum {
    STUB = 0x7f000035,
    STUB_PROXY = 0x7f000036,
};

static const struct {
    const char *address, *cloud;
} clouds[] = {
    {"169.254.169.254", "GCE, OpenStack or Oracle Cloud"},
    {"169.254.169.253", "AWS"},
    {"fd00:ec2::253", "AWS"},
    {"fd20:ce::254", "GCE"},
    {"168.63.129.16", "Azure"},
    {"100.100.2.136", "Alibaba Cloud"},
    {"100.100.2.138", "Alibaba Cloud"},
};

const char *server_place_cloud(const struct address *address)
{
    for (size_t i = 0; i < sizeof(clouds) / sizeof(clouds[0]); i++) {
        struct address cloud = {.family = AF_INET};

        if (inet_pton(AF_INET, clouds[i].address, &cloud.v4) != 1) {
            cloud.family = AF_INET6;
            if (inet_pton(AF_INET6, clouds[i].address, &cloud.v6) != 1)
                continue;
        }
        if (address_same_host(&cloud, address))
            return clouds[i].cloud;
    }
    return NULL;
}

static bool is_unspecified(const struct address *address)
{
    return address->family == AF_INET ? address->v4.s_addr == INADDR_ANY
                                      : address->family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&address->v6);
}

enum server_place server_place(const struct address *address)
{
    const struct address plain = address_unmapped(address);
    uint32_t v4 = plain.family == AF_INET ? ntohl(plain.v4.s_addr) : 0;

    if (v4 == STUB || v4 == STUB_PROXY)
        return PLACE_STUB;
    if (address_is_loopback(&plain) || is_unspecified(&plain))
        return PLACE_SELF;
    if (server_place_cloud(&plain))
        return PLACE_CLOUD;
    if (!address_is_link_local(&plain))
        return PLACE_NETWORK;
    return plain.family == AF_INET ? PLACE_NODE_CACHE : PLACE_LINK;
}
