/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_SOURCE_CRYPT_LIBRARY_H
#define K8SDNS_SOURCE_CRYPT_LIBRARY_H

#include <k8sdns/base/err.h>

struct crypt_library {
    /* crypt(3): the hash of a password, in static memory; NULL or what begins with '*' is an error. */
    char *(*crypt)(const char *password, const char *setting);
};

/* Return libcrypt, loaded once, or NULL with a message (kind ERR_UNOBSERVED) when there is none here. */
const struct crypt_library *crypt_library_load(struct err *err);

#endif
