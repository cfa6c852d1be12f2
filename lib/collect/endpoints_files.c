/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "endpoints_files.h"
#include <errno.h>
#include <k8sdns/base/file.h>
#include <k8sdns/wire/capture/pasted_text.h>
#include <k8sdns/wire/cluster/kube_objects.h>
#include <k8sdns/wire/cluster/kube_shrink.h>
#include <string.h>

/* kubectl's JSON as it is written needs nothing taken off, and most of it nobody reads. */
static int read_one(struct survey *survey, const char *path, const char **ret_bytes, size_t *ret_len)
{
    char *heap;
    size_t len, shrunk;
    int r = file_take_text(path, KUBE_JSON_MAX, &heap, &len, &survey->err);

    if (r < 0)
        return r;
    shrunk = kube_shrink(heap, len);
    heap = file_fit(heap, shrunk);
    arena_own(survey->arena, heap);
    *ret_len = shrunk;
    *ret_bytes = shrunk < len ? heap : pasted_text_read(survey->arena, heap, len, ret_len);
    return 0;
}

int endpoints_files_read(struct survey *survey, const char *paths, const char **ret_bytes, size_t *ret_len)
{
    const char *all = NULL;
    size_t all_len = 0;

    for (const char *at = paths; *at;) {
        size_t name = strcspn(at, ","), len;
        const char *bytes;
        char *both;
        int r = read_one(survey, arena_text_n(survey->arena, at, name), &bytes, &len);

        if (r < 0)
            return r;
        at += name + (at[name] == ',');
        if (!all) {
            all = bytes;
            all_len = len;
            continue;
        }
        both = arena_alloc(survey->arena, all_len + len + 6);
        memcpy(both, all, all_len);
        memcpy(both + all_len, "\n---\n", 5);
        memcpy(both + all_len + 5, bytes, len);
        both[all_len + 5 + len] = '\0';
        all = both;
        all_len += len + 5;
    }
    *ret_bytes = all;
    *ret_len = all_len;
    return all ? 0 : err_set(&survey->err, ERR_USAGE, EINVAL, "--endpoints names no file");
}
