/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "host_address.h"
#include <ares.h>
#include <errno.h>
#include <k8sdns/base/clock.h>
#include <poll.h>
#include <string.h>

struct finding_out {
    struct address *address;
    bool done, found;
    int status;
};

static void on_addresses(void *user, int status, int timeouts, struct ares_addrinfo *found)
{
    struct finding_out *out = user;

    (void)timeouts;
    out->done = true;
    out->status = status;
    for (const struct ares_addrinfo_node *node = found ? found->nodes : NULL; node && !out->found;
         node = node->ai_next)
        out->found = address_from_sockaddr(node->ai_addr, out->address) == 0;
    if (found)
        ares_freeaddrinfo(found);
}

/* Serve the channel's sockets until it is done or the time is over. */
static void serve(ares_channel channel, const struct finding_out *out, uint64_t end_ns)
{
    while (!out->done) {
        uint64_t now_ns = clock_monotonic_ns();
        ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
        struct pollfd waits[ARES_GETSOCK_MAXNUM];
        int bits = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
        struct timeval most = {.tv_sec = 1}, next;
        nfds_t count = 0;

        if (now_ns >= end_ns)
            return;
        for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
            short events = (short)((ARES_GETSOCK_READABLE(bits, i) ? POLLIN : 0) |
                                   (ARES_GETSOCK_WRITABLE(bits, i) ? POLLOUT : 0));

            if (events)
                waits[count++] = (struct pollfd){.fd = sockets[i], .events = events};
        }
        (void)ares_timeout(channel, &most, &next);
        (void)poll(waits, count, (int)(next.tv_sec * 1000 + next.tv_usec / 1000 + 1));
        for (nfds_t i = 0; i < count; i++)
            ares_process_fd(channel,
                            waits[i].revents & (POLLIN | POLLERR | POLLHUP) ? waits[i].fd : ARES_SOCKET_BAD,
                            waits[i].revents & POLLOUT ? waits[i].fd : ARES_SOCKET_BAD);
        ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* its timeouts */
    }
}

int host_address_find(const char *host, uint64_t timeout_us, struct address *ret, struct err *err)
{
    const struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC};
    struct finding_out out = {.address = ret};
    ares_channel channel;
    int r;

    r = ares_library_init(ARES_LIB_INIT_ALL);
    if (r != ARES_SUCCESS)
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot start c-ares: %s", ares_strerror(r));
    r = ares_init(&channel);
    if (r != ARES_SUCCESS) {
        ares_library_cleanup();
        return err_set(err, ERR_INTERNAL, ENOMEM, "cannot start c-ares: %s", ares_strerror(r));
    }
    ares_getaddrinfo(channel, host, NULL, &hints, on_addresses, &out);
    serve(channel, &out, clock_monotonic_ns() + timeout_us * 1000);
    if (!out.done)
        ares_cancel(channel);
    ares_destroy(channel);
    ares_library_cleanup();
    if (out.found)
        return 0;
    return err_set(err, ERR_UNOBSERVED, ENOENT,
                   "this host's DNS does not tell it (%s); give the address, or put the name into /etc/hosts",
                   ares_strerror(out.status));
}
