/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stands for bpf_support.c in a build without programs for the kernel. */
#include <errno.h>
#include <k8sdns/source/kernel/bpf_support.h>

const bool bpf_built_in = false;

int bpf_support_check(bool uprobes, struct err *err)
{
    (void)uprobes;
    return err_set(err, ERR_UNOBSERVED, ENOSYS,
                   "this k8sdns was built without programs for the kernel; build it where clang, bpftool and "
                   "libbpf are installed (meson setup -Dbpf=enabled)");
}
