/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef K8SDNS_WIRE_LOG_TEMPLATE_H
#define K8SDNS_WIRE_LOG_TEMPLATE_H

#include <k8sdns/base/arena.h>
#include <k8sdns/base/err.h>
#include <k8sdns/wire/logs/container_line.h>

/*
 * The format of CoreDNS's log plugin, as the Corefile has it: fixed text and {labels}.
 *
 *     {remote}:{port} - {>id} "{type} {class} {name} {proto}" {rcode} {duration} {/forward/upstream}
 *
 * Source: plugin/log README and plugin/pkg/replacer of CoreDNS.
 */
enum log_label {
    LABEL_TEXT, /* fixed text, of the template alone */
    LABEL_TYPE,
    LABEL_CLASS,
    LABEL_NAME,
    LABEL_PROTO,
    LABEL_SIZE,
    LABEL_REMOTE,
    LABEL_PORT,
    LABEL_LOCAL,
    LABEL_ID,
    LABEL_OPCODE,
    LABEL_DO,
    LABEL_BUFSIZE,
    LABEL_RCODE,
    LABEL_RSIZE,
    LABEL_RFLAGS,
    LABEL_DURATION,
    LABEL_WHEN,     /* of 1.2.5 and before */
    LABEL_METADATA, /* {/plugin/what} */
    LABEL_UNKNOWN,  /* one that this program does not know: any text without a blank */
};

struct log_template_part {
    int label;            /* enum log_label */
    struct log_word text; /* the fixed text, or the label's name without braces */
};

/* Of our choice: CoreDNS has sixteen labels, and metadata is seldom more than a handful. */
#define LOG_TEMPLATE_PARTS 96

struct log_template {
    struct log_template_part parts[LOG_TEMPLATE_PARTS];
    size_t count;
};

/*
 * Read a template; {common} and {combined} stand for CoreDNS's own two. Quotes and backslashes may be escaped
 * by a backslash, as in a Corefile, and the whole may stand in quotes. It must have {name} or {rcode} or
 * {duration}: without them there is nothing to count. Return 0, or -EINVAL with a message (kind ERR_USAGE).
 * The parts point into `arena`.
 */
int log_template_read(struct arena *arena, const char *text, struct log_template *ret_template,
                      struct err *err) MUST_USE;

/*
 * Match a line (without "[INFO] "); `values[i]` becomes what stands for part i. Fixed text must be there as
 * it is; a label takes what reaches to the next fixed text, past those that follow a backslash. What follows
 * the last part is no mismatch.
 */
bool log_template_match(const struct log_template *log_template, struct log_word line,
                        struct log_word values[LOG_TEMPLATE_PARTS]);

#endif
