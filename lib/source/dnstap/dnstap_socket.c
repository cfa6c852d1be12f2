/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets that senders come to, and the one to a listener of CoreDNS. */
#include "dnstap_server_run.h"
#include <errno.h>
#include <k8sdns/base/number.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 64

int dnstap_endpoint_parse(const char *text, struct dnstap_endpoint *ret, struct err *err)
{
    struct dnstap_endpoint endpoint = {.text = text};
    uint64_t port;
    int r;

    if (strncmp(text, "unix:", 5) == 0) {
        endpoint.path = text + 5;
        if (!*endpoint.path || strlen(endpoint.path) >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
            return err_set(err, ERR_USAGE, EINVAL, "'%s': the path of a unix socket has 1 to %zu bytes", text,
                           sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
        *ret = endpoint;
        return 0;
    }
    if (strncmp(text, "tcp:", 4) != 0)
        return err_set(err, ERR_USAGE, EINVAL, "'%s' is neither unix:PATH nor tcp:ADDRESS:PORT", text);
    if (number_parse(text + 4, 1, UINT16_MAX, &port, NULL) == 0) {
        endpoint.address = (struct address){.family = AF_INET, .port = (uint16_t)port};
        endpoint.address.v4.s_addr = htonl(INADDR_LOOPBACK);
        *ret = endpoint;
        return 0;
    }
    r = address_parse(text + 4, 0, &endpoint.address, err);
    if (r < 0)
        return err_prefix(err, r, "'%s'", text);
    if (!endpoint.address.port)
        return err_set(err, ERR_USAGE, EINVAL, "'%s' has no port; write tcp:ADDRESS:PORT", text);
    *ret = endpoint;
    return 0;
}

static socklen_t sockaddr_of(const struct dnstap_endpoint *endpoint, struct sockaddr_storage *ret)
{
    struct sockaddr_un *sa = (struct sockaddr_un *)ret;

    memset(ret, 0, sizeof(*ret));
    if (!endpoint->path)
        return address_to_sockaddr(&endpoint->address, ret);
    sa->sun_family = AF_UNIX;
    memcpy(sa->sun_path, endpoint->path, strlen(endpoint->path) + 1);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(endpoint->path) + 1);
}

static int new_socket(const struct dnstap_endpoint *endpoint)
{
    int fd = socket(endpoint->path ? AF_UNIX : endpoint->address.family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    return fd < 0 ? -errno : fd;
}

/*
 * Make room for a socket file: one that is ours, and that nobody listens at, is left over from a run that was
 * killed. Everything else stays.
 */
static int clear_path(const struct dnstap_endpoint *endpoint, struct err *err)
{
    struct sockaddr_storage sa;
    socklen_t len = sockaddr_of(endpoint, &sa);
    struct stat there;
    int fd, r;

    if (lstat(endpoint->path, &there) < 0)
        return 0;
    if (!S_ISSOCK(there.st_mode))
        return err_set(err, ERR_USAGE, EEXIST, "%s is there and is no socket; it is left alone",
                       endpoint->path);
    if (there.st_uid != geteuid())
        return err_set(err, ERR_USAGE, EEXIST, "%s is a socket of another user; it is left alone",
                       endpoint->path);
    fd = new_socket(endpoint);
    if (fd < 0)
        return err_set_errno(err, ERR_INTERNAL, -fd, "cannot make a socket");
    r = connect(fd, (struct sockaddr *)&sa, len) < 0 ? errno : 0;
    close(fd);
    if (r != ECONNREFUSED)
        return err_set(err, ERR_INPUT, EADDRINUSE, "somebody listens at %s already", endpoint->path);
    if (unlink(endpoint->path) < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot replace %s", endpoint->path);
    return 0;
}

static int note_file(const struct dnstap_endpoint *endpoint, struct dnstap_listener *ret)
{
    struct stat made;

    if (lstat(endpoint->path, &made) < 0)
        return -errno;
    ret->device = made.st_dev;
    ret->inode = made.st_ino;
    ret->made = S_ISSOCK(made.st_mode); /* what somebody has put there meanwhile is theirs */
    return 0;
}

int dnstap_socket_listen(const struct dnstap_endpoint *endpoint, unsigned mode, struct dnstap_listener *ret,
                         struct err *err)
{
    struct sockaddr_storage sa;
    socklen_t len = sockaddr_of(endpoint, &sa);
    int fd, r = 0, one = 1;

    if (endpoint->path)
        r = clear_path(endpoint, err);
    if (r < 0)
        return r;
    fd = new_socket(endpoint);
    if (fd >= 0 && !endpoint->path)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (fd < 0) {
        r = fd;
    } else {
        /* It is made with its mode: a path may lead to another file by the time it is changed. */
        mode_t mask = umask((mode_t)(~mode & 0777));

        r = bind(fd, (struct sockaddr *)&sa, len) < 0 ? -errno : 0;
        umask(mask);
    }
    if (r == 0 && endpoint->path)
        r = note_file(endpoint, ret);
    if (r == 0 && listen(fd, BACKLOG) < 0)
        r = -errno;
    if (r == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return err_set_errno(err, ERR_INPUT, -r, "cannot listen at %s", endpoint->text);
}

bool dnstap_socket_admits(int fd, unsigned mode)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    if (mode & 0077)
        return true;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

void dnstap_socket_remove(const struct dnstap_listener *listener)
{
    struct stat there;

    if (listener->made && lstat(listener->endpoint->path, &there) == 0 && there.st_dev == listener->device &&
        there.st_ino == listener->inode)
        (void)unlink(listener->endpoint->path);
}

int dnstap_socket_connect(const struct dnstap_endpoint *endpoint)
{
    struct sockaddr_storage sa;
    socklen_t len = sockaddr_of(endpoint, &sa);
    int fd = new_socket(endpoint), r;

    if (fd < 0 || connect(fd, (struct sockaddr *)&sa, len) == 0 || errno == EINPROGRESS)
        return fd;
    r = -errno;
    close(fd);
    return r;
}
