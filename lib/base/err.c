/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <k8sdns/base/err.h>
#include <k8sdns/base/escape.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

PRINTF_LIKE(4, 0)
static int set(struct err *err, enum err_kind kind, int errno_code, const char *fmt, va_list ap)
{
    char raw[ERR_TEXT_MAX];

    if (errno_code <= 0)
        errno_code = EINVAL;
    if (!err)
        return -errno_code;
    /* No fault of the file: this process may open no more. */
    if (kind == ERR_INPUT && (errno_code == EMFILE || errno_code == ENFILE || errno_code == ENOMEM))
        kind = ERR_UNOBSERVED;
    vsnprintf(raw, sizeof(raw), fmt, ap);
    /* Messages quote names and lines that came from files and the network. */
    escape_line(err->text, sizeof(err->text), raw, strlen(raw));
    err->kind = kind;
    return -errno_code;
}

int err_set(struct err *err, enum err_kind kind, int errno_code, const char *fmt, ...)
{
    va_list ap;
    int r;

    va_start(ap, fmt);
    r = set(err, kind, errno_code, fmt, ap);
    va_end(ap);
    return r;
}

int err_set_errno(struct err *err, enum err_kind kind, int errno_code, const char *fmt, ...)
{
    va_list ap;
    size_t n;
    int r;

    va_start(ap, fmt);
    r = set(err, kind, errno_code, fmt, ap);
    va_end(ap);
    if (err) {
        n = strlen(err->text);
        snprintf(err->text + n, sizeof(err->text) - n, ": %s", strerror(-r));
    }
    return r;
}

int err_prefix(struct err *err, int result, const char *fmt, ...)
{
    char raw[ERR_TEXT_MAX / 2], head[ERR_TEXT_MAX / 2], tail[ERR_TEXT_MAX];
    va_list ap;

    if (!err)
        return result;
    va_start(ap, fmt);
    vsnprintf(raw, sizeof(raw), fmt, ap);
    va_end(ap);
    escape_line(head, sizeof(head), raw, strlen(raw));
    memcpy(tail, err->text, sizeof(tail));
    if (snprintf(err->text, sizeof(err->text), "%s: %s", head, tail) < 0)
        err->text[0] = '\0';
    return result;
}

void err_out_of_memory(void)
{
    fprintf(stderr, "k8sdns: out of memory\n");
    _exit(ERR_INTERNAL);
}
