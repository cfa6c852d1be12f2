/* SPDX-License-Identifier: GPL-2.0-or-later */
#define BPF_LIBRARY_PLAIN_NAMES
#include "bpf_library.h"
#include <k8sdns/base/library.h>
#include <k8sdns/source/kernel/kernel_refusal.h>
#include <stdbool.h>

#define LIBRARY "libbpf.so.1"

struct bpf_library bpf_library;

static const struct library_function functions[] = {
#define BPF_ROW(name) {#name, offsetof(struct bpf_library, name)},
    BPF_FUNCTIONS(BPF_ROW)
#undef BPF_ROW
};

/* Nothing is printed; what went wrong is kept for -v. */
static PRINTF_LIKE(2, 0) int keep_last_lines(enum libbpf_print_level level, const char *fmt, va_list args)
{
    if (level == LIBBPF_WARN)
        kernel_refusal_take(fmt, args);
    return 0;
}

int bpf_library_load(struct err *err)
{
    static bool loaded;
    int r;

    if (loaded)
        return 0;
    r = library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), &bpf_library,
                     "programs in the kernel (" LIBRARY "); install libbpf 1.0 or later", err);
    if (r < 0)
        return r;
    bpf_library.libbpf_set_print(keep_last_lines);
    loaded = true;
    return 0;
}
