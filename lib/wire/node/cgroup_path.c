/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <k8sdns/base/line.h>
#include <k8sdns/wire/node/cgroup_path.h>
#include <stdbool.h>
#include <string.h>

enum {
    UID_LEN = 36, /* 8-4-4-4-12 hexadecimal digits */
    /* A static Pod's UID is the hash of its file. */
    HASH_LEN = 32,
    ID_LEN = 64,
};

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static size_t hex_run(const char *at, size_t len)
{
    size_t i = 0;

    while (i < len && is_hex(at[i]))
        i++;
    return i;
}

static bool is_uid(const char *at, size_t len)
{
    if (len < UID_LEN)
        return false;
    for (size_t i = 0; i < UID_LEN; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? at[i] != '-' && at[i] != '_' : !is_hex(at[i]))
            return false;
    }
    return true;
}

/* Behind a "pod" that begins a word. */
static const char *find_uid(struct arena *arena, const char *path, size_t len)
{
    static const char word[] = "pod";
    size_t skip = strlen(word);

    for (size_t i = 1; i + skip < len; i++) {
        const char *at = path + i + skip;
        size_t left = len - i - skip;

        if (memcmp(path + i, word, skip) != 0 || (path[i - 1] != '/' && path[i - 1] != '-'))
            continue;
        if (is_uid(at, left)) {
            char *uid = arena_text_n(arena, at, UID_LEN);

            for (char *c = uid; *c; c++)
                *c = *c == '_' ? '-' : *c;
            return uid;
        }
        if (hex_run(at, left) == HASH_LEN)
            return arena_text_n(arena, at, HASH_LEN);
    }
    return NULL;
}

/* The last one: where containers hold containers, the inner. */
static const char *find_container(struct arena *arena, const char *path, size_t len)
{
    const char *found = NULL;

    for (size_t i = 0; i < len;) {
        size_t run = hex_run(path + i, len - i);

        if (run == ID_LEN)
            found = path + i;
        i += run + 1;
    }
    return found ? arena_text_n(arena, found, ID_LEN) : NULL;
}

struct cgroup_identity cgroup_path_read(struct arena *arena, const char *bytes, size_t len)
{
    struct line_cursor cursor = {.bytes = bytes, .len = len};
    struct cgroup_identity identity = {0};
    struct line line;

    while (!identity.container && line_cursor_next(&cursor, &line)) {
        const char *path = memchr(line.text, '/', line.len);
        size_t path_len = path ? line.len - (size_t)(path - line.text) : 0;

        if (!path)
            continue;
        identity.container = find_container(arena, path, path_len);
        if (!identity.pod_uid)
            identity.pod_uid = find_uid(arena, path, path_len);
    }
    return identity;
}

/* The path of version 2 ("0::path"); NULL: there is none, or it leads out of the namespace of control groups.
 */
static const char *unified_path(struct arena *arena, const char *groups, size_t len)
{
    struct line_cursor cursor = {.bytes = groups, .len = len};
    static const char begin[] = "0::/";
    struct line line;

    while (line_cursor_next(&cursor, &line)) {
        const char *path;

        if (line.len < strlen(begin) || memcmp(line.text, begin, strlen(begin)) != 0)
            continue;
        path = arena_text_n(arena, line.text + strlen("0::"), line.len - strlen("0::"));
        return strstr(path, "/..") ? NULL : path;
    }
    return NULL;
}

/* What of `path` lies under `root`, which a mount shows; NULL: nothing. */
static const char *below(const char *path, const char *root)
{
    size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

    if (strncmp(path, root, len) != 0 || (path[len] != '/' && path[len]))
        return NULL;
    return strcmp(path + len, "/") == 0 ? "" : path + len;
}

/* "29 25 0:26 ROOT POINT options [optional...] - cgroup2 source options" */
static bool read_mount(struct arena *arena, const struct line *line, const char **ret_root,
                       const char **ret_point)
{
    char *text = arena_text_n(arena, line->text, line->len), *rest;
    const char *words[5] = {0};

    if (!strstr(text, " - cgroup2 "))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        words[i] = strtok_r(i ? NULL : text, " ", &rest);
    *ret_root = words[3];
    *ret_point = words[4];
    return words[4] != NULL;
}

struct text_list cgroup_unified_folders(struct arena *arena, const char *groups, size_t groups_len,
                                        const char *mounts, size_t mounts_len)
{
    struct line_cursor cursor = {.bytes = mounts, .len = mounts_len};
    const char *path = unified_path(arena, groups, groups_len);
    struct text_list folders = {0};
    struct line line;

    while (path && line_cursor_next(&cursor, &line)) {
        const char *root, *point, *rest;

        if (!read_mount(arena, &line, &root, &point))
            continue;
        rest = below(path, root);
        if (rest)
            *ARENA_PUSH(arena, folders.items, folders.count) = arena_printf(arena, "%s%s", point, rest);
    }
    return folders;
}
