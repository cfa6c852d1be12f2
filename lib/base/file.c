/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/file.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Grow by doubling on the heap: an arena would keep every earlier, smaller copy. */
static int read_all(int fd, size_t max, char **ret_bytes, size_t *ret_len)
{
    size_t len = 0, room = 4096;
    char *bytes = malloc(room), *grown;
    ssize_t n;

    if (!bytes)
        return -ENOMEM;
    for (;;) {
        n = read(fd, bytes + len, room - len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        len += (size_t)n;
        if (len > max) {
            free(bytes);
            return -EFBIG;
        }
        if (len == room) {
            room *= 2;
            grown = realloc(bytes, room);
            if (!grown) {
                free(bytes);
                return -ENOMEM;
            }
            bytes = grown;
        }
    }
    if (n < 0) {
        n = -errno;
        free(bytes);
        return (int)n;
    }
    *ret_bytes = bytes;
    *ret_len = len;
    return 0;
}

int file_read(struct arena *arena, const char *path, size_t max, char **ret_bytes, size_t *ret_len,
              struct err *err)
{
    int fd = STDIN_FILENO, r;
    size_t len = 0;
    char *bytes = NULL;

    if (strcmp(path, "-") != 0) {
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            return err_set_errno(err, ERR_INPUT, errno, "cannot open %s", path);
    } else {
        path = "standard input";
    }
    r = read_all(fd, max, &bytes, &len);
    if (fd != STDIN_FILENO)
        close(fd);
    if (r == -EFBIG)
        return err_set(err, ERR_FORMAT, EFBIG, "%s is larger than %zu bytes, the most that is read", path,
                       max);
    if (r < 0)
        return err_set_errno(err, ERR_INPUT, -r, "cannot read %s", path);
    *ret_bytes = arena_text_n(arena, bytes, len);
    *ret_len = len;
    free(bytes);
    return 0;
}

const char *file_text(struct arena *arena, const char *path, size_t max)
{
    char *bytes;
    size_t len;

    return file_read(arena, path, max, &bytes, &len, NULL) < 0 ? "" : bytes;
}
