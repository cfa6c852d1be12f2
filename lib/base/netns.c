/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/netns.h>
#include <sched.h>
#include <unistd.h>

int netns_enter(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;

    if (fd < 0 && (errno == EACCES || errno == EPERM))
        return err_set(err, ERR_UNOBSERVED, errno,
                       "no permission to open the network namespace %s; run as root or as the same user",
                       path);
    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot open the network namespace %s", path);
    if (setns(fd, CLONE_NEWNET) < 0) {
        if (errno == EPERM)
            r = err_set(
                err, ERR_UNOBSERVED, errno,
                "no permission to enter the network namespace %s; it takes CAP_SYS_ADMIN, as root has", path);
        else if (errno == EINVAL)
            r = err_set(err, ERR_INPUT, errno, "%s is no network namespace", path);
        else
            r = err_set_errno(err, ERR_INPUT, errno, "cannot enter the network namespace %s", path);
    }
    close(fd);
    return r;
}
