/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spans out of files: bodies that were posted to Zipkin, and Jaeger's export. */
#include <errno.h>
#include <fcntl.h>
#include <k8sdns/base/file.h>
#include <k8sdns/source/spans/span_receiver.h>
#include <k8sdns/wire/capture/input_kind.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At a time; a span fits in with room to spare. */
#define CHUNK (4U * ZIPKIN_SPAN_MAX)

static void take(void *user, const struct zipkin_span *span)
{
    span_record_add(user, span, 0);
}

static int read_all(int fd, struct zipkin_reader *reader, char *buffer, struct err *err)
{
    size_t held = 0, used;
    bool first = true;
    ssize_t n;
    int r = 0;

    do {
        n = file_read_some(fd, buffer + held, CHUNK - held);
        if (n < 0)
            return err_set_errno(err, ERR_INPUT, errno, "cannot be read");
        held += (size_t)n;
        /* What is no JSON of Zipkin or Jaeger is named before any of it is taken for spans. */
        if (first && held && input_kind_tell(buffer, held) != INPUT_OTLP &&
            input_kind_refuse(buffer, held, INPUT_ZIPKIN, "it", "spans in JSON of Zipkin, Jaeger or OTLP",
                              err) < 0)
            return -EBADMSG;
        first = false;
        r = zipkin_reader_feed(reader, buffer, held, n == 0, &used, err);
        /* One that was left open is not whole, and what came of it is taken. */
        if (r < 0 && n == 0 && file_deadline_has_cut())
            return 0;
        if (r < 0)
            return r;
        memmove(buffer, buffer + used, held - used);
        held -= used;
    } while (n > 0);
    if (!reader->began)
        return err_set(err, ERR_FORMAT, EBADMSG, "it is empty");
    return 0;
}

int span_file_read(const char *path, struct span_record *record, uint64_t *malformed, struct err *err)
{
    bool input = strcmp(path, "-") == 0;
    int fd = input ? STDIN_FILENO : file_open(path);
    struct zipkin_reader *reader;
    char *buffer;
    int r;

    if (fd < 0)
        return err_set_errno(err, ERR_INPUT, -fd, "cannot open %s", path);
    reader = malloc(sizeof(*reader));
    buffer = malloc(CHUNK);
    if (!reader || !buffer) {
        r = err_set(err, ERR_INTERNAL, ENOMEM, "out of memory");
    } else {
        zipkin_reader_init(reader, take, record);
        r = read_all(fd, reader, buffer, err);
        *malformed += reader->malformed;
        if (r < 0)
            r = err_prefix(err, r, "%s", file_shown(path));
    }
    free(reader);
    free(buffer);
    if (!input)
        close(fd);
    return r;
}
