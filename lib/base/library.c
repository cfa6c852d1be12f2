/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dlfcn.h>
#include <errno.h>
#include <k8sdns/base/library.h>
#include <string.h>

int library_load(const char *name, const struct library_function *functions, size_t count,
                 void *ret_functions, const char *purpose, struct err *err)
{
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return err_set(err, ERR_UNOBSERVED, ENOENT, "this image has no library for %s", purpose);
    for (size_t i = 0; i < count; i++) {
        void *function = dlsym(handle, functions[i].name);

        if (!function) {
            dlclose(handle);
            return err_set(err, ERR_UNOBSERVED, ENOSYS, "%s lacks %s", name, functions[i].name);
        }
        memcpy((char *)ret_functions + functions[i].offset, &function, sizeof(function));
    }
    return 0;
}
