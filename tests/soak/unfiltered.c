/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded: the program asks in vain to gain nothing by exec, and so leaves itself all system calls.
 * valgrind makes code of its own in the program's process, which the filter would refuse.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int prctl(int option, ...)
{
    unsigned long values[4];
    va_list list;

    if (option == PR_SET_NO_NEW_PRIVS) {
        errno = EINVAL;
        return -1;
    }
    va_start(list, option);
    for (size_t i = 0; i < 4; i++)
        values[i] = va_arg(list, unsigned long);
    va_end(list);
    return (int)syscall(SYS_prctl, option, values[0], values[1], values[2], values[3]);
}
