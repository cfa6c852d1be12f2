/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/own_limits.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

static void open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        int got;

        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* The wrong way round: whoever reads or writes there is told that it is closed (EBADF). */
        got = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        if (got < 0)
            got = open("/", O_PATH | O_DIRECTORY);
        if (got >= 0 && got != fd) {
            (void)!dup2(got, fd);
            close(got);
        }
    }
}

void own_limits_begin(void)
{
    struct rlimit limit;

    open_standard();
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

size_t own_limits_descriptors(size_t most)
{
    struct pollfd some[256];
    struct rlimit limit;
    size_t found = 0, count;

    if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return most;
    /* poll(2) says of many at once which are none. */
    for (rlim_t fd = 0; fd < limit.rlim_cur && found < most; fd += count) {
        count = limit.rlim_cur - fd < 256 ? limit.rlim_cur - fd : 256;
        for (size_t i = 0; i < count; i++)
            some[i] = (struct pollfd){.fd = (int)(fd + i)};
        if (poll(some, count, 0) < 0)
            return most;
        for (size_t i = 0; i < count; i++)
            found += (some[i].revents & POLLNVAL) != 0;
    }
    return found < most ? found : most;
}

int own_limits_take(size_t descriptors, const char *what, struct err *err)
{
    size_t left = own_limits_descriptors(descriptors);

    if (left >= descriptors)
        return 0;
    return err_set(err, ERR_UNOBSERVED, EMFILE,
                   "%s takes %zu file descriptors and this process may open %zu more; allow more with "
                   "ulimit -n",
                   what, descriptors, left);
}

bool own_limits_are_met(int errno_code)
{
    switch (errno_code) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EAGAIN:     /* of a send without a source port, or with a full buffer */
    case EADDRINUSE: /* of a bind to port 0 */
        return true;
    default:
        return false;
    }
}
