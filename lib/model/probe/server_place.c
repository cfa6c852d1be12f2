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

struct owned {
    const char *address, *owner;
};

static const struct owned clouds[] = {
    {"169.254.169.254", "GCE, OpenStack or Oracle Cloud"},
    {"169.254.169.253", "AWS"},
    {"fd00:ec2::253", "AWS"},
    {"fd20:ce::254", "GCE"},
    {"168.63.129.16", "Azure"},
    {"100.100.2.136", "Alibaba Cloud"},
    {"100.100.2.138", "Alibaba Cloud"},
};

/* Those that are written into files by hand. */
static const struct owned publics[] = {
    {"8.8.8.8", "Google"},
    {"8.8.4.4", "Google"},
    {"2001:4860:4860::8888", "Google"},
    {"2001:4860:4860::8844", "Google"},
    {"1.1.1.1", "Cloudflare"},
    {"1.0.0.1", "Cloudflare"},
    {"1.1.1.2", "Cloudflare"},
    {"1.1.1.3", "Cloudflare"},
    {"2606:4700:4700::1111", "Cloudflare"},
    {"2606:4700:4700::1001", "Cloudflare"},
    {"9.9.9.9", "Quad9"},
    {"9.9.9.10", "Quad9"},
    {"9.9.9.11", "Quad9"},
    {"149.112.112.112", "Quad9"},
    {"2620:fe::fe", "Quad9"},
    {"2620:fe::9", "Quad9"},
    {"208.67.222.222", "OpenDNS"},
    {"208.67.220.220", "OpenDNS"},
    {"2620:119:35::35", "OpenDNS"},
    {"2620:119:53::53", "OpenDNS"},
    {"4.2.2.1", "Level 3"},
    {"4.2.2.2", "Level 3"},
    {"94.140.14.14", "AdGuard"},
    {"94.140.15.15", "AdGuard"},
    {"77.88.8.8", "Yandex"},
    {"77.88.8.1", "Yandex"},
    {"114.114.114.114", "114DNS"},
    {"223.5.5.5", "AliDNS"},
    {"223.6.6.6", "AliDNS"},
    {"119.29.29.29", "DNSPod"},
};

static const char *owner_of(const struct address *address, const struct owned *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct address one = {.family = AF_INET};

        if (inet_pton(AF_INET, all[i].address, &one.v4) != 1) {
            one.family = AF_INET6;
            if (inet_pton(AF_INET6, all[i].address, &one.v6) != 1)
                continue;
        }
        if (address_same_host(&one, address))
            return all[i].owner;
    }
    return NULL;
}

const char *server_place_cloud(const struct address *address)
{
    return owner_of(address, clouds, sizeof(clouds) / sizeof(clouds[0]));
}

const char *server_place_public(const struct address *address)
{
    return owner_of(address, publics, sizeof(publics) / sizeof(publics[0]));
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
