/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/clock.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/utf16.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the command line, so never many. */
#define EARLY_MAX 256

static struct {
    const char *path;
    int fd;
} early[EARLY_MAX];
static size_t early_count;

void file_open_early(const char *path)
{
    int fd = early_count < EARLY_MAX ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : -1;

    if (fd < 0)
        return;
    early[early_count].path = strdup(path);
    if (!early[early_count].path)
        err_out_of_memory();
    early[early_count++].fd = fd;
}

int file_open(const char *path)
{
    int fd;

    for (size_t i = 0; i < early_count; i++)
        if (early[i].fd >= 0 && strcmp(early[i].path, path) == 0) {
            fd = early[i].fd;
            early[i].fd = -1;
            return fd;
        }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    return fd < 0 ? -errno : fd;
}

static uint64_t deadline_ns;
static bool deadline_has_cut;

void file_deadline_set(uint64_t ns)
{
    deadline_ns = ns;
    deadline_has_cut = false;
}

bool file_deadline_has_cut(void)
{
    return deadline_has_cut;
}

bool file_deadline_is_over(void)
{
    if (!deadline_ns || clock_monotonic_ns() < deadline_ns)
        return false;
    deadline_has_cut = true;
    return true;
}

/* Whether it can keep whoever reads it waiting. */
static bool can_wait(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
}

ssize_t file_read_some(int fd, void *bytes, size_t size)
{
    bool bounded = deadline_ns && can_wait(fd);

    for (;;) {
        struct pollfd wait = {fd, POLLIN, 0};
        ssize_t n;

        if (bounded && file_deadline_is_over())
            return 0;
        /* A look at the clock now and then. */
        if (bounded && poll(&wait, 1, 50) <= 0)
            continue;
        n = read(fd, bytes, size);
        /* Whoever shares it may have made it non-blocking. */
        if (n < 0 && errno == EAGAIN && poll(&wait, 1, 100) >= 0)
            continue;
        if (n >= 0 || errno != EINTR)
            return n;
    }
}

/* Grow by doubling on the heap: an arena would keep every earlier, smaller copy. */
static int read_all(int fd, size_t max, char **ret_bytes, size_t *ret_len)
{
    size_t len = 0, room = 4096;
    char *bytes = malloc(room), *grown;
    ssize_t n;

    if (!bytes)
        return -ENOMEM;
    for (;;) {
        n = file_read_some(fd, bytes + len, room - len);
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

const char *file_shown(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* Into memory of its own, with room for a NUL and no more. */
static int take_file(const char *path, size_t max, char **ret_bytes, size_t *ret_len, struct err *err)
{
    int fd = STDIN_FILENO, r;
    size_t len = 0;
    char *bytes = NULL;

    if (strcmp(path, "-") != 0)
        fd = file_open(path);
    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, -fd, "cannot open %s", path);
    path = file_shown(path);
    r = read_all(fd, max, &bytes, &len);
    if (fd != STDIN_FILENO)
        close(fd);
    if (r == -EFBIG)
        return err_set(err, ERR_FORMAT, EFBIG, "%s is larger than %zu bytes, the most that is read", path,
                       max);
    if (r < 0)
        return err_set_errno(err, ERR_INPUT, -r, "cannot read %s", path);
    *ret_bytes = file_fit(bytes, len);
    *ret_len = len;
    return 0;
}

char *file_fit(char *heap, size_t len)
{
    char *fitting = realloc(heap, len + 1);

    if (!fitting)
        err_out_of_memory();
    fitting[len] = '\0';
    return fitting;
}

int file_read(struct arena *arena, const char *path, size_t max, char **ret_bytes, size_t *ret_len,
              struct err *err)
{
    int r = take_file(path, max, ret_bytes, ret_len, err);

    if (r == 0)
        arena_own(arena, *ret_bytes);
    return r;
}

int file_take_text(const char *path, size_t max, char **ret_heap, size_t *ret_len, struct err *err)
{
    struct utf16 utf16;
    char *text;
    int r = take_file(path, max, ret_heap, ret_len, err);

    if (r < 0 || !utf16_begins(*ret_heap, *ret_len, &utf16))
        return r;
    text = malloc(UTF16_ROOM(*ret_len) + 1);
    if (!text)
        err_out_of_memory();
    *ret_len = utf16_take(&utf16, *ret_heap, *ret_len, text);
    free(*ret_heap);
    *ret_heap = file_fit(text, *ret_len);
    return 0;
}

int file_read_text(struct arena *arena, const char *path, size_t max, char **ret_bytes, size_t *ret_len,
                   struct err *err)
{
    int r = file_take_text(path, max, ret_bytes, ret_len, err);

    if (r == 0)
        arena_own(arena, *ret_bytes);
    return r;
}

const char *file_text(struct arena *arena, const char *path, size_t max)
{
    char *bytes;
    size_t len;

    return file_read(arena, path, max, &bytes, &len, NULL) < 0 ? "" : bytes;
}
