/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/source/bpf_ground.h>

const bool bpf_built_in = false;

int bpf_ground_check(bool uprobes, struct err *err)
{
    (void)uprobes;
    return err_set(err, ERR_UNOBSERVED, ENOSYS,
                   "this k8sdns was built without programs for the kernel; build it where clang, bpftool and "
                   "libbpf are installed (meson setup -Dbpf=enabled)");
}
