/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of libmnl's interface that this program uses, for a program that carries all its libraries.
 *
 * Older distributions (Debian 12) ship libmnl as a shared library only, so a static program cannot have it.
 * Where there is the archive, it is used, and this file is not built. The declarations are libmnl's own
 * header, so a difference does not compile.
 *
 * Source: netlink(7), <linux/netlink.h>, libmnl's documentation of each function.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct mnl_socket {
    int fd;
    struct sockaddr_nl address;
};

struct mnl_socket *mnl_socket_open2(int bus, int flags)
{
    struct mnl_socket *nl = calloc(1, sizeof(*nl));

    if (!nl)
        return NULL;
    nl->fd = socket(AF_NETLINK, SOCK_RAW | flags, bus);
    if (nl->fd < 0) {
        free(nl);
        return NULL;
    }
    return nl;
}

int mnl_socket_bind(struct mnl_socket *nl, unsigned int groups, pid_t pid)
{
    socklen_t len = sizeof(nl->address);

    nl->address = (struct sockaddr_nl){.nl_family = AF_NETLINK, .nl_groups = groups, .nl_pid = (uint32_t)pid};
    if (bind(nl->fd, (struct sockaddr *)&nl->address, len) < 0)
        return -1;
    return getsockname(nl->fd, (struct sockaddr *)&nl->address, &len);
}

int mnl_socket_close(struct mnl_socket *nl)
{
    int r = close(nl->fd);

    free(nl);
    return r;
}

int mnl_socket_get_fd(const struct mnl_socket *nl)
{
    return nl->fd;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *nl)
{
    return nl->address.nl_pid;
}

ssize_t mnl_socket_sendto(const struct mnl_socket *nl, const void *request, size_t size)
{
    static const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

    return sendto(nl->fd, request, size, 0, (const struct sockaddr *)&kernel, sizeof(kernel));
}

ssize_t mnl_socket_recvfrom(const struct mnl_socket *nl, void *buffer, size_t size)
{
    struct sockaddr_nl from;
    struct iovec part = {buffer, size};
    struct msghdr message = {
        .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &part, .msg_iovlen = 1};
    ssize_t n = recvmsg(nl->fd, &message, 0);

    if (n < 0)
        return -1;
    if (message.msg_flags & MSG_TRUNC)
        errno = ENOSPC;
    else if (message.msg_namelen != sizeof(from))
        errno = EINVAL;
    else
        return n;
    return -1;
}

struct nlmsghdr *mnl_nlmsg_put_header(void *buffer)
{
    struct nlmsghdr *message = buffer;

    memset(message, 0, NLMSG_HDRLEN);
    message->nlmsg_len = NLMSG_HDRLEN;
    return message;
}

void *mnl_nlmsg_get_payload(const struct nlmsghdr *message)
{
    return (char *)(uintptr_t)message + NLMSG_HDRLEN;
}

size_t mnl_nlmsg_get_payload_len(const struct nlmsghdr *message)
{
    return message->nlmsg_len - NLMSG_HDRLEN;
}

static void *tail(struct nlmsghdr *message)
{
    return (char *)message + NLMSG_ALIGN(message->nlmsg_len);
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *message, size_t size)
{
    void *at = tail(message);

    memset(at, 0, NLMSG_ALIGN(size));
    message->nlmsg_len = (uint32_t)(NLMSG_ALIGN(message->nlmsg_len) + NLMSG_ALIGN(size));
    return at;
}

void mnl_attr_put(struct nlmsghdr *message, uint16_t type, size_t len, const void *data)
{
    struct nlattr *attribute = tail(message);
    const size_t used = NLA_HDRLEN + len;

    attribute->nla_type = type;
    attribute->nla_len = (uint16_t)used;
    memcpy((char *)attribute + NLA_HDRLEN, data, len);
    memset((char *)attribute + used, 0, NLA_ALIGN(used) - used);
    message->nlmsg_len = (uint32_t)(NLMSG_ALIGN(message->nlmsg_len) + NLA_ALIGN(used));
}

void mnl_attr_put_u8(struct nlmsghdr *message, uint16_t type, uint8_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u16(struct nlmsghdr *message, uint16_t type, uint16_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
    mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_strz(struct nlmsghdr *message, uint16_t type, const char *text)
{
    mnl_attr_put(message, type, strlen(text) + 1, text);
}

struct nlattr *mnl_attr_nest_start(struct nlmsghdr *message, uint16_t type)
{
    struct nlattr *nest = tail(message);

    nest->nla_type = NLA_F_NESTED | type;
    message->nlmsg_len = (uint32_t)(NLMSG_ALIGN(message->nlmsg_len) + NLA_HDRLEN);
    return nest;
}

void mnl_attr_nest_end(struct nlmsghdr *message, struct nlattr *nest)
{
    nest->nla_len = (uint16_t)((char *)tail(message) - (char *)nest);
}

uint16_t mnl_attr_get_type(const struct nlattr *attribute)
{
    return attribute->nla_type & NLA_TYPE_MASK;
}

uint16_t mnl_attr_get_payload_len(const struct nlattr *attribute)
{
    return (uint16_t)(attribute->nla_len - NLA_HDRLEN);
}

uint16_t mnl_attr_get_u16(const struct nlattr *attribute)
{
    uint16_t value;

    memcpy(&value, (const char *)attribute + NLA_HDRLEN, sizeof(value));
    return value;
}

int mnl_attr_parse(const struct nlmsghdr *message, unsigned int offset, mnl_attr_cb_t each, void *user)
{
    const char *at = (const char *)message + NLMSG_HDRLEN + NLMSG_ALIGN(offset);
    const char *end = (const char *)message + message->nlmsg_len;
    int r = MNL_CB_OK;

    while (r > MNL_CB_STOP && end - at >= (ptrdiff_t)NLA_HDRLEN) {
        const struct nlattr *attribute = (const struct nlattr *)(const void *)at;

        if (attribute->nla_len < NLA_HDRLEN || attribute->nla_len > end - at)
            break;
        r = each(attribute, user);
        at += NLA_ALIGN(attribute->nla_len);
    }
    return r;
}

/* NLMSG_ERROR carries a negative errno, or 0 for an acknowledgement, and so does the end of a dump. */
static int said(const struct nlmsghdr *message)
{
    int error = 0;

    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(error))) {
        if (message->nlmsg_type == NLMSG_DONE)
            return MNL_CB_STOP;
        errno = EBADMSG;
        return MNL_CB_ERROR;
    }
    memcpy(&error, (const char *)message + NLMSG_HDRLEN, sizeof(error));
    if (error == 0 || (message->nlmsg_type == NLMSG_DONE && error > 0))
        return MNL_CB_STOP;
    errno = error < 0 ? -error : error;
    return MNL_CB_ERROR;
}

static int dispatch(const struct nlmsghdr *message, mnl_cb_t each, void *user)
{
    switch (message->nlmsg_type) {
    case NLMSG_ERROR:
    case NLMSG_DONE:
        return said(message);
    case NLMSG_NOOP:
        return MNL_CB_OK;
    case NLMSG_OVERRUN:
        errno = ENOBUFS;
        return MNL_CB_ERROR;
    default:
        return each ? each(message, user) : MNL_CB_OK;
    }
}

int mnl_cb_run(const void *buffer, size_t size, unsigned int sequence, unsigned int port, mnl_cb_t each,
               void *user)
{
    const char *at = buffer;
    int r = MNL_CB_OK;

    while (r > MNL_CB_STOP && size >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)(const void *)at;
        size_t len = NLMSG_ALIGN(message->nlmsg_len);

        if (message->nlmsg_len < sizeof(*message) || message->nlmsg_len > size)
            break;
        if ((message->nlmsg_pid && message->nlmsg_pid != port) ||
            (message->nlmsg_seq && message->nlmsg_seq != sequence))
            errno = message->nlmsg_pid && message->nlmsg_pid != port ? ESRCH : EPROTO;
        else if (message->nlmsg_flags & NLM_F_DUMP_INTR)
            errno = EINTR;
        else {
            r = dispatch(message, each, user);
            at += len;
            size -= len < size ? len : size;
            continue;
        }
        return MNL_CB_ERROR;
    }
    return r;
}
