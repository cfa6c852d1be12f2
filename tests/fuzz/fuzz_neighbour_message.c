/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/node/neighbour_message.h>
#include <stdlib.h>
#include <string.h>

/* A table that is read has a name, which ends. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct neighbour_table table;

    if (neighbour_table_read(bytes, len, &table) == 0 &&
        (!table.name[0] || !memchr(table.name, 0, sizeof(table.name))))
        abort();
    return 0;
}
