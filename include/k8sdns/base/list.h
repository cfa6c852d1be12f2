/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_LIST_H
#define K8SDNS_BASE_LIST_H

#include <k8sdns/base/address.h>
#include <stddef.h>

/* Lists that an option with several values leaves, in arena memory. */
struct text_list {
    const char **items;
    size_t count;
};

struct address_list {
    struct address *items;
    size_t count;
};

#endif
