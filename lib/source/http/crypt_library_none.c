/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A static program can load nothing, and carries none: few need passwords there. */
#include "crypt_library.h"
#include <errno.h>
#include <stddef.h>

const struct crypt_library *crypt_library_load(struct err *err)
{
    (void)!err_set(
        err, ERR_UNOBSERVED, ENOENT,
        "the single file checks no passwords; use an image with libraries, or client certificates");
    return NULL;
}
