/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "socket_error.h"
#include <arpa/inet.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/model/probe/unreachable.h>
#include <k8sdns/source/node/own_address.h>
#include <k8sdns/source/probe/hop_probe.h>
#include <k8sdns/wire/dns/dns_message.h>
#include <k8sdns/wire/dns/dns_name.h>
#include <k8sdns/wire/dns/dns_words.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

/* Where traceroute begins: nobody listens there, and nobody redirects it. */
#define CONTROL_PORT 33434
#define HOPS_MAX     (HOP_TARGETS_MAX + 1)

/* One datagram under way. */
struct hop {
    int fd;
    struct address where;
    uint16_t id; /* of the query */
    int *outcome;
};

static void send_one(struct hop *hop, const uint8_t *bytes, size_t len)
{
    bool v6 = hop->where.family == AF_INET6;
    struct sockaddr_storage sa;
    int one = 1;

    *hop->outcome = HOP_OTHER;
    hop->fd = socket(hop->where.family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (hop->fd < 0)
        return;
    socket_watch(hop->fd, hop->where.family);
    if (setsockopt(hop->fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_UNICAST_HOPS : IP_TTL, &one,
                   sizeof(one)) == 0 &&
        sendto(hop->fd, bytes, len, MSG_NOSIGNAL, (struct sockaddr *)&sa,
               address_to_sockaddr(&hop->where, &sa)) == (ssize_t)len)
        *hop->outcome = HOP_SILENT;
}

static int outcome_of(const struct socket_error *error, bool in_its_name, bool is_own)
{
    if (error->kind == UNREACHABLE_HOPS)
        return HOP_EXPIRED;
    if (error->kind == UNREACHABLE_PORT && in_its_name)
        return HOP_REFUSED;
    return !is_own && (error->kind == UNREACHABLE_NET || error->kind == UNREACHABLE_HOST ||
                       error->kind == UNREACHABLE_NO_ROUTE)
               ? HOP_UNROUTED
               : HOP_OTHER;
}

/* Take what came: an answer to this very query from the address asked, or what the kernel tells. */
static void receive(struct arena *arena, struct hop *hop)
{
    struct socket_error error;
    struct sockaddr_storage sa;
    struct address from, offender;
    socklen_t size = sizeof(sa);
    uint8_t bytes[512];
    struct err err;
    ssize_t n = recvfrom(hop->fd, bytes, sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&sa, &size);

    if (n >= 12 && (bytes[2] & 0x80) && (bytes[0] << 8 | bytes[1]) == hop->id &&
        address_from_sockaddr((struct sockaddr *)&sa, &from) == 0 && address_equal(&from, &hop->where))
        *hop->outcome = HOP_ANSWERED;
    while (*hop->outcome == HOP_SILENT && socket_error_next(hop->fd, &error)) {
        bool told = *error.from && address_parse(error.from, 0, &offender, &err) == 0;
        bool own_name = told && address_same_host(&offender, &hop->where);
        bool is_own = !told || own_address_interface(arena, &offender);

        *hop->outcome = outcome_of(&error, own_name, is_own);
    }
}

static void wait_for(struct arena *arena, struct hop *hops, size_t count, uint64_t timeout_us)
{
    uint64_t end_ns = clock_monotonic_ns() + timeout_us * 1000;

    for (;;) {
        struct pollfd fds[HOPS_MAX];
        uint64_t now_ns = clock_monotonic_ns();
        size_t waiting = 0;

        for (size_t i = 0; i < count; i++) {
            fds[i] =
                (struct pollfd){.fd = *hops[i].outcome == HOP_SILENT ? hops[i].fd : -1, .events = POLLIN};
            waiting += fds[i].fd >= 0;
        }
        if (!waiting || now_ns >= end_ns || poll(fds, count, (int)((end_ns - now_ns + 999999) / 1000000)) < 0)
            return;
        for (size_t i = 0; i < count; i++)
            if (fds[i].fd >= 0 && fds[i].revents)
                receive(arena, &hops[i]);
    }
}

/* Source: RFC 5737 (TEST-NET-3), RFC 3849. */
static struct address documentation_address(uint8_t family)
{
    struct address address = {.family = family, .port = DNS_PORT};

    if (family == AF_INET6)
        (void)inet_pton(AF_INET6, "2001:db8::53", &address.v6);
    else
        (void)inet_pton(AF_INET, "203.0.113.53", &address.v4);
    return address;
}

/* Send these bytes to a port of each address whose outcome wants it, and wait. */
static void run_hops(struct arena *arena, const struct address *addresses, size_t count, uint16_t port,
                     const uint8_t *bytes, size_t len, uint64_t timeout_us, int **outcomes)
{
    struct hop hops[HOPS_MAX];
    size_t hops_count = 0;

    for (size_t i = 0; i < count; i++) {
        struct hop *hop = &hops[hops_count];

        if (!outcomes[i])
            continue;
        *hop = (struct hop){
            .where = addresses[i], .id = (uint16_t)(bytes[0] << 8 | bytes[1]), .outcome = outcomes[i]};
        hop->where.port = port;
        send_one(hop, bytes, len);
        hops_count++;
    }
    wait_for(arena, hops, hops_count, timeout_us);
    for (size_t i = 0; i < hops_count; i++)
        if (hops[i].fd >= 0)
            close(hops[i].fd);
}

void hop_probe_run(struct arena *arena, const char *name, const struct address *addresses, size_t count,
                   uint64_t timeout_us, struct interception_facts *facts)
{
    struct dns_query query = {.id = (uint16_t)clock_monotonic_ns(),
                              .name = name,
                              .type = DNS_TYPE_A,
                              .class = DNS_CLASS_IN,
                              .rd = true};
    struct address all[HOPS_MAX];
    int *outcomes[HOPS_MAX];
    uint8_t bytes[512];
    char text[ADDRESS_TEXT];
    struct err err;
    int len = dns_query_build(&query, bytes, sizeof(bytes), &err);

    *facts = (struct interception_facts){0};
    if (len < 0 || !count)
        return;
    count = count > HOP_TARGETS_MAX ? HOP_TARGETS_MAX : count;
    memcpy(all, addresses, count * sizeof(*all));
    all[count] = documentation_address(addresses[0].family);
    facts->probes_count = count + 1;
    facts->probes = arena_array(arena, facts->probes_count, sizeof(*facts->probes));
    for (size_t i = 0; i <= count; i++) {
        facts->probes[i] =
            (struct hop_probe_facts){.target = arena_text(arena, address_format(&all[i], text, sizeof(text))),
                                     .control = HOP_UNSENT,
                                     .documentation = i == count};
        outcomes[i] = &facts->probes[i].query;
    }
    run_hops(arena, all, count + 1, DNS_PORT, bytes, (size_t)len, timeout_us, outcomes);
    if (hop_probe_is_intercepted(&facts->probes[count]))
        return; /* that says all, and each error costs of what routers tell */
    outcomes[count] = NULL;
    for (size_t i = 0; i < count; i++)
        outcomes[i] = facts->probes[i].query == HOP_ANSWERED || facts->probes[i].query == HOP_REFUSED
                          ? &facts->probes[i].control
                          : NULL;
    run_hops(arena, all, count + 1, CONTROL_PORT, bytes, (size_t)len, timeout_us, outcomes);
}
