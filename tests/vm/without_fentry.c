/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Preloaded: this kernel takes programs for fentry and fexit, and does not attach them. */
#include <dlfcn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENOTSUPP 524 /* the kernel's own; Linux include/linux/errno.h */

long syscall(long number, ...)
{
    long (*real)(long, ...);
    void *symbol = dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list list;

    va_start(list, number);
    for (size_t i = 0; i < sizeof(a) / sizeof(a[0]); i++)
        a[i] = va_arg(list, long);
    va_end(list);
    if (number == SYS_bpf && a[0] == BPF_LINK_CREATE) {
        const union bpf_attr *attr = (const union bpf_attr *)a[1];

        if (attr->link_create.attach_type == BPF_TRACE_FENTRY ||
            attr->link_create.attach_type == BPF_TRACE_FEXIT) {
            errno = ENOTSUPP;
            return -1;
        }
    }
    memcpy(&real, &symbol, sizeof(real));
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
