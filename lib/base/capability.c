/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct capability_data {
    struct __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3];
};

static int read_own(struct __user_cap_header_struct *header, struct capability_data *ret)
{
    /* valgrind knows of the first word only that the kernel writes. */
    *ret = (struct capability_data){0};
    *header = (struct __user_cap_header_struct){.version = _LINUX_CAPABILITY_VERSION_3};
    return syscall(SYS_capget, header, ret->words) < 0 ? -errno : 0;
}

bool capability_has(int capability)
{
    struct __user_cap_header_struct header;
    struct capability_data data;

    return read_own(&header, &data) == 0 &&
           (data.words[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability)) != 0;
}

int capability_lower(uint64_t effective)
{
    struct __user_cap_header_struct header;
    struct capability_data data;
    int r = read_own(&header, &data);

    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3 && r == 0; i++)
        data.words[i].effective = data.words[i].permitted & (uint32_t)(effective >> (32 * i));
    return r < 0 ? r : syscall(SYS_capset, &header, data.words) < 0 ? -errno : 0;
}

int capability_keep(uint64_t kept)
{
    struct __user_cap_header_struct header;
    struct capability_data data;
    uint32_t had = 0;
    int r = read_own(&header, &data);

    if (r < 0)
        return r;
    if ((kept & CAPABILITY(CAP_BPF)) && prctl(PR_CAPBSET_READ, CAP_BPF) < 0)
        kept |= CAPABILITY(CAP_SYS_ADMIN);
    for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        had |= data.words[i].permitted;
        data.words[i].permitted &= (uint32_t)(kept >> (32 * i));
        data.words[i].effective &= data.words[i].permitted;
        data.words[i].inheritable = 0;
    }
    if (!had)
        return 0;
    if (syscall(SYS_capset, &header, data.words) < 0)
        return -errno;
    /* Else a program that root starts would have them all again. */
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}
