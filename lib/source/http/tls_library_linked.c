/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OpenSSL where it is part of the program (the single file); tls_library.c loads it elsewhere. */
#include "cold_code.h"
#include "tls_library.h"

/* Of a program that carries all its libraries: OpenSSL is in it, though perhaps folded. */
const struct tls_library *tls_library_load(struct err *err)
{
    static const struct tls_library library = {
#define TLS_ROW(name) .name = (name),
        TLS_FUNCTIONS(TLS_ROW)
#undef TLS_ROW
    };

    return cold_code_unfold(err) < 0 ? NULL : &library;
}
