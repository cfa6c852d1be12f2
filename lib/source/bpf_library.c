/* SPDX-License-Identifier: GPL-2.0-or-later */
#define BPF_LIBRARY_PLAIN_NAMES
#include "bpf_library.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libbpf.so.1"

struct bpf_library bpf_library;

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define BPF_ROW(name) {#name, offsetof(struct bpf_library, name)},
    BPF_FUNCTIONS(BPF_ROW)
#undef BPF_ROW
};

/* What it has to say goes into our own messages. */
static int keep_quiet(enum libbpf_print_level level, const char *fmt, va_list args)
{
    (void)level;
    (void)fmt;
    (void)args;
    return 0;
}

int bpf_library_load(struct err *err)
{
    static bool loaded;
    void *handle, *function;

    if (loaded)
        return 0;
    handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return err_set(
            err, ERR_UNOBSERVED, ENOENT,
            "this image has no library for programs in the kernel (%s); install libbpf 1.0 or later",
            LIBRARY);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        function = dlsym(handle, functions[i].name);
        if (!function) {
            dlclose(handle);
            return err_set(err, ERR_UNOBSERVED, ENOSYS, "%s lacks %s", LIBRARY, functions[i].name);
        }
        memcpy((char *)&bpf_library + functions[i].offset, &function, sizeof(function));
    }
    bpf_library.libbpf_set_print(keep_quiet);
    loaded = true;
    return 0;
}
