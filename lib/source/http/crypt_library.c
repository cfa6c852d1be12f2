/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "crypt_library.h"
#include <k8sdns/base/library.h>
#include <stdbool.h>

#define LIBRARY "libcrypt.so.1"

static const struct library_function functions[] = {{"crypt", offsetof(struct crypt_library, crypt)}};

const struct crypt_library *crypt_library_load(struct err *err)
{
    static struct crypt_library library;
    static bool loaded;

    loaded =
        loaded || library_load(LIBRARY, functions, 1, &library, "passwords of users (" LIBRARY ")", err) == 0;
    return loaded ? &library : NULL;
}
