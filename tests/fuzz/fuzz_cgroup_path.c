/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fuzz.h"
#include <k8sdns/wire/node/cgroup_path.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena *arena = arena_new();
    struct cgroup_identity identity = cgroup_path_read(arena, (const char *)bytes, len);

    if ((identity.container && strlen(identity.container) != 64) ||
        (identity.pod_uid && strlen(identity.pod_uid) != 36 && strlen(identity.pod_uid) != 32))
        abort();
    /* What stands behind a NUL is the mounts. */
    size_t groups = strnlen((const char *)bytes, len), from = groups < len ? groups + 1 : len;
    struct text_list folders =
        cgroup_unified_folders(arena, (const char *)bytes, groups, (const char *)bytes + from, len - from);
    for (size_t i = 0; i < folders.count; i++)
        if (strstr(folders.items[i], "/..") && !memmem(bytes + from, len - from, "/..", 3))
            abort();
    arena_free(arena);
    return 0;
}
