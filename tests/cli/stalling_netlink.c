/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded: netlink as something that is no Linux may have it. STALLING_NETLINK is "silent": questions get
 * no answer; or "endless": the answer waits to be read, and in its place comes a part without news for ever.
 */
#include <dlfcn.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

static bool is(const char *word)
{
    const char *how = getenv("STALLING_NETLINK");

    return how && strcmp(how, word) == 0;
}

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

ssize_t mnl_socket_sendto(const struct mnl_socket *socket, const void *bytes, size_t len)
{
    ssize_t (*send)(const struct mnl_socket *, const void *, size_t);

    *(void **)&send = real("mnl_socket_sendto");
    return is("silent") ? (ssize_t)len : send(socket, bytes, len);
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *socket, void *bytes, size_t size)
{
    ssize_t (*receive)(const struct mnl_socket *, void *, size_t);

    *(void **)&receive = real("mnl_socket_recvfrom");
    if (!is("endless"))
        return receive(socket, bytes, size);
    mnl_nlmsg_put_header(bytes)->nlmsg_type = NLMSG_NOOP;
    return NLMSG_HDRLEN;
}
