/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/resolver/hosts_file.h>
#include <stdlib.h>

/* No line gives two addresses, and both files are read to their ends. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct nsswitch_hosts hosts;
    const char **addresses;
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += bytes[i] == '\n';
    if (hosts_file_find(arena, (const char *)bytes, len, "web", true, &addresses) > lines)
        abort();
    nsswitch_hosts_read((const char *)bytes, len, &hosts);
    if (hosts.dns_first && !hosts.dns)
        abort();
    arena_free(arena);
    return 0;
}
