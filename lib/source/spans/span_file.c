/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/source/span_receiver.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At a time; a span fits in with room to spare. */
#define CHUNK (4U * ZIPKIN_SPAN_MAX)

static void take(void *user, const struct zipkin_span *span)
{
    trace_record_add(user, span, 0);
}

static ssize_t fill(int fd, char *to, size_t size)
{
    ssize_t n;

    do
        n = read(fd, to, size);
    while (n < 0 && errno == EINTR);
    return n;
}

static int read_all(int fd, struct zipkin_reader *reader, char *buffer, struct err *err)
{
    size_t held = 0, used;
    ssize_t n;
    int r = 0;

    do {
        n = fill(fd, buffer + held, CHUNK - held);
        if (n < 0)
            return err_set_errno(err, ERR_INPUT, errno, "cannot be read");
        held += (size_t)n;
        r = zipkin_reader_feed(reader, buffer, held, n == 0, &used, err);
        if (r < 0)
            return r;
        memmove(buffer, buffer + used, held - used);
        held -= used;
    } while (n > 0);
    if (!reader->began)
        return err_set(err, ERR_FORMAT, EBADMSG, "it is empty");
    return 0;
}

int span_file_read(const char *path, struct trace_record *record, uint64_t *malformed, struct err *err)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    struct zipkin_reader *reader;
    char *buffer;
    int r;

    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, errno, "cannot open %s", path);
    reader = malloc(sizeof(*reader));
    buffer = malloc(CHUNK);
    if (!reader || !buffer) {
        r = err_set(err, ERR_INTERNAL, ENOMEM, "out of memory");
    } else {
        zipkin_reader_init(reader, take, record);
        r = read_all(fd, reader, buffer, err);
        *malformed += reader->malformed;
        if (r < 0)
            r = err_prefix(err, r, "%s", input ? "standard input" : path);
    }
    free(reader);
    free(buffer);
    if (!input)
        close(fd);
    return r;
}
