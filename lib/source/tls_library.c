/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_library.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

/* It brings libssl and libcrypto along, in which the other names are then found. */
#define LIBRARY "libevent_openssl-2.1.so.7"

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define TLS_ROW(name) {#name, offsetof(struct tls_library, name)},
    TLS_FUNCTIONS(TLS_ROW)
#undef TLS_ROW
};

const struct tls_library *tls_library_load(struct err *err)
{
    static struct tls_library library;
    static bool loaded;
    void *handle, *function;

    if (loaded)
        return &library;
    handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        (void)!err_set(err, ERR_UNOBSERVED, ENOENT, "this image has no library for TLS (%s)", LIBRARY);
        return NULL;
    }
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        function = dlsym(handle, functions[i].name);
        if (!function) {
            (void)!err_set(err, ERR_UNOBSERVED, ENOSYS, "%s lacks %s", LIBRARY, functions[i].name);
            dlclose(handle);
            return NULL;
        }
        memcpy((char *)&library + functions[i].offset, &function, sizeof(function));
    }
    loaded = true;
    return &library;
}
