/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_BASE_ERR_H
#define K8SDNS_BASE_ERR_H

/*
 * What went wrong, in the user's words.
 *
 * The lowest layer that knows the words (a file's name, a line, an address) fills a struct err; the layers
 * above only prefix it, so that a message reads from the outside in:
 *
 *     probe 10.96.0.10: bind to port 40000: Address already in use
 */

#define ERR_TEXT_MAX 512

#define MUST_USE           __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, va) __attribute__((format(printf, f, va)))

/* The kinds are the exit statuses they lead to (sysexits.h; 3 is "unknown" of the Monitoring Plugins). */
enum err_kind {
    ERR_NONE = 0,
    ERR_UNOBSERVED = 3, /* no privilege, no such kernel feature, nothing found */
    ERR_USAGE = 64,
    ERR_FORMAT = 65, /* input is not of its format */
    ERR_INPUT = 66,  /* input cannot be opened */
    ERR_INTERNAL = 70,
    ERR_OUTPUT = 74,
};

struct err {
    enum err_kind kind;
    char text[ERR_TEXT_MAX]; /* one line, no final full stop, already escaped for a terminal */
};

/*
 * Fill `err` (NULL is allowed) and return -errno_code, so that a caller can `return err_set(...)`.
 * errno_code: a positive errno, 0 counts as EINVAL. Text that does not fit is cut. ERR_INPUT becomes
 * ERR_UNOBSERVED where the errno says that this process has no descriptors or memory left.
 */
int err_set(struct err *err, enum err_kind kind, int errno_code, const char *fmt, ...) PRINTF_LIKE(4, 5);

/* The same, with ": " and the words for errno_code behind the text. */
int err_set_errno(struct err *err, enum err_kind kind, int errno_code, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* Put "fmt: " in front of the text and return `result` as it came. */
int err_prefix(struct err *err, int result, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* End the program with a line on stderr and ERR_INTERNAL: memory is not to be had. */
void err_out_of_memory(void) __attribute__((noreturn));

#endif
