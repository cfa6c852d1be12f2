/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_library.h"
#include <k8sdns/base/library.h>
#include <stdbool.h>

/* It brings libssl and libcrypto along, in which the other names are then found. */
#define LIBRARY "libevent_openssl-2.1.so.7"

static const struct library_function functions[] = {
#define TLS_ROW(name) {#name, offsetof(struct tls_library, name)},
    TLS_FUNCTIONS(TLS_ROW)
#undef TLS_ROW
};

const struct tls_library *tls_library_load(struct err *err)
{
    static struct tls_library library;
    static bool loaded;

    loaded = loaded || library_load(LIBRARY, functions, sizeof(functions) / sizeof(functions[0]), &library,
                                    "TLS (" LIBRARY ")", err) == 0;
    return loaded ? &library : NULL;
}
