/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "curses_library.h"
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

/* It brings libtinfo along, in which the other names are then found. */
#define LIBRARY "libncursesw.so.6"

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
#define CURSES_ROW(name) {#name, offsetof(struct curses_library, name)},
    CURSES_FUNCTIONS(CURSES_ROW)
#undef CURSES_ROW
};

const struct curses_library *curses_library_load(struct err *err)
{
    static struct curses_library library;
    static bool loaded;
    void *handle, *function;

    if (loaded)
        return &library;
    handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        (void)!err_set(err, ERR_UNOBSERVED, ENOENT,
                       "this image has no library for screens (%s); top --batch prints the same as text",
                       LIBRARY);
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
