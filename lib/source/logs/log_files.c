/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/file.h>
#include <k8sdns/base/utf16.h>
#include <k8sdns/model/logs/log_stream.h>
#include <k8sdns/source/logs/log_files.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one read asks for: large enough that its cost is nothing, small enough for the second cache. */
#define CHUNK   (64U << 10)
#define WAIT_MS 200

struct log_file {
    int fd; /* -1: closed */
    bool regular;
    struct stat opened;
    uint64_t offset;
    char *bytes; /* what is read and not yet taken */
    size_t len, room;
    bool skipping; /* the rest of a line that was cut */
    bool checked;  /* for what compression begins with */
    char *wide;    /* UTF-16 as it comes; NULL for other texts */
    struct utf16 utf16;
};

struct log_reader {
    const struct log_files_options *options;
    struct log_file *files;
    struct log_file_facts *facts;
    int signals;
    bool enough;
    struct arena *arena;
    struct err *err;
};

/* A text in UTF-16 goes on as UTF-8; a piece of it is taken as large as its UTF-8 has room for. */
#define WIDE_CHUNK (CHUNK / 2)

static void widen(struct log_file *f)
{
    char *first = f->bytes;
    size_t len = f->len;

    f->room = UTF16_ROOM(f->room);
    f->bytes = malloc(f->room);
    f->wide = malloc(WIDE_CHUNK);
    if (!f->bytes || !f->wide)
        err_out_of_memory();
    f->len = utf16_take(&f->utf16, first, len, f->bytes);
    free(first);
}

/* What editors put before a text to say that it is UTF-8 is none of its first line. */
static void begin(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];

    if (utf16_begins(f->bytes, f->len, &f->utf16))
        widen(f);
    if (f->len >= 3 && memcmp(f->bytes, "\xef\xbb\xbf", 3) == 0) {
        f->len -= 3;
        memmove(f->bytes, f->bytes + 3, f->len);
    }
    r->facts[i].head_len = f->len < INPUT_KIND_HEAD ? f->len : INPUT_KIND_HEAD;
    r->facts[i].head = arena_text_n(r->arena, f->bytes, r->facts[i].head_len);
}

static int refuse_compressed(const struct log_reader *r, size_t i)
{
    static const char *const magics[] = {"\x1f\x8b", "\x28\xb5\x2f\xfd", "BZh", "\3757zXZ"};
    static const char *const readers[] = {"zcat", "zstdcat", "bzcat", "xzcat"};
    struct log_file *f = &r->files[i];

    f->checked = true;
    for (size_t k = 0; k < sizeof(magics) / sizeof(magics[0]); k++)
        if (f->len >= strlen(magics[k]) && memcmp(f->bytes, magics[k], strlen(magics[k])) == 0)
            return err_set(r->err, ERR_FORMAT, EBADMSG, "%s: it is compressed; %s it into k8sdns logs",
                           r->facts[i].path, readers[k]);
    return 0;
}

/* Hand over the whole lines; what is left moves to the front. */
static int take_lines(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    char *at = f->bytes, *end = f->bytes + f->len, *newline;

    while ((newline = memchr(at, '\n', (size_t)(end - at)))) {
        size_t len = (size_t)(newline - at);
        bool cut = len > LOG_LINE_MAX;
        int ret = f->skipping ? 0 : r->options->line(r->options->user, i, at, cut ? LOG_LINE_MAX : len, cut);

        f->skipping = false;
        at = newline + 1;
        if (ret < 0)
            return ret;
    }
    f->len = (size_t)(end - at);
    if (f->skipping)
        f->len = 0;
    if (f->len && at != f->bytes)
        memmove(f->bytes, at, f->len);
    if (f->len > LOG_LINE_MAX) {
        f->skipping = true;
        f->len = 0;
        return r->options->line(r->options->user, i, f->bytes, LOG_LINE_MAX, true);
    }
    return 0;
}

/* A last line without a newline. */
static int take_rest(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    size_t len = f->skipping ? 0 : f->len;

    f->len = 0;
    f->skipping = false;
    return len ? r->options->line(r->options->user, i, f->bytes, len, false) : 0;
}

static void close_file(struct log_file *f)
{
    if (f->fd > STDIN_FILENO)
        close(f->fd);
    f->fd = -1;
}

static int open_file(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    const char *path = r->options->paths[i];

    f->fd = strcmp(path, "-") == 0 ? STDIN_FILENO : file_open(path);
    if (f->fd < 0) {
        int code = -f->fd;

        f->fd = -1;
        return err_set_errno(r->err, ERR_INPUT, code, "%s", path);
    }
    if (fstat(f->fd, &f->opened) < 0)
        return err_set_errno(r->err, ERR_INPUT, errno, "%s", path);
    if (S_ISDIR(f->opened.st_mode)) {
        close_file(f);
        return err_set_errno(r->err, ERR_INPUT, EISDIR, "%s", path);
    }
    f->regular = S_ISREG(f->opened.st_mode);
    f->offset = 0;
    return 0;
}

static bool wants_end(struct log_reader *r)
{
    struct signalfd_siginfo info;

    if (!r->enough && read(r->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
        r->enough = true;
    return r->enough;
}

/* Wait for something to read on a pipe (-1: none), or for a signal, but not for long. Return whether there
 * is. */
static bool wait_for(struct log_reader *r, int fd)
{
    struct pollfd fds[] = {{r->signals, POLLIN, 0}, {fd, POLLIN, 0}};

    return poll(fds, fd < 0 ? 1 : 2, WAIT_MS) > 0 && fd >= 0 && fds[1].revents;
}

static void make_room(struct log_file *f)
{
    char *larger;

    if (f->room - f->len >= CHUNK)
        return;
    /* At most one line of the longest, and what one read brings. */
    f->room = f->room ? f->room * 2 : 2 * CHUNK;
    larger = realloc(f->bytes, f->room);
    if (!larger)
        err_out_of_memory();
    f->bytes = larger;
}

/* Read once. Return 1 when something came, 0 at the end, or a negative errno. */
static int read_some(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    ssize_t n;
    int ret;

    make_room(f);
    n = f->wide ? read(f->fd, f->wide, WIDE_CHUNK) : read(f->fd, f->bytes + f->len, CHUNK);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 1;
    if (n < 0) {
        r->facts[i].state = LOG_FILE_FAILED;
        r->facts[i].error = strerror(errno);
        return 0;
    }
    f->len += f->wide ? utf16_take(&f->utf16, f->wide, (size_t)n, f->bytes + f->len) : (size_t)n;
    f->offset += (uint64_t)n;
    r->facts[i].bytes += (uint64_t)n;
    if (!f->checked && n)
        begin(r, i);
    ret = f->checked || !n ? 0 : refuse_compressed(r, i);
    if (ret == 0 && n)
        ret = take_lines(r, i);
    if (ret == 0 && r->options->tick)
        ret = r->options->tick(r->options->user);
    return ret < 0 ? ret : n > 0;
}

/* All of one file, or of a pipe until it is closed. */
static int read_whole(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    int ret = 1;

    while (ret > 0 && !wants_end(r)) {
        if (!f->regular && file_deadline_is_over())
            break;
        if (!f->regular && !wait_for(r, f->fd)) {
            ret = r->options->tick ? r->options->tick(r->options->user) : 0;
            ret = ret < 0 ? ret : 1;
            continue;
        }
        ret = read_some(r, i);
    }
    if (ret >= 0)
        ret = take_rest(r, i);
    close_file(f);
    return ret;
}

/* Whether the name of a followed file leads elsewhere by now; if so, go there. */
static int check_name(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    struct stat now;
    int ret;

    if (f->fd >= 0 && fstat(f->fd, &now) == 0 && (uint64_t)now.st_size < f->offset) {
        r->facts[i].truncated++;
        f->offset = 0;
        f->len = 0;
        return lseek(f->fd, 0, SEEK_SET) < 0 ? -errno : 0;
    }
    if (f->fd == STDIN_FILENO)
        return 0;
    if (stat(r->options->paths[i], &now) < 0) {
        if (errno == ENOENT)
            r->facts[i].state = LOG_FILE_VANISHED;
        return 0;
    }
    if (f->fd >= 0 && now.st_ino == f->opened.st_ino && now.st_dev == f->opened.st_dev) {
        r->facts[i].state = LOG_FILE_READ;
        return 0;
    }
    ret = take_rest(r, i);
    close_file(f);
    if (ret < 0)
        return ret;
    /* It may be gone again, or not be readable yet: the next look tells. */
    if (open_file(r, i) < 0) {
        r->facts[i].state = LOG_FILE_VANISHED;
        *r->err = (struct err){0};
        return 0;
    }
    r->facts[i].state = LOG_FILE_READ;
    r->facts[i].rotated++;
    return 0;
}

/* One look at a followed file. Return 1 when there may be more at once, 0 when there is not, or a negative
 * errno. */
static int follow_one(struct log_reader *r, size_t i)
{
    struct log_file *f = &r->files[i];
    int ret = 0;

    if (f->fd >= 0 && !f->regular && !wait_for(r, f->fd))
        return 0;
    if (f->fd >= 0)
        ret = read_some(r, i);
    if (ret != 0)
        return ret;
    if (f->regular)
        return check_name(r, i);
    if (f->fd >= 0) {
        ret = take_rest(r, i);
        close_file(f); /* the end of a pipe is the end */
    }
    return ret;
}

static int follow_all(struct log_reader *r)
{
    int ret = 0;

    while (ret >= 0 && !wants_end(r)) {
        bool more = false, left = false;

        for (size_t i = 0; i < r->options->paths_count && ret >= 0; i++) {
            if (r->files[i].fd < 0 && !r->files[i].regular)
                continue;
            ret = follow_one(r, i);
            more = more || ret > 0;
            left = left || r->files[i].fd >= 0 || r->files[i].regular;
        }
        if (ret < 0 || !left)
            break;
        if (!more && !wants_end(r)) {
            (void)wait_for(r, -1);
            ret = r->options->tick ? r->options->tick(r->options->user) : 0;
        }
    }
    for (size_t i = 0; i < r->options->paths_count; i++) {
        if (ret >= 0)
            ret = take_rest(r, i);
        close_file(&r->files[i]);
    }
    return ret;
}

static int open_signals(sigset_t *ret_before)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, ret_before);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

int log_files_read(struct arena *arena, const struct log_files_options *options,
                   struct log_file_facts **ret_files, struct err *err)
{
    struct log_reader r = {.options = options, .arena = arena, .err = err};
    sigset_t before;
    int ret = 0;

    r.files = arena_array(arena, options->paths_count + 1, sizeof(*r.files));
    r.facts = arena_array(arena, options->paths_count + 1, sizeof(*r.facts));
    *ret_files = r.facts;
    for (size_t i = 0; i < options->paths_count; i++) {
        r.files[i].fd = -1;
        r.facts[i].path = options->paths[i];
    }
    if (options->paths_count > LOG_FILES_MAX)
        return err_set(err, ERR_USAGE, E2BIG, "more than %d files", LOG_FILES_MAX);
    for (size_t i = 0; i < options->paths_count && ret == 0; i++)
        ret = open_file(&r, i);
    r.signals = open_signals(&before);
    if (ret == 0 && options->follow)
        ret = follow_all(&r);
    for (size_t i = 0; i < options->paths_count; i++) {
        if (ret == 0 && !options->follow)
            ret = read_whole(&r, i);
        close_file(&r.files[i]);
        free(r.files[i].bytes);
        free(r.files[i].wide);
    }
    if (r.signals >= 0)
        close(r.signals);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return ret < 0 ? ret : 0;
}
